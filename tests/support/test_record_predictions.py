"""A changed bit is found, and nothing else is."""

import sys

import numpy as np
import pytest

import record_predictions
from record_predictions import differences, main

VALUES = np.array([0.1, -0.0, np.nan])


def next_float(values):
    return np.nextafter(values, 1)


def test_equal_bits_are_no_difference():
    assert differences({"a": VALUES}, {"a": VALUES.copy()}) == []


@pytest.mark.parametrize(
    "changed",
    [next_float(VALUES), VALUES + 0.0, VALUES.astype("float32"), VALUES[:2]],
    ids=["last bit", "sign of zero", "dtype", "length"],
)
def test_a_changed_bit_is_named(changed):
    before, after = {"a": VALUES, "b": VALUES}, {"a": VALUES, "b": changed}
    assert differences(before, after) == ["b"]


def test_what_is_new_or_gone_is_named():
    assert differences({"a": VALUES, "b": VALUES}, {"b": VALUES, "c": VALUES}) == [
        "a",
        "c",
    ]


@pytest.mark.parametrize(("change", "equal"), [(np.array, 2), (next_float, 1)])
def test_comparison_with_a_file_ends_in_its_verdict(
    tmp_path, monkeypatch, capsys, change, equal
):
    file = str(tmp_path / "before.npz")
    recorded = {"layer": VALUES, "fit": VALUES}
    monkeypatch.setattr(record_predictions, "record", lambda: recorded)
    monkeypatch.setattr(sys, "argv", ["record_predictions.py", "write", file])
    main()
    recorded["fit"] = change(VALUES)
    monkeypatch.setattr(sys, "argv", ["record_predictions.py", "compare", file])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == (equal < 2)
    assert f"{equal} of 2 are equal to the bit" in capsys.readouterr().out


def test_outputs_and_gradients_of_a_layer_are_recorded():
    name, found = next(record_predictions.convolutions())
    assert name == "grid auto gap True"
    assert found.dtype == np.float32
    assert found.size > 3 * 60 * 5  # outputs; and gradients
    assert np.isfinite(found).all()

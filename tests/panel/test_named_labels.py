"""Columns that `categorical=` names: how it may name them, and their labels."""

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._categories import as_label

NAMES = {"instance": "who", "time": "day"}
EVENTS = {**NAMES, "channel": "what", "value": "value"}
VISITS = pd.DataFrame({"who": ["ann", "ann", "bob", "cy"], "day": [0, 1, 0, 0]})


@pytest.mark.parametrize("missing", [[], [3]])
def test_whole_numbers_are_the_same_labels_in_frames_and_files(tmp_path, missing):
    stage = pd.Series([1.0, 2.0, 1.0, 2.0])
    stage[missing] = np.nan
    frame = VISITS.assign(stage=stage)
    frame.to_csv(tmp_path / "a.csv", index=False)  # "1.0"
    options = {**NAMES, "categorical": ["stage"]}
    panel = Panel.from_long(frame, **options)
    assert panel.categories == {"stage": ("1", "2")}
    assert Panel.read(tmp_path / "a.csv", **options).equals(panel)
    texts = frame.assign(stage=["1", "2.0", "1.0", None if missing else "2"])
    assert Panel.from_long(texts, **options).equals(panel)


@pytest.mark.parametrize(
    ("text", "label"),
    [("1.0", "1"), ("-20.0", "-20"), ("0.0", "0"), ("-0.0", "0")]
    + [(same, same) for same in ("1.00", "007", "07.0", "1.5", "v1.0", "1.0.0", ".0")],
)
def test_the_text_of_a_whole_float_is_that_of_an_integer(text, label):
    assert as_label(text) == as_label(np.str_(text)) == label


def test_no_names_of_labels_may_be_written_as_none(tmp_path):
    table = VISITS.assign(drug=["b", None, "a", "b"], x=[1.0, 2.0, 4.0, 3.0])
    expected = Panel.from_long(table, **NAMES)
    assert expected.categories == {"drug": ("a", "b")}
    assert Panel.from_long(table, **NAMES, categorical=None).equals(expected)
    table.to_csv(tmp_path / "a.csv", index=False)
    found = Panel.read(tmp_path / "a.csv", **NAMES, categorical=None)
    assert found.equals(expected)


@pytest.mark.parametrize("given", [[7], 7, ["7"], "7", np.array([7])])
def test_channels_of_integer_names_may_hold_labels(given):
    table = pd.DataFrame({"who": [1, 1, 2], "day": [0, 0, 1], "what": [7, 8, 7]})
    table["value"] = [3, 4.5, 5]
    panel = Panel.from_long(table, **EVENTS, categorical=given)
    assert panel.categories == {"7": ("3", "5")}
    wide = pd.DataFrame({"who": [1, 2], "day": [0, 1], 7: [3, 5], 8: [4.5, None]})
    panel = Panel.from_long(wide, **NAMES, categorical=given)
    assert panel.categories == {"7": ("3", "5")}
    static = Panel.from_long(wide, **NAMES, static=[7], categorical=given)
    assert static.static_categories == {"7": ("3", "5")}

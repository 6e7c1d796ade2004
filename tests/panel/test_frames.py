"""DataFrames there and back, and those that are mistaken for others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._times import TimeScale


def test_channels_of_nested_cells_may_have_their_own_times():
    cells = {
        "x": [pd.Series([1.0, 2.0], index=[0.0, 2.0]), pd.Series([], dtype=float)],
        "y": [pd.Series([3.0, 4.0], index=[1.0, 2.0]), pd.Series([5.0], index=[9.0])],
    }
    panel = as_panel(pd.DataFrame(cells, index=["p", "q"]))
    assert panel.instances.tolist() == ["p", "q"]
    assert panel.times.tolist() == [0, 1, 2, 9]
    nan = np.nan
    expected = [[1, nan], [nan, 3], [2, 4], [nan, 5]]
    np.testing.assert_array_equal(panel.values, expected)


def test_series_of_one_name_name_their_channel():
    named = [pd.Series([1.0], name="pulse"), pd.Series([2.0], name="pulse")]
    assert as_panel(named).channels == ("pulse",)


@st.composite
def panels(draw):
    lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    n_rows = sum(lengths)
    kind = draw(st.sampled_from(["number", "datetime", "timedelta", "float"]))
    number = st.floats(-1e9, 1e9) if kind == "float" else st.integers(-(2**61), 2**61)
    parts = [sorted(draw(number) for _ in range(length)) for length in lengths]
    times = np.array(
        [t for part in parts for t in part],
        dtype=float if kind == "float" else np.int64,
    )
    value = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6))
    values = [[draw(value), draw(value)] for _ in range(n_rows)]
    return Panel(
        np.array(values, dtype=float).reshape(n_rows, 2),
        times,
        np.concatenate([[0], np.cumsum(lengths)]),
        channels=["x", "y"],
        instances=draw(st.permutations([f"p{i}" for i in range(len(lengths))])),
        time_scale=TimeScale("number")
        if kind in ("number", "float")
        else TimeScale(kind, "ns"),
    )


@given(panels())
def test_a_panel_comes_back_from_pandas_as_it_was(panel):
    frame = panel.to_frame()
    again = as_panel(frame, duplicates="keep")
    if panel.times.size:  # without any, nothing tells their kind
        assert again.equals(panel)
        long = frame.reset_index()
        names = {"instance": "instance", "time": "time", "values": panel.channels}
        assert Panel.from_long(long, **names, duplicates="keep").equals(panel)


def test_wrong_indices_of_frames_raise():
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    for index, message in [
        ([[0, 0], [0, 1], [0, 0]], r"index of two levels, \(instance, time\); got 3"),
        ([[0, None], [0, 1]], r"`instance` must not be missing; got NaN in row 1"),
        ([[0, 0], pd.to_datetime(["2020", None])], r"`times` must be finite.*in row 1"),
        ([[0, 0], ["a", "b"]], r"`times` must be numbers.*strings"),
        ([[0, 0], [1, 1]], r"instance 0 has 2 values of 'x' at time 1"),
    ]:
        wrong = frame.set_axis(pd.MultiIndex.from_arrays(index))
        with pytest.raises((ValueError, TypeError), match=message):
            as_panel(wrong)


def test_nested_frames_hold_series_only():
    mixed = pd.DataFrame({"x": [pd.Series([1.0])], "age": [58.0]})
    with pytest.raises(
        TypeError, match=r"Series in every cell; got a float.*with_static"
    ):
        as_panel(mixed)


def test_an_index_with_a_level_of_channels_names_from_long():
    frame = pd.DataFrame(
        {"id": [1, 1], "time": [0, 1], "band": ["g", "r"], "mag": [1.0, 2.0]}
    )
    with pytest.raises(ValueError, match=r"3 levels .*from_long\(X\.reset_index"):
        as_panel(frame.set_index(["id", "time", "band"]))
    numbers = frame.assign(band=["1", "r"]).set_index(["id", "time"])
    with pytest.raises(TypeError, match=r"'r' in column 'band'.*channel=\.\.\., value"):
        as_panel(numbers)
    named = frame.rename(columns={"band": "channel"})
    with pytest.raises(ValueError, match=r"'channel', that seems.*channel='channel'"):
        as_panel(named.set_index(["id", "time"]))

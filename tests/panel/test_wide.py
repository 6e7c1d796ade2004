"""Wide frames, and long tables that are mistaken for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ckts.panel._convert import as_panel

LONG = pd.DataFrame({"id": [1, 1, 2], "time": [0, 1, 0], "x": [0.1, 0.2, 0.3]})
BLOCKS = pd.DataFrame(
    {"a": np.repeat([5, 3, 9], 4), "b": np.tile(range(4), 3), "c": 0.5}
)


def test_wide_labels_that_are_numbers_are_times():
    panel = as_panel(pd.DataFrame([[1.0, 2.0]], columns=[7.5, 0.5], index=["ann"]))
    assert panel.times.tolist() == [0.5, 7.5]
    assert panel.values[:, 0].tolist() == [2, 1]
    assert panel.instances.tolist() == ["ann"]


@pytest.mark.parametrize(
    ("frame", "way_out"),
    [
        (LONG, r"instance='id', time='time'\)"),
        (LONG.rename(columns={"time": "z"}), r"instance='id', time=...\)"),
        (LONG.rename(columns={"id": "z"}), r"instance=..., time='time'\)"),
        (LONG.rename(columns={"id": "case_id"}), r"instance='case_id', time='time'\)"),
        (LONG.set_axis(["ID", "Day", "x"], axis=1), r"instance='ID', time='Day'\)"),
        (pd.DataFrame({"a": pd.to_datetime(["2020"]), "b": [1.0]}), r"time='a'\)"),
        (BLOCKS, r"instance='a', time='b'\)"),
        (BLOCKS.assign(a=np.repeat(["x", "y", "z"], 4)), r"instance='a', time='b'\)"),
    ],
)
def test_a_long_table_is_not_a_wide_one(frame, way_out):
    with pytest.raises(ValueError, match=r"wide.*look like a long table.*" + way_out):
        as_panel(frame)


def test_labels_that_are_numbers_say_that_a_frame_is_wide():
    assert len(as_panel(BLOCKS.set_axis(range(3), axis=1))) == len(BLOCKS)


def test_wide_frames_of_few_values_are_wide():
    rng = np.random.default_rng(0)
    for n_values in (1, 2, 3, 10):
        digits = pd.DataFrame(rng.integers(0, n_values, size=(60, 8)))
        assert len(as_panel(digits)) == 60
        assert len(as_panel(digits.sort_values(0))) == 60


@pytest.mark.parametrize(
    ("labels", "convert"),
    [
        (["0.0", "0.7", "3.1"], r"X\.columns\.astype\(float\)"),
        (["0", "1", "4"], r"X\.columns\.astype\(float\)"),
        (["2020-01-01", "2020-01-05", "2020-03-01"], r"pandas\.to_datetime"),
        (
            ["2020-01-01 08:00", "2020-01-01 09:00", "2020-02-01"],
            r"pandas\.to_datetime",
        ),
    ],
)
def test_time_stamps_written_as_labels_are_not_taken_for_steps(labels, convert):
    wide = pd.DataFrame([[1.0, 2.0, 4.0]], columns=labels)
    with pytest.raises(ValueError, match=rf"look like time stamps, .*= {convert}"):
        as_panel(wide)


@pytest.mark.parametrize(
    "labels", [["0", "1", "2"], ["0.5", "1.0", "1.5"], ["a", "b", "c"], ["7", "b", "c"]]
)
def test_other_labels_are_steps(labels):
    wide = pd.DataFrame([[1.0, 2.0, 4.0]], columns=labels)
    assert as_panel(wide).times.tolist() == [0, 1, 2]


def test_labels_in_a_wide_frame_raise():
    frame = pd.DataFrame({"step_0": ["f", "m"], "step_1": ["m", "m"]})
    with pytest.raises(TypeError, match=r"must be numeric; got 'f'.*Panel\.from_long"):
        as_panel(frame)

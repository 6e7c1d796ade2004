"""Labels, swapped levels and unused times are not taken for what was measured."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._long import (
    is_instance_name,
    is_label_name,
    is_time_name,
    mentions_time,
)

NAN = np.nan
VISITS = pd.DataFrame(
    {
        "who": np.repeat([7, 8, 9], 3),
        "day": np.tile([0.0, 1.5, 4.0], 3),
        "pulse": [71.0, 75.0, 70.0, 66.0, 60.0, 62.0, 80.0, 81.0, 85.0],
        "died": np.repeat([0, 1, 1], 3),
    }
)
NAMES = {"instance": "who", "time": "day"}


def test_names_tell_a_role():
    assert all(map(is_time_name, ["time", " Day ", "T"]))
    assert not any(map(is_time_name, ["time_s", "x", 3, None]))
    assert all(map(mentions_time, ["time", "time_s", "obsTime", "Hours since", "t"]))
    assert not any(map(mentions_time, ["sentiment", "x", "daylight", "timer", 3, None]))
    assert all(map(is_instance_name, ["ID", "stay_id", "Patient"]))
    assert not any(map(is_instance_name, ["fluid", "x", None]))
    assert all(map(is_label_name, ["label", "SepsisLabel", "Target", "Unnamed: 0"]))
    assert not any(map(is_label_name, ["y", "died", "x", 3, None]))


# Long tables


@pytest.mark.parametrize("name", ["label", "SepsisLabel", "outcome", "index"])
def test_a_label_is_no_channel_unless_it_is_named(name):
    frame = VISITS.rename(columns={"died": name})
    frame[name] = np.arange(9)  # by its name alone
    with pytest.raises(ValueError, match=rf"`values` must name .*got \['{name}'\]"):
        Panel.from_long(frame, **NAMES)
    assert Panel.from_long(frame, **NAMES, values=["pulse"]).in_channels == 1
    assert Panel.from_long(frame, **NAMES, values=["pulse", name]).in_channels == 2


def test_what_never_changes_within_a_series_is_warned_of():
    message = r"`values` names no channels, so that \['died'\] .*`static=\['died'\]`"
    with pytest.warns(UserWarning, match=message) as caught:
        Panel.from_long(VISITS, **NAMES)
    assert caught[0].filename == __file__
    assert Panel.from_long(VISITS, **NAMES, values=["pulse", "died"]).in_channels == 2
    assert Panel.from_long(VISITS, **NAMES, static=["died"]).static_names == ("died",)


@pytest.mark.parametrize(
    "column",
    [
        np.arange(9.0),
        np.ones(9),  # a dead sensor tells nothing of the outcome
        np.full(9, np.nan),
        [0, 0, NAN, 1, 1, NAN, NAN, NAN, 1],  # two repeats
        [0, 0, 0, 1, 1, 1, 1, 0, 1],
        [0, 0, 0, 0, NAN, NAN, NAN, NAN, 1],  # in a single series
    ],
)
def test_channels_are_not_warned_of(column):
    panel = Panel.from_long(VISITS.assign(died=column), **NAMES)
    assert panel.channels == ("pulse", "died")


# An index (time, instance)

STAMPS = pd.date_range("2020-01-01", periods=9, freq="h")


@pytest.mark.parametrize(
    "index",
    [
        [VISITS["day"], VISITS["who"].rename("patient_id")],
        [pd.Series(range(9), name="time"), VISITS["who"]],
        [STAMPS, VISITS["who"].rename(None)],
        [STAMPS - STAMPS[0], np.repeat(list("abc"), 3)],
        [STAMPS.to_period(), VISITS["who"]],
        [np.arange(9) / 4, VISITS["who"].rename(None)],
        [pd.Categorical(STAMPS), VISITS["who"].rename(None)],
    ],
)
def test_swapped_levels_raise(index):
    frame = VISITS[["pulse"]].set_axis(pd.MultiIndex.from_arrays(index))
    with pytest.raises(ValueError, match=r"an index \(instance, time\).*`X.swaplevel"):
        as_panel(frame)
    assert as_panel(frame.swaplevel()).lengths.tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    "names",
    [("time_h", "sensor"), ("hour_of_stay", "stay"), ("elapsed_min", "sensor")],
)
def test_whole_numbers_with_a_name_that_mentions_time_are_times(names):
    index = pd.MultiIndex.from_arrays([np.tile([0, 1, 2], 3), VISITS["who"]])
    frame = VISITS[["pulse"]].set_axis(index).rename_axis(list(names))
    with pytest.raises(ValueError, match=r"an index \(instance, time\).*`X.swaplevel"):
        as_panel(frame)
    assert as_panel(frame.swaplevel()).lengths.tolist() == [3, 3, 3]
    named = frame.rename_axis(["instance", "time"])
    assert as_panel(named).lengths.tolist() == [3, 3, 3]
    both = frame.rename_axis([names[0], "day_of_study"])
    assert as_panel(both).lengths.tolist() == [3, 3, 3]


def test_an_empty_frame_is_no_swapped_one():
    index = pd.MultiIndex.from_arrays([STAMPS[:0], []])
    with pytest.raises(ValueError, match="`X` must hold at least one series; got none"):
        as_panel(pd.DataFrame({"pulse": []}, index=index))
    nameless = pd.MultiIndex.from_arrays([pd.DatetimeIndex([pd.NaT]), [1]])
    with pytest.raises(ValueError, match="`instance` must not be missing"):
        as_panel(pd.DataFrame({"pulse": [1.0]}, index=nameless))


def test_named_levels_are_believed():
    days = pd.DatetimeIndex(np.repeat(STAMPS[:3], 3))
    frame = VISITS[["pulse"]].set_axis(
        pd.MultiIndex.from_arrays([days, [0, 8, 16] * 3])
    )
    with pytest.raises(
        ValueError, match=r"`X\.rename_axis\(\[\"instance\", \"time\"\]"
    ):
        as_panel(frame)
    for names in (["instance", "time"], ["date", "hour"], ["day_id", "step"]):
        assert as_panel(frame.rename_axis(names)).lengths.tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    "index",
    [
        [np.repeat([1.0, 2.0, 3.0], 3), np.tile([0, 1, 2], 3)],
        [np.repeat(list("abc"), 3), np.tile([0, 1, 2], 3)],
        [np.repeat(STAMPS[:3], 3), np.tile(STAMPS[:3], 3)],
        [pd.Series(np.repeat([0.5, 0.75, 1], 3), name="id"), np.tile([0, 1, 2], 3)],
    ],
)
def test_an_index_of_instances_and_times_is_read(index):
    frame = VISITS[["pulse"]].set_axis(pd.MultiIndex.from_arrays(index))
    assert as_panel(frame).lengths.tolist() == [3, 3, 3]


def test_series_of_single_rows_are_warned_of():
    index = pd.MultiIndex.from_arrays([range(9), VISITS["who"]])
    frame = VISITS[["pulse"]].set_axis(index)
    with pytest.warns(UserWarning, match=r"9 series of one row each, at 3 times.*swap"):
        as_panel(frame.rename_axis([None, None]))
    with pytest.warns(UserWarning, match="9 series of one row each") as caught:
        as_panel(frame.rename_axis(["step", "who"]))
    assert caught[0].filename == __file__
    named = frame.rename_axis(["instance", "time"])
    assert as_panel(named).lengths.tolist() == [1] * 9
    for second in ("t", "time_h"):
        single = frame.rename_axis(["sensor", second])
        assert as_panel(single).lengths.tolist() == [1] * 9
    assert as_panel(frame.swaplevel()).lengths.tolist() == [3, 3, 3]


def test_a_few_single_rows_are_not_warned_of():
    for times in ([3, 4, 5], [0.5, 0.6, 0.5]):
        index = pd.MultiIndex.from_arrays([range(3), times])
        assert len(as_panel(VISITS[["pulse"]].iloc[:3].set_axis(index))) == 3


# Lists of frames


@pytest.mark.parametrize("name", ["day", "time_s", "Hours since admission", "obsTime"])
def test_times_in_a_column_raise_beside_row_numbers(name):
    columns = ["pulse", name]
    parts = VISITS.rename(columns={"day": name}).groupby("who")
    for frames in (
        [part[columns].reset_index(drop=True) for _, part in parts],
        [part[columns] for _, part in parts],
        [part[columns[:: 1 - 2 * (who % 2)]] for who, part in parts],
    ):
        with pytest.raises(ValueError, match=rf"got a column '{name}'.*set_index\("):
            as_panel(frames)
        panel = as_panel([frame.set_index(name) for frame in frames])
        assert panel.times[:3].tolist() == [0.0, 1.5, 4.0]


def test_columns_that_mention_time_may_be_channels():
    frame = pd.DataFrame({"time_to_peak": [0.3, 0.2, 0.4], "x": [1.0, 2.0, 3.0]})
    assert as_panel([frame, frame]).in_channels == 2
    stamped = frame.rename(columns={"time_to_peak": "hour"}).set_axis([0.5, 1.0, 2.0])
    assert as_panel([stamped]).channels == ("hour", "x")  # it has times of its own


@pytest.mark.parametrize("name", ["hour", "day", "T", "time of day"])
def test_beside_an_index_of_times_such_columns_are_channels(name):
    frame = pd.DataFrame({name: [7.0, 8.0, 9.0], "x": 1.0})
    for label in ("time", "t_h", "day"):
        named = frame.rename_axis(label)
        assert as_panel([named, named.iloc[:0], named]).channels == (name, "x")
    visits = frame.set_axis([0, 5, 12])
    for frames in ([visits], [visits, visits + 1]):
        assert as_panel(frames).times[:3].tolist() == [0, 5, 12]
    with pytest.raises(ValueError, match=r"the time, `frame.rename_axis\('time'\)`"):
        as_panel([frame])
    parts = [frame.set_axis(rows) for rows in ([0, 5, 12], [1, 4, 13])]
    with pytest.raises(ValueError, match=rf"Use `frame.set_index\('{name}'\)`"):
        as_panel(parts)


def test_a_column_of_dates_is_told_to_be_the_index():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "seen": STAMPS[[2, 0, 1]]})
    with pytest.raises(ValueError, match=r"column 'seen'.*`frame.set_index\('seen'\)`"):
        as_panel([frame, frame])
    assert as_panel([frame.set_index("seen")] * 2).channels == ("x",)


def test_the_default_says_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_panel([VISITS[["pulse"]]]).in_channels == 1


@pytest.mark.parametrize("dtype", ["str", "category", object])
def test_text_that_never_changes_is_warned_of(dtype):
    who = np.repeat(["ann", "bob", "cyd"], 3)
    frame = pd.DataFrame({"who": who, "day": np.tile([0, 1, 2], 3)})
    frame["state"] = np.resize(["low", "high"], 9)
    frame["diagnosis"] = pd.Series(who == "bob").map({True: "sick", False: None})
    frame["diagnosis"] = frame["diagnosis"].fillna("well").astype(dtype)
    names = {"instance": "who", "time": "day"}
    with pytest.warns(UserWarning, match=r"that \['diagnosis'\] are taken"):
        Panel.from_long(frame, **names)
    panel = Panel.from_long(frame, **names, static=["diagnosis"])
    assert panel.static_categories == {"diagnosis": ("sick", "well")}

from __future__ import annotations

import copy
import pickle
from itertools import pairwise

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel import Panel
from ckts.panel._times import TimeScale

DAY = 86_400 * 10**9
COLUMNS = ["a", "b"]


def make_panel(n_series=6, seed=0) -> Panel:
    """Series of 0, 1, 2, ... rows; series i holds i in its first channel."""
    rng = np.random.default_rng(seed)
    lengths = np.arange(n_series)
    values = rng.normal(size=(lengths.sum(), 2))
    values[:, 0] = np.repeat(np.arange(n_series), lengths)
    values[rng.random(len(values)) < 0.3, 1] = np.nan
    times = [np.sort(rng.random(length)) for length in lengths]
    return Panel(
        values,
        np.concatenate(times),
        np.concatenate([[0], np.cumsum(lengths)]),
        channels=COLUMNS,
        instances=[f"p{i}" for i in range(n_series)],
        static=np.arange(n_series)[:, None],
        static_names=["age"],
    )


@pytest.fixture
def panel():
    return make_panel()


# What a panel is


def test_sizes(panel):
    assert len(panel) == panel.n_series == 6
    assert panel.shape == (6,)
    assert panel.ndim == 1
    assert panel.in_channels == 2
    assert panel.lengths.tolist() == [0, 1, 2, 3, 4, 5]
    assert panel.channels == ("a", "b")
    assert panel.static_names == ("age",)
    assert panel.time_scale == TimeScale("number")


def test_names_have_defaults():
    panel = Panel(np.zeros((3, 2)), [0, 1, 2], [0, 3], static=[[1.0]])
    assert panel.channels == ("channel_0", "channel_1")
    assert panel.static_names == ("static_0",)
    assert panel.instances.tolist() == [0]


def test_float32_is_kept_and_everything_else_is_float64():
    for given_type, kept in [("f4", "f4"), ("f8", "f8"), ("i4", "f8"), ("?", "f8")]:
        values = np.ones((2, 1), dtype=given_type)
        assert Panel(values, [0, 1], [0, 2]).values.dtype == np.dtype(kept)


def test_times_tell_their_kind():
    dates = pd.to_datetime(["2020-01-01", "2020-01-02"])
    panel = Panel(np.zeros((2, 1)), dates, [0, 2])
    assert panel.time_scale == TimeScale("datetime", "ns")
    assert np.diff(panel.times).tolist() == [DAY]


def test_repr_is_one_line_about_the_data(panel):
    assert repr(panel) == (
        "Panel(n_series=6, in_channels=2, lengths 0-5, 3% missing, n_static=1, "
        "time number)"
    )
    same = Panel(np.zeros((2, 1)), np.array([0, 0], dtype="M8[ns]"), [0, 1, 2])
    assert repr(same).endswith("length 1, 0% missing, time datetime[ns])")
    assert repr(panel[:0]) == (
        "Panel(n_series=0, in_channels=2, length 0, n_static=1, time number)"
    )


def test_a_panel_cannot_be_changed(panel):
    with pytest.raises(AttributeError, match=r"`Panel` must not be changed.*'values'"):
        panel.values = np.zeros((15, 2))
    with pytest.raises(AttributeError, match=r"`Panel` must not be changed.*del times"):
        del panel.times
    for array in (panel.values, panel.times, panel.indptr, panel.static):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize("read_only_view", [False, True])
def test_a_panel_does_not_change_with_what_it_was_made_of(read_only_view):
    source = np.zeros((3, 1))
    values = source[:]
    values.setflags(write=not read_only_view)
    panel = Panel(values, np.arange(3), [0, 3])
    source[:] = 1
    assert not panel.values.any()


def test_equal_panels_hold_the_same_data(panel):
    assert panel.equals(make_panel())
    assert not panel.equals(panel[:5])
    assert not panel.equals("panel")
    assert not panel.equals(panel.with_times(panel.times + 1))
    assert not panel.equals(panel.with_values(panel.values, channels=["a", "c"]))
    whole = Panel([[1.0]], [1], [0, 1])
    assert not whole.equals(whole.with_times([1.0]))


# Indexing


@pytest.mark.parametrize(
    ("key", "numbers"),
    [
        (2, [2]),
        (-1, [5]),
        (np.int64(3), [3]),
        (slice(1, 4), [1, 2, 3]),
        (slice(None, None, -2), [5, 3, 1]),
        ([4, 0, 4], [4, 0, 4]),
        (np.array([], dtype=int), []),
        ([], []),
        ([True, False, True, False, False, False], [0, 2]),
        (pd.Series([False, False, True, False, False, True]), [2, 5]),
        ((np.array([1, 2]), Ellipsis), [1, 2]),
        ((slice(2), Ellipsis), [0, 1]),
    ],
)
def test_series_are_taken_by_any_index(panel, key, numbers):
    taken = panel[key]
    assert isinstance(taken, Panel)
    assert taken.lengths.tolist() == numbers
    assert taken.static[:, 0].tolist() == numbers
    assert taken.instances.tolist() == [f"p{i}" for i in numbers]
    np.testing.assert_array_equal(taken.values[:, 0], np.repeat(numbers, numbers))
    assert not taken.values.flags.writeable


def test_iteration_gives_panels_of_one_series(panel):
    series = list(panel)
    assert len(series) == 6
    assert all(one.equals(panel[i]) for i, one in enumerate(series))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (6, "out of bounds"),
        ([True, False], "boolean index did not match"),
        ([0.5], "must be of integer"),
        ("p1", "must be of integer|only integers"),
        (True, r"numbers or a mask of its 6 series; got only True\. Select by"),
        (np.False_, r"got only False\. .*`panel\[panel\.instances == name\]`"),
        ((np.array(True), ...), r"got only True\."),
        ((0, 1), r"mask of its 6 series; got \(0, 1\).*panel.values"),
        (np.zeros((2, 2), int), r"must be indexed by 1-D .*; got shape \(2, 2\)"),
    ],
)
def test_wrong_indices_raise(panel, key, message):
    with pytest.raises(IndexError, match=message):
        panel[key]


def test_a_panel_is_no_array(panel):
    with pytest.raises(
        TypeError, match=r"must be an array here; got a Panel.*to_frame"
    ):
        np.asarray(panel)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_pieces_join_to_the_whole(cuts):
    panel = make_panel()
    cuts = [0, *sorted(cuts), 6]
    pieces = [panel[a:b] for a, b in pairwise(cuts)]
    assert Panel.concat(pieces).equals(panel)


def test_panels_that_differ_are_not_joined(panel):
    with pytest.raises(ValueError, match=r"`panels` must have the same `channels`"):
        Panel.concat([panel, panel.with_values(panel.values, channels=["a", "x"])])
    with pytest.raises(ValueError, match=r"same `time_scale`; got number\[s\] and num"):
        Panel.concat([panel, panel.with_times(panel.times, TimeScale("number", "s"))])
    with pytest.raises(ValueError, match=r"`panels` must hold at least one panel"):
        Panel.concat([])


# Other panels from one


def test_with_makes_another_panel(panel):
    ranks = np.concatenate([np.arange(n) for n in panel.lengths])
    assert panel.with_times(ranks).times.tolist() == ranks.tolist()
    assert panel.with_values(panel.values * 0).channels == panel.channels
    assert panel.with_values(panel.values[:, :1]).channels == ("channel_0",)
    assert panel.with_instances(range(6)).instances.tolist() == [0, 1, 2, 3, 4, 5]
    assert panel.with_static(None).static is None
    assert panel.with_static(None).static_names == ()
    assert panel.with_static(np.ones((6, 2)), ["x", "y"]).static_names == ("x", "y")


def test_static_frames_are_aligned_by_instance(panel):
    frame = pd.DataFrame(
        {"age": [5, 4, 3, 2, 1, 0], "treated": [True] * 5 + [False]},
        index=[f"p{i}" for i in range(5, -1, -1)],
    )
    static = panel.with_static(frame)
    assert static.static_names == ("age", "treated")
    assert static.static[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert static.static[0].tolist() == [0, 0]


def test_static_frames_must_know_every_instance_once(panel):
    frame = pd.DataFrame({"age": [1.0, 2.0]}, index=["p0", "p1"])
    with pytest.raises(ValueError, match=r"`static` must be indexed.*none for 'p2'"):
        panel.with_static(frame)
    with pytest.raises(ValueError, match=r"one row per instance; got 'p0' twice"):
        panel.with_static(frame.iloc[[0, 0]])


# Errors of the constructor


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"values": [1.0, 2.0, 3.0]},
            r"`values` must be 2-D.*\(3,\).*reshape\(-1, 1\)",
        ),
        ({"values": np.ones((3, 0))}, r"`values` must have at least one channel"),
        ({"values": np.ones((4, 1))}, r"same number of rows; got 4 and 3"),
        (
            {"values": [[1.0], [np.inf], [0]]},
            r"finite.*inf in channel 'channel_0' of i",
        ),
        ({"values": np.ones((3, 1)) * 1j}, r"`values` must be real. Complex data not"),
        ({"times": [0.0, np.nan, 1.0]}, r"`times` must be finite"),
        ({"times": [2.5, 2.0, 3.0]}, r"instance 0 has 2.0 after 2.5. Sort.*from_rows"),
        (
            {"times": pd.to_datetime(["2020-01-02", "2020-01-01", "2020-01-01"])},
            r"has 2020-01-01 00:00:00 after 2020-01-02 00:00:00",
        ),
        ({"indptr": [0]}, r"`indptr` must be 1-D.*at least one series; got shape \(1,"),
        ({"indptr": [0, 2]}, r"end at the number of rows \(3\); got 0 ... 2"),
        ({"indptr": [0, 4, 3]}, r"`indptr` must start at 0, not decrease"),
        ({"channels": ["a", "b"]}, r"`channels` must have one name.*2 names for 1"),
        (
            {"instances": [1]},
            r"`instances` must be 1-D with one entry per series \(2\)",
        ),
        ({"static": [1.0, 2.0]}, r"`static` must have shape \(n_series=2, n_static\)"),
        ({"static": [[1.0], [np.inf]]}, r"`static` must be finite.*Replace"),
        (
            {"static": [[1.0], [2.0]], "static_names": []},
            r"`static_names` must have on",
        ),
        (
            {"time_scale": TimeScale("datetime", "ns"), "times": [0.0, 1.0, 2.0]},
            r"`times` must be int64 nanoseconds.*got float64",
        ),
        (
            {"times": np.arange(3).astype("M8[D]"), "time_scale": TimeScale()},
            r"`time_scale` must be that of the times \(datetime\[ns\]\); got number",
        ),
    ],
)
def test_wrong_arguments_of_the_constructor_raise(changes, message):
    arguments = {
        "values": np.ones((3, 1)),
        "times": [0, 1, 0],
        "indptr": [0, 2, 3],
        **changes,
    }
    with pytest.raises(ValueError, match=message):
        Panel(**arguments)


def test_equal_names_raise():
    with pytest.raises(ValueError, match=r"`channels` must be unique; got \['a'\]"):
        Panel(np.ones((1, 3)), [0], [0, 1], channels=["a", "b", "a"])


@pytest.mark.parametrize("argument", ["values", "static"])
def test_strings_in_the_constructor_raise(argument):
    arguments = {"values": [[1.0]], "times": [0], "indptr": [0, 1]}
    with pytest.raises(TypeError, match=rf"`{argument}` must be numeric; got 'f'. "):
        Panel(**{**arguments, argument: [["f"]]})


@pytest.mark.parametrize("indptr", [None, [0, 1.5], ["0", "1"], [0.0, np.nan]])
def test_row_pointers_are_whole_numbers(indptr):
    rule = r"`indptr` must hold whole numbers.*got .* Use `numpy.cumsum\(\[0, \*lengths"
    with pytest.raises(TypeError, match=rule):
        Panel([[1.0]], [0], indptr)
    assert len(Panel([[1.0]], [0], np.cumsum([0, 1, 0]))) == 2


def test_times_may_fall_between_series_and_tie_within():
    panel = Panel(np.zeros((4, 1)), [5, 5, 0, 1], [0, 0, 2, 2, 4])
    assert panel.lengths.tolist() == [0, 2, 0, 2]


MILLENNIA = np.array(["1700-01-01", "2200-01-01"], dtype="M8[D]")


def test_a_span_that_overflows_raises_as_such():
    values = [[1.0], [2.0]]
    message = r"292 years, .*instance 0 goes from 1700-01-01 .* to 2200-01-01 .*days"
    with pytest.raises(ValueError, match=message):
        Panel(values, MILLENNIA, [0, 2])
    with pytest.raises(ValueError, match=message):
        Panel.from_rows([0, 0], MILLENNIA[::-1], values, n_series=1)
    days = (MILLENNIA - MILLENNIA[0]).astype(int)  # the way out
    assert np.diff(Panel(values, days, [0, 2]).times) == [182621]
    apart = Panel(values, MILLENNIA, [0, 1, 2])  # no series spans more than itself
    assert apart.lengths.tolist() == [1, 1]


@pytest.mark.parametrize("times", [[-(2**62), 2**62], [-1e308, 1e308]])
def test_numbers_whose_span_overflows_raise(times):
    with pytest.raises(
        ValueError, match=r"span less than (int|float)64 holds.*larger unit"
    ):
        Panel([[1.0], [2.0]], times, [0, 2])
    smaller = np.array(times, dtype=float) / 1e3
    assert Panel([[1.0], [2.0]], smaller, [0, 2]).lengths == [2]


# Copies and files


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda panel: pickle.loads(pickle.dumps(panel))],
)
def test_copies_are_equal_and_read_only(panel, duplicate):
    again = duplicate(panel)
    assert again.equals(panel)
    assert not again.values.flags.writeable
    with pytest.raises(AttributeError, match=r"must not be changed"):
        again.times = None


@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_joblib_files_are_read_also_mapped(panel, tmp_path, mmap_mode):
    joblib.dump(panel, tmp_path / "panel.joblib")
    again = joblib.load(tmp_path / "panel.joblib", mmap_mode=mmap_mode)
    assert isinstance(again.values, np.memmap) == (mmap_mode is not None)
    assert again.equals(panel)
    assert again[[3, 1]].equals(panel[[3, 1]])


# To pandas


def test_to_frame_gives_the_kind_of_time_back():
    dates = pd.to_datetime(["2020-01-01", "2020-01-03", "2020-01-02"])
    panel = Panel(
        np.arange(3.0)[:, None], dates, [0, 2, 3], channels=["x"], instances=["b", "a"]
    )
    frame = panel.to_frame()
    assert frame.columns.tolist() == ["x"]
    assert frame.index.names == ["instance", "time"]
    assert frame.index.tolist() == list(zip(["b", "b", "a"], dates, strict=True))
    durations = panel.with_times(dates - dates[0])
    assert durations.to_frame().index.levels[1].dtype.kind == "m"


def test_to_frame_needs_a_name_for_each_series(panel):
    with pytest.raises(
        ValueError, match=r"`instances` must be unique.*'p2' twice.*with_"
    ):
        panel[[2, 3, 2]].to_frame()


def test_ragged_rows_raise():
    with pytest.raises(
        ValueError, match=r"`values` must have as many .*unequal lengths"
    ):
        Panel([[1.0], [1.0, 2.0]], [0, 1], [0, 2])


@pytest.mark.parametrize("key", ["HR", 1.5, 1000, [True, False]])
def test_a_wrong_index_says_what_is_indexed(key):
    panel = Panel([[1.0], [2.0], [3.0]], [0.0, 1.0, 0.0], [0, 2, 2, 3])
    with pytest.raises(IndexError, match=r"of its 3 series; numpy says.*channels`"):
        panel[key]

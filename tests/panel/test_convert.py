from __future__ import annotations

import cProfile
import pstats
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._times import TimeScale

# The same data in every format


def from_steps(n_series=4, in_channels=2, n_steps=5):
    """Series of all channels at steps 0, 1, ..., with gaps: (panel, 3-D array)."""
    rng = np.random.default_rng(0)
    array = rng.normal(size=(n_series, in_channels, n_steps))
    array[rng.random(array.shape) < 0.2] = np.nan
    rows = array.transpose(0, 2, 1).reshape(-1, in_channels)
    times = np.tile(np.arange(n_steps), n_series)
    return Panel(rows, times, np.arange(n_series + 1) * n_steps), array


def frame_of(rows, times):
    return pd.DataFrame(rows, index=times, columns=["channel_0", "channel_1"])


def multiindex(array):
    frames = [frame_of(rows.T, range(rows.shape[1])) for rows in array]
    return pd.concat(frames, keys=range(len(array)))


def nested(array):
    return pd.DataFrame(
        {
            f"channel_{i}": pd.Series([pd.Series(cell) for cell in channel])
            for i, channel in enumerate(array.transpose(1, 0, 2))
        }
    )


MULTIVARIATE = {
    "panel": lambda a: as_panel(a),
    "numpy": lambda a: a,
    "objects": lambda a: a.astype(object),
    "pd-multiindex": multiindex,
    "pd-multiindex, shuffled": lambda a: multiindex(a).iloc[::-1].iloc[::-1],
    "nullable": lambda a: multiindex(a).astype("Float64"),
    "pairs": lambda a: [(np.arange(5), rows.T) for rows in a],
    "pairs of lists": lambda a: [([0, 1, 2, 3, 4], rows.T.tolist()) for rows in a],
    "DataFrames": lambda a: [frame_of(rows.T, range(5)) for rows in a],
    "array of DataFrames": lambda a: object_array([pd.DataFrame(r.T) for r in a]),
    "other order of channels": lambda a: [
        frame_of(rows.T, range(5))[["channel_0", "channel_1"][:: 1 - 2 * (i % 2)]]
        for i, rows in enumerate(a)
    ],
    "rows in other order": lambda a: [frame_of(r.T, range(5)).iloc[::-1] for r in a],
    "nested": nested,
    "from_long": lambda a: Panel.from_long(
        multiindex(a).rename_axis(["i", "t"]).reset_index(), instance="i", time="t"
    ),
    "to_frame": lambda a: as_panel(a).to_frame(),
}
UNIVARIATE = {
    "numpy": lambda a: a,
    "list of lists": lambda a: a.tolist(),
    "list of arrays": list,
    "wide": pd.DataFrame,
    "wide, named steps": lambda a: pd.DataFrame(a).add_prefix("step_"),
    "wide, nullable": lambda a: pd.DataFrame(a).astype("Float64"),
    "wide, objects": lambda a: pd.DataFrame(a, dtype=object),
    "Series": lambda a: [pd.Series(row) for row in a],
    "named Series": lambda a: [pd.Series(row, name=i) for i, row in enumerate(a)],
    "nested": lambda a: nested(a[:, None]),
    "pairs": lambda a: [(range(5), row) for row in a],
}


def object_array(items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


@pytest.mark.parametrize("name", MULTIVARIATE)
def test_formats_of_the_same_data_give_equal_panels(name):
    panel, array = from_steps()
    assert as_panel(MULTIVARIATE[name](array)).equals(panel)


@pytest.mark.parametrize("name", UNIVARIATE)
def test_univariate_formats_of_the_same_data_give_equal_panels(name):
    panel, array = from_steps(in_channels=1)
    assert as_panel(UNIVARIATE[name](array[:, 0])).equals(panel)


INDICES = {
    "int": pd.Index([3, 10, 11]),
    "float": pd.Index([0.5, 0.75, 9.0]),
    "datetime": pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"]),
    "datetime[s]": pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"]).as_unit(
        "s"
    ),
    "zone": pd.to_datetime(["2020-01-01", "2020-01-05", "2020-02-01"]).tz_localize(
        "Europe/Paris"
    ),
    "timedelta": pd.to_timedelta([1, 5, 30], unit="h"),
    "period": pd.PeriodIndex(["2020-01", "2020-02", "2020-04"], freq="M"),
}


@pytest.mark.parametrize("name", INDICES)
def test_formats_with_times_of_any_kind_give_equal_panels(name):
    times = INDICES[name]
    rows = np.arange(12.0).reshape(2, 3, 2)
    frames = [frame_of(part, times) for part in rows]
    panel = Panel(
        rows.reshape(6, 2), times.append(times), [0, 3, 6], channels=frames[0].columns
    )
    cells = {c: [frame[c] for frame in frames] for c in panel.channels}
    long = pd.concat(frames, keys=[0, 1], names=["i", "t"])
    for X in (
        frames,
        [(times, part) for part in rows],
        long,
        pd.DataFrame(cells),
        panel.to_frame(),
    ):
        assert as_panel(X).equals(panel)
    assert Panel.from_long(long.reset_index(), instance="i", time="t").equals(panel)
    wide = pd.DataFrame(rows[:, :, 0], columns=times)
    assert as_panel(wide).equals(panel.with_values(panel.values[:, :1]))


# What formats mean


def test_series_come_in_order_of_appearance():
    index = pd.MultiIndex.from_tuples([("b", 1), ("a", 5), ("b", 0), ("a", 2)])
    panel = as_panel(pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=index))
    assert panel.instances.tolist() == ["b", "a"]
    assert panel.times.tolist() == [0, 1, 2, 5]
    assert panel.values[:, 0].tolist() == [3, 1, 4, 2]


def test_a_selection_forgets_the_other_instances():
    _, array = from_steps()
    assert as_panel(multiindex(array).loc[[2, 0]]).instances.tolist() == [2, 0]


def test_wide_labels_that_are_numbers_are_times():
    panel = as_panel(pd.DataFrame([[1.0, 2.0]], columns=[7.5, 0.5], index=["ann"]))
    assert panel.times.tolist() == [0.5, 7.5]
    assert panel.values[:, 0].tolist() == [2, 1]
    assert panel.instances.tolist() == ["ann"]


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


@pytest.mark.parametrize(
    "X",
    [
        [pd.DataFrame({"x": [1.0]}), pd.DataFrame()],
        [pd.DataFrame(), pd.DataFrame({"x": [1.0]})],
        [pd.DataFrame({"x": [1.0]}), pd.DataFrame({"x": []}, index=pd.to_datetime([]))],
        [([0], [1.0]), ([], [])],
        [pd.Series([1.0]), pd.Series([], dtype=float)],
    ],
)
def test_a_series_may_have_no_observation(X):
    panel = as_panel(X)
    assert sorted(panel.lengths) == [0, 1]
    assert panel.in_channels == 1


def test_masked_cells_are_not_observed():
    masked = np.ma.masked_array([[1.0, 2.0]], mask=[[True, False]])
    np.testing.assert_array_equal(as_panel(masked).values[:, 0], [np.nan, 2])


def test_panels_in_a_list_are_joined():
    panel, _ = from_steps()
    assert as_panel(list(panel)).equals(panel)


def test_a_series_may_be_all_missing():
    assert as_panel(np.full((1, 4), np.nan)).lengths.tolist() == [4]


def test_booleans_and_missing_objects_are_numbers():
    index = pd.MultiIndex.from_tuples([(0, 0), (0, 1)])
    frame = pd.DataFrame(
        {
            "bool": [True, False],
            "nullable": pd.array([True, None], dtype="boolean"),
            "int": pd.array([7, None], dtype="Int64"),
            "object": np.array([1.5, None], dtype=object),
            "text": np.array([2, pd.NA], dtype=object),
        },
        index=index,
    )
    nan = np.nan
    expected = [[1, 1, 7, 1.5, 2], [0, nan, nan, nan, nan]]
    np.testing.assert_array_equal(as_panel(frame).values, expected)
    np.testing.assert_array_equal(as_panel([frame.loc[0]]).values, expected)


def test_numbers_may_be_given_a_unit():
    panel = as_panel([([0], [1.0])], time_unit="D")
    assert panel.time_scale == TimeScale("number", "D")
    assert as_panel(panel, time_unit="D").time_scale == TimeScale("number", "D")
    with pytest.raises(ValueError, match=r"`time_unit` must be 'D'.*got 'h'"):
        as_panel(panel, time_unit="h")
    dates = [(pd.to_datetime(["2020-01-01"]), [1.0])]
    with pytest.raises(ValueError, match=r"`time_unit` must be None for datetime"):
        as_panel(dates, time_unit="D")


@pytest.mark.parametrize("duplicates", ["mean", "last", "keep"])
def test_duplicates_are_merged_or_kept(duplicates):
    X = [([3, 1, 3], [5.0, 2.0, 7.0])]
    expected = {"mean": [2, 6], "last": [2, 7], "keep": [2, 5, 7]}[duplicates]
    assert as_panel(X, duplicates=duplicates).values[:, 0].tolist() == expected


class Polars:
    """A table of another library."""

    def __init__(self, frame):
        self.to_pandas = lambda: frame


def test_tables_of_other_libraries_go_through_pandas():
    assert as_panel(Polars(pd.DataFrame([[1.0, 2.0]]))).lengths.tolist() == [2]
    long = pd.DataFrame({"i": [0], "t": [0], "x": [1.0]})
    assert len(Panel.from_long(Polars(long), instance="i", time="t")) == 1


# There and back


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


# What is refused


LONG = pd.DataFrame({"id": [1, 1, 2], "time": [0, 1, 0], "x": [0.1, 0.2, 0.3]})
BLOCKS = pd.DataFrame(
    {"a": np.repeat([5, 3, 9], 4), "b": np.tile(range(4), 3), "c": 0.5}
)


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
    ("X", "message"),
    [
        (np.zeros(3), r"`X` must be 2-D .*got shape \(3,\). Reshape your data"),
        (np.zeros((1, 1, 1, 1)), r"`X` must be 2-D .*or 3-D.*got shape \(1, 1, 1, 1\)"),
        (
            np.zeros((2, 0)),
            r"0 feature\(s\) \(shape=\(2, 0\)\) while a minimum of 1 is",
        ),
        (np.zeros((2, 3, 0)), r"`X` must have channels and steps"),
        (np.zeros((0, 3)), r"`X` must hold at least one series; got none"),
        ([], r"`X` must hold at least one series"),
        (pd.DataFrame(), r"`X` must hold at least one series"),
        (
            np.array([[1.0, np.inf]]),
            r"finite, or NaN.*inf in channel 'channel_0' of i.*0",
        ),
        (np.array([[1j]]), r"Complex data not supported"),
        ([1, 2.0], r"got shape \(2,\). Reshape your data"),
        (pd.DataFrame(index=[0, 1]), r"0 feature\(s\) \(shape=\(2, 0\)\)"),
        ([pd.DataFrame(index=[0])], r"`values` must have at least one channel"),
        (pd.Series([1.0]), r"`X` must be 2-D"),
        (
            [([0, 1], [1.0])],
            r"time for every value; got 2 times and 1 values in series 0",
        ),
        (
            [([0], [1.0], [2.0])],
            r"tuples \(times, values\).*a tuple of 3 at position 0",
        ),
        ([([0], np.zeros((1, 1, 1)))], r"tuples \(times, values\)"),
        (
            [([0], [[1.0]]), ([0], [[1.0, 2.0]])],
            r"same channels in every series; got 1 and 2 channels. Add missing",
        ),
        (
            [pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})],
            r"same channels.*got \['b'\] in series 1 and \['a'\] before. Add missing",
        ),
        (
            [pd.DataFrame({"time": [1.0], "a": [2.0]})],
            r"DataFrames indexed by time; got a column 'time'.*Use `frame.set_index",
        ),
        (
            [([0], [1.0]), (pd.to_datetime(["2020-01-01"]), [1.0])],
            r"`times` must be of one kind.*got datetime and number",
        ),
        (
            [[1.0, 2.0], [1.0]],
            r"times where series differ in length.*\[\(times, values",
        ),
        ([(pd.to_datetime([None]), [1.0])], r"`times` must be finite.*NaT"),
        ([([np.inf], [1.0])], r"`times` must be finite.*inf"),
        ([([0, 0], [1.0, 2.0])], r'instance 0 has 2 values.*duplicates="mean"'),
    ],
)
def test_wrong_values_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        as_panel(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([["a"]]), r"`X` must be numeric; got 'a'.*pandas.to_numeric"),
        (np.array([["a", 1.0]], dtype=object), r"`X` must be numeric; got 'a'"),
        (np.array([[{}]], dtype=object), r"argument must be .* string.* number"),
        (pd.DataFrame({"s0": ["a"], "s1": [1.0]}), r"'a' in column 's0'.*from_long"),
        ([([0], ["a"])], r"`X` must be numeric; got 'a'"),
        ([pd.DataFrame({"x": ["a"]})], r"got 'a' in column 'x'"),
        (np.zeros((1, 1), "M8[ns]"), r"`X` must be numeric"),
        ([(["2020-01-01"], [1.0])], r"`times` must be numbers.*strings.*to_datetime"),
        (["a", "b"], r"`X` must be an array or a list.*got a list of str"),
        (pd.DataFrame({"x": [np.zeros(2)]}), r"Series in every cell; got a ndarray"),
        ("visits.csv", r"`X` must be a Panel.*got str. A file is read first"),
        (None, r"`X` must be a Panel.*got NoneType"),
        ({"a": [1.0]}, r"`X` must be a Panel.*got dict"),
        ((np.zeros(2), np.zeros(2)), r"got a tuple of ndarray.*\[\(times, values\)"),
        (
            [[[0, 1], [1.0, 2.0]]],
            r"got a list of list of shape \(2, 2\).*channel first",
        ),
        (
            [np.zeros((3, 2))],
            r"got a list of ndarray of shape \(3, 2\).*numpy.asarray\(X\)",
        ),
        ([np.zeros(2), [1.0, 2.0]], r"series of one type; got list, ndarray"),
        ([pd.DataFrame(), pd.Series()], r"DataFrames or a list of Series; got both"),
    ],
)
def test_wrong_types_are_refused(X, message):
    with pytest.raises(TypeError, match=message):
        as_panel(X)


def test_sparse_matrices_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"`X` must be dense; got a sparse.*toarray"):
        as_panel(sparse.csr_matrix(np.eye(2)))


def test_an_empty_panel_is_refused():
    panel, _ = from_steps()
    with pytest.raises(ValueError, match=r"`X` must hold at least one series"):
        as_panel(panel[:0])
    with pytest.raises(ValueError, match=r"`duplicates` must be one of"):
        as_panel(panel, duplicates="drop")


def test_wrong_indices_of_frames_are_refused():
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


# Messages that keep a numpy or torch traceback away


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


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([([0, 1], [[1.0, 2.0], [3.0]])], ValueError, "rows of unequal lengths at pos"),
        ([([0], [1.0]), (0, 1.0)], ValueError, r"shapes \(\), \(\) at position 1"),
        ([(0, [1.0])], ValueError, r"shapes \(\), \(1,\) at position 0"),
        ([[1.0, 2.0], [3.0]], ValueError, "got a list of list of unequal lengths"),
    ],
)
def test_series_of_odd_shapes_are_refused(X, error, message):
    with pytest.raises(error, match=rf"`X` must .*{message}.*Write series as tuples"):
        as_panel(X)


def test_pairs_in_an_object_array_are_refused():
    pairs = object_array([([0.0, 1.0], [1.0, 2.0])]).reshape(1, 1)
    with pytest.raises(TypeError, match=r"got an object array .*Write series as tup"):
        as_panel(pairs)


def test_tensors_are_read_and_those_that_numpy_cannot_read_are_refused():
    torch = pytest.importorskip("torch")
    assert as_panel(torch.zeros(2, 3, 4)).in_channels == 3
    for tensor in (
        torch.zeros(2, 3, requires_grad=True),
        torch.zeros(2, 3, dtype=torch.bfloat16),
        torch.zeros(2, 3, device="meta"),
    ):
        with pytest.raises(
            TypeError, match=r"got a torch Tensor: .*X\.detach\(\)\.cpu\(\)"
        ):
            as_panel(tensor)


def test_an_index_with_a_level_of_channels_names_from_long():
    frame = pd.DataFrame(
        {"id": [1, 1], "time": [0, 1], "band": ["g", "r"], "mag": [1.0, 2.0]}
    )
    with pytest.raises(ValueError, match=r"3 levels .*from_long\(X\.reset_index"):
        as_panel(frame.set_index(["id", "time", "band"]))
    with pytest.raises(TypeError, match=r"'g' in column 'band'.*channel=\.\.\., value"):
        as_panel(frame.set_index(["id", "time"]))


# Real data and size


def test_the_guide_shows_what_comes_out():
    page = Path(__file__).parents[2] / "docs" / "guide" / "formats.md"
    code = "".join(re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S))
    shown = re.compile(r"^(\S.*?)  # (.+)$", re.M)
    checks = shown.sub(lambda m: f"found.append((repr({m[1]}), {m[2]!r}))", code)
    found = []
    exec(checks, {"found": found})
    assert len(found) > 15
    for result, written in found:
        assert result == written


def test_sktime_formats_are_read_as_they_are():
    datasets = pytest.importorskip("sktime.datasets", reason="sktime is an extra")
    nested, _ = datasets.load_basic_motions(split="train", return_type="nested_univ")
    array, _ = datasets.load_basic_motions(split="train", return_type="numpy3D")
    long, _ = datasets.load_basic_motions(split="train", return_type="pd-multiindex")
    frames, _ = datasets.load_basic_motions(split="train", return_type="df-list")
    expected = as_panel(array)
    for X in (nested, long, frames):
        panel = as_panel(X)
        assert panel.with_values(panel.values, expected.channels).equals(
            expected.with_instances(panel.instances)
        )


@pytest.mark.parametrize("unit", ["D", "s"])
def test_ten_thousand_series_are_read_without_a_loop(unit, monkeypatch):
    n_series, n_steps = 10_000, 50
    times = np.tile(np.arange(n_steps), n_series).astype(f"M8[{unit}]")
    index = pd.MultiIndex.from_arrays([np.repeat(np.arange(n_series), n_steps), times])
    frame = pd.DataFrame({"x": np.arange(len(index), dtype=float)}, index=index)
    calls = count_calls(as_panel, frame)
    assert calls < 5_000  # 0.05 s; a loop over series makes 10,000 calls at least


def count_calls(function, *arguments):
    with cProfile.Profile() as profile:
        function(*arguments)
    return pstats.Stats(profile).total_calls

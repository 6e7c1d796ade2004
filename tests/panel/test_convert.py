"""The same data in every format, and what formats mean."""

from __future__ import annotations

import cProfile
import pstats
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._times import TimeScale


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


def test_series_come_in_order_of_appearance():
    index = pd.MultiIndex.from_tuples([("b", 1), ("a", 5), ("b", 0), ("a", 2)])
    panel = as_panel(pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0]}, index=index))
    assert panel.instances.tolist() == ["b", "a"]
    assert panel.times.tolist() == [0, 1, 2, 5]
    assert panel.values[:, 0].tolist() == [3, 1, 4, 2]


def test_a_selection_forgets_the_other_instances():
    _, array = from_steps()
    assert as_panel(multiindex(array).loc[[2, 0]]).instances.tolist() == [2, 0]


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


@pytest.mark.parametrize("fences", ["python", "py(?:thon)?"])
def test_the_guide_shows_what_comes_out(fences, tmp_path, monkeypatch):
    if fences != "python":  # the examples of other libraries, too
        for library in ("polars", "xarray", "sparse", "awkward"):
            pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[2] / "docs" / "guide" / "formats.md"
    blocks = re.findall(rf"```{fences}\n(.*?)```", page.read_text("utf-8"), re.S)
    shown = re.compile(r"^(\S.*?)  # (.+)$", re.M)
    checks = shown.sub(
        lambda m: f"found.append((repr({m[1]}), {m[2]!r}))", "".join(blocks)
    )
    found = []
    exec(checks, {"found": found})
    assert len(found) > (15 if fences == "python" else 25)
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

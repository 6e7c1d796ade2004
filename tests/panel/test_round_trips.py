"""What a panel is written as is read as the same panel, through any two formats."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._times import NUMBER
from storages import in_both_storages

ROLES = {"instance": "instance", "time": "time"}
LONG = {**ROLES, "channel": "channel", "value": "value"}
VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
CLOCKS = {
    "int": lambda ticks: ticks,
    "float": lambda ticks: ticks / 8,
    "datetime": lambda ticks: ticks.astype("M8[ns]"),
    "timedelta": lambda ticks: ticks.astype("m8[ns]"),
}


@st.composite
def panels(draw, clocks=tuple(CLOCKS), steps=False):
    """Draw series of 0 to 4 rows with holes, one at least with a row."""
    n_series, n_channels = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    lengths = draw(st.lists(st.integers(0, 4), min_size=n_series, max_size=n_series))
    lengths[draw(st.integers(0, n_series - 1))] += 1
    n_rows = sum(lengths)
    ticks = st.integers(-(2**40), 2**40)
    stamps = [
        range(n)
        if steps
        else sorted(draw(st.lists(ticks, min_size=n, max_size=n, unique=True)))
        for n in lengths
    ]
    values = draw(arrays(float, (n_rows, n_channels), elements=VALUES.map(_or_nan)))
    clock = CLOCKS[draw(st.sampled_from(clocks))]
    names = st.text("abc", min_size=1, max_size=3)
    panel = Panel(
        values,
        clock(np.array([tick for one in stamps for tick in one])),
        np.cumsum([0, *lengths]),
        channels=draw(_some(names, n_channels)),
        instances=draw(_some(names, n_series)),
    )
    return in_both_storages(panel)[draw(st.integers(0, 1))]


def _or_nan(value):
    return np.nan if value is None else value


def _some(names, size):
    return st.none() | st.lists(names, min_size=size, max_size=size, unique=True)


def wide(panel):
    """A table with a column per channel, of which no index or category tells more."""
    frame = panel.to_frame().reset_index()
    kind = panel.instances.dtype
    return frame.assign(instance=frame["instance"].astype(kind))


def through_polars(panel, tmp_path):
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    table = polars.from_pandas(wide(panel))
    return Panel.from_long(table, **ROLES, values=panel.channels)


def through_polars_tables(panel, tmp_path):
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    frames = panel.to_sktime("df-list")
    return as_panel([polars.from_pandas(frame.reset_index()) for frame in frames])


def through_arrow(panel, tmp_path):
    arrow = pytest.importorskip("pyarrow")
    return as_panel(arrow.Table.from_pandas(panel.to_frame()))


def through_xarray(panel, tmp_path):
    pytest.importorskip("xarray")
    pytest.importorskip("sparse")
    return as_panel(panel.to_xarray())


def through_csv(panel, tmp_path):
    wide(panel).to_csv(tmp_path / "a.csv.gz", index=False)
    return Panel.read(tmp_path / "a.csv.gz", **ROLES, values=panel.channels)


def through_parquet(panel, tmp_path):
    pytest.importorskip("pyarrow")
    panel.to_long().to_parquet(tmp_path / "a.parquet", row_group_size=2)
    return Panel.read(tmp_path / "a.parquet", **LONG)


# What a format has no place for: names of channels or of series, series without rows.
TRIPS = {
    "to_frame": (lambda p, _: as_panel(p.to_frame()), ()),
    "to_long": (lambda p, _: Panel.from_long(p.to_long(), **LONG), ()),
    "to_list": (lambda p, _: as_panel(p.to_list()), ("channels", "instances")),
    "df-list": (lambda p, _: as_panel(p.to_sktime("df-list")), ("instances",)),
    "nested_univ": (lambda p, _: as_panel(p.to_sktime("nested_univ")), ("instances",)),
    "xarray": (through_xarray, ()),
    "polars": (through_polars, ("rowless",)),
    "polars tables": (through_polars_tables, ("instances",)),
    "arrow": (through_arrow, ()),
    "csv": (through_csv, ("rowless",)),
    "parquet": (through_parquet, ("rowless numbers",)),  # it has categories of text
}


def what_is_left(panel, lost):
    """The panel that a format can hold."""
    numbers = panel.instances.dtype.kind == "i"
    if "rowless" in lost or ("rowless numbers" in lost and numbers):
        panel = panel[panel.lengths > 0]
    if "channels" in lost:
        panel = panel.with_values(
            panel.values, [f"channel_{i}" for i in range(panel.in_channels)]
        )
    return panel.with_instances(range(len(panel))) if "instances" in lost else panel


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trips")


@pytest.mark.parametrize("first", TRIPS)
@pytest.mark.parametrize("then", TRIPS)
@given(panel=panels())
@settings(max_examples=5)
def test_panels_survive_two_formats(first, then, folder, panel):
    for name in (first, then):
        travel, lost = TRIPS[name]
        panel, expected = travel(panel, folder), what_is_left(panel, lost)
        assert panel.equals(expected), name


# text does not say how many digits
@pytest.mark.parametrize("name", sorted(set(TRIPS) - {"csv"}))
@given(panel=panels())
@settings(max_examples=5)
def test_single_precision_survives(name, folder, panel):
    travel, lost = TRIPS[name]
    values = (panel.values % 1000).astype(np.float32)
    panel = panel.with_values(values, panel.channels)
    assert travel(panel, folder).equals(what_is_left(panel, lost))


def through_numpy(panel):
    grid = np.unique(panel.times)
    array = panel.to_numpy(grid)
    return as_panel(array), Panel(
        array.transpose(0, 2, 1).reshape(-1, panel.in_channels),
        np.tile(np.arange(len(grid)), len(panel)),
        np.arange(len(panel) + 1) * len(grid),
    )


@given(panel=panels())
def test_arrays_hold_every_value_on_the_grid(panel):
    found, expected = through_numpy(panel)
    assert found.equals(expected)
    assert found.observations.n_observed == panel.observations.n_observed
    np.testing.assert_array_equal(
        as_panel(found).to_numpy(), panel.to_numpy(np.unique(panel.times))
    )


def awkward_array(panel):
    awkward = pytest.importorskip("awkward")
    rows = [
        [[None if np.isnan(v) else v for v in row] for row in one.values]
        for one in panel
    ]
    return awkward.Array(rows)


STEPS = {
    "arrays in a list": lambda panel: [one.values.T for one in panel],
    "awkward": awkward_array,
    "pairs": lambda panel: [(range(len(one.times)), one.values) for one in panel],
}


@pytest.mark.parametrize("name", STEPS)
@given(panel=panels(clocks=("int",), steps=True))
@settings(max_examples=20)
def test_series_at_equal_steps_survive_formats_without_times(name, panel):
    expected = what_is_left(panel, ("channels", "instances"))
    assert as_panel(STEPS[name](panel)).equals(expected)


@pytest.mark.parametrize("name", TRIPS)
def test_units_and_static_features_are_what_is_lost(name, folder):
    bare = as_panel([([0, 1], [1.0, 2.0]), ([5], [3.0])])
    full = as_panel(bare, time_unit="h").with_static(np.array([[1.0], [2.0]]))
    found = TRIPS[name][0](full, folder)
    assert found.time_scale == NUMBER
    assert found.equals(bare)


@pytest.mark.parametrize(
    "name", ["to_frame", "to_long", "to_list", "df-list", "nested_univ"]
)
def test_ties_survive_where_they_are_kept(name):
    twice = as_panel([([0, 2, 2], [1.0, 5.0, 7.0])], duplicates="keep")
    if name == "to_long":
        found = Panel.from_long(twice.to_long(), **LONG, duplicates="keep")
    else:
        write = getattr(twice, name, None) or (lambda: twice.to_sktime(name))
        found = as_panel(write(), duplicates="keep")
    assert found.equals(twice)


def test_zoned_times_come_back_in_utc():
    zoned = pd.DatetimeIndex(
        ["2024-03-31 01:30", "2024-03-31 03:30"], tz="Europe/Paris"
    )
    panel = as_panel([(zoned, [1.0, 2.0])])
    ((times, _),) = panel.to_list()
    assert times.tolist() == zoned.tz_convert("UTC").as_unit("ns").asi8.tolist()

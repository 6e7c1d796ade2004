"""What a panel is written as, and what raises rather than lose a value.

That everything comes back is in `test_round_trips.py`.
"""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from storages import in_both_storages

HOURS = pd.to_datetime(["2020-01-01 00:00", "2020-01-01 05:00", "2020-01-01 01:00"])
PANEL = Panel(
    [[1.0, np.nan], [np.nan, np.nan], [3.0, 4.0]],
    HOURS,
    [0, 2, 2, 3],
    channels=["hr", "bp"],
    instances=["ann", "eve", "bob"],
)


def test_long_tables_have_a_row_per_value_and_one_for_a_row_without_any():
    for panel in in_both_storages(PANEL):
        frame = panel.to_long()
        assert frame.columns.tolist() == ["instance", "time", "channel", "value"]
        assert frame["instance"].tolist() == ["ann", "ann", "bob", "bob"]
        assert frame["instance"].cat.categories.tolist() == ["ann", "eve", "bob"]
        assert frame["time"].tolist() == [*HOURS, HOURS[2]]
        assert frame["channel"].tolist() == ["hr", "hr", "hr", "bp"]
        np.testing.assert_array_equal(frame["value"], [1, np.nan, 3, 4])


def test_lists_hold_times_of_their_kind_and_arrays_that_may_be_changed():
    for panel in in_both_storages(PANEL):
        (times, values), (none, empty), _ = panel.to_list()
        np.testing.assert_array_equal(times, HOURS[:2].to_numpy())
        np.testing.assert_array_equal(values, [[1, np.nan], [np.nan, np.nan]])
        assert none.shape == (0,)
        assert empty.shape == (0, 2)
        values[0, 0] = 7
        times[0] = HOURS[1]
        assert panel.values[0, 0] == 1
        assert panel.times[0] == HOURS[0].value


def test_frames_name_each_series_once():
    twice = PANEL[[0, 0]]
    for write in (twice.to_frame, twice.to_long):
        with pytest.raises(
            ValueError, match=r"unique to make a frame; got 'ann' twice"
        ):
            write()
    assert len(twice.with_instances(range(2)).to_long()) == 4


def test_arrays_are_channel_first():
    array = np.arange(24.0).reshape(2, 3, 4)
    array[0, 1, 2] = np.nan
    for panel in in_both_storages(as_panel(array)):
        np.testing.assert_array_equal(panel.to_numpy(), array)
        panel.to_numpy()[0] = 0
        np.testing.assert_array_equal(panel.to_numpy(grid=range(4)), array)


def test_panels_without_series_or_rows():
    none, rowless = PANEL[:0], PANEL[1:2]
    assert none.to_list() == none.to_sktime("df-list") == []
    assert none.to_sktime("nested_univ").shape == (0, 2)
    assert none.to_long().shape == rowless.to_long().shape == (0, 4)
    assert none.to_numpy(HOURS[:1]).shape == (0, 2, 1)
    assert rowless.to_numpy().shape == (1, 2, 0)
    with pytest.raises(ValueError, match="`X` must hold at least one series; got none"):
        none.to_numpy()


def test_tied_rows_are_steps_of_an_array_without_a_grid():
    panel = as_panel([([0, 0], [1.0, 2.0]), ([0, 0], [3.0, 4.0])], duplicates="keep")
    assert panel.to_numpy().tolist() == [[[1, 2]], [[3, 4]]]


@pytest.mark.parametrize(
    ("series", "found"),
    [
        (
            [([0, 1], [1.0, 2.0]), ([0, 2], [3.0, 4.0])],
            "other times in instance 1, bes",
        ),
        (
            [([0, 1], [1.0, 2.0]), ([0], [3.0])],
            "1 rows in instance 1, beside 2 rows in",
        ),
        ([([0], [1.0]), ([], [])], "0 rows in instance 1"),
    ],
)
def test_series_with_times_of_their_own_are_no_array_without_a_grid(series, found):
    panel = as_panel(series)
    way_out = r"panel\.to_numpy\(grid=numpy\.unique\(panel\.times\)\)"
    with pytest.raises(ValueError, match=rf"{found}.*{way_out}"):
        panel.to_numpy()
    with pytest.raises(ValueError, match=found):
        panel.to_sktime("numpy3D")
    array = panel.to_numpy(grid=np.unique(panel.times))
    assert array.shape == (2, 1, len(np.unique(panel.times)))


def test_a_grid_takes_the_values_that_are_exactly_there():
    nan = np.nan
    expected = [
        [[1, nan, nan], [nan] * 3],
        [[nan] * 3] * 2,
        [[nan, 3, nan], [nan, 4, nan]],
    ]
    for panel in in_both_storages(PANEL):
        grid = pd.DatetimeIndex([HOURS[0], HOURS[2], "2021-01-01"])
        np.testing.assert_array_equal(panel.to_numpy(grid), expected)
        zoned = grid.tz_localize("UTC").tz_convert("Asia/Tokyo")
        np.testing.assert_array_equal(panel.to_numpy(zoned), expected)
        numbers = grid.as_unit("ns").asi8
        np.testing.assert_array_equal(panel.to_numpy(numbers), expected)


def test_a_grid_that_would_lose_a_value_raises():
    with pytest.raises(
        ValueError,
        match=r"none for 2020-01-01 01:00:00 of instance 'bob', and 2 values in all.*"
        r"keep_rows\(numpy\.isin\(panel\.times, grid\)\)",
    ):
        PANEL.to_numpy(HOURS[:2])
    kept = PANEL.keep_rows(np.isin(PANEL.times, HOURS[:2].as_unit("ns").asi8))
    assert kept.to_numpy(HOURS[:2]).shape == (3, 2, 2)


def test_two_values_at_one_time_have_no_place_in_an_array():
    panel = as_panel([([2, 2], [[1.0, 5.0], [2.0, 6.0]])], duplicates="keep")
    message = r"two values of 'channel_0' of instance 0 at 2\. Merge.*duplicates=\"mean"
    with pytest.raises(ValueError, match=message):
        panel.to_numpy([2])
    merged = as_panel(panel.to_frame(), duplicates="mean")
    assert merged.to_numpy([2]).ravel().tolist() == [1.5, 5.5]
    pytest.importorskip("xarray")
    pytest.importorskip("sparse")
    with pytest.raises(ValueError, match=message):
        panel.to_xarray()


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([], r"`grid` must increase, and hold a step; got \[\]"),
        ([0, 0, 1], r"`grid` must increase.*`numpy\.unique\(grid\)`"),
        (HOURS, r"kind of the panel, number, or numbers.*; got datetime\[ns\]"),
        ([0, np.nan], r"`times` must be finite"),
    ],
)
def test_a_grid_that_is_none_raises(grid, message):
    with pytest.raises(ValueError, match=message):
        as_panel([([0, 1], [1.0, 2.0])]).to_numpy(grid)


def test_formats_of_sktime():
    frames = PANEL.to_sktime("df-list")
    assert [len(frame) for frame in frames] == [2, 0, 1]
    assert frames[0].index.tolist() == HOURS[:2].tolist()
    nested = PANEL.to_sktime("nested_univ")
    assert nested.shape == (3, 2)
    assert nested.loc[2, "bp"].tolist() == [4.0]
    assert nested.loc[2, "bp"].index.tolist() == [HOURS[2]]
    pd.testing.assert_frame_equal(PANEL.to_sktime(), PANEL.to_frame())
    pd.testing.assert_frame_equal(PANEL.to_sktime("pd-long"), PANEL.to_long())
    with pytest.raises(ValueError, match=r"`mtype` must be one of .*got 'numpyflat'"):
        PANEL.to_sktime("numpyflat")


@pytest.mark.parametrize(
    "mtype", ["pd-multiindex", "df-list", "nested_univ", "numpy3D"]
)
@pytest.mark.parametrize("clock", ["int", "datetime"])
def test_sktime_accepts_its_formats(mtype, clock):
    check = pytest.importorskip("sktime.datatypes", reason="sktime is an extra")
    times = {"int": np.arange(3), "datetime": HOURS.sort_values()}[clock]
    rows = np.arange(6.0).reshape(3, 2)
    panel = as_panel([(times, rows), (times, rows + 1)])
    written = panel.to_sktime(mtype)
    valid, message, _ = check.check_is_mtype(
        written, mtype, "Panel", return_metadata=[]
    )
    assert valid, message
    assert as_panel(written).values.tolist() == panel.values.tolist()


@pytest.mark.parametrize("missing", ["xarray", "sparse"])
def test_a_missing_library_is_named(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        ImportError, match=r"must find xarray and sparse.*pip install xar"
    ):
        PANEL.to_xarray()


def test_named_arrays_stay_sparse_and_tell_static_features():
    pytest.importorskip("xarray")
    sparse = pytest.importorskip("sparse")
    panel = PANEL.with_static(np.array([[50.0], [60.0], [np.nan]]), ["age"])
    array = panel.to_xarray()
    assert isinstance(array.data, sparse.COO)
    assert array.dims == ("instance", "channel", "time")
    assert array.shape == (3, 2, 3)
    assert array.data.nnz == 4  # 3 values, and a row without one
    assert array.sel(instance="bob", channel="bp", time=HOURS[2]).item() == 4
    np.testing.assert_array_equal(array["age"], [50, 60, np.nan])
    assert as_panel(array).equals(PANEL)


def test_static_features_do_not_take_the_name_of_a_dimension():
    pytest.importorskip("xarray")
    pytest.importorskip("sparse")
    panel = PANEL.with_static(np.ones((3, 1)), ["time"])
    with pytest.raises(ValueError, match=r"`static_names` must differ .*\['time'\]"):
        panel.to_xarray()
    assert "t" in panel.with_static(panel.static, ["t"]).to_xarray().coords


def test_long_tables_and_named_arrays_of_asynchronous_channels_stay_small():
    pytest.importorskip("xarray")
    pytest.importorskip("sparse")
    n, n_channels = 20_000, 200  # a table of 32 MB, and of 640 GB on all times
    rng = np.random.default_rng(0)
    panel = Panel.from_measurements(
        rng.integers(0, 1000, n),
        rng.uniform(size=n),
        rng.integers(0, n_channels, n),
        rng.normal(size=n),
        n_series=1000,
        channels=[str(i) for i in range(n_channels)],
    )
    panel[:2].to_xarray()  # what is compiled or imported at the first call
    for write in (panel.to_long, panel.to_xarray):
        tracemalloc.start()
        written = write()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(written)
        assert peak < 16e6

"""What a panel tells of its rows, against loops over its series."""

import numpy as np
import pytest

from ckts.panel import Panel


@pytest.fixture
def panel():
    """Series of 3, 0, 1 and 4 rows; the last one has a tie."""
    return Panel(
        np.arange(16.0).reshape(8, 2),
        [0, 2, 7, 30, 10, 11, 11, 15],
        [0, 3, 3, 4, 8],
        instances=["ann", "bob", "cy", "di"],
        static=[[1.0], [2.0], [3.0], [4.0]],
    )


def test_rows_know_their_series_and_the_time_since_its_first_row(panel):
    assert panel.series_of_rows.tolist() == [0, 0, 0, 2, 3, 3, 3, 3]
    elapsed = [time - one.times[0] for one in panel for time in one.times]
    assert panel.elapsed.tolist() == elapsed


def test_what_is_missing_is_not_observed(panel):
    values = panel.values.copy()
    values[2, 1] = np.nan
    assert np.argwhere(~panel.with_values(values).observed).tolist() == [[2, 1]]


@pytest.mark.parametrize("rows", [None, [1, 0, 1, 1, 0, 1, 0, 1], [0] * 8])
def test_gaps_are_those_within_series(panel, rows):
    rows = None if rows is None else np.array(rows, bool)
    kept = panel if rows is None else panel.keep_rows(rows)
    expected = [gap for one in kept for gap in np.diff(one.times)]
    whose = [i for i, one in enumerate(kept) for _ in np.diff(one.times)]
    gaps, series = panel.gaps(rows)
    assert gaps.tolist() == expected
    assert series.tolist() == whose


def test_kept_rows_stay_in_their_series(panel):
    rows = np.array([1, 0, 1, 0, 0, 1, 1, 0], bool)
    kept = panel.keep_rows(rows)
    np.testing.assert_array_equal(kept.values, panel.values[rows])
    assert kept.lengths.tolist() == [2, 0, 0, 2]
    np.testing.assert_array_equal(kept.static, panel.static)
    assert kept.instances.tolist() == panel.instances.tolist()
    assert panel.keep_rows(np.ones(8, bool)).equals(panel)


def test_an_expanding_panel_has_a_series_for_each_row(panel):
    expanding = panel.expanding()
    row = 0
    for one in panel:
        for length in range(1, len(one.times) + 1):
            grown = expanding[row]
            np.testing.assert_array_equal(grown.values, one.values[:length])
            np.testing.assert_array_equal(grown.times, one.times[:length])
            np.testing.assert_array_equal(grown.static, one.static)
            row += 1
    assert len(expanding) == row
    assert expanding.instances.tolist() == list(range(row))


def test_values_are_taken_over_only_where_the_caller_says_so():
    values = np.zeros((3, 1))
    copied = Panel(values, [0, 1, 2], [0, 3])
    assert not np.shares_memory(copied.values, values)
    taken = Panel(values, [0, 1, 2], [0, 3], copy=False)
    assert np.shares_memory(taken.values, values)
    assert not values.flags.writeable
    # a flag alone says nothing of who else may write
    frozen = np.zeros((3, 1))
    frozen.setflags(write=False)
    again = Panel(frozen, [0, 1, 2], [0, 3])
    assert not np.shares_memory(again.values, frozen)


def test_other_times_do_not_copy_the_values(panel):
    later = panel.with_times(panel.times + 1)
    assert np.shares_memory(later.values, panel.values)


def test_measurements_of_one_time_share_a_row():
    panel = Panel.from_measurements(
        *([1, 0, 1, 1], [5, 2, 5, 3], [0, 1, 1, 0], [1.0, 2.0, 3.0, 4.0]),
        n_series=3,
        channels=["a", "b"],
    )
    assert panel.lengths.tolist() == [1, 2, 0]
    assert panel.times.tolist() == [2, 3, 5]
    nan = np.nan
    np.testing.assert_array_equal(panel.values, [[nan, 2], [4, nan], [1, 3]])


@pytest.mark.parametrize(("how", "value"), [("mean", 3.0), ("last", 4.0)])
def test_measurements_that_come_twice_are_merged(how, value):
    twice = ([0, 0], [1, 1], [0, 0], [2.0, 4.0])
    names = {"n_series": 1, "channels": ["pulse"]}
    merged = Panel.from_measurements(*twice, **names, duplicates=how)
    assert merged.values.tolist() == [[value]]
    with pytest.raises(ValueError, match="2 values of 'pulse' at time 1"):
        Panel.from_measurements(*twice, **names)

"""What a panel tells of its rows, against loops over its series."""

import sys

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from storages import in_both_storages


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


ROWS = np.array([1, 1, 0, 0, 0, 0, 0, 1], bool)
HIDDEN = np.ma.masked_array(ROWS, mask=[0, 0, 0, 1, 0, 0, 0, 0])
NO_MASKS = {
    "numbers": (
        ROWS.astype(int),
        TypeError,
        r"got int64\. Use .*dtype=bool\)` of 0 and",
    ),
    "words": (["yes"] * 8, TypeError, r"`rows` must be a mask of bool; got <U3"),
    "short": (ROWS[:2], ValueError, r"per row \(8\); got shape \(2,\).*series_of_rows"),
    "of cells": (
        np.ones((8, 2), bool),
        ValueError,
        r"per row \(8\); got shape \(8, 2\)",
    ),
    "masked": (HIDDEN, ValueError, r"not be masked; got .* at position 3.*filled"),
    "nullable": (
        pd.Series([*ROWS[:-1], None], dtype="boolean"),
        *(TypeError, r"`rows` must be a mask of bool; got object"),
    ),
}


@pytest.mark.parametrize("name", NO_MASKS)
def test_a_mask_of_rows_is_checked(panel, name):
    rows, error, message = NO_MASKS[name]
    with pytest.raises(error, match=message):
        panel.keep_rows(rows)
    if name != "numbers":
        with pytest.raises(error, match=message):
            panel.gaps(rows)


@pytest.mark.parametrize(
    "rows", [[1, 1, 0], [0, 8], [-1, 0], [[0, 1]], np.uint8([3, 2])]
)
def test_numbers_of_rows_increase(panel, rows):
    with pytest.raises(ValueError, match=r"row numbers, 0 to 7; got .*numpy\.unique"):
        panel.gaps(rows)


@pytest.mark.parametrize(
    "rows",
    [
        pd.Series(ROWS, index=range(8, 0, -1)),
        ROWS.tolist(),
        HIDDEN.filled(False),
        np.asarray(ROWS.astype(int), dtype=bool),
        np.array([True, False, False, False])[[0, 0, 1, 1, 1, 1, 1, 0]],
    ],
)
def test_masks_of_rows_are_bool_in_any_container(panel, rows):
    assert panel.keep_rows(rows).equals(panel.keep_rows(ROWS))
    assert panel.gaps(rows)[0].tolist() == [2]


def test_numbers_of_rows_are_those_of_a_mask(panel):
    for found, expected in zip(panel.gaps([0, 2, 5, 7]), ([7, 4], [0, 3]), strict=True):
        assert found.tolist() == expected


def test_an_empty_panel_keeps_no_rows():
    empty = Panel(np.ones((0, 1)), [], [0, 0])
    assert empty.keep_rows([]).equals(empty)
    assert len(empty.gaps([])[0]) == 0


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


def test_its_size_is_that_of_its_arrays(panel):
    around = 8 * 8 + 5 * 8 + 4 * 8 + 4 * 8  # times, pointers, names, static features
    table, listed = in_both_storages(panel)
    wholes = {table: 16 * 8, listed: 16 * 8 + 16 * 1 + 9 * 4}
    for one, n_bytes in wholes.items():
        assert 0 < sys.getsizeof(one) - around - n_bytes < 100

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel import Panel


@given(st.permutations(range(10)))
def test_order_of_rows_changes_nothing(order):
    codes = np.repeat([0, 2, 3], [3, 3, 4])
    times = np.concatenate([np.arange(3), np.arange(3), np.arange(4)]) / 7
    values = np.arange(20.0).reshape(10, 2)
    rows = [array[list(order)] for array in (codes, times, values)]
    expected = Panel(values, times, [0, 3, 3, 6, 10])
    assert Panel.from_rows(*rows, n_series=4).equals(expected)


def naive_merge(codes, times, values, duplicates):
    """Merge rows one by one: the obvious twin of `merge_rows`."""
    cells = {}
    for code, time, row in zip(codes, times, values, strict=True):
        cell = cells.setdefault((code, time), [[] for _ in row])
        for channel, value in zip(cell, row, strict=True):
            channel += [] if np.isnan(value) else [value]
    pick = {"mean": np.mean, "last": lambda cell: cell[-1]}[duplicates]
    merged = [
        [pick(channel) if channel else np.nan for channel in cells[key]]
        for key in sorted(cells)
    ]
    return sorted(cells), np.array(merged)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 2),
            *[st.one_of(st.just(np.nan), st.integers(-5, 5))] * 2,
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["mean", "last"]),
)
def test_repeated_stamps_are_merged(rows, duplicates):
    rows = np.array(rows, dtype=float)
    codes, times, values = rows[:, 0].astype(int), rows[:, 1], rows[:, 2:]
    panel = Panel.from_rows(codes, times, values, n_series=3, duplicates=duplicates)
    keys, expected = naive_merge(codes, times, values, duplicates)
    assert panel.times.tolist() == [time for _, time in keys]
    # a sum and a division in another order of the same few small integers
    np.testing.assert_allclose(panel.values, expected, rtol=1e-15)


def test_rows_of_channels_that_do_not_overlap_are_one_row():
    nan = np.nan
    panel = Panel.from_rows(
        [0, 0, 0], [1, 2, 1], [[nan, 5.0], [1, 1], [4, nan]], n_series=1
    )
    assert panel.times.tolist() == [1, 2]
    assert panel.values.tolist() == [[4, 5], [1, 1]]


def test_duplicates_are_kept_in_their_order():
    panel = Panel.from_rows(
        [0, 0, 0], [1, 0, 1], [[3.0], [1.0], [2.0]], n_series=1, duplicates="keep"
    )
    assert panel.times.tolist() == [0, 1, 1]
    assert panel.values[:, 0].tolist() == [1, 3, 2]


def test_merging_keeps_float32():
    values = np.ones((2, 1), np.float32)
    for duplicates in ("mean", "last", "keep"):
        panel = Panel.from_rows(
            [0, 0], [0, 0], values, n_series=1, duplicates=duplicates
        )
        assert panel.values.dtype == np.float32


def test_duplicates_are_an_error_that_names_the_choices():
    dates = pd.to_datetime(["2020-01-01", "2020-01-01"])
    with pytest.raises(
        ValueError,
        match=r"each \(instance, time, channel\) once; instance 'ann' has 2 values of "
        r"'channel_0' at time 2020-01-01 00:00:00. .*"
        r'duplicates="mean", "last" or "keep"',
    ):
        Panel.from_rows([0, 0], dates, [[1.0], [2.0]], n_series=1, instances=["ann"])
    with pytest.raises(
        ValueError, match=r"`duplicates` must be one of .*; got 'first'"
    ):
        Panel.from_rows([0], [0], [[1.0]], n_series=1, duplicates="first")


def test_codes_of_no_series_raise():
    with pytest.raises(ValueError, match=r"must be 0 to n_series - 1 = 1; got -1 to 0"):
        Panel.from_rows([0, -1], [0, 1], [[1.0], [2.0]], n_series=2)
    with pytest.raises(TypeError, match=r"`instance_codes` must hold whole.*got 1\.5"):
        Panel.from_rows([1.5], [0], [[1.0]], n_series=2)
    with pytest.raises(ValueError, match=r"`instance_codes` must have one number per"):
        Panel.from_rows([0], [0, 1], [[1.0], [2.0]], n_series=2)
    with pytest.raises(
        ValueError, match=r"`X` must hold at least one series; got none"
    ):
        Panel.from_rows([], [], np.empty((0, 1)), n_series=0)


# --- stamps that only rounding tells apart --------------------------------------------


def naive_merge_stamps(times):
    """Merge the stamps of one series, one by one."""
    error, merged = 2.0**-48 * np.abs(times).max(initial=0), []
    for time in times:
        near = bool(merged) and time <= merged[-1] + error
        merged.append(merged[-1] if near else time)
    return np.array(merged)


whole = st.lists(st.integers(0, 5), max_size=8)
shares = st.sampled_from([0, 0.1, 0.6, 0.99, 1.1, 2, 1e3])


@given(st.lists(whole, min_size=1, max_size=4), st.data())
def test_what_rounding_tells_apart_is_merged_series_by_series(batch, data):
    series = []
    for numbers in batch:
        times = np.array(numbers, float) * 1e9
        nudges = data.draw(st.lists(shares, min_size=len(times), max_size=len(times)))
        error = 2.0**-48 * np.abs(times).max(initial=0)
        series.append(np.sort(times + np.array(nudges) * error))
    indptr = np.cumsum([0, *map(len, series)])
    values = np.zeros((indptr[-1], 1))
    panel = Panel(values, np.concatenate(series), indptr)
    for one, times in zip(panel, series, strict=True):
        np.testing.assert_array_equal(one.times, naive_merge_stamps(times))
    again = Panel(values, panel.times, indptr)
    np.testing.assert_array_equal(again.times, panel.times)


def test_merged_stamps_are_farther_apart_than_rounding():
    # a chain of stamps, each near to the one before
    times = 1.7e9 + np.arange(1000) * 2.0**-21
    merged = np.unique(Panel(np.zeros((1000, 1)), times, [0, 1000]).times)
    assert 10 < len(merged) < 1000
    assert np.diff(merged).min() > 2.0**-48 * times.max()


def test_integers_and_dates_are_exact():
    stamps = 1_700_000_000_000_000_000 + np.array([0, 1, 2])
    for times in (stamps, stamps.view("M8[ns]")):
        panel = Panel(np.zeros((3, 1)), times, [0, 3])
        assert np.diff(panel.times).tolist() == [1, 1]


@pytest.mark.parametrize(
    ("duplicates", "expected"), [("mean", [3.0]), ("last", [5.0]), ("keep", [1.0, 5.0])]
)
def test_merged_stamps_follow_the_rule_for_duplicates(duplicates, expected):
    times = [0.1 + 0.2, 0.3]  # the first row is the later one, by rounding
    panel = Panel.from_rows(
        [0, 0], times, [[1.0], [5.0]], n_series=1, duplicates=duplicates
    )
    assert panel.values[:, 0].tolist() == expected
    assert set(panel.times) == {0.3}


def test_merged_stamps_are_duplicates():
    with pytest.raises(ValueError, match=r"instance 0 has 2 values of .* at time 0\.3"):
        Panel.from_rows([0, 0], [0.3, 0.1 + 0.2], [[1.0], [5.0]], n_series=1)
    nan = np.nan
    panel = Panel.from_rows(
        [0, 0], [0.3, 0.1 + 0.2], [[1.0, nan], [nan, 2.0]], n_series=1
    )
    assert panel.values.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("times", [[], [0.3], [0.0, 0.0], [-0.0, 5e-324]])
def test_odd_stamps_stay(times):
    panel = Panel(np.zeros((len(times), 1)), np.array(times), [0, len(times)])
    assert panel.times.tolist() == times


def test_spans_that_overflow_raise_without_a_warning():
    times = [-1.7e308, 1.7e308]
    with pytest.raises(ValueError, match="must span less than"):
        Panel.from_rows([0, 0], times, [[1.0], [5.0]], n_series=1)

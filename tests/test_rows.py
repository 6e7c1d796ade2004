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


def test_from_rows_refuses_codes_of_no_series():
    with pytest.raises(ValueError, match=r"must be 0 to n_series - 1 = 1; got -1 to 0"):
        Panel.from_rows([0, -1], [0, 1], [[1.0], [2.0]], n_series=2)
    with pytest.raises(ValueError, match=r"`instance_codes` must have one number per"):
        Panel.from_rows([0], [0, 1], [[1.0], [2.0]], n_series=2)
    with pytest.raises(
        ValueError, match=r"`X` must hold at least one series; got none"
    ):
        Panel.from_rows([], [], np.empty((0, 1)), n_series=0)

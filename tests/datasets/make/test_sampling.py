"""What generators share; `test_every_generator.py` shows the messages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.datasets.make._sampling import (
    check_sampling,
    draw_rows,
    draw_times,
    measure,
)

seeds = st.integers(0, 2**32 - 1)


@given(st.integers(1, 20), st.integers(1, 5), st.integers(0, 5), seeds)
def test_rows_of_a_series_are_as_many_as_its_pointers_say(n_series, low, more, seed):
    rng = np.random.RandomState(seed)
    series, indptr = draw_rows(n_series, (low, low + more), rng)
    lengths = np.diff(indptr)
    assert len(lengths) == n_series
    assert low <= lengths.min() <= lengths.max() <= low + more
    assert series.tolist() == [i for i, n in enumerate(lengths) for _ in range(n)]


def test_times_increase_within_each_series_and_fill_the_window():
    rng = np.random.RandomState(0)
    series, indptr, times = draw_times(2, (500, 500), 4.0, rng)
    assert indptr.tolist() == [0, 500, 1000]
    assert (np.diff(times)[np.diff(series) == 0] > 0).all()
    assert 0 <= times.min() < 0.05  # 1000 uniform numbers: the least is near 0.004
    assert 3.95 < times.max() < 4


def test_a_share_of_the_values_is_hidden_and_the_rest_is_noisy():
    signal = np.full((10_000, 2), 3.0)
    values = measure(signal, 0.5, 0.3, np.random.RandomState(0))
    # Standard errors with 20,000 values: 0.003 of the share, 0.004 of the noise.
    assert np.isnan(values).mean() == pytest.approx(0.3, abs=0.015)
    assert np.nanstd(values) == pytest.approx(0.5, abs=0.02)
    assert (signal == 3).all()


def test_one_length_is_the_shortest_and_the_longest():
    assert check_sampling(1, 7, 0.1, 0.0) == (7, 7)
    assert check_sampling(1, (2, np.int64(9)), 0.1, 0.0) == (2, 9)

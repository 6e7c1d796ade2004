"""Weighted quantiles: repetition is weight, a common factor is nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.estimators._quantiles import weighted_median, weighted_quantile

NUMBERS = st.lists(
    st.tuples(st.floats(-1e6, 1e6), st.integers(1, 5)), min_size=1, max_size=30
)


def arrays(pairs):
    values, weight = np.array(pairs).T
    return values, weight


@given(pairs=NUMBERS, q=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]))
def test_a_weight_is_a_repetition_as_numpy_counts_it(pairs, q):
    values, weight = arrays(pairs)
    repeated = np.repeat(values, weight.astype(int))
    expected = np.quantile(repeated, q, method="averaged_inverted_cdf")
    assert weighted_quantile(values, weight, q) == pytest.approx(expected, rel=1e-12)


@given(pairs=NUMBERS, factor=st.floats(1e-40, 1e40), seed=st.integers(0, 99))
def test_neither_a_factor_of_the_weights_nor_the_order_changes_it(pairs, factor, seed):
    values, weight = arrays(pairs)
    order = np.random.default_rng(seed).permutation(len(values))
    changed = weighted_median(values[order], factor * weight[order])
    assert changed == weighted_median(values, weight)


def test_a_weight_of_zero_is_absent():
    values, weight = np.array([1.0, 2.0, 99.0]), np.array([1.0, 1.0, 0.0])
    assert weighted_quantile(values, weight, 1.0) == 2
    assert weighted_median(values, weight) == 1.5


def test_huge_numbers_have_a_median():
    assert weighted_median(np.full(2, 1.7e308), np.ones(2)) == 1.7e308

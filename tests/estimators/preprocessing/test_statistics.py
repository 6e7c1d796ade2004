"""Statistics of values: the usual ones of usual numbers, bounded by others."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.estimators.preprocessing.statistics import (
    FARTHEST,
    find_suspicious,
    learn_center_scale,
    weighted_medians,
    weighted_quantiles,
)
from ckts.panel import DenseObservations

NUMBERS = st.lists(
    st.tuples(st.floats(-1e6, 1e6), st.integers(1, 5)), min_size=1, max_size=30
)


def arrays(pairs):
    values, weight = np.array(pairs).T
    return values, weight


def median(values, weight):
    return weighted_medians([(values, weight)])[0]


@given(pairs=NUMBERS, q=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]))
def test_a_weight_is_a_repetition_as_numpy_counts_it(pairs, q):
    values, weight = arrays(pairs)
    repeated = np.repeat(values, weight.astype(int))
    expected = np.quantile(repeated, q, method="averaged_inverted_cdf")
    assert weighted_quantiles(values, weight, [q]) == pytest.approx(
        [expected], rel=1e-12
    )


@given(pairs=NUMBERS, factor=st.floats(1e-40, 1e40), seed=st.integers(0, 99))
def test_neither_a_factor_of_the_weights_nor_the_order_changes_it(pairs, factor, seed):
    values, weight = arrays(pairs)
    order = np.random.default_rng(seed).permutation(len(values))
    assert median(values[order], factor * weight[order]) == median(values, weight)


def test_a_weight_of_zero_is_absent():
    values, weight = np.array([1.0, 2.0, 99.0]), np.array([1.0, 1.0, 0.0])
    assert weighted_quantiles(values, weight, [0.5, 1.0]) == [1.5, 2]


def test_huge_numbers_have_a_median():
    assert median(np.full(2, 1.7e308), np.ones(2)) == 1.7e308


def center_scale(values, weight):
    """Center and scale of columns; no number is suspicious here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = learn_center_scale(
            DenseObservations(values).columns(), weight, [""] * values.shape[1]
        )
    return found.center, found.scale


def column(*parts):
    return np.concatenate([np.ravel(part) for part in parts]).reshape(-1, 1)


@given(seed=st.integers(0, 10**6), n=st.integers(2, 300))
def test_of_usual_numbers_they_are_mean_and_standard_deviation(seed, n):
    rng = np.random.default_rng(seed)
    values, weight = rng.normal(5, 3, (n, 2)), rng.integers(1, 4, n)
    center, scale = center_scale(values, weight)
    repeated = np.repeat(values, weight, axis=0)
    middle = np.median(repeated, axis=0)
    width = np.subtract(*np.quantile(repeated, [0.75, 0.25], axis=0))
    usual = (np.abs(repeated - middle) < 9 * width).all(axis=0)
    np.testing.assert_allclose(center[usual], repeated.mean(0)[usual], rtol=1e-9)
    np.testing.assert_allclose(scale[usual], repeated.std(0)[usual], rtol=1e-9)


@pytest.mark.parametrize("bad", [1e2, 1e4, 1e30, -1e300, 1.7e308])
def test_one_absurd_value_of_a_thousand_changes_next_to_nothing(bad):
    values = np.random.default_rng(0).normal(size=999)
    center, scale = center_scale(column(values, bad), np.ones(1000))
    assert abs(center[0] - values.mean()) < 0.02
    assert 1 <= scale[0] / values.std() < 1.1


@pytest.mark.parametrize(
    "values",
    [
        np.r_[np.zeros(900), np.linspace(1, 5, 100)],  # no rain on most days
        np.r_[np.zeros(990), np.ones(10)],  # binary, and rare
        np.random.default_rng(0).poisson(0.3, 1000),
    ],
    ids=["zero-inflated", "binary", "counts"],
)
def test_a_column_that_is_mostly_one_number_keeps_its_scale(values):
    center, scale = center_scale(column(values), np.ones(1000))
    assert center[0] == pytest.approx(values.mean())
    assert scale[0] == pytest.approx(values.std())


@pytest.mark.parametrize("value", [0.0, 0.1, 1e300, -1e-300])
def test_a_constant_column_has_scale_1(value):
    center, scale = center_scale(np.full((7, 1), value), np.ones(7))
    assert center[0] == value
    assert scale[0] == 1


def test_rounding_is_no_scale():
    values = column(0.1 + 0.2, 0.3, 0.3)
    assert center_scale(values, np.ones(3))[1][0] == 1


@given(
    seed=st.integers(0, 10**6),
    factor=st.sampled_from([1e-290, 1e-3, 1e5, 1e280]),
    shift=st.sampled_from([0.0, 3.0]),
)
def test_a_change_of_unit_changes_no_standardized_value(seed, factor, shift):
    rng = np.random.default_rng(seed)
    values = rng.standard_t(2, (200, 1))
    changed = factor * values + factor * shift
    before, after = (
        learn_center_scale(
            DenseObservations(x).columns(), np.ones(200), ["channel 'x'"]
        ).standardize(x)
        for x in (values, changed)
    )
    np.testing.assert_allclose(after, before, rtol=1e-7, atol=1e-9)


def test_standardized_values_are_bounded_and_unknown_columns_stay_unknown():
    values = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan]])
    fitted = learn_center_scale(
        DenseObservations(values).columns(), np.ones(3), ["a", "b"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaled = fitted.standardize(
            np.array([[1.7e308, 5.0], [-1e30, 5.0], [2.0, 5.0]])
        )
    assert scaled[:2, 0].tolist() == [FARTHEST, -FARTHEST]
    assert np.isnan(scaled[:, 1]).all()
    assert fitted.known.tolist() == [True, False]


def test_a_code_for_unknown_is_named_and_left_out_of_center_and_scale():
    usual = np.random.default_rng(0).normal(80, 10, 70)
    values = column(usual, np.full(30, -999.0))
    with pytest.warns(
        UserWarning, match=r"30% of the values of channel 'pulse' are -99"
    ):
        fitted = learn_center_scale(
            DenseObservations(values).columns(), np.ones(100), ["channel 'pulse'"]
        )
    assert fitted.center[0] == pytest.approx(usual.mean())
    assert fitted.scale[0] == pytest.approx(usual.std())


USUAL = np.random.default_rng(0).normal(80, 10, 70)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0, 0.0, 1.0, -99.0], [-99.0]),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 99.0], [99.0]),
        ([7.0] * 40 + [-999.0] * 60, [-999.0]),
        ([*USUAL, *[-999.0] * 140], [-999.0]),
        ([0.0] * 5 + [1.0] * 5 + [1e30] * 4, [1e30]),
        ([0.0] * 60 + [1.0] * 36 + [-999.0] * 4, [-999.0]),
        ([*USUAL, *[-999.0] * 15, *[-998.0] * 15], [-999.0, -998.0]),
        ([*USUAL, *[-999.0] * 30, 1e4], [-999.0]),
        ([*USUAL, *[-999.0] * 30, -1000.0], [-1000.0, -999.0]),
        ([*USUAL, *[-999.0] * 20, *[9999.0] * 10], [9999.0, -999.0]),
        ([*USUAL, *[500.0] * 10], [500.0]),
        ([0.0, 0.0, 1.0], []),
        ([1.0, 1.1, 7.0], []),  # three numbers are few
        ([10.0, 12.0, 15.0, 20.0, 391.0, 391.0], []),
        ([0.0] * 30 + [50.0, 60.0, 70.0, 80.0, 90.0], []),  # zeros are no code
        ([*USUAL, *np.linspace(1e4, 1.1e4, 30)], []),  # a second mode
        ([], []),
        ([-999.0] * 4, []),
    ],
)
def test_what_is_suspicious(values, expected):
    assert find_suspicious(np.array(values), np.ones(len(values))) == expected


def test_a_gap_between_huge_numbers_overflows_nothing():
    values = np.array([-1.7e308, -1e308, 1e308, 1.7e308] * 9)
    assert find_suspicious(values, np.ones(36)) == []


def test_a_rare_value_is_an_outlier_and_no_code():
    values = np.r_[np.random.default_rng(0).normal(size=199), -999.0]
    assert find_suspicious(values, np.ones(200)) == []


@given(seed=st.integers(0, 10**6), factor=st.sampled_from([1e-9, 1.0, 1e7]))
def test_suspicion_depends_on_weights_as_on_repetition(seed, factor):
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, 1.0, 5.0, 80.0, 99.0, -999.0, 1e4], 12)
    weight = rng.integers(1, 4, 12)
    repeated = np.repeat(values, weight)
    expected = find_suspicious(repeated, np.ones(len(repeated)))
    assert find_suspicious(values, factor * weight) == expected


# --- summaries ----------------------------------------------------------------------

"""Light curves whose classes differ in the order within a period only."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from ckts.datasets import make_light_curves


def test_classes_have_the_same_values_and_times():
    X, y = make_light_curves(300, noise=0, random_state=0)
    spread = np.array([np.ptp(one.values) for one in X])
    skew = np.array([np.mean(one.values) - np.median(one.values) for one in X])
    for tells in (spread, skew, X.lengths):
        assert ks_2samp(tells[y == 0], tells[y == 1]).pvalue > 0.01


def test_folded_at_its_period_a_curve_is_the_formula():
    X, y = make_light_curves(6, periods=(0.7, 0.7), noise=0, random_state=1)
    for one, label in zip(X, y, strict=True):
        order = np.argsort(one.times % 0.7)
        fainter = np.diff(one.values[order, 0], append=one.values[order[0], 0]) > 0
        # light fades in 85 % of the period, or brightens
        assert fainter.mean() == pytest.approx(0.85 if label else 0.15, abs=0.07)


def test_an_observation_is_in_one_band_and_at_night():
    X, _ = make_light_curves(10, n_bands=3, random_state=0)
    assert ((~np.isnan(X.values)).sum(axis=1) == 1).all()
    assert (X.times % 1 < 0.3).all()
    assert (X.times % 365 < 220).all()
    assert (np.diff(np.floor(X.times))[np.diff(X.series_of_rows) == 0] >= 1).all()


def test_the_same_seed_gives_the_same_curves():
    first, again = (make_light_curves(5, random_state=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"length": 441}, ValueError, r"at most 440, the nights of 2 years; got 441"),
        ({"periods": (3.0, 0.3)}, ValueError, r"before the longest; got \(3.0, 0.3\)"),
        ({"periods": 3.0}, TypeError, r"must be a pair \(shortest, longest\)"),
        ({"periods": (0.0, 1.0)}, ValueError, r"`periods` must be"),
        ({"n_bands": 0}, ValueError, r"must be"),
        ({"years": 0}, ValueError, r"`years` must be"),
    ],
)
def test_wrong_arguments_raise(options, error, message):
    with pytest.raises(error, match=message):
        make_light_curves(4, **options)

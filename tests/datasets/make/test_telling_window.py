import re

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score

from ckts.datasets import make_telling_window


def test_signal_is_the_formula_without_noise():
    X, y, windows = make_telling_window(
        30,
        n_channels=3,
        channel=2,
        height=3,
        noise=0,
        random_state=0,
        return_windows=True,
    )
    for one, sign, (start, end) in zip(X, 3 * (2 * y - 1), windows, strict=True):
        inside = (one.times >= start) & (one.times < end)
        np.testing.assert_array_equal(one.values[:, 2], sign * inside)


def test_windows_have_the_width_and_lie_within_the_span():
    windows = make_telling_window(500, width=0.1, random_state=0, return_windows=True)
    start, end = windows[2].T
    np.testing.assert_allclose(end - start, 0.1)
    assert start.min() >= 0
    assert end.max() <= 1
    assert ks_2samp(start / 0.9, np.linspace(0, 1, 500)).pvalue > 0.01


def test_channels_are_distributed_alike_and_one_tells_the_class():
    X, y = make_telling_window(600, channel=1, random_state=0)
    means = np.array([one.values.mean(axis=0) for one in X])
    for other in (0, 2, 3):
        assert ks_2samp(means[:, other], means[:, 1]).pvalue > 0.01
        assert ks_2samp(means[y == 0, other], means[y == 1, other]).pvalue > 0.01
    boosting = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    assert cross_val_score(boosting, means, y, cv=5).mean() > 0.95
    others = np.delete(means, 1, axis=1)
    accuracy = cross_val_score(boosting, others, y, cv=5).mean()
    assert abs(accuracy - 0.5) < 0.07  # 600 coins: a standard error of 0.02


def test_returning_windows_changes_nothing_else():
    X, y = make_telling_window(5, random_state=1)
    again, same, _ = make_telling_window(5, random_state=1, return_windows=True)
    assert X.equals(again)
    assert (y == same).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"channel": 4}, ValueError, "`channel` must be less than the 4 channels; got"),
        ({"channel": -1}, ValueError, "`channel` must be at least 0; got -1"),
        ({"width": 0}, ValueError, "`width` must be in (0, 1); got 0. Use e.g. 0.25"),
        ({"width": 1}, ValueError, "`width` must be in [0, 1); got 1"),
        ({"height": np.nan}, ValueError, "`height` must be finite; got nan"),
        ({"return_windows": 1}, TypeError, "`return_windows` must be True or False"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make_telling_window(**arguments)

"""What is planted is found, and nothing where there is nothing."""

import re

import numpy as np
import pandas as pd
import pytest

from ckts import CKCNNClassifier, CKRocketClassifier, Panel
from ckts.datasets import make_telling_window
from ckts.estimators import channel_time_attribution

N_TRAIN = 300


def overlap(found, planted):
    """Intersection over union of windows of shape (n_series, 2)."""
    inner = np.minimum(found[:, 1], planted[:, 1]) - np.maximum(
        found[:, 0], planted[:, 0]
    )
    inner = np.maximum(inner, 0)
    return inner / (np.ptp(found, axis=1) + np.ptp(planted, axis=1) - inner)


def share_found(found, channel, planted):
    """Share of series whose largest channel and window are those that were planted."""
    largest = found.by_channel().abs().to_numpy().argmax(axis=1) == channel
    return np.mean(largest & (overlap(found.windows(channel), planted) >= 0.5))


def test_overlap_is_intersection_over_union():
    found = np.array([[0.0, 2.0], [0, 1], [0, 3]])
    planted = np.array([[1.0, 3.0], [2, 3], [0, 3]])
    np.testing.assert_allclose(overlap(found, planted), [1 / 3, 0, 1])


def test_telling_channel_and_window_are_found():
    X, y, windows = make_telling_window(
        N_TRAIN + 6, channel=2, random_state=1, return_windows=True
    )
    model = CKRocketClassifier(n_kernels=1000, random_state=0)
    model.fit(X[:N_TRAIN], y[:N_TRAIN])
    found = channel_time_attribution(model, X[N_TRAIN:], n_spans=8)
    # 0.97 of 100 series, docs/decisions/attribution.md
    assert share_found(found, 2, windows[N_TRAIN:]) >= 5 / 6


def t_values(found):
    """Mean contribution of each channel to the true class, in standard errors."""
    parts = found.by_channel().to_numpy()
    return parts.mean(axis=0) / (parts.std(axis=0, ddof=1) / len(parts) ** 0.5)


def test_random_labels_leave_nothing_to_find():
    X, y = make_telling_window(N_TRAIN + 40, length=40, random_state=0)
    said = {}
    for name, labels in [
        ("true", y),
        ("random", np.random.default_rng(0).permutation(y)),
    ]:
        model = CKRocketClassifier(n_kernels=500, random_state=0)
        model.fit(X[:N_TRAIN], labels[:N_TRAIN])
        held = labels[N_TRAIN:]
        found = channel_time_attribution(model, X[N_TRAIN:], target=held, n_spans=1)
        said[name] = t_values(found)
    assert said["true"][0] > 10
    assert np.abs(said["random"]).max() < 3.5  # P < 0.005 of four channels


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "n_series"),
    [(CKRocketClassifier, 100), (CKCNNClassifier, 30)],  # of 100: 97 and 99
)
def test_planted_windows_are_found(make, n_series):
    X, y, windows = make_telling_window(
        N_TRAIN + n_series, random_state=0, return_windows=True
    )
    model = make(random_state=0).fit(X[:N_TRAIN], y[:N_TRAIN])
    found = channel_time_attribution(model, X[N_TRAIN:], n_spans=8)
    assert share_found(found, 0, windows[N_TRAIN:]) >= 0.95


def mean(_, panel):
    return np.bincount(panel.series_of_rows, np.nansum(panel.values, 1))


def test_anything_that_becomes_a_panel_is_explained():
    times, values = [0.0, 1.0, 4.0], [1.0, 2.0, 3.0]
    found = channel_time_attribution(None, [(times, values)], target=mean)
    np.testing.assert_allclose(found.contributions.values[:, 0], values)


@pytest.mark.parametrize("span", [1e-9, 1e-20, 1e-300])
def test_spans_shorter_than_all_gaps_hide_single_observations(span):
    panel = Panel(np.array([[1.0], [2.0], [6.0]]), np.array([0.0, 1.0, 3.0]), [0, 3])
    found = channel_time_attribution(None, panel, target=mean, span=span)
    single = channel_time_attribution(None, panel, target=mean, span=1e-3)
    expected = single.contributions.values
    np.testing.assert_allclose(found.contributions.values, expected, rtol=1e-2)


def test_spans_of_known_units_are_converted():
    panel = Panel(
        np.arange(4.0)[:, None], [0.0, 1, 24, 25], [0, 4], time_scale=None
    ).with_times(pd.to_timedelta([0, 1, 24, 25], "h"))
    day = channel_time_attribution(None, panel, target=mean, span=pd.Timedelta("13h"))
    np.testing.assert_allclose(day.contributions.values[:, 0], [0.5, 0.5, 2.5, 2.5])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "shap"}, ValueError, "`method` must be one of 'occlusion', 'integ"),
        ({"n_spans": 0}, ValueError, "`n_spans` must be at least 1; got 0"),
        ({"n_steps": 2.5}, TypeError, "`n_steps` must be an integer; got 2.5"),
        ({"span": 0}, ValueError, "`span` must be a positive length of time that fits"),
        ({"span": "1 h"}, TypeError, "got '1 h'. Write e.g. `span=30.0, in the unit"),
        ({"span": pd.Timedelta("1h")}, ValueError, "that fits number times; got Timed"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    panel = Panel(np.ones((2, 1)), [0.0, 1.0], [0, 2])
    with pytest.raises(error, match=re.escape(message)):
        channel_time_attribution(None, panel, **{"target": mean, **arguments})


def test_no_series_and_lengths_without_a_unit_are_named():
    panel = Panel(np.ones((2, 1)), pd.to_timedelta([0, 1], "h"), [0, 2])
    with pytest.raises(ValueError, match="`X` must hold at least one series; got none"):
        channel_time_attribution(None, panel[:0], target=mean)
    message = r"fits timedelta\[ns\] times; got 30.0. Write e.g. `span=pandas.Timed"
    with pytest.raises(ValueError, match=message):
        channel_time_attribution(None, panel, target=mean, span=30.0)

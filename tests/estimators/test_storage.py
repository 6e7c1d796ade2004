"""What is learned and predicted does not depend on how a panel stores its values."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.datasets import make_irregular_sinusoids
from ckts.estimators import CKCNNClassifier, CKCNNRegressor
from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.preprocessing.summary import summarize
from ckts.estimators.preprocessing.time import Clock
from ckts.panel import Panel
from storages import in_both_storages


def draw_panel(seed, n_series=6, in_channels=4):
    """Series of a few rows, most of whose cells are empty; one channel entirely."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 9, n_series) + 2 * (np.arange(n_series) == 0)
    values = rng.normal(size=(lengths.sum(), in_channels))
    values[rng.random(values.shape) < 0.6] = np.nan
    values[:, -1] = np.nan
    times = np.concatenate([np.sort(rng.integers(0, 30, n)) for n in lengths])
    return Panel(values, times, np.concatenate([[0], np.cumsum(lengths)]))


def same(first, second):
    np.testing.assert_equal(vars(first), vars(second))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**31), st.booleans())
def test_statistics_and_batches_depend_on_no_storage(seed, single):
    panel = draw_panel(seed)
    if single:
        panel = panel.with_values(panel.values.astype(np.float32))
    both = in_both_storages(panel)
    weight = np.random.default_rng(seed).uniform(0.5, 1, 6)
    first, second = (learn_statistics(panel, weight) for panel in both)
    same(first.values, second.values)
    same(first.time, second.time)
    same(*(Clock.of(panel) for panel in both))
    np.testing.assert_array_equal(*(summarize(panel) for panel in both))
    data = [first.dataset(panel, panel.time_scale) for panel in both]
    for series in ([0], [3, 1, 2], range(6)):
        batches = [one.batch(series) for one in data]
        for name, part in batches[0].items():
            assert torch.equal(part, batches[1][name])


@settings(deadline=None, max_examples=4)
@given(st.integers(0, 2**31), st.sampled_from([CKCNNClassifier, CKCNNRegressor]))
def test_predictions_depend_on_no_storage(seed, estimator):
    both = in_both_storages(draw_panel(seed))
    predictions = []
    for panel in both:
        model = estimator(max_epochs=2, hidden_channels=4, random_state=0)
        model.fit(panel, np.arange(6) % 2)
        predict = getattr(model, "predict_proba", model.predict)
        predictions += [predict(one) for one in both]
    for other in predictions[1:]:
        np.testing.assert_array_equal(other, predictions[0])


@pytest.mark.parametrize("settings", [{"landmark": 3.0}, {"early_stopping": True}])
def test_fit_reads_either_storage(settings):
    X, y = make_irregular_sinusoids(30, random_state=0)
    predictions = [
        CKCNNClassifier(max_epochs=2, random_state=0, **settings)
        .fit(panel, y)
        .predict_proba(panel)
        for panel in in_both_storages(X)
    ]
    np.testing.assert_array_equal(*predictions)

"""Integrated gradients against closed forms, and what networks say at both ends."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from ckts import CKCNNClassifier, CKCNNRegressor, CKRocketClassifier, Panel, PanelScaler
from ckts.datasets import make_irregular_regression, make_telling_window
from ckts.estimators import channel_time_attribution
from ckts.estimators.attribution import gradients

QUICK = {"rocket": False, "max_epochs": 2, "random_state": 0, "device": "cpu"}
SMALL = {**QUICK, "hidden_channels": 4, "n_blocks": 1}


class Power(torch.nn.Module):
    """A linear map of the sums over time of a power of values, and of static."""

    def __init__(self, in_channels, n_outputs, dtype, n_static=0, power=1):
        super().__init__()
        self.power = power
        self.map = torch.nn.Linear(in_channels + n_static, n_outputs, dtype=dtype)

    def forward(self, values, observed, static=None):
        sums = (values**self.power * observed).sum(1)
        return self.map(sums if static is None else torch.cat([sums, static], 1))


def explain(model, X, **options):
    return channel_time_attribution(model, X, method="integrated_gradients", **options)


def telling(n=40, **options):
    return make_telling_window(n, n_channels=2, length=12, random_state=0, **options)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_contributions_to_sums_of_powers_are_their_summands(power):
    X, y = telling(missing=0.3)
    arguments = {
        "network": Power,
        "network_params": {"power": power},
        "dtype": "float64",
    }
    model = CKCNNClassifier(**QUICK, **arguments).fit(X, y)
    found = explain(model, X, target=1, n_steps=1)
    weight = model.net_.module_.map.weight.detach().numpy()
    standardized = model.statistics_.values.standardize(X.values)
    expected = (weight[1] - weight[0]) * standardized**power
    np.testing.assert_allclose(found.contributions.values, expected, atol=1e-12)
    np.testing.assert_allclose(found.score, model.decision_function(X), atol=1e-9)
    bias = model.net_.module_.map.bias.detach().numpy()
    np.testing.assert_allclose(found.baseline, bias[1] - bias[0])
    np.testing.assert_allclose(found.residual, 0, atol=1e-9)


def test_hidden_and_integrated_contributions_to_a_linear_network_are_equal():
    X, y = telling(missing=0.3)
    model = CKCNNClassifier(**QUICK, network=Power, dtype="float64").fit(X, y)
    integrated = explain(model, X[:3]).contributions.values
    hidden = channel_time_attribution(model, X[:3], n_spans=512).contributions.values
    alone = [np.bincount(np.floor(one.times * 511).astype(int)).max() for one in X[:3]]
    assert max(alone) <= 2
    close = np.isclose(integrated, hidden, atol=1e-7) | np.isnan(integrated)
    assert close.mean() > 0.9  # where no two observations share a span
    sums = np.nansum(integrated, axis=0)
    np.testing.assert_allclose(sums, np.nansum(hidden, axis=0), atol=1e-7)


@pytest.mark.parametrize("rocket", [False, True])
def test_contributions_add_up_to_the_difference_to_the_baseline(rocket):
    X, y = telling(missing=0.2)
    model = CKCNNClassifier(**{**SMALL, "rocket": rocket}).fit(X, y)
    found = explain(model, X[:3])
    assert np.abs(found.score - found.baseline).max() > 0.05
    # The integral stops where less than 1 % is lacking.
    np.testing.assert_allclose(found.residual, 0, atol=0.01)
    assert (found.contributions.observed == X[:3].observed).all()


def test_score_is_that_of_the_networks_and_baseline_that_of_centers():
    X, y = telling(missing=0.2)
    model = CKCNNClassifier(**SMALL).fit(X, y)
    X = X[:3]
    found = explain(model, X, target=1)
    np.testing.assert_allclose(found.score, model.decision_function(X), atol=1e-5)
    center = model.statistics_.values.center
    centers = X.with_values(np.where(X.observed, center, np.nan))
    expected = model.decision_function(centers)
    np.testing.assert_allclose(found.baseline, expected, atol=1e-5)


def test_other_class_has_the_opposite_contributions():
    X, y = telling()
    model = CKCNNClassifier(**QUICK, network=Power).fit(X, y)
    one, other = explain(model, X[:3], target=1), explain(model, X[:3], target=0)
    first, second = one.contributions.values, other.contributions.values
    np.testing.assert_allclose(first, -second, atol=1e-6)


def test_static_features_contribute_and_their_indicators_stay():
    X, y = telling()
    static = np.random.default_rng(0).normal(3, 2, size=(40, 2))
    static[::5, 1] = np.nan
    X = X.with_static(static, ["age", "dose"])
    model = CKCNNClassifier(**QUICK, network=Power, dtype="float64").fit(X, y)
    found = explain(model, X, target=1)
    weight = model.net_.module_.map.weight.detach().numpy()
    prepared = model.statistics_.prepare_static(static)
    assert prepared.shape == (40, 3)
    expected = prepared[:, :2] * (weight[1] - weight[0])[2:4]
    np.testing.assert_allclose(found.static, expected, atol=1e-12)
    np.testing.assert_allclose(found.residual, 0, atol=1e-9)
    assert np.ptp(found.baseline) > 0  # where the dose is unknown


def test_labels_contribute_as_one_channel():
    X, y = telling()
    text = np.where(X.values[:, 1] > 0, "high", "low")
    frame = pd.DataFrame({"who": X.series_of_rows, "t": X.times, "level": text})
    frame["value"] = X.values[:, 0]
    frame["sex"] = np.where(X.series_of_rows % 3, "f", "m")
    panel = Panel.from_long(frame, instance="who", time="t", static=["sex"])
    model = CKCNNClassifier(**SMALL).fit(panel, y)
    found = explain(model, panel[:2])
    assert found.contributions.channels == panel.channels
    assert found.by_channel().columns.tolist() == [*panel.channels, "sex"]
    assert found.static.shape == (2, 1)
    np.testing.assert_allclose(found.residual, 0, atol=0.01)
    assert np.abs(found.by_channel()["level"]).min() > 0


def test_numbers_contribute_in_their_unit():
    X, y = make_irregular_regression(40, n_channels=2, random_state=0)
    arguments = {**QUICK, "network": Power, "dtype": "float64"}
    model = CKCNNRegressor(**arguments).fit(X, np.column_stack([y, 100 + 10 * y]))
    found = explain(model, X, target=1)
    weight = model.net_.module_.map.weight.detach().numpy()[1]
    standardized = model.statistics_.values.standardize(X.values)
    expected = weight * standardized * model.target_scale_[1]
    np.testing.assert_allclose(found.contributions.values, expected, atol=1e-9)
    np.testing.assert_allclose(found.score, model.predict(X)[:, 1], atol=1e-6)


def test_labels_that_a_series_has_or_not_are_explained_one_by_one():
    X, y = telling()
    several = np.column_stack([y, 1 - y, np.ones(40)]).astype(int)
    model = CKCNNClassifier(**QUICK, network=Power, dtype="float64").fit(X, several)
    evidence = model.decision_function(X)
    for label in range(2):
        found = explain(model, X, target=label)
        np.testing.assert_allclose(found.score, evidence[:, label], atol=1e-9)
        np.testing.assert_allclose(found.residual, 0, atol=1e-9)
    constant = explain(model, X, target=2)  # all series have it
    assert (constant.by_channel() == 0).all(axis=None)


def test_what_comes_after_the_landmark_contributes_nothing():
    X, y = telling()
    model = CKCNNClassifier(**QUICK, network=Power, landmark=0.5).fit(X, y)
    found = explain(model, X[:4])
    late = X[:4].elapsed > 0.5
    assert late.any()
    assert np.isnan(found.contributions.values[late]).all()
    assert np.isfinite(found.contributions.values[~late]).all()


def test_own_fit_is_left_as_it_was():
    X, y = telling()
    model = CKCNNClassifier(**QUICK, network=Power).fit(X, y)
    before = model.predict_proba(X)
    explain(model, X[:5])
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_contributions_that_do_not_add_up_are_warned_of(monkeypatch):
    X, y = telling()
    model = CKCNNClassifier(**SMALL).fit(X, y)
    monkeypatch.setattr(gradients, "LARGEST_RESIDUAL", 0.0)
    message = r"contributions to \d of 3 series do not add up.*`n_steps` than 1\."
    with pytest.warns(ConvergenceWarning, match=message):
        explain(model, X[:3], n_steps=1)


def test_models_without_gradients_are_named():
    X, y = telling()
    rocket = CKRocketClassifier(n_kernels=100, random_state=0).fit(X, y)
    with pytest.raises(TypeError, match=r"got CKRocketClassifier\. Use method='occl"):
        explain(rocket, X)
    pipeline = make_pipeline(PanelScaler(), CKCNNClassifier(**QUICK, network=Power))
    pipeline.fit(X, y)
    message = re.escape("`pipeline[-1]` and `pipeline[:-1].transform(X)`, or use meth")
    with pytest.raises(TypeError, match=message):
        explain(pipeline, X)
    seen = explain(pipeline[-1], pipeline[:-1].transform(X[:2]))
    assert seen.contributions.channels == X.channels
    with pytest.raises(TypeError, match="`target` must be no function for method="):
        explain(pipeline[-1], X, target=lambda model, panel: 0)

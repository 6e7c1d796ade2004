"""Causal networks, alone and joined: what they say early is what was known then."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

from ckts import CKCNNClassifier, CKCNNRegressor, Panel
from ckts.estimators.training import net
from irregular import irregular_panel
from paths import PANELS, answers, check_path, path_of

CAUSAL = {"causal": True, "max_epochs": 2, "hidden_channels": 4, "dtype": "float64"}
CAUSAL |= {"weight_decay": 0.1, "observation_dropout": 0.1, "scales": "both"}
CAUSAL |= {"random_state": 0}
MODELS = [CKCNNClassifier, CKCNNRegressor]
# Sums of float64 in another order; features of CKRocket are float32.
ATOL = 1e-6


@pytest.fixture(scope="module", params=[False, True], ids=["network", "joined"])
def fitted(request):
    X, y = irregular_panel(36)
    return [model(rocket=request.param, **CAUSAL).fit(X, y) for model in MODELS]


@pytest.mark.parametrize("kind", sorted({*PANELS} - {"static", "stamps"}))
@pytest.mark.parametrize("number", [0, 1])
def test_a_path_is_what_truncated_series_are_predicted_as(fitted, number, kind):
    model = fitted[number]
    assert len(model.nets_) == (3 if model.rocket else 1)
    X, _ = irregular_panel()
    check_path(model, PANELS[kind](X), atol=ATOL)


@pytest.mark.parametrize("kind", ["static", "stamps"])
@pytest.mark.parametrize("estimator", MODELS)
def test_paths_know_static_features_and_kinds_of_time(estimator, kind):
    X, y = irregular_panel()
    X = PANELS[kind](X)
    path = check_path(estimator(**CAUSAL).fit(X, y), X, atol=ATOL)
    assert path.time_scale == X.time_scale


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_ties_in_any_order_have_one_row(fitted, seed):
    rng = np.random.default_rng(seed)
    X, _ = irregular_panel(4, seed=seed)
    X = X.with_times(np.floor(X.times / 2))
    values = np.where(rng.random(X.values.shape) < 0.3, np.nan, X.values)
    X = X.with_values(values)
    order = np.lexsort((rng.random(len(X.times)), X.times, X.series_of_rows))
    for model in fitted:
        path = check_path(model, X, atol=ATOL)
        moved = path_of(model, X.with_values(values[order]))
        np.testing.assert_array_equal(moved.times, path.times)
        np.testing.assert_allclose(moved.values, path.values, atol=1e-9)


def test_later_values_and_stamps_change_no_earlier_opinion(fitted):
    X, _ = irregular_panel()
    late = np.arange(len(X.times)) >= (X.indptr[:-1] + 3)[X.series_of_rows]
    values = np.where(late[:, None] & X.observed, 50.0, X.values)
    changed = X.with_values(values).with_times(X.times + 3.0 * late)
    early = X.keep_rows(~late & X.observed.any(1)).lengths
    for model in fitted:
        before, after = path_of(model, X), path_of(model, changed)
        for number, n_early in enumerate(early):
            one, two = before[[number]].values, after[[number]].values
            np.testing.assert_allclose(two[:n_early], one[:n_early], atol=ATOL)
        ends = after.indptr[1:] - 1
        assert np.abs(after.values[ends] - before.values[ends]).max() > 1e-3


def test_a_joined_path_is_the_mean_of_its_parts():
    X, y = irregular_panel(36)
    model = CKCNNClassifier(rocket=True, **CAUSAL).fit(X, y)
    model.network_share_ = 0.3
    joined = model.predict_proba_path(X)
    model.network_share_ = 1.0
    networks = model.predict_proba_path(X).values
    rocket = model.rocket_.predict_proba_path(X).values
    mean = rocket**0.7 * networks**0.3
    np.testing.assert_allclose(joined.values, mean / mean.sum(1, keepdims=True))


@pytest.mark.parametrize("rocket", [False, True])
@pytest.mark.parametrize("estimator", MODELS)
def test_a_path_ends_at_the_landmark(estimator, rocket):
    X, y = irregular_panel()
    model = estimator(landmark=4.0, rocket=rocket, **CAUSAL).fit(X, y)
    path = check_path(model, X, limit=4.0, atol=ATOL)
    assert 0 < len(path.times) < X.observed.any(1).sum() / 1.5


def test_channels_of_a_path_are_classes_or_targets():
    X, y = irregular_panel()
    names = np.array(["well", "sick", "dead"])[np.arange(24) % 3]
    path = CKCNNClassifier(**CAUSAL).fit(X, names).predict_proba_path(X)
    assert path.channels == ("dead", "sick", "well")
    np.testing.assert_allclose(path.values.sum(1), 1)
    targets = np.column_stack([y, 1e3 * np.arange(24), np.full(24, 7.0)])
    model = CKCNNRegressor(**CAUSAL).fit(X, targets)
    path = check_path(model, X, atol=1e-3)  # of targets in thousands
    assert path.in_channels == 3
    assert (path.values[:, 2] == 7).all()


def test_small_batches_have_the_same_answers(fitted, monkeypatch):
    X, _ = irregular_panel()
    for model in fitted:
        expected = path_of(model, X)
        monkeypatch.setattr(net, "LARGEST_PATH", 50)
        found = path_of(model, X)
        monkeypatch.undo()
        np.testing.assert_allclose(found.values, expected.values, atol=1e-9)


def test_a_mesh_has_nearly_the_same_path():
    rng = np.random.default_rng(0)
    X = Panel(
        rng.normal(size=(900, 2)), np.sort(rng.uniform(0, 50, 900)), [0, 300, 900]
    )
    options = {**CAUSAL, "rocket": False, "batch_size": 8}
    model = CKCNNClassifier(**options).fit(X, [0, 1])
    planner = model.nets_[0].planner_
    exact = path_of(model, X).values
    planner.mesh_step = lambda number, layers: 0.01
    batch = model._dataset(X).batch([0, 1])
    geometry, *_ = planner.geometries(
        model.nets_[0].module_.convolutions(), batch["times"]
    )
    assert geometry.method.name == "mesh"
    # a mesh promises 1e-4
    np.testing.assert_allclose(path_of(model, X).values, exact, atol=1e-4)


def test_a_path_that_is_no_number_is_an_error(fitted):
    model = pickle.loads(pickle.dumps(fitted[0]))
    X, _ = irregular_panel()
    weight = model.nets_[0].module_.head.bias
    weight.data[0] = np.nan
    with pytest.raises(ValueError, match=r"must give finite outputs; got \[nan, .*24"):
        model.predict_proba_path(X)


def test_a_pickled_model_has_the_same_path(fitted):
    X, _ = irregular_panel()
    for model in fitted:
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(
            path_of(again, X).values, path_of(model, X).values
        )
        before = answers(model, X)
        path_of(model, X)
        np.testing.assert_array_equal(answers(model, X), before)


@pytest.mark.parametrize(
    ("estimator", "name"),
    list(zip(MODELS, ["predict_proba_path", "predict_path"], strict=True)),
)
def test_only_causal_models_have_paths(estimator, name):
    X, y = irregular_panel()
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'") as caught:
        getattr(estimator(), name)
    assert "`causal` must be True in fit" in str(caught.value.__cause__)
    with pytest.raises(NotFittedError, match=f"This {estimator.__name__} instance"):
        getattr(estimator(causal=True), name)(X)
    # after `fit` it counts what was learned
    options = {**CAUSAL, "rocket": False}
    causal = estimator(**options).fit(X, y).set_params(causal=False)
    assert hasattr(causal, name)
    options["causal"] = False
    other = estimator(**options).fit(X, y)
    assert not hasattr(other.set_params(causal=True), name)

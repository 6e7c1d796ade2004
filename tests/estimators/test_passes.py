"""`partial_fit`: a network alone that goes on with the next panel."""

import pickle

import numpy as np
import pandas as pd
import pytest

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor, CKRocketClassifier
from ckts.datasets import make_irregular_regression, make_speed
from irregular import irregular_panel

QUICK = {"hidden_channels": 4, "n_blocks": 1, "rocket": False, "random_state": 0}
BOTH = [CKCNNClassifier, CKCNNRegressor]
EXACT = {"dropout": 0.0, "observation_dropout": 0.0, "batch_size": 999}


def _declare(estimator):
    return {"classes": [0, 1]} if estimator is CKCNNClassifier else {}


def _predict(model, X):
    return getattr(model, "predict_proba", model.predict)(X)


# --- it learns ------------------------------------------------------------------------


def test_passes_over_parts_learn_what_a_fit_learns():
    X, y = make_speed(200, random_state=0)
    model = CKCNNClassifier(rocket=False, random_state=0)
    parts = np.array_split(np.arange(120), 3)
    for number in range(24):
        part = parts[number % 3]
        model.partial_fit(X[part], y[part], classes=[0, 1])
    assert model.score(X[120:], y[120:]) > 0.9
    assert model.n_iter_ == 24
    assert [row["epoch"] for row in model.history_] == list(range(1, 25))


def test_passes_bring_the_numbers_near():
    X, y = make_irregular_regression(160, random_state=0)
    model = CKCNNRegressor(rocket=False, random_state=0)
    scores = []
    for _ in range(16):
        scores.append(model.partial_fit(X[:100], y[:100]).score(X[100:], y[100:]))
    assert scores[-1] > 0.6
    assert scores[-1] > scores[0]


@pytest.mark.parametrize("estimator", BOTH)
def test_one_pass_is_a_fit_of_one_epoch(estimator):
    X, y = irregular_panel()
    once = estimator(max_epochs=1, lr_schedule="constant", **QUICK, **EXACT)
    passed = estimator(**QUICK, **EXACT).partial_fit(X, y, **_declare(estimator))
    np.testing.assert_array_equal(_predict(passed, X), _predict(once.fit(X, y), X))


@pytest.mark.parametrize("estimator", BOTH)
def test_many_passes_are_an_optimizer_that_never_stopped(estimator):
    """Without random numbers in the steps, calls are epochs of one long training."""
    X, y = irregular_panel()
    settings = {**QUICK, **EXACT, "dtype": "float64", "scales": "common"}
    settings |= {"weight_decay": 0.1, "observation_dropout": 0.0}
    calls = estimator(**settings)
    for _ in range(4):
        calls.partial_fit(X, y, **_declare(estimator))
    whole = estimator(max_epochs=4, lr_schedule="constant", **settings).fit(X, y)
    np.testing.assert_allclose(
        [row["train_loss"] for row in calls.history_],
        [row["train_loss"] for row in whole.history_],
        rtol=1e-9,
    )
    np.testing.assert_allclose(_predict(calls, X), _predict(whole, X), rtol=1e-7)


def test_calls_with_a_seed_draw_other_numbers():
    X, y = irregular_panel()
    model = CKCNNClassifier(**QUICK).partial_fit(X, y, classes=[0, 1])
    seeds = [model.net_.seed]
    for _ in range(3):
        seeds.append(model.partial_fit(X, y).net_.seed)
    assert len(set(seeds)) == 4


@pytest.mark.parametrize("estimator", BOTH)
def test_statistics_are_those_of_the_first_call(estimator):
    X, y = irregular_panel()
    model = estimator(**QUICK).partial_fit(X, y, **_declare(estimator))
    known = model.statistics_
    model.partial_fit(X.with_values(X.values * 1e3), y)
    assert model.statistics_ is known
    fitted = estimator(max_epochs=1, **QUICK).fit(X, y)
    known = fitted.statistics_
    assert fitted.partial_fit(X[:5], y[:5]).statistics_ is known
    assert fitted.n_iter_ == 2


# --- saved in between -----------------------------------------------------------------


@pytest.mark.parametrize("estimator", BOTH)
def test_a_saved_model_goes_on_as_the_model(estimator, tmp_path):
    X, y = irregular_panel()
    model = estimator(**QUICK)
    for _ in range(2):
        model.partial_fit(X, y, **_declare(estimator))
    model.save(tmp_path / "model.safetensors")
    others = [
        ckts.load(tmp_path / "model.safetensors"),
        pickle.loads(pickle.dumps(model)),
    ]
    expected = _predict(model.partial_fit(X, y), X)
    for other in others:
        np.testing.assert_array_equal(_predict(other.partial_fit(X, y), X), expected)


def test_a_fit_forgets_the_passes():
    X, y = irregular_panel()
    model = CKCNNClassifier(max_epochs=1, **QUICK).partial_fit(X, y, classes=[0, 1])
    assert "_moments" in vars(model)
    model.fit(X, y)
    assert "_moments" not in vars(model)
    assert model.n_iter_ == 1


# --- classes --------------------------------------------------------------------------


def test_a_call_need_not_have_all_classes():
    X, y = irregular_panel()
    names = np.array(["a", "b"])[y]
    model = CKCNNClassifier(**QUICK)
    model.partial_fit(X[:1], names[:1], classes=["b", "a", "c"])
    model.partial_fit(X, names).partial_fit(X[:3], names[:3], classes=["a", "b", "c"])
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert model.predict_proba(X).shape == (24, 3)


def test_several_columns_go_on_too():
    X, y = irregular_panel()
    frame = pd.DataFrame({"sepsis": y, "shock": np.arange(24) // 12})
    model = CKCNNClassifier(**QUICK).partial_fit(X[:6], frame[:6])
    assert model.partial_fit(X, frame).predict(X).shape == (24, 2)
    assert model.classes_.tolist() == [0, 1]
    lists = [[0, 1], [0, 1, 2]]
    model = CKCNNClassifier(**QUICK).partial_fit(X[:6], frame[:6], classes=lists)
    model.partial_fit(X, frame.assign(shock=np.arange(24) % 3))
    assert [proba.shape[1] for proba in model.predict_proba(X)] == [2, 3]


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ({}, None, "`classes` must be passed on the first call to partial_fit"),
        ({"classes": [0]}, None, r"the classes of before, \[0\]; got \[0, 1\]. Name"),
        ({"classes": [0, 1]}, {"y": [2] * 24}, r"before, \[0, 1\]; got \[2\]. Name"),
        ({"classes": [0, 1]}, {"classes": [0, 1, 2]}, r"got \[0, 1, 2\]. Name all"),
        ({"classes": [0, 1]}, {"y": np.eye(24)[:, :2]}, "one label per series as"),
    ],
)
def test_other_classes_raise(first, then, told):
    X, y = irregular_panel()
    model = CKCNNClassifier(**QUICK)
    if then is None:
        with pytest.raises(ValueError, match=told):
            model.partial_fit(X, y, **first)
        assert not hasattr(model, "classes_")
        return
    expected = model.partial_fit(X, y, **first).predict_proba(X)
    with pytest.raises(ValueError, match=told):
        model.partial_fit(X, **{"y": y, **then})
    np.testing.assert_array_equal(model.predict_proba(X), expected)


# --- what it is not for ---------------------------------------------------------------


@pytest.mark.parametrize("estimator", BOTH)
def test_the_ridge_regression_needs_all_series(estimator):
    X, y = irregular_panel()
    model = estimator(random_state=0)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        model.partial_fit(X, y)
    told = "`rocket` must be False for partial_fit.*needs all series at once; got True"
    with pytest.raises(AttributeError, match=told):
        raise caught.value.__cause__
    joined = estimator(**{**QUICK, "rocket": True}, max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"joined with CKRocket\. Begin anew"):
        joined.set_params(rocket=False).partial_fit(X, y)
    assert not hasattr(CKRocketClassifier(), "partial_fit")


def test_parameters_that_need_all_series_raise():
    X, y = irregular_panel()
    stopping = CKCNNClassifier(early_stopping=True, **QUICK)
    with pytest.raises(ValueError, match="`early_stopping` must be False for partial"):
        stopping.partial_fit(X, y, classes=[0, 1])
    balanced = CKCNNClassifier(class_weight="balanced", **QUICK)
    with pytest.raises(ValueError, match="`class_weight` must be None or a dict for"):
        balanced.partial_fit(X, y, classes=[0, 1])


def test_other_channels_or_targets_raise():
    X, y = irregular_panel()
    model = CKCNNRegressor(**QUICK).partial_fit(X, y)
    with pytest.raises(ValueError, match="must have 2 channels as in fit; got 3"):
        model.partial_fit(irregular_panel(in_channels=3)[0], y)
    with pytest.raises(ValueError, match="`y` must have 1 targets as before; got 2"):
        model.partial_fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize("way", ["fit", "partial_fit"])
def test_columns_of_labels_in_another_order_raise(way):
    X, y = irregular_panel()
    labels = pd.DataFrame({"pain": y, "fever": 1 - y})
    model = CKCNNClassifier(warm_start=True, max_epochs=1, **QUICK).fit(X, labels)
    with pytest.raises(ValueError, match="`y` must have the columns of before"):
        getattr(model, way)(X, labels[["fever", "pain"]])
    getattr(model, way)(X, labels.to_numpy())

"""Classification: labels, and weights of classes."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from ckts import CKCNNClassifier, CKRocketClassifier
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
PLAIN = {"dropout": 0.0, "observation_dropout": 0.0, "dtype": "float64"}
ONE_BATCH = {**PLAIN, "batch_size": 999}


def test_balanced_classes_are_weights():
    X, y = irregular_panel(16)
    y = (np.arange(16) < 4).astype(int)
    exact = {**ONE_BATCH, **QUICK}
    balanced = CKCNNClassifier(class_weight="balanced", **exact).fit(X, y)
    weights = np.where(y == 1, 16 / 8, 16 / 24)
    weighted = CKCNNClassifier(**exact).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(
        balanced.predict_proba(X), weighted.predict_proba(X), atol=1e-9
    )


@pytest.mark.parametrize("weights", [(0, 1, 3), (0, 2), (1, 4)])
def test_balanced_classes_take_weights_for_series(weights):
    X, _ = irregular_panel(24)
    y = (np.arange(24) % 5 == 0).astype(int)
    weight = np.resize(weights, 24)
    repeated = np.repeat(np.arange(24), weight)
    model = CKCNNClassifier(class_weight="balanced", **ONE_BATCH, **QUICK)
    ones = np.ones(len(repeated))
    expected = np.bincount(repeated, model._weigh(ones, y[repeated]), minlength=24)
    found = model._weigh(weight / weight.max(), y)
    np.testing.assert_allclose(
        found / found.max(), expected / expected.max(), rtol=1e-9
    )
    for label in (0, 1):
        np.testing.assert_allclose(found[y == label].sum(), found.sum() / 2)
    plain = clone(model).fit(X[repeated], y[repeated]).predict_proba(X)
    weighted = model.fit(X, y, sample_weight=weight).predict_proba(X)
    np.testing.assert_allclose(weighted, plain, atol=1e-9)


@pytest.mark.parametrize("class_weight", ["balanced", None])
def test_a_class_without_weight_is_no_class(class_weight):
    X, y = irregular_panel(24)
    y = np.where(np.arange(24) < 4, 7, y)
    weight = np.where(y == 7, 0.0, 1.0)
    model = CKCNNClassifier(class_weight=class_weight, **ONE_BATCH, **QUICK)
    absent = clone(model).fit(X[y < 7], y[y < 7])
    model.fit(X, y, sample_weight=weight)
    assert model.classes_.tolist() == [0, 1]
    np.testing.assert_allclose(
        model.predict_proba(X), absent.predict_proba(X), atol=1e-9
    )


@pytest.mark.parametrize(
    "class_weight", [{0: -1.0}, {0: 0.0, 1: 0.0}, {1: np.nan}, {0: np.inf}]
)
def test_bad_class_weights(class_weight):
    X, y = irregular_panel(8)
    model = CKCNNClassifier(class_weight=class_weight, **QUICK)
    with pytest.raises(ValueError, match="`class_weight` must be finite, not negative"):
        model.fit(X, y)
    model.set_params(class_weight={0: 3.0}).fit(X, y)  # 1 is left out: weight 1


def test_labels_come_back_as_they_were():
    X, y = irregular_panel()
    names = np.array(["sinus", "fibrillation"])[y]
    model = CKCNNClassifier(**QUICK).fit(X, names)
    assert model.classes_.tolist() == ["fibrillation", "sinus"]
    assert set(model.predict(X)) <= set(names)


def test_one_class_is_enough():
    X, y = irregular_panel()
    assert (CKCNNClassifier(**QUICK).fit(X, np.ones(len(y))).predict(X) == 1).all()


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKRocketClassifier])
def test_evidence_follows_the_probabilities(estimator, n_classes):
    X, _ = irregular_panel()
    y = np.array(["a", "b", "c"])[np.arange(24) % n_classes]
    quick = QUICK if estimator is CKCNNClassifier else {"n_kernels": 100}
    model = estimator(**quick).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), proba, rtol=1e-12)
    found, expected = model.decision_function(X), np.log(proba)
    if n_classes == 2:
        expected = expected[:, 1] - expected[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pd.Series([3, 5] * 12, dtype="Int64"), np.int64),
        (pd.array([3, 5] * 12, dtype="UInt8"), np.uint8),
        (pd.Series([True, False] * 12, dtype="boolean"), np.bool_),
        (pd.Series(["x", "y"] * 12, dtype="string"), object),
        (pd.Series(["x", "y"] * 12, dtype="category"), object),
    ],
    ids=["Int64", "UInt8", "boolean", "string", "category"],
)
def test_labels_of_pandas_come_back_as_they_went_in(labels, expected):
    X, _ = irregular_panel()
    model = CKRocketClassifier(n_kernels=100, random_state=0).fit(X, labels)
    assert model.classes_.dtype == model.predict(X).dtype == expected
    assert set(model.predict(X)) <= set(labels)

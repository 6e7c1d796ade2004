"""The main promises, from data to score, with default parameters.

More seeds and larger data: `make bench-accuracy`.
"""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    load_pbc,
    make_irregular_regression,
    make_speed,
)


@pytest.mark.slow
def test_the_clock_is_used():
    X, y = make_speed(240, random_state=0)
    train, test = slice(0, 140), slice(140, 240)
    model = CKCNNClassifier(random_state=0).fit(X[train], y[train])
    assert model.score(X[test], y[test]) >= 0.95


@pytest.mark.slow
def test_without_the_clock_there_is_nothing_to_see():
    X, y = make_speed(240, random_state=0)
    X = X.with_times(np.concatenate([np.arange(n) for n in X.lengths]))
    train, test = slice(0, 140), slice(140, 240)
    model = CKCNNClassifier(random_state=0).fit(X[train], y[train])
    assert abs(model.score(X[test], y[test]) - 0.5) <= 0.07


@pytest.mark.slow
def test_the_response_of_a_filter_is_recovered_from_irregular_observations():
    X, y = make_irregular_regression(400, length=(40, 60), random_state=0)
    model = CKCNNRegressor(random_state=0).fit(X[:300], y[:300])
    assert model.score(X[300:], y[300:]) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "accuracy"), [(0.0, 0.97), (0.5, 0.955)])
def test_speakers_are_told_apart(rate, accuracy):
    X, y = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    X = drop_observations(X, rate, random_state=0)
    X_test = drop_observations(X_test, rate, random_state=1)
    model = CKCNNClassifier(random_state=0).fit(X, y)
    assert model.score(X_test, y_test) >= accuracy


@pytest.mark.slow
def test_patients_at_risk_are_found():
    X, y = load_pbc()
    order = np.random.default_rng(0).permutation(len(y))
    train, test = order[:150], order[150:]
    model = CKCNNClassifier(random_state=0).fit(X[train], y[train])
    assert roc_auc_score(y[test], model.predict_proba(X[test])[:, 1]) >= 0.75

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.utils import _safe_indexing, check_consistent_length, resample, shuffle

from ckts.panel import Panel


def make_panel(n_series) -> Panel:
    """Series of 0, 1, 2, ... rows."""
    lengths = np.arange(n_series)
    return Panel(
        np.random.default_rng(0).normal(size=(lengths.sum(), 2)),
        np.arange(lengths.sum()),
        np.concatenate([[0], np.cumsum(lengths)]),
    )


class LengthClassifier(ClassifierMixin, BaseEstimator):
    """Says whether a series has more rows than `n_rows`; takes nothing but panels."""

    def __init__(self, n_rows=0):
        self.n_rows = n_rows

    def fit(self, X, y):
        assert isinstance(X, Panel)
        assert len(X) == len(y)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        assert isinstance(X, Panel)
        assert not X.values.flags.writeable
        return (X.lengths > self.n_rows).astype(int)


@pytest.fixture
def task():
    panel = make_panel(40)
    return panel, (panel.lengths > 17).astype(int)


def test_train_test_split_keeps_panels(task):
    X, y = task
    train, test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
    assert isinstance(train, Panel)
    assert isinstance(test, Panel)
    np.testing.assert_array_equal(train.lengths > 17, y_train)
    np.testing.assert_array_equal(test.lengths > 17, y_test)


def test_cross_val_predict_keeps_panels(task):
    X, y = task
    predicted = cross_val_predict(LengthClassifier(17), X, y, cv=4)
    np.testing.assert_array_equal(predicted, y)
    groups = np.arange(len(X)) // 2
    predicted = cross_val_predict(
        make_pipeline(LengthClassifier(17)), X, y, cv=GroupKFold(4), groups=groups
    )
    np.testing.assert_array_equal(predicted, y)


def test_grid_search_in_processes_keeps_panels(task):
    X, y = task
    X = X.with_values(np.tile(X.values, 100))  # joblib maps 1 MB and more from disk
    search = GridSearchCV(LengthClassifier(), {"n_rows": [3, 17, 30]}, cv=3, n_jobs=2)
    assert search.fit(X, y).best_params_ == {"n_rows": 17}
    assert search.best_score_ == 1.0


def test_index_utilities_keep_panels():
    panel = make_panel(6)
    check_consistent_length(panel, np.zeros(6))
    for picked in (
        _safe_indexing(panel, [2, 1]),
        _safe_indexing(panel, slice(2)),
        _safe_indexing(panel, np.arange(6) > 3),
        resample(panel, n_samples=2, random_state=0),
        shuffle(panel, random_state=0),
    ):
        assert isinstance(picked, Panel)

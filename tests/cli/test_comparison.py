"""Folds keep what they must, and scores are those of scikit-learn."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from ckts import CKRocketClassifier
from ckts.cli.comparison import compare, make_folds
from ckts.datasets import make_speed

Y = np.repeat([0, 1], [30, 10])


def test_scores_are_those_of_cross_val_score():
    X, y = make_speed(40, random_state=0)
    model = CKRocketClassifier(n_kernels=84, random_state=0)
    folds = make_folds("classification", y, None, 4, 5)
    models = {"ours": model, "dummy": DummyClassifier()}
    found = compare(models, X, y, task="classification", folds=folds)
    cv = StratifiedKFold(4, shuffle=True, random_state=5)
    expected = cross_val_score(model, X, y, cv=cv, scoring="roc_auc")
    np.testing.assert_array_equal(found.scores["ours"]["AUROC"], expected)
    assert found.ours == "ours"
    gain, _ = found.difference("dummy")
    assert gain == pytest.approx(expected.mean() - 0.5)
    for fold, (_, test) in enumerate(folds):
        again = found.fitted["ours"][fold].predict_proba(X[test])
        np.testing.assert_array_equal(found.predicted["ours"][test], again)


def test_a_score_that_should_be_small_is_turned_around():
    X, y = make_speed(20, random_state=0)
    folds = make_folds("regression", y, None, 2, 0)
    models = {"ours": DummyClassifier(), "dummy": DummyClassifier()}
    found = compare(models, X, y, task="classification", folds=folds)
    assert found.difference("dummy")[0] == 0


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_groups_stay_together(task):
    groups = np.arange(40) // 2
    for train, test in make_folds(task, Y, groups, 5, 0):
        assert set(groups[train]) & set(groups[test]) == set()


def test_too_few_of_a_class_names_it():
    with pytest.raises(ValueError, match=r"got 11, and 10 of class 1. Use fewer"):
        make_folds("classification", Y, None, 11, 0)


def test_too_few_instances_or_groups():
    with pytest.raises(ValueError, match="at most 3 with 6 instances; got 4"):
        make_folds("regression", np.arange(6.0), None, 4, 0)
    with pytest.raises(ValueError, match="at most 3 with 3 groups; got 5"):
        make_folds("classification", Y, np.arange(40) % 3, 5, 0)


def test_groups_that_hold_a_class_together_are_told():
    groups = np.where(Y == 1, 0, np.arange(40))
    with pytest.raises(ValueError, match="groups that hold a class together"):
        make_folds("classification", Y, groups, 3, 0)

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError

from ckts import CKRocket, CKRocketClassifier, Panel
from ckts.estimators.attribution.decisions import decision_of

PANEL = Panel(np.arange(6.0)[:, None], np.tile([0, 1], 3), [0, 2, 4, 6])


class Fitted(BaseEstimator):
    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True


class Fixed(ClassifierMixin, Fitted):
    """Says the same probabilities whatever it sees."""

    def __init__(self, proba, classes):
        self.proba, self.classes_ = proba, np.asarray(classes)

    def predict_proba(self, X):
        return self.proba


class Constant(RegressorMixin, Fitted):
    def __init__(self, numbers):
        self.numbers = numbers

    def predict(self, X):
        return np.asarray(self.numbers)[: len(X)]


PROBA = np.array([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
MODEL = Fixed(PROBA, ["a", "b", "c"])


def test_default_is_the_log_odds_of_the_predicted_class():
    score, outputs, shown = decision_of(MODEL, PANEL, None)
    assert shown.tolist() == ["b", "a", "c"]
    found = score(PANEL, outputs)
    np.testing.assert_allclose(found[:2], [np.log(0.7 / 0.3), 0.0], atol=1e-12)
    assert found[2] == pytest.approx(np.log(1e9))  # no further than 1e-9 from 1


def test_single_precision_knows_no_nearer_probability_either():
    proba = np.array([[1.0, 0.0], [0.0, 1.0], [0.25, 0.75]], dtype=np.float32)
    score, outputs, _ = decision_of(Fixed(proba, ["a", "b"]), PANEL, "a")
    found = score(PANEL, outputs)
    np.testing.assert_allclose(found, [np.log(1e9), -np.log(1e9), -np.log(3)])


def test_outputs_of_different_numbers_of_classes_need_a_function():
    model = Fixed([PROBA, PROBA[:, :2]], ["a"])
    model.classes_ = [np.array(["a", "b", "c"]), np.array(["x", "y"])]
    for target in (None, "a"):
        with pytest.raises(ValueError, match=r"`target` must be a function.*of 2"):
            decision_of(model, PANEL, target)


def test_target_is_one_class_or_one_for_each_series():
    score, outputs, shown = decision_of(MODEL, PANEL, "a")
    assert shown.tolist() == ["a", "a", "a"]
    np.testing.assert_allclose(score(PANEL, outputs)[:2], [np.log(0.25), 0])
    _, outputs, _ = decision_of(MODEL, PANEL, ["c", "a", "b"])
    assert outputs.tolist() == [2, 0, 1]


def test_labels_have_log_odds_of_their_own():
    model = Fixed(np.array([[0.9, 0.8], [0.5, 0.1], [0.1, 0.2]]), [0, 1])
    score, outputs, _ = decision_of(model, PANEL, 1)
    expected = np.log([0.8 / 0.2, 0.1 / 0.9, 0.2 / 0.8])
    np.testing.assert_allclose(score(PANEL, outputs), expected)


def test_numbers_are_those_of_one_target():
    score, outputs, shown = decision_of(Constant([1.0, 2.0, 3.0]), PANEL, None)
    assert score(PANEL, outputs).tolist() == [1, 2, 3]
    assert shown.tolist() == [0, 0, 0]
    several = Constant(np.arange(6.0).reshape(3, 2))
    score, outputs, _ = decision_of(several, PANEL, 1)
    assert score(PANEL, outputs).tolist() == [1, 3, 5]


def test_a_function_is_asked_as_it_is():
    def target(model, panel):
        return panel.values[::2, 0]

    score, outputs, shown = decision_of(CKRocket(), PANEL, target)
    assert shown is None
    assert score(PANEL, outputs).tolist() == [0, 2, 4]


def test_order_of_a_named_target_is_checked():
    panel = PANEL.with_instances(["x", "y", "z"])
    target = pd.Series(["a", "b", "c"], index=["y", "x", "z"])
    with pytest.raises(ValueError, match="`target` must be in the order of the series"):
        decision_of(MODEL, panel, target)


@pytest.mark.parametrize(
    ("model", "target", "error", "message"),
    [
        (MODEL, "d", ValueError, "must be among the classes ['a', 'b', 'c']; got"),
        (
            MODEL,
            ["a", "b"],
            ValueError,
            "or one for each of the 3 series; got shape (2",
        ),
        (MODEL, [["a"]], ValueError, "`target` must be a class, or one for each"),
        (Constant([[1, 2]] * 3), None, ValueError, "one of the 2 targets, from 0; got"),
        (Constant([[1, 2]] * 3), 2, ValueError, "one of the 2 targets, from 0; got 2"),
        (Constant([1, 2, 3]), True, ValueError, "one of the 1 targets, from 0; got Tr"),
        (Fixed([PROBA, PROBA], [0]), None, ValueError, "columns of classes; got a mod"),
        (
            MODEL,
            lambda model, panel: PROBA,
            ValueError,
            "`target` must return a number for each series, of shape (3,); got (3, 3)",
        ),
    ],
)
def test_bad_targets_are_named(model, target, error, message):
    def decide():
        score, outputs, _ = decision_of(model, PANEL, target)
        return score(PANEL, outputs)

    with pytest.raises(error, match=re.escape(message)):
        decide()


def test_models_that_decide_nothing_are_named():
    rocket = CKRocket(n_kernels=84, random_state=0).fit(PANEL)
    with pytest.raises(TypeError, match="`estimator` must be a classifier or a reg"):
        decision_of(rocket, PANEL, None)

    class Silent(ClassifierMixin, Fitted):
        classes_ = np.array([0, 1])

    with pytest.raises(TypeError, match=r"must have `predict_proba`; got Silent.*Cali"):
        decision_of(Silent(), PANEL, None)
    with pytest.raises(NotFittedError):
        decision_of(CKRocketClassifier(), PANEL, None)

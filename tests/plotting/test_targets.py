"""Which probabilities a picture shows."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

from ckts.plotting._targets import find_target

X = np.zeros((4, 1))


def dummy(y):
    return DummyClassifier(strategy="prior").fit(X, y)


def test_the_last_class_is_the_default():
    target = find_target(dummy(["b", "a", "c", "c"]), X, None)
    assert (target.name, target.column, target.output, target.label) == (
        *("c", 2, None, "c"),
    )
    assert target.of(np.array([[0.1, 0.2, 0.7]])).tolist() == [0.7]
    assert target.truth(["a", "c"]).tolist() == [False, True]


def test_columns_of_outputs_stand_beside_each_other():
    y = np.array([["x", "p"], ["y", "q"], ["z", "q"], ["z", "q"]])
    model = dummy(y)
    target = find_target(model, X, (1, "q"))
    assert target.column == 4
    np.testing.assert_allclose(target.of(model.predict_proba(X)), 0.75)
    assert target.truth(y).tolist() == [False, True, True, True]


def test_what_cannot_be_a_target_is_named():
    model = dummy([0, 1, 2, 2])
    with pytest.raises(ValueError, match=r"`target` must be one of the classes.*got 5"):
        find_target(model, X, 5)
    with pytest.raises(
        TypeError, match=r"`estimator` must be a fitted classifier; got"
    ):
        find_target(DummyRegressor().fit(X, np.ones(4)), X, None)


def test_targets_of_another_shape_are_named():
    target = find_target(dummy([0, 1, 1, 1]), X, None)
    with pytest.raises(
        ValueError, match=r"`y` must have one label per series.*\(4, 2\)"
    ):
        target.truth(np.zeros((4, 2)))
    target = find_target(dummy(np.array([[1, 2], [2, 1], [1, 1], [1, 1]])), X, (1, 2))
    with pytest.raises(ValueError, match=r"`y` must have a column 1.*\(4,\)"):
        target.truth(np.zeros(4))


def test_labels_that_are_no_classes_are_named():
    target = find_target(dummy(["b", "a", "c", "c"]), X, None)
    with pytest.raises(ValueError, match=r"`y` must hold classes of .*; got \[0, 1"):
        target.truth(np.array([0, 1, 1, 2]))
    numbers = find_target(dummy([0, 1, 1, 1]), X, None)
    with pytest.raises(ValueError, match=r"among \[0, 1\]; got \['1', '0'\]"):
        numbers.truth(["1", "0"])
    # One that fit did not see is another class.
    assert target.truth(["c", "d"]).tolist() == [True, False]
    assert target.truth([]).tolist() == []
    target = find_target(dummy(np.array([[1, 2], [2, 1], [1, 1], [1, 1]])), X, (1, 2))
    with pytest.raises(ValueError, match=r"among \[1, 2\]; got \[7\]"):
        target.truth(np.full((4, 2), 7))

"""Scores against closed forms, and their standard errors."""

import numpy as np
import pytest

from ckts.cli.scores import BINARY, NUMBERS, SEVERAL, metrics_for, resample, spread

Y = np.array(["a", "b", "a", "b"])
PROBA = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]])
CLASSES = np.array(["a", "b"])


def test_scores_of_two_classes_are_those_of_the_second():
    found = {one.name: one.function(Y, PROBA, CLASSES) for one in BINARY}
    assert found["AUROC"] == 0.75  # three of four pairs are in order
    assert found["AUPRC"] == pytest.approx((1 + 2 / 3) / 2)  # found at ranks 1 and 3
    assert found["accuracy"] == 0.75
    assert found["log-loss"] == pytest.approx(-np.log([0.9, 0.6, 0.3, 0.8]).mean())


def test_scores_of_several_classes():
    y, classes = np.array([0, 1, 2, 2]), np.arange(3)
    proba = np.eye(3)[[0, 1, 2, 0]] * 0.7 + 0.1
    found = {one.name: one.function(y, proba, classes) for one in SEVERAL}
    assert found["accuracy"] == 0.75
    assert found["balanced accuracy"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert found["log-loss"] == pytest.approx(-np.log([0.8, 0.8, 0.8, 0.1]).mean())


def test_scores_of_numbers():
    y, predicted = np.array([0.0, 2.0, 4.0]), np.array([0.0, 2.0, 1.0])
    found = [one.function(y, predicted, np.empty(0)) for one in NUMBERS]
    assert found == pytest.approx([1 - 9 / 8, 1.0, np.sqrt(3)])


def test_the_task_chooses_the_scores():
    assert metrics_for("regression", np.empty(0)) is NUMBERS
    found = metrics_for("classification", CLASSES)
    assert [one.name for one in found] == [one.name for one in BINARY]
    assert found[1].says == (  # the other scores do not depend on which class it is
        "average precision of 'b': the share of the class is chance, 1 perfect"
    )
    assert metrics_for("classification", np.arange(3)) is SEVERAL


def test_the_standard_error_is_that_of_a_mean():
    assert spread(np.array([1.0, 2.0, 3.0])) == (2.0, pytest.approx(1 / np.sqrt(3)))


def test_the_bootstrap_finds_the_error_of_a_share():
    rng = np.random.default_rng(0)
    y = np.repeat(CLASSES, 200)
    hits = rng.random(400) < 0.8
    second = np.where((y == "b") == hits, 0.9, 0.1)
    proba = np.column_stack([1 - second, second])
    score, error = resample(BINARY, y, proba, CLASSES, None, 0)["accuracy"]
    assert score == hits.mean()
    # 200 resamples: their deviation is known to 5 %, three times which is allowed
    assert error == pytest.approx(np.sqrt(score * (1 - score) / 400), rel=0.15)


def test_groups_are_drawn_together():
    # ten equal records of each of 40 patients say no more than one of each
    y, groups = np.repeat(np.resize([0.0, 1.0], 40), 10), np.repeat(np.arange(40), 10)
    predicted = np.full(400, 0.5)
    predicted[:200] = 0.0
    alone = resample(NUMBERS, y, predicted, np.empty(0), None, 0)["MAE"][1]
    together = resample(NUMBERS, y, predicted, np.empty(0), groups, 0)["MAE"][1]
    assert together > 2 * alone


def test_classes_that_nobody_has_are_left_out():
    y, classes = np.array([0, 0, 1, 1, 0]), np.arange(3)
    proba = np.array([[7, 2, 1], [3, 6, 1], [2, 7, 1], [4, 5, 1], [1, 1, 8]]) / 10
    found = {one.name: one.function(y, proba, classes) for one in SEVERAL}
    # of the 6 pairs of 0 and 1, the first column orders 3, the second 4
    first = np.mean([a > b for a in proba[y == 0, 0] for b in proba[y == 1, 0]])
    second = np.mean([b > a for a in proba[y == 0, 1] for b in proba[y == 1, 1]])
    assert found["AUROC"] == pytest.approx((first + second) / 2)
    assert found["balanced accuracy"] == pytest.approx((1 / 3 + 1) / 2)
    errors = resample(SEVERAL, y, proba, classes, None, 0)
    assert all(np.isfinite(one).all() for one in errors.values())


def test_the_bootstrap_ends_where_each_class_is_rare():
    y = np.arange(30)  # not one draw in 10**12 holds all of them
    proba = np.full((30, 30), 1 / 60) + np.eye(30) / 2
    score, error = resample(SEVERAL, y, proba, y, None, 0)["accuracy"]
    assert (score, error) == (1.0, 0.0)


def test_the_bootstrap_of_few_numbers_divides_by_no_zero():
    y, predicted = np.array([0.0, 0.7, 1.4]), np.array([0.1, 0.6, 1.5])
    score, error = resample(NUMBERS, y, predicted, np.empty(0), None, 0)["R2"]
    assert score == pytest.approx(1 - 0.03 / 0.98)
    assert error < 1
    with pytest.raises(ValueError, match=r"`--label` must differ .*; got 2.1 only"):
        resample(NUMBERS, np.full(2, 2.1), np.ones(2), np.empty(0), None, 0)

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
    assert metrics_for("classification", CLASSES) is BINARY
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

"""Scores in words: what is said of folds that differ, and of those that do not."""

import numpy as np
import pytest

from ckts.cli.comparison import Comparison
from ckts.cli.score_words import (
    difference_lines,
    metric_words,
    plus_minus,
    score_lines,
    signed,
    verdict,
)
from ckts.cli.scores import BINARY, LOG_LOSS

FOLDS = np.array([0.8, 0.7, 0.9, 0.8])
NOISE = np.array([1e-3, 0.0, 0.0, -1e-3])


def comparison(gain, metrics=BINARY[:1]):
    name = metrics[0].name
    scores = {"ours": {name: FOLDS + gain + NOISE}, "rival": {name: FOLDS}}
    return Comparison(metrics, np.arange(2), [], scores)


@pytest.mark.parametrize(
    ("gain", "said"),
    [(0.02, "better"), (-0.02, "worse"), (5e-4, "no clear difference")],
)
def test_two_standard_errors_of_the_difference_decide(gain, said):
    # folds differ by more than the models: only the difference per fold counts
    assert verdict(comparison(gain), "rival") == said


def test_less_loss_is_better():
    assert verdict(comparison(-0.02, (LOG_LOSS,)), "rival") == "better"


def test_lines_tell_mean_and_standard_error():
    assert score_lines(comparison(0.02)) == [
        "model           AUROC",
        "ours   0.820 +- 0.041",
        "rival  0.800 +- 0.041",
    ]
    (line,) = difference_lines(comparison(0.02))
    assert line == "ours against rival: AUROC +0.020 +- 0.000: better"
    assert metric_words(LOG_LOSS).startswith("log-loss: how far")


def test_large_numbers_have_fewer_digits():
    assert plus_minus(1234.567, 8.9) == "1234.6 +- 8.9"
    assert signed(-0.5, 0.25) == "-0.500 +- 0.250"

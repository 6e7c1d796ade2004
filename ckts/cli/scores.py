"""What predictions are worth: scores with their standard errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

N_RESAMPLES = 200


class Metric(NamedTuple):
    """One score of predictions.

    Attributes
    ----------
    name, says : str
        What it is called, and what it says.
    function : callable
        From y, predictions and classes to a number.
    greater : bool
        Whether greater is better.
    """

    name: str
    says: str
    function: Callable[[np.ndarray, np.ndarray, np.ndarray], float]
    greater: bool = True


def _auroc(y, proba, classes):
    if len(classes) == 2:
        return roc_auc_score(y, proba[:, 1])
    found = [(y == one, proba[:, i]) for i, one in enumerate(classes) if one in y]
    return float(np.mean([roc_auc_score(*one) for one in found]))


def _balanced(y, predicted):
    with warnings.catch_warnings():  # of classes that are predicted only
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
        return balanced_accuracy_score(y, predicted)


def _hits(function):
    return lambda y, proba, classes: function(y, classes[proba.argmax(axis=1)])


AUROC = Metric(
    "AUROC",
    "how well cases are ranked above others: 0.5 is chance, 1 perfect",
    _auroc,
)
LOG_LOSS = Metric(
    "log-loss",
    "how far probabilities are from the truth: 0 is perfect",
    lambda y, proba, classes: log_loss(y, proba, labels=classes),
    greater=False,
)
BINARY = (
    AUROC,
    Metric(
        "AUPRC",
        "average precision of {!r}: the share of the class is chance, 1 perfect",
        lambda y, proba, classes: average_precision_score(y == classes[1], proba[:, 1]),
    ),
    Metric("accuracy", "share of right classes", _hits(accuracy_score)),
    LOG_LOSS,
)
SEVERAL = (
    AUROC,
    Metric("accuracy", "share of right classes", _hits(accuracy_score)),
    Metric(
        "balanced accuracy",
        "mean share of right ones of each class",
        _hits(_balanced),
    ),
    LOG_LOSS,
)
NUMBERS = (
    Metric(
        "R2",
        "share of the variance that is explained",
        lambda y, found, classes: r2_score(y, found),
    ),
    Metric(
        "MAE",
        "mean absolute error, in the unit of the label",
        lambda y, found, classes: mean_absolute_error(y, found),
        greater=False,
    ),
    Metric(
        "RMSE",
        "root of the mean squared error, in the unit of the label",
        lambda y, found, classes: root_mean_squared_error(y, found),
        greater=False,
    ),
)


def metrics_for(task: str, classes: np.ndarray) -> tuple[Metric, ...]:
    """Choose the scores of a task; the first one is what models are compared by."""
    if task == "regression":
        return NUMBERS
    if len(classes) != 2:
        return SEVERAL
    second = classes[1].item()
    return tuple(one._replace(says=one.says.format(second)) for one in BINARY)


def predictions(model: Any, X: Any) -> np.ndarray:
    """Return probabilities of shape (n_series, n_classes), or numbers (n_series,)."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X))
    return np.asarray(model.predict(X))


def spread(scores: np.ndarray) -> tuple[float, float]:
    """Return mean and standard error of scores of folds, of shape (n_folds,)."""
    return float(scores.mean()), float(scores.std(ddof=1) / np.sqrt(len(scores)))


def resample(
    metrics: tuple[Metric, ...],
    y: np.ndarray,
    predicted: np.ndarray,
    classes: np.ndarray,
    groups: np.ndarray | None,
    seed: int,
) -> dict[str, tuple[float, float]]:
    """Score predictions once, with standard errors by the bootstrap.

    Instances are drawn with replacement, those of a group together. Draws of one class
    or number only are drawn again, as there is nothing to tell apart.

    Parameters
    ----------
    metrics : tuple of Metric
    y : ndarray of shape (n_series,)
    predicted : ndarray of shape (n_series,) or (n_series, n_classes)
    classes : ndarray of shape (n_classes,)
    groups : ndarray of shape (n_series,) or None
    seed : int

    Returns
    -------
    dict of str to (float, float)
        Score and standard error by the name of the metric.
    """
    if len(np.unique(y)) < 2:
        raise ValueError(
            "`--label` must differ between instances to be scored; got "
            f"{y[0].item()!r} only. Score a table with more instances."
        )
    rng = np.random.default_rng(seed)
    units = np.arange(len(y)) if groups is None else np.unique(groups, False, True)[1]
    members = [np.flatnonzero(units == one) for one in range(units.max() + 1)]
    drawn: dict[str, list[float]] = {one.name: [] for one in metrics}
    while len(drawn[metrics[0].name]) < N_RESAMPLES:
        chosen = rng.integers(0, len(members), len(members))
        rows = np.concatenate([members[one] for one in chosen])
        if len(np.unique(y[rows])) < 2:
            continue
        for one in metrics:
            drawn[one.name].append(one.function(y[rows], predicted[rows], classes))
    return {
        one.name: (
            float(one.function(y, predicted, classes)),
            float(np.std(drawn[one.name], ddof=1)),
        )
        for one in metrics
    }

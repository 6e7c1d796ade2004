"""Cross-validation of a model beside others, in the same folds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from tqdm import tqdm

from ckts.cli.scores import Metric, metrics_for, predictions, spread
from ckts.panel import Panel

Fold = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Comparison:
    """Scores of models in the same folds.

    Attributes
    ----------
    metrics : tuple of Metric
    classes : ndarray of shape (n_classes,)
        Empty for numbers.
    folds : list of (ndarray, ndarray)
        Numbers of the series to train and to test.
    scores : dict
        By model and metric, ndarray of shape (n_folds,).
    predicted : dict
        By model, out of fold: (n_series, n_classes), or (n_series,) of numbers.
    fitted : dict
        By model, the fitted one of each fold.
    """

    metrics: tuple[Metric, ...]
    classes: np.ndarray
    folds: list[Fold]
    scores: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    predicted: dict[str, np.ndarray] = field(default_factory=dict)
    fitted: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def ours(self) -> str:
        """The name of the model that the others are compared with."""
        return next(iter(self.scores))

    def mean(self, model: str, metric: str) -> tuple[float, float]:
        """Return mean and standard error over folds."""
        return spread(self.scores[model][metric])

    def difference(self, rival: str) -> tuple[float, float]:
        """Return by how much ours is better in the first metric, fold by fold."""
        first = self.metrics[0]
        gain = self.scores[self.ours][first.name] - self.scores[rival][first.name]
        return spread(gain if first.greater else -gain)


def make_folds(
    task: str, y: np.ndarray, groups: np.ndarray | None, n_folds: int, seed: int
) -> list[Fold]:
    """Draw folds, of equal shares of the classes, that keep groups together.

    Parameters
    ----------
    task : {"classification", "regression"}
    y : ndarray of shape (n_series,)
    groups : ndarray of shape (n_series,) or None
    n_folds, seed : int

    Returns
    -------
    list of (ndarray, ndarray)
    """
    _check_counts(task, y, groups, n_folds)
    options = {"n_splits": n_folds, "shuffle": True, "random_state": seed}
    if task == "classification":
        cv = StratifiedKFold if groups is None else StratifiedGroupKFold
    else:
        cv = KFold if groups is None else GroupKFold
    folds = list(cv(**options).split(y, y, groups))
    n_classes = len(np.unique(y)) if task == "classification" else 0
    if any(len(np.unique(y[part])) < n_classes for fold in folds for part in fold):
        raise ValueError(
            "`--folds` must leave each class in every fold; got "
            f"{n_folds}, with groups that hold a class together. Use fewer folds."
        )
    return folds


def _check_counts(
    task: str, y: np.ndarray, groups: np.ndarray | None, n_folds: int
) -> None:
    """Raise if there is too little for as many folds."""
    if task == "classification":
        classes, counts = np.unique(y, return_counts=True)
        rarest = counts.argmin()
        if counts[rarest] < n_folds:
            raise ValueError(
                "`--folds` must be at most the number of instances of each class; got "
                f"{n_folds}, and {counts[rarest]} of class {classes[rarest].item()!r}. "
                "Use fewer folds, at least 2, or join rare classes in the file."
            )
    n_units = len(y) if groups is None else len(np.unique(groups))
    least = n_folds if task == "classification" else 2 * n_folds  # R2 of one is none
    if n_units < least:
        what = "instances" if groups is None else "groups"
        raise ValueError(
            f"`--folds` must be at most {n_units * n_folds // least} with {n_units} "
            f"{what}; got {n_folds}. Use fewer folds, or more data."
        )


def compare(
    models: dict[str, Any],
    X: Panel,
    y: np.ndarray,
    *,
    task: str,
    folds: list[Fold],
    groups: np.ndarray | None = None,
    quiet: bool = False,
) -> Comparison:
    """Fit and score every model in every fold.

    Parameters
    ----------
    models : dict of str to estimator
        Ours is the first.
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
    task : {"classification", "regression"}
    folds : list of (ndarray, ndarray)
    groups : ndarray of shape (n_series,), optional
    quiet : bool

    Returns
    -------
    Comparison
    """
    classes = np.unique(y) if task == "classification" else np.empty(0)
    found = Comparison(metrics_for(task, classes), classes, folds)
    for name in models:
        names = [one.name for one in found.metrics]
        found.scores[name] = {one: np.empty(len(folds)) for one in names}
        found.predicted[name] = np.empty(
            (len(y), len(classes)) if len(classes) else len(y)
        )
        found.fitted[name] = []
    for number, (train, test), name in _steps(models, folds, quiet):
        options = {} if groups is None else _groups(models[name], groups[train])
        model = clone(models[name]).fit(X[train], y[train], **options)
        predicted = predictions(model, X[test])
        found.fitted[name].append(model)
        found.predicted[name][test] = predicted
        for one in found.metrics:
            score = one.function(y[test], predicted, classes)
            found.scores[name][one.name][number] = score
    return found


def _groups(model: Any, groups: np.ndarray) -> dict[str, np.ndarray]:
    """Return groups for a model that leaves series out within `fit`, too."""
    ours = type(model).__module__.startswith("ckts.")
    return {"groups": groups} if ours else {}


def _steps(
    models: dict[str, Any], folds: list[Fold], quiet: bool
) -> Iterator[tuple[int, Fold, str]]:
    """Yield each fold with each model, with a progress bar on a terminal."""
    hidden = quiet or not sys.stderr.isatty()
    total = len(models) * len(folds)
    with tqdm(total=total, unit="fit", disable=hidden, file=sys.stderr) as bar:
        for number, fold in enumerate(folds):
            for name in models:
                bar.set_description(f"fold {number + 1}, {name}")
                yield number, fold, name
                bar.update()

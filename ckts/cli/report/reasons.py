"""On which channels, and on which times, the predictions depend."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, r2_score

from ckts.cli.comparison import Comparison
from ckts.cli.models import ROCKET
from ckts.estimators import channel_importance
from ckts.panel import Panel

# More instances of a fold say little more, and each takes as long.
MOST_ASKED, MOST_ATTRIBUTED = 200, 12
N_REPEATS = 2
N_PARTS = 8


class Importance(NamedTuple):
    """What the score loses without each channel, the largest first.

    Attributes
    ----------
    names : list of str
        Channels and static features.
    losses, error : ndarray of shape (n_names,)
        Mean over folds, and its standard error.
    """

    names: list[str]
    losses: np.ndarray
    error: np.ndarray


def importance_of(
    comparison: Comparison, X: Panel, y: np.ndarray, seed: int
) -> Importance:
    """Measure the importance of channels for our model, in instances it has not seen.

    Parameters
    ----------
    comparison : Comparison
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
    seed : int

    Returns
    -------
    Importance
    """
    found = []
    models = comparison.fitted[comparison.ours]
    for model, (_, test) in zip(models, comparison.folds, strict=True):
        asked = _some(test, MOST_ASKED, seed)
        found.append(
            channel_importance(
                model,
                X[asked],
                y[asked],
                scoring=_score,
                n_repeats=N_REPEATS,
                random_state=seed,
            )
        )
    means = np.array([one.importances_mean for one in found])
    order = np.argsort(-means.mean(axis=0), kind="stable")
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    names = [str(found[0].names[place]) for place in order]
    return Importance(names, means.mean(axis=0)[order], error[order])


def _score(model: Any, X: Panel, y: np.ndarray) -> float:
    """Return the negative log-loss, which small changes show in; of numbers R2."""
    if hasattr(model, "classes_"):
        return -log_loss(y, model.predict_proba(X), labels=model.classes_)
    return r2_score(y, model.predict(X))


def parts_of(
    comparison: Comparison, X: Panel, channels: list[str], seed: int
) -> np.ndarray | None:
    """Tell how much random kernels take from each part of a record.

    Parameters
    ----------
    comparison : Comparison
    X : Panel of shape (n_series,)
    channels : list of str
        Those to tell of; a channel of labels is the sum of its indicators.
    seed : int

    Returns
    -------
    ndarray of shape (n_channels, n_parts) or None
        Shares of what all of them add to scores, in absolute value, of instances that
        the model has not seen. None if it uses no kernels.
    """
    total = np.zeros((len(channels), N_PARTS))
    models = comparison.fitted[ROCKET]
    for model, (_, test) in zip(models, comparison.folds, strict=True):
        table = model.attribute(
            X[_some(test, MOST_ATTRIBUTED, seed)], n_intervals=N_PARTS
        )
        table = table[table["block"] == "kernels"]
        if len(table):
            total += _sum_parts(table, channels)
    return total / total.sum() if total.sum() > 0 else None


def _sum_parts(table: pd.DataFrame, channels: list[str]) -> np.ndarray:
    """Add up what parts of series tell, of shape (n_channels, n_parts)."""
    table = table.dropna(subset=["start"])
    part = table.groupby("series")["start"].rank("dense").to_numpy().astype(int) - 1
    names = table["channel"].map(lambda name: _channel_of(str(name), channels))
    keys = [table["series"], table["output"], names, pd.Series(part, table.index)]
    sums = table["value"].groupby(keys).sum().abs()
    found = np.zeros((len(channels), N_PARTS))
    places = {name: place for place, name in enumerate(channels)}
    for (_, _, name, one), value in sums.items():
        if name in places and one < N_PARTS:
            found[places[name], one] += value
    return found


def _channel_of(name: str, channels: list[str]) -> str:
    """Return the channel that an indicator "drug=a" was made of."""
    if name in channels:
        return name
    made = [one for one in channels if name.startswith(f"{one}=")]
    return max(made, key=len, default=name)


def _some(numbers: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return at most so many, drawn without order lost."""
    if len(numbers) <= most:
        return numbers
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(numbers, most, replace=False))

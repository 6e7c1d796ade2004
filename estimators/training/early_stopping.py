"""Early stopping: the validation series, and the score that is monitored."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from skorch.callbacks import Callback, EarlyStopping
from skorch.utils import noop

from ckts.panel import Panel

# Random splits of the groups, of which the one with the best shares is used.
GROUP_DRAWS = 100


def split_series(
    n_series: int,
    fraction: float,
    generator: np.random.RandomState,
    *,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Split series into training and validation.

    Parameters
    ----------
    n_series : int
        Number of series.
    fraction : float
        Share of the validation series.
    generator : RandomState
        Source of the random numbers.
    classes : ndarray of shape (n_series,), optional
        Classes 0, 1, ...: each is split in these shares.
    groups : ndarray of shape (n_series,), optional
        Series of the same number stay together; shares are as near as groups allow.

    Returns
    -------
    train, valid : ndarray
        Numbers of series.
    """
    try:
        if groups is not None:
            return _split_groups(groups, fraction, generator, classes)
        return train_test_split(
            np.arange(n_series),
            test_size=fraction,
            stratify=classes,
            random_state=generator,
        )
    except ValueError as error:
        parts = "series" if groups is None else "groups"
        found = n_series if groups is None else len(np.unique(groups))
        raise ValueError(
            f"`early_stopping` must find enough {parts} to split off "
            f"`validation_fraction` of each class; got {found} {parts} and {fraction}. "
            f"{error} Give more {parts}, another fraction, or early_stopping=False."
        ) from None


def _split_groups(groups, fraction, generator, classes):
    """Draw splits that keep groups together, and return the one with the best shares.

    scikit-learn's stratified splits of groups are folds: their shares are 1 / n_splits.
    """
    classes = np.zeros(len(groups), dtype=int) if classes is None else classes
    wanted = fraction * np.bincount(classes)
    drawn = GroupShuffleSplit(GROUP_DRAWS, test_size=fraction, random_state=generator)
    splits = [
        (train, valid)
        for train, valid in drawn.split(groups, groups=groups)
        if len(np.unique(classes[train])) == len(np.unique(classes))
    ]
    if not splits:
        raise ValueError("No split of `groups` leaves every class to the training.")

    def miss(split):
        found = np.bincount(classes[split[1]], minlength=len(wanted))
        return np.abs(found - wanted).sum()

    return min(splits, key=miss)


class ValidationScore(Callback):
    """Records the score of the validation series after each epoch as "valid_score".

    Parameters
    ----------
    score : callable
        Computes it; greater is better.
    described : str
        The scorer, for messages.
    weighted : bool
        Whether it is given weights.
    """

    def __init__(self, score: Callable[[], float], described: str, weighted: bool):
        self.score = score
        self.described = described
        self.weighted = weighted

    def on_train_begin(self, net, **kwargs):
        """Try the scorer before any time is spent on training."""
        cause = None
        try:
            score = float(self.score())
            if np.isfinite(score):
                return
            found = f"got {score} from {self.described}"
        except (TypeError, ValueError) as error:
            cause, found = error, f"got {self.described}, which says: {error}"
        way_out = (
            " To score without weights, take `lambda model, X, y, sample_weight: "
            "scorer(model, X, y)`."
        )
        raise ValueError(
            f"`scoring` must give a number on the validation series; {found}. Take "
            "another scorer, a larger `validation_fraction`, or scoring=None, which "
            f"watches the loss.{way_out if self.weighted else ''}"
        ) from cause

    def on_epoch_end(self, net, **kwargs):
        """Record the score."""
        net.history.record("valid_score", float(self.score()))


def watched(estimator: Any) -> tuple[str, Any]:
    """Return what early stopping watches, in the history, and its scorer.

    Returns
    -------
    entry : {"valid_loss", "valid_score", ""}
        Empty without early stopping.
    scoring : str, callable or None
    """
    if not estimator.early_stopping:
        return "", None
    scoring = estimator.scoring
    return "valid_loss" if scoring is None else "valid_score", scoring


def watchers(
    estimator: Any, panel: Panel, y: np.ndarray, weight: np.ndarray | None
) -> list:
    """Make the callbacks that stop a training early.

    Parameters
    ----------
    estimator : CKCNNClassifier or CKCNNRegressor
        The model in training, with its parameters.
    panel : Panel
        The validation series.
    y : ndarray of shape (n_series, ...)
        Their targets, as they were given.
    weight : ndarray of shape (n_series,) or None
        Their weights, without those of classes; None if all series weigh the same.

    Returns
    -------
    list of (str, skorch callback)
    """
    entry, scoring = watched(estimator)
    stopping = EarlyStopping(
        monitor=entry,
        lower_is_better=scoring is None,
        patience=estimator.n_iter_no_change,
        # Any improvement counts: skorch's relative threshold changes its sign with
        # negative scores, and hides improvements behind the loss of an outlying target.
        threshold=0,
        threshold_mode="abs",
        load_best=True,
        sink=noop,  # no messages
    )
    if scoring is None:
        return [("stopping", stopping)]
    weights = {} if weight is None else {"sample_weight": weight}
    score = partial(get_scorer(scoring), estimator, panel, y, **weights)
    score = partial(estimator._processes.first, score)  # none stops alone
    recording = ValidationScore(score, repr(scoring), bool(weights))
    return [("score", recording), ("stopping", stopping)]

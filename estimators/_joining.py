"""Networks and random kernels joined, by series that neither of them had seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from ckts.estimators.preprocessing.labels import strata_of

# Each network is trained without one fold. Folds need so many different series, and one
# of each class in every fold.
N_FOLDS, FEWEST_SERIES = 3, 30
# The share that is chosen, and the one taken where there are too few series, is a half
# as if so many series had said so.
PRIOR_COUNT, PRIOR_SHARE = 10.0, 0.5
# Of shares whose loss exceeds the least one by less than this many standard errors, the
# one that is nearest to a half is taken.
WITHIN = 0.5
SHARES = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """What a model says of series that it had not seen.

    Attributes
    ----------
    folds : ndarray of int of shape (n_series,)
        The fold of each series.
    series : ndarray of int of shape (n_predicted,)
        Numbers of the series that are predicted.
    outputs : ndarray of shape (n_predicted, n_outputs)
        Each by the series of the other folds.
    """

    folds: np.ndarray
    series: np.ndarray
    outputs: np.ndarray

    def among(
        self, sample: np.ndarray, n_series: int, groups: np.ndarray | None
    ) -> OutOfFold:
        """Return the same, where the series are a sample of more of them.

        Those that were not drawn have the fold -1, to no network a series left out,
        unless their group was drawn: its fold is theirs.

        Parameters
        ----------
        sample : ndarray of int of shape (n_sampled,)
            The numbers of the drawn series.
        n_series : int
        groups : ndarray of int of shape (n_series,) or None
            As numbers from 0.
        """
        together = np.arange(n_series) if groups is None else groups
        folds = np.full(together.max() + 1, -1)
        folds[together[sample]] = self.folds
        return OutOfFold(folds[together], sample[self.series], self.outputs)


def draw_folds(
    together: np.ndarray, classes: np.ndarray | None, rng: np.random.RandomState
) -> np.ndarray | None:
    """Draw folds of nearly the same size.

    Parameters
    ----------
    together : ndarray of int of shape (n_series,)
        Series of the same number share their fold.
    classes : ndarray of int of shape (n_series,), (n_series, n_outputs) or None
        The class of each series, of which folds have the same shares; of several
        outputs the combinations of classes that are frequent enough. A rare class of
        one output does not keep the others from having folds.
    rng : RandomState

    Returns
    -------
    ndarray of int of shape (n_series,) or None
        None if there are too few series, or the one class of each has too few.
    """
    n_different = len(np.unique(together))
    if n_different < FEWEST_SERIES:
        return None
    several = False
    if classes is not None and classes.ndim > 1:
        several, classes = True, _strata_of_groups(classes, together)
    groups = GroupKFold(N_FOLDS, shuffle=True, random_state=rng)
    if classes is not None:
        pairs = np.unique(np.column_stack([classes, together]), axis=0)
        few = np.unique(pairs[:, 0], return_counts=True)[1].min() < N_FOLDS
        if few and not several:
            return None
        groups = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=rng)
    folds = np.empty(len(together), dtype=int)
    for fold, (_, held) in enumerate(groups.split(together, classes, together)):
        folds[held] = fold
    if classes is not None and not several:
        for fold in range(N_FOLDS):
            if len(np.unique(classes[folds != fold])) < len(np.unique(classes)):
                return None
    return folds


def _strata_of_groups(codes: np.ndarray, together: np.ndarray) -> np.ndarray | None:
    """Find strata of several outputs, each with a group at least for every fold."""
    pairs, which = np.unique(
        np.column_stack([codes, together]), axis=0, return_inverse=True
    )
    strata = strata_of(pairs[:, :-1], N_FOLDS)
    return None if strata is None else strata[which.ravel()]


def choose_share(losses: Callable[[float], np.ndarray], weight: np.ndarray) -> float:
    """Choose the share of the networks.

    Of several outputs it is one share for all of them, by the mean of their losses. One
    for each would rest on few series where a label is rare, of which a matrix of labels
    often has some; and the outputs of a series are no independent witnesses, so that
    their mean, not their sum, meets the prior.

    What the series do not tell apart is no reason to go far from a half: where a class
    is rare, log-losses hardly differ, and a member that ranks best has no share.

    Parameters
    ----------
    losses : callable
        From a share to the loss of each series, of shape (n_series,).
    weight : ndarray of shape (n_series,)

    Returns
    -------
    float
        From 0 to 1.
    """
    n_series = weight.sum() ** 2 / np.square(weight).sum()  # of equal weight
    pull = PRIOR_COUNT / n_series / 2
    errors = [
        np.average(losses(share), weights=weight) + pull * (share - PRIOR_SHARE) ** 2
        for share in SHARES
    ]
    best = float(SHARES[int(np.argmin(errors))])
    least = losses(best)
    for share in np.arange(PRIOR_SHARE, best, np.copysign(0.01, best - PRIOR_SHARE)):
        more = losses(share) - least
        mean = np.average(more, weights=weight)
        variance = np.average(np.square(more - mean), weights=weight)
        if mean <= WITHIN * np.sqrt(variance / n_series):
            return float(share)
    return best


def mix(rocket: np.ndarray, networks: np.ndarray, share: float) -> np.ndarray:
    """Average the outputs of CKRocket and of networks, these by their share."""
    return (1 - share) * rocket + share * networks

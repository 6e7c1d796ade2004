"""A sample of many series: every class, in its share, and groups as a whole."""

from __future__ import annotations

import numpy as np

from ckts.estimators.preprocessing.labels import strata_of
from ckts.estimators.rocket.leaving_out import LEAST_GROUPS, fair_share


def draw_sample(
    codes: np.ndarray | None,
    groups: np.ndarray | None,
    n_series: int,
    most: int,
    rng: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw some series.

    Parameters
    ----------
    codes : ndarray of int of shape (n_series,) or (n_series, n_outputs), or None
        Classes. The sample has one series at least of each class of each output, and
        shares of the classes of one output, or of the frequent combinations of several,
        that differ by chance in one or two series only. None of numbers.
    groups : ndarray of int of shape (n_series,), or None
        Groups are drawn as a whole, except for the last one. Of a group that is larger
        than an eighth of the sample only a part is drawn, if the others are enough.
    n_series, most : int
        How many there are, and how many are drawn at most; not fewer than the classes.
    rng : RandomState

    Returns
    -------
    sample : ndarray of int of shape (n_drawn,)
        Increasing. All series, if they are no more than `most`.
    factor : ndarray of shape (n_drawn,)
        How many series of its class each of them stands for.
    """
    if n_series <= most:
        return np.arange(n_series), np.ones(n_series)
    found = None if codes is None else strata_of(codes, -(-n_series // most))
    strata = np.zeros(n_series) if found is None else found
    strata = np.unique(strata, return_inverse=True)[1]
    whose = np.arange(n_series) if groups is None else groups
    whose = np.unique(whose, return_inverse=True)[1]
    sizes = np.bincount(whose)
    rank = ranks(whose, rng.permutation(n_series))
    place = _spread(strata[rank == 0][np.argsort(whose[rank == 0])], rng)
    needed = np.zeros(n_series, dtype=bool)
    if codes is not None:
        for column in codes.reshape(n_series, -1).T:
            order = np.lexsort((rank, place[whose], column))
            needed[order[np.unique(column[order], return_index=True)[1]]] = True
    place[whose[needed]] = -1.0  # their groups come next
    quota = max(most // LEAST_GROUPS, fair_share(sizes, most))
    kept = np.flatnonzero(needed | (rank < quota))
    order = np.lexsort((rank[kept], whose[kept], place[whose[kept]], ~needed[kept]))
    sample = np.sort(kept[order[:most]])
    counts = (
        np.bincount(strata),
        np.bincount(strata[sample], minlength=strata.max() + 1),
    )
    return sample, counts[0][strata[sample]] / counts[1][strata[sample]]


def _spread(strata: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Place units in [0, 1) so that those of each stratum are spread evenly."""
    rank = ranks(strata, rng.permutation(len(strata)))
    return (rank + rng.random_sample(len(strata))) / np.bincount(strata)[strata]


def ranks(labels: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the numbers, from 0, of the entries of each label in some order.

    Parameters
    ----------
    labels : ndarray of int of shape (n,)
    order : ndarray of int of shape (n,)
        A permutation.

    Returns
    -------
    ndarray of int of shape (n,)
    """
    order = order[np.argsort(labels[order], kind="stable")]
    ordered = labels[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    rank = np.empty(len(labels), dtype=int)
    rank[order] = np.arange(len(labels)) - np.repeat(
        starts, np.diff(starts, append=len(labels))
    )
    return rank

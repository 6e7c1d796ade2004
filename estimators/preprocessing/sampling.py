"""A sample of many series: every class, in its share, and groups as a whole."""

from __future__ import annotations

import numpy as np

from ckts.estimators.preprocessing.labels import strata_of

# Series on disk of which a model learns what all of them need not tell, at most. A row
# of features of CKRocket is 40 kB, and there are three copies of it for a moment.
MOST_SAMPLED = 4096
# Groups that a set of series has at least, where there are so many.
LEAST_GROUPS = 8
# Series, or groups, of each class in a sample, where there are so many; a class of a
# few is worth no more than its part of half of the sample.
LEAST_OF_CLASS = 32


def most_sampled(n_prefixes: int = 1) -> int:
    """Return how many series a sample has, each of which is so many prefixes."""
    return MOST_SAMPLED // n_prefixes


def draw_sample(
    codes: np.ndarray | None,
    groups: np.ndarray | None,
    lengths: np.ndarray,
    most: int,
    rng: np.random.RandomState,
    most_rows: float = np.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw some series.

    Parameters
    ----------
    codes : ndarray of int of shape (n_series,) or (n_series, n_outputs), or None
        Classes. The sample has one series at least of each class of each output, if it
        has as many series, and 32 of rare classes if those are no more than half of it.
        The other classes of one output, or the frequent combinations of several, have
        their shares up to chance in one or two series. None of numbers.
    groups : ndarray of int of shape (n_series,), or None
        Groups are drawn as a whole, except for the last one. Of a group that is larger
        than an eighth of the sample only a part is drawn, if the others are enough.
    lengths : ndarray of int of shape (n_series,)
        Rows.
    most : int
        How many are drawn at most.
    rng : RandomState
    most_rows : float, optional
        How many rows the drawn ones have at most, if one series has not more already.

    Returns
    -------
    sample : ndarray of int of shape (n_drawn,)
        Increasing. All series, if they are not too many.
    factor : ndarray of shape (n_drawn,)
        How many series of its class each of them stands for.
    """
    n_series, n_rows = len(lengths), int(lengths.sum())
    if n_series <= most and n_rows <= most_rows:
        return np.arange(n_series), np.ones(n_series)
    most = int(min(most, max(most_rows * n_series / max(n_rows, 1), 1)))
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
        table = codes.reshape(n_series, -1)
        place = _prefer(table, whose, place, most * len(sizes) // n_series)
        needed = _first_of_classes(table, rank, place[whose])
    quota = max(most // LEAST_GROUPS, fair_share(sizes, most))
    kept = np.flatnonzero(needed | (rank < quota))
    order = np.lexsort((rank[kept], whose[kept], place[whose[kept]], ~needed[kept]))
    drawn = kept[order[:most]]
    n_drawn = max(np.count_nonzero(np.cumsum(lengths[drawn]) <= most_rows), 1)
    sample = np.sort(drawn[:n_drawn])
    counts = (
        np.bincount(strata),
        np.bincount(strata[sample], minlength=strata.max() + 1),
    )
    return sample, counts[0][strata[sample]] / counts[1][strata[sample]]


def check_classes_drawn(codes: np.ndarray, sample: np.ndarray, way_out: str) -> None:
    """Raise if a sample lacks a class: nothing could be learned of it.

    Parameters
    ----------
    codes : ndarray of int of shape (n_series,) or (n_series, n_outputs)
    sample : ndarray of int of shape (n_drawn,)
    way_out : str
    """
    columns = codes.reshape(len(codes), -1).T
    counts = [len(np.unique(column)) for column in columns]
    drawn = [len(np.unique(column[sample])) for column in columns]
    if drawn != counts:
        raise ValueError(
            "`y` must have few enough classes for a sample of series on disk, which "
            f"holds {len(sample):,} series; got {max(counts):,} classes, of which it "
            f"lacks {sum(counts) - sum(drawn):,}. Join rare ones before, or {way_out}."
        )


def _prefer(
    table: np.ndarray, whose: np.ndarray, place: np.ndarray, n_groups: int
) -> np.ndarray:
    """Place groups of rare classes before all others, those of each class in turn.

    Parameters
    ----------
    table : ndarray of int of shape (n_series, n_outputs)
    whose : ndarray of int of shape (n_series,)
    place : ndarray of shape (n_groups,)
        From 0 on, below 1.
    n_groups : int
        How many a sample has, about.

    Returns
    -------
    ndarray of shape (n_groups,)
    """
    turn = np.full(len(place), LEAST_OF_CLASS)
    for column in table.T:
        classes, column = np.unique(column, return_inverse=True)
        least = min(max(n_groups // (2 * len(classes)), 1), LEAST_OF_CLASS)
        pairs = np.unique(column * len(place) + whose)
        labels, members = np.divmod(pairs, len(place))
        rank = ranks(labels, np.argsort(place[members], kind="stable"))
        np.minimum.at(turn, members[rank < least], rank[rank < least])
    return place + turn


def _first_of_classes(
    table: np.ndarray, rank: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Mark the first series of each class of each output."""
    first = np.zeros(len(table), dtype=bool)
    for column in table.T:
        order = np.lexsort((rank, place, column))
        first[order[np.unique(column[order], return_index=True)[1]]] = True
    return first


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


def fair_share(sizes: np.ndarray, most: int) -> int:
    """Return the least quota of each group at which all give `most` series."""
    ordered = np.sort(sizes)
    fixed = np.r_[0, np.cumsum(ordered)]
    larger = np.arange(len(ordered), 0, -1)  # groups from this one on
    quota = np.ceil((most - fixed[:-1]) / larger)
    return int(quota[np.argmax(quota <= ordered)])

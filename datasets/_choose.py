"""Choose a share of the items of every group."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def share_of(sizes: np.ndarray, rate: float) -> np.ndarray:
    """Return floor(size * rate) of each size, with `rate` as the decimal it is.

    In floating point 90 * 0.7 is less than 63, and one item too few would go.
    """
    share = Fraction(repr(float(rate)))
    unique, where = np.unique(sizes, return_inverse=True)
    shares = [n * share.numerator // share.denominator for n in unique.tolist()]
    return np.array(shares, dtype=np.intp)[where]


def choose_first(groups: np.ndarray, rate: float, keys: np.ndarray) -> np.ndarray:
    """Choose the share of each group that has the smallest keys.

    Parameters
    ----------
    groups : ndarray of shape (n_items,)
        The number of the group of each item.
    rate : float
        Of ``n`` items floor(n * rate) are chosen.
    keys : ndarray of shape (n_items,)

    Returns
    -------
    ndarray of bool of shape (n_items,)
    """
    sizes = np.bincount(groups)
    ordered = np.lexsort((keys, groups))
    chosen = np.empty(len(groups), dtype=bool)
    chosen[ordered] = _ranks(sizes) < np.repeat(share_of(sizes, rate), sizes)
    return chosen


def choose_blocks(
    groups: np.ndarray, rate: float, n_blocks: int, rng: np.random.RandomState
) -> np.ndarray:
    """Choose the share of each group as runs of neighbors, at random places.

    The chosen share is cut into `n_blocks` runs of equal length (give or take one
    item); the runs and the items that stay are put into random order, so that runs may
    touch. Parameters and result are those of `choose_first`.
    """
    sizes = np.bincount(groups)
    share = share_of(sizes, rate)
    n_runs = np.minimum(n_blocks, share)
    n_pieces = sizes - share + n_runs
    group = np.repeat(np.arange(len(sizes)), n_pieces)
    rank = _ranks(n_pieces)
    run = rank < n_runs[group]
    length, longer = np.divmod(share, np.maximum(n_runs, 1))
    lengths = np.where(run, length[group] + (rank < longer[group]), 1)
    shuffled = np.lexsort((rng.random_sample(len(group)), group))
    chosen = np.empty(len(groups), dtype=bool)
    # Items of a group need not stand together, but have their order.
    chosen[np.argsort(groups, kind="stable")] = np.repeat(
        run[shuffled], lengths[shuffled]
    )
    return chosen


def _ranks(sizes: np.ndarray) -> np.ndarray:
    """Count 0, 1, ... within consecutive groups of some sizes."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)

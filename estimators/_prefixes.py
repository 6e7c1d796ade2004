"""What training sees series as: at their ends and earlier, and equal ones as one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import block_array, coo_array
from scipy.sparse.csgraph import connected_components

from ckts.estimators._batches import PanelDataset

GOLDEN = (np.sqrt(5.0) - 1) / 2


@dataclass(frozen=True, eq=False)
class Moments:
    """The series of training, each as of one or several of its observations.

    Attributes
    ----------
    owner : ndarray of int of shape (n_moments,)
        The number of the series.
    weight : ndarray of shape (n_moments,)
        Those of a series sum up to its weight.
    twins : ndarray of int of shape (n_moments,)
        Moments that are equal have the same number.
    """

    owner: np.ndarray
    weight: np.ndarray
    twins: np.ndarray

    @classmethod
    def ends(cls, keys: np.ndarray, weight: np.ndarray) -> Moments:
        """Return the ends of series.

        Parameters
        ----------
        keys : ndarray of shape (n_series,)
            Equal series have the same.
        weight : ndarray of shape (n_series,)
        """
        _, twins = np.unique(keys, return_inverse=True)
        return cls(np.arange(len(keys)), weight, twins)

    def with_cuts(
        self, dataset: PanelDataset, keys: np.ndarray, n_cuts: int
    ) -> tuple[Moments, np.ndarray]:
        """Add earlier observations, which share half of the weight of a series.

        Where they are depends on the series alone: not on their order, and equal series
        have the same.

        Parameters
        ----------
        dataset : PanelDataset
        keys : ndarray of bytes of shape (n_series,)
        n_cuts : int
            At most so many per series; a series has no more than it has earlier rows.

        Returns
        -------
        moments : Moments
            First the ends, then the cuts.
        rows : ndarray of int of shape (n_added,)
            The row of the dataset of each cut, increasing.
        """
        start = [int.from_bytes(key[:6]) / 2.0**48 for key in keys]
        share = np.add.outer(start, GOLDEN * np.arange(n_cuts)) % 1.0
        earlier = dataset.lengths - 1
        place = np.sort(np.floor(share * earlier[:, None]).astype(int), axis=1)
        fresh = np.diff(place, axis=1, prepend=-1) > 0
        fresh &= earlier[:, None] > 0
        owner, _ = np.nonzero(fresh)
        rows = dataset.indptr[owner] + place[fresh]
        counts = fresh.sum(axis=1)
        parts = np.where(counts > 0, 2.0, 1.0)
        number = (fresh.cumsum(axis=1) * fresh)[fresh]
        twins = [self.twins * (n_cuts + 1), self.twins[owner] * (n_cuts + 1) + number]
        weight = [self.weight / parts, (self.weight / 2 / np.maximum(counts, 1))[owner]]
        moments = replace(
            self,
            owner=np.r_[self.owner, owner],
            weight=np.concatenate(weight),
            twins=np.concatenate(twins),
        )
        return moments, rows


@dataclass(frozen=True, eq=False)
class Equal:
    """Equal rows, each kind of which becomes one.

    Attributes
    ----------
    first : ndarray of int of shape (n_different,)
        The first row of each kind, in the order of their numbers.
    which : ndarray of int of shape (n_rows,)
        The kind of each row.
    """

    first: np.ndarray
    which: np.ndarray

    @classmethod
    def of(cls, twins: np.ndarray) -> Equal:
        """Find the rows of the same number."""
        _, first, which = np.unique(twins, return_index=True, return_inverse=True)
        return cls(first, which)

    def sum(self, weight: np.ndarray) -> np.ndarray:
        """Sum the weights of each kind, of shape (n_rows,)."""
        return np.bincount(self.which, weight)

    def mean(self, table: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Average a table of shape (n_rows, n_columns) over each kind, by weight."""
        sums = [np.bincount(self.which, column * weight) for column in table.T]
        return np.column_stack(sums) / self.sum(weight)[:, None]

    def places(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of some kinds, and the place of each among the kinds."""
        place = np.full(len(self.first), -1)
        place[chosen] = np.arange(len(chosen))
        known = np.flatnonzero(place[self.which] >= 0)
        return known, place[self.which[known]]


def join_groups(twins: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Give series that twins or groups connect, also indirectly, the same number.

    Parameters
    ----------
    twins : ndarray of int of shape (n_series,)
    groups : ndarray of int of shape (n_series,) or None

    Returns
    -------
    ndarray of int of shape (n_series,)
    """
    if groups is None:
        return twins
    links = np.ones(len(twins)), (twins, groups)
    sizes = twins.max() + 1, groups.max() + 1
    n_twins = int(sizes[0])
    both = coo_array(links, shape=sizes)
    graph = block_array([[None, both], [both.T, None]])
    _, numbers = connected_components(graph, directed=False)
    return numbers[:n_twins][twins]

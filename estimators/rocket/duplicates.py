"""Equal series, and groups of them that must not be predicted from each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import block_array, coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True, eq=False)
class Duplicates:
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
    def of(cls, twins: np.ndarray) -> Duplicates:
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


def join_groups(twins: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Give series that twins or groups connect, also indirectly, the same number.

    Parameters
    ----------
    twins : ndarray of int of shape (n_series,)
    groups : ndarray of int of shape (n_series,)

    Returns
    -------
    ndarray of int of shape (n_series,)
    """
    links = np.ones(len(twins)), (twins, groups)
    sizes = twins.max() + 1, groups.max() + 1
    n_twins = int(sizes[0])
    both = coo_array(links, shape=sizes)
    graph = block_array([[None, both], [both.T, None]])
    _, numbers = connected_components(graph, directed=False)
    return numbers[:n_twins][twins]

"""Prefixes of series: what a causal model learns from besides the whole series."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.rocket import GOLDEN


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The series of training, whole, and truncated after earlier observations.

    Attributes
    ----------
    owner : ndarray of int of shape (n_prefixes,)
        The number of the series.
    weight : ndarray of shape (n_prefixes,)
        Those of a series sum up to its weight.
    twins : ndarray of int of shape (n_prefixes,)
        Prefixes that are equal have the same number.
    """

    owner: np.ndarray
    weight: np.ndarray
    twins: np.ndarray

    @classmethod
    def ends(cls, keys: np.ndarray, weight: np.ndarray) -> Prefixes:
        """Return the whole series.

        Parameters
        ----------
        keys : ndarray of shape (n_series,)
            Equal series have the same.
        weight : ndarray of shape (n_series,)
        """
        _, twins = np.unique(keys, return_inverse=True)
        return cls(np.arange(len(keys)), weight, twins)

    def with_truncated(
        self, dataset: PanelDataset, keys: np.ndarray, n_truncated: int
    ) -> tuple[Prefixes, np.ndarray]:
        """Add truncated series, which share half of the weight of the whole one.

        Where they end depends on the series alone: not on their order, and equal series
        have the same.

        Parameters
        ----------
        dataset : PanelDataset
        keys : ndarray of bytes of shape (n_series,)
        n_truncated : int
            At most so many per series; a series has no more than it has earlier rows.

        Returns
        -------
        prefixes : Prefixes
            First the whole series, then the truncated ones.
        rows : ndarray of int of shape (n_added,)
            The last row of each truncated series, increasing.
        """
        start = [int.from_bytes(key[:6]) / 2.0**48 for key in keys]
        share = np.add.outer(start, GOLDEN * np.arange(n_truncated)) % 1.0
        earlier = dataset.lengths - 1
        place = np.sort(np.floor(share * earlier[:, None]).astype(int), axis=1)
        fresh = np.diff(place, axis=1, prepend=-1) > 0
        fresh &= earlier[:, None] > 0
        owner, _ = np.nonzero(fresh)
        rows = dataset.indptr[owner] + place[fresh]
        counts = fresh.sum(axis=1)
        parts = np.where(counts > 0, 2.0, 1.0)
        number = (fresh.cumsum(axis=1) * fresh)[fresh]
        twins = [
            self.twins * (n_truncated + 1),
            self.twins[owner] * (n_truncated + 1) + number,
        ]
        weight = [self.weight / parts, (self.weight / 2 / np.maximum(counts, 1))[owner]]
        prefixes = replace(
            self,
            owner=np.r_[self.owner, owner],
            weight=np.concatenate(weight),
            twins=np.concatenate(twins),
        )
        return prefixes, rows

"""As of when training sees series: at their ends, and at earlier observations."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

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

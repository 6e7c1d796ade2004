"""One pass over series on disk: their parts, and what is summed up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils import gen_batches
from tqdm.auto import tqdm

from ckts.estimators.preprocessing.categories import OneHot
from ckts.estimators.preprocessing.input import weights_of
from ckts.estimators.preprocessing.on_disk import labels_on_disk
from ckts.estimators.preprocessing.sampling import draw_sample, most_sampled
from ckts.estimators.rocket.base import Learned
from ckts.estimators.rocket.normal_equations import NormalEquations
from ckts.estimators.rocket.ridge import BlockRidge, ChosenRidge
from ckts.panel import Panel, ParquetPanel, check_same_order

# Numbers that are read at once, and rows of features that are computed at once.
PART_NUMBERS, PART_ROWS = 2**20, 512


def load_sample(
    X: ParquetPanel, sample_weight: Any, landmark: Any, rng: np.random.RandomState
) -> tuple[Panel, Any, OneHot | None]:
    """Load all series, or some of many with their weights.

    Parameters
    ----------
    X : ParquetPanel
    sample_weight : array-like of shape (n_series,), or None
    landmark : number, timedelta or None
        After which labels do not count.
    rng : RandomState

    Returns
    -------
    panel : Panel
    sample_weight : array-like of shape (n_loaded,), or None
    one_hot : OneHot or None
        The labels of all series, where these are not loaded.
    """
    if len(X) <= most_sampled():
        return X.load(), sample_weight, None
    check_same_order("sample_weight", sample_weight, X)
    weight = weights_of(sample_weight, len(X))
    used = np.flatnonzero(weight)
    drawn, _ = draw_sample(None, None, X.lengths[used], most_sampled(), rng)
    sample, one_hot = used[drawn], labels_on_disk(X[used], landmark)
    return X[sample].load(), weight[sample], one_hot


def read_parts(
    X: ParquetPanel, n_prefixes: int, *, shown: bool
) -> Iterator[tuple[slice, Panel]]:
    """Read all series in their order, some at a time.

    Parameters
    ----------
    X : ParquetPanel
    n_prefixes : int
        Rows of features that each series is.
    shown : bool
        Whether a bar tells how many are done.

    Yields
    ------
    rows : slice
        Which series they are.
    panel : Panel
    """
    start, most = 0, max(1, PART_ROWS // n_prefixes)
    max_rows = max(1, PART_NUMBERS // (1 + X.in_channels))
    with tqdm(total=len(X), unit="series", disable=not shown) as bar:
        for panel in X.partitions(max_rows):
            for piece in gen_batches(len(panel), most):
                part = panel[piece]
                yield slice(start, start + len(part)), part
                start += len(part)
                bar.update(len(part))


class RidgeSums:
    """What a ridge regression that is chosen needs of all series.

    Parameters
    ----------
    found : ChosenRidge
        Its tables are taken out: the sums need their memory.
    n_outputs : int
    """

    def __init__(self, found: ChosenRidge, n_outputs: int) -> None:
        self._found = found
        sizes = [table.shape[1] for table in found.tables]
        found.tables.clear()
        self._sizes = np.where(found.shares > 0, sizes, 0)
        self.n_features = int(self._sizes.sum())
        self._equations = NormalEquations(self.n_features, n_outputs)
        self._total = 0.0
        self._keys: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []

    def add(self, learned: Learned, keys: np.ndarray, target: np.ndarray) -> None:
        """Add some series.

        Parameters
        ----------
        learned : Learned
        keys : ndarray of bytes of shape (n_series,)
            Equal series have the same.
        target : ndarray of shape (n_prefixes, n_outputs)
        """
        prefixes = learned.prefixes
        table = np.empty((len(target), self.n_features), np.float32)
        pieces = np.split(table, np.cumsum(self._sizes)[:-1], axis=1)
        for block, share, features, piece in zip(
            self._found.blocks,
            self._found.shares,
            learned.features,
            pieces,
            strict=True,
        ):
            if share > 0:
                np.multiply(block.map(features), np.sqrt(share), out=piece)
        self._equations.add(table, target, prefixes.weight)
        self._total += prefixes.weight.sum()
        self._keys.append(np.ascontiguousarray(keys).view(np.uint64)[::2])  # half of it
        self._counts.append(np.bincount(prefixes.owner, minlength=len(keys)))

    def solve(self) -> BlockRidge:
        """Solve for the coefficients of each block, and the intercept.

        The penalty is a multiple of the mean weight of a series, equal ones being one.
        """
        _, first = np.unique(np.concatenate(self._keys), return_index=True)
        n_different = np.concatenate(self._counts)[first].sum()
        multiple, shares = self._found.penalty, self._found.shares
        solved = self._equations.solve(multiple * self._total / n_different)
        joined, intercept, penalty = solved
        coefficients = [
            np.sqrt(share) * part if share > 0 else None
            for share, part in zip(
                shares, np.split(joined, np.cumsum(self._sizes)[:-1]), strict=True
            )
        ]
        return BlockRidge(self._found.blocks, coefficients, intercept, shares, penalty)

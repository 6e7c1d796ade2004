"""Batches of series on disk: shuffled in windows, read ahead by a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from sklearn.utils import gen_batches
from torch.utils.data import Dataset

from ckts.estimators.preprocessing.batches import BucketSampler, PanelDataset
from ckts.estimators.preprocessing.on_disk import SeriesOnDisk
from ckts.panel import Panel
from ckts.randomness import make_generator

# Parts of the table that a window is put together of: a table that is sorted, by the
# target perhaps, gives mixed windows. Each part costs a look into a row group.
PARTS_OF_WINDOW = 16


def draw_windows(lengths: np.ndarray, most_rows: int) -> list[np.ndarray]:
    """Divide series into windows of about as many rows, the same in every call.

    A window is made of parts of the table, drawn at random; a part is of successive
    series. A series that is longer than a part is one alone.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_series,)
    most_rows : int
        Rows of a window, up to one part more.

    Returns
    -------
    list of ndarray of int
        Increasing numbers of series.
    """
    lengths = np.maximum(lengths, 1)
    part = np.cumsum(lengths) // max(most_rows // PARTS_OF_WINDOW, 1)
    part = np.unique(part, return_inverse=True)[1]
    rows = np.bincount(part, lengths).astype(int)
    order = np.random.default_rng(0).permutation(len(rows))
    n_windows = -(-int(rows.sum()) // most_rows)
    filled = np.cumsum(rows[order]) - 1
    window = np.empty(len(rows), dtype=int)
    window[order] = filled * n_windows // int(rows.sum())
    of_series = window[part]
    return [np.flatnonzero(of_series == one) for one in np.unique(of_series)]


class DiskDataset(Dataset):
    """Standardized series of a panel on disk, a window of them in memory at a time.

    Parameters
    ----------
    series : SeriesOnDisk
    standardize : callable
        From a panel to a PanelDataset.
    target, weight : optional
        As those of :class:`PanelDataset`, of all series.
    dtype : torch.dtype

    Attributes
    ----------
    lengths : ndarray of int of shape (n_series,)
        Number of observed rows per series.
    windows : list of ndarray of int
        The numbers of the series of each window.
    """

    def __init__(
        self,
        series: SeriesOnDisk,
        standardize: Callable[[Panel], PanelDataset],
        target: Any,
        weight: np.ndarray,
        *,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.series, self.standardize = series, standardize
        self.lengths = series.lengths
        target = torch.as_tensor(target)
        self.target = target.to(dtype) if target.is_floating_point() else target
        self.weight = torch.as_tensor(weight / weight.mean()).to(dtype)
        self.windows = draw_windows(series.panel.lengths, series.rows_at_a_time)

    def __len__(self) -> int:
        return len(self.lengths)

    def n_batches(self, batch_size: int) -> int:
        """Count the batches of an epoch: no batch is of two windows."""
        return sum(-(-len(window) // batch_size) for window in self.windows)

    def read(self, window: np.ndarray) -> PanelDataset:
        """Read the series of a window."""
        dataset = self.standardize(self.series[window].load())
        dataset.target, dataset.weight = self.target[window], self.weight[window]
        return dataset

    def sample(self) -> PanelDataset:
        """Read the first window, which tells what batches have in common."""
        return self.read(self.windows[0])

    def training_batches(
        self, batch_size: int, generator: torch.Generator, n_epochs_before: int
    ) -> WindowLoader:
        """Load random batches, after some epochs of which the numbers were drawn."""
        loader = WindowLoader(self, batch_size, generator)
        for _ in range(n_epochs_before):
            loader.draw()
        return loader

    def prediction_batches(self, batch_size: int) -> WindowLoader:
        """Load batches in an order that is always the same."""
        return WindowLoader(self, batch_size, None)


class WindowLoader:
    """Yields batches, those of one window after those of another.

    While the batches of a window are used, a thread reads the next one. What reading
    raises is raised where the batches are asked for. The thread ends with its window.

    Parameters
    ----------
    dataset : DiskDataset
    batch_size : int
    generator : torch.Generator or None
        Draws the order of the windows, and of the series in each, in every epoch. None
        takes windows in their order, and series by their length.
    """

    def __init__(
        self, dataset: DiskDataset, batch_size: int, generator: torch.Generator | None
    ) -> None:
        self.dataset, self.batch_size = dataset, batch_size
        self.generator = generator

    def __len__(self) -> int:
        return self.dataset.n_batches(self.batch_size)

    def draw(self) -> tuple[list[int], list[int]]:
        """Draw the order of an epoch's windows, and a seed for each."""
        n_windows, generator = len(self.dataset.windows), self.generator
        if generator is None:
            return list(range(n_windows)), [0] * n_windows
        order = torch.randperm(n_windows, generator=generator)
        seeds = torch.randint(2**62, (n_windows,), generator=generator)
        return order.tolist(), seeds.tolist()

    def __iter__(self) -> Iterator[tuple]:
        order, seeds = self.draw()
        windows = [self.dataset.windows[number] for number in order]
        following: list[np.ndarray | None] = [*windows[1:], None]
        coming: _Reading | None = _Reading(self.dataset, windows[0])
        try:
            for seed, after in zip(seeds, following, strict=True):
                assert coming is not None, "a window is read ahead"
                window = coming.result()
                coming = None if after is None else _Reading(self.dataset, after)
                for batch in self._sampler(window, seed):
                    yield window.__getitems__(batch)
        finally:  # of a training that ends early, too
            if coming is not None:
                coming.wait()

    def _sampler(self, window: PanelDataset, seed: int) -> Iterable[list[int]]:
        if self.generator is not None:
            generator = make_generator(seed)
            return BucketSampler(window.lengths, self.batch_size, generator)
        order = window.by_length()
        return [order[one].tolist() for one in gen_batches(len(order), self.batch_size)]


class _Reading:
    """A thread that reads one window and ends."""

    def __init__(self, dataset: DiskDataset, window: np.ndarray) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ckts-read-ahead")
        self._future = self._pool.submit(dataset.read, window)
        self._pool.shutdown(wait=False)

    def wait(self) -> None:
        """Return when the thread has ended."""
        self._pool.shutdown(wait=True)

    def result(self) -> PanelDataset:
        """Return the window, or raise what reading raised."""
        try:
            return self._future.result()
        finally:  # Ctrl-C, too
            self.wait()

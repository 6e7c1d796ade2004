"""Random pieces that the generators share."""

from __future__ import annotations

import numpy as np

from ckts.datasets._rows import series_of_rows


def draw_indptr(
    n_series: int, length: tuple[int, int], rng: np.random.RandomState
) -> np.ndarray:
    """Draw lengths from shortest to longest, as row pointers (n_series + 1,)."""
    lengths = rng.randint(length[0], length[1] + 1, size=n_series)
    return np.concatenate([[0], np.cumsum(lengths)])


def draw_times(
    indptr: np.ndarray, duration: float, rng: np.random.RandomState
) -> np.ndarray:
    """Draw times (n_rows,), uniform on [0, duration) and sorted within each series."""
    times = duration * rng.random_sample(indptr[-1])
    return times[np.lexsort((times, series_of_rows(indptr)))]


def measure(
    signal: np.ndarray, noise: float, missing: float, rng: np.random.RandomState
) -> np.ndarray:
    """Add measurement noise to a signal (n_rows, channels) and hide values as NaN."""
    values = signal + noise * rng.standard_normal(signal.shape)
    values[rng.random_sample(signal.shape) < missing] = np.nan
    return values

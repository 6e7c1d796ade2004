"""Parsed numbers -> the rows of a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ckts.datasets._rows import series_of_rows


@dataclass(frozen=True)
class Rows:
    """The rows of a panel.

    Parameters
    ----------
    values : ndarray of shape (n_rows, in_channels)
        NaN is "not observed".
    times : ndarray of shape (n_rows,)
    indptr : ndarray of shape (n_series + 1,)
    """

    values: np.ndarray
    times: np.ndarray
    indptr: np.ndarray


def count_rows(numbers: np.ndarray, counts: np.ndarray) -> Rows:
    """Make rows of values without time stamps: their times are 0, 1, ...

    Parameters
    ----------
    numbers : ndarray of shape (counts.sum(),)
        The values of a series, channel by channel, then those of the next.
    counts : ndarray of shape (n_series, in_channels)
        Values of each channel. A channel shorter than the longest of its series is not
        observed at the end.
    """
    lengths = counts.max(axis=1)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    series = series_of_rows(indptr)
    times = np.arange(indptr[-1]) - indptr[series]
    if counts.shape[1] == 1:
        return Rows(numbers[:, None], times, indptr)
    begins = (np.cumsum(counts) - counts.ravel()).reshape(counts.shape)
    values = numbers.take(begins[series] + times[:, None], mode="clip")
    values[times[:, None] >= counts[series]] = np.nan
    return Rows(values, times, indptr)


@dataclass(frozen=True)
class Measurements:
    """One value each: of a series, at a time, in a channel; arrays of one length."""

    series: np.ndarray
    times: np.ndarray
    channels: np.ndarray
    values: np.ndarray

    def take(self, items: np.ndarray) -> Measurements:
        """Take some of the measurements, or put them in another order."""
        arrays = (self.series, self.times, self.channels, self.values)
        return Measurements(*(array[items] for array in arrays))

    def order(self) -> np.ndarray:
        """Return what sorts by series, time and channel; ties stay as they are."""
        return np.lexsort((self.channels, self.times, self.series))

    def repeats(self) -> np.ndarray:
        """Count for each, once sorted, those before it in the same place."""
        positions = np.arange(len(self.series))
        first = np.ones(len(positions), dtype=bool)
        first[1:] = _differs(self.series) | _differs(self.times)
        first[1:] |= _differs(self.channels)
        return positions - np.maximum.accumulate(np.where(first, positions, 0))


def find_repeat(found: Measurements) -> int | None:
    """Return the position of a value that has the place of one before it, if any."""
    order = found.order()
    repeated = order[found.take(order).repeats() > 0]
    return int(repeated.min()) if len(repeated) else None


def gather_rows(
    found: Measurements, n_series: int, n_channels: int, duplicates: str
) -> Rows:
    """Make one row of all that was measured in a series at one time.

    Parameters
    ----------
    found : Measurements
        In any order.
    n_series, n_channels : int
    duplicates : {"keep", "mean", "last"}
        What becomes of a channel measured more than once at a time: further rows of
        the same time, the mean, or the last in the given order.
    """
    found = found.take(found.order())
    repeats = found.repeats()
    if duplicates == "keep":
        order = np.lexsort((repeats, found.times, found.series))
        found, repeats = found.take(order), repeats[order]
    else:
        found = _merge(found, repeats, duplicates)
        repeats = np.zeros(len(found.series), dtype=np.intp)
    first = np.ones(len(repeats), dtype=bool)
    first[1:] = _differs(found.series) | _differs(found.times) | _differs(repeats)
    rows = np.cumsum(first) - 1
    values = np.full((np.count_nonzero(first), n_channels), np.nan)
    values[rows, found.channels] = found.values
    indptr = np.searchsorted(found.series[first], np.arange(n_series + 1))
    return Rows(values, found.times[first], indptr)


def _differs(keys: np.ndarray) -> np.ndarray:
    """Compare sorted keys (n,) with the one before: bool of shape (n - 1,)."""
    return keys[1:] != keys[:-1]


def _merge(found: Measurements, repeats: np.ndarray, how: str) -> Measurements:
    """Make one of the values in one place: the "last", or the "mean" without NaN."""
    starts = np.flatnonzero(repeats == 0)
    if how == "last" or len(starts) == len(repeats):
        return found.take(np.append(starts[1:], len(repeats)) - 1)
    observed = ~np.isnan(found.values)
    sums = np.add.reduceat(np.where(observed, found.values, 0.0), starts)
    counts = np.add.reduceat(observed, starts, dtype=np.intp)
    means = np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 0)
    return replace(found.take(starts), values=means)

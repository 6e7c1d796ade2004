"""Rows of (series, time, values) in any order -> sorted rows without repeated stamps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

DUPLICATES = ("error", "mean", "last", "keep")


def sort_rows(
    codes: np.ndarray, times: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort rows by series, then by time; rows that tie keep their order.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,)
        The number of the series of each row.
    times : ndarray of shape (n_rows,)
    values : ndarray of shape (n_rows, in_channels)

    Returns
    -------
    codes, times, values : ndarrays
        The arguments themselves if they are sorted already.
    """
    steps = np.diff(codes)
    if np.all((steps > 0) | ((steps == 0) & (times[1:] >= times[:-1]))):
        return codes, times, values
    order = np.lexsort((times, codes))
    return codes[order], times[order], values[order]


def merge_rows(
    codes: np.ndarray,
    times: np.ndarray,
    values: np.ndarray,
    duplicates: str,
    *,
    channels: Sequence[str],
    instances: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make one row of the rows of a series that share a time stamp.

    Channels measured in different rows come together. A channel observed twice at one
    time is a duplicate, for which `duplicates` holds.

    Parameters
    ----------
    codes, times : ndarrays of shape (n_rows,)
        Sorted.
    values : ndarray of shape (n_rows, in_channels)
        NaN is "not observed".
    duplicates : {"error", "mean", "last", "keep"}
        "keep" leaves the rows as they are.
    channels, instances
        Names for the message.

    Returns
    -------
    codes, times, values : ndarrays
        The arguments themselves if no stamp is repeated, or all are to be kept.
    """
    check_duplicates(duplicates)
    repeated = (codes[1:] == codes[:-1]) & (times[1:] == times[:-1])
    if duplicates == "keep" or not repeated.any():
        return codes, times, values
    starts = np.flatnonzero(np.concatenate([[True], ~repeated]))
    observed = ~np.isnan(values)
    counts = np.add.reduceat(observed, starts, axis=0, dtype=np.intp)
    if duplicates == "error" and counts.max() > 1:
        group, channel = np.argwhere(counts > 1)[0]
        row = starts[group]
        raise ValueError(
            "`X` must hold each (instance, time, channel) once; instance "
            f"{instances[codes[row]]!r} has {counts[group, channel]} values of "
            f"{channels[channel]!r} at time {times[row]!r}. Choose what to do with "
            "duplicates='mean', 'last' or 'keep'."
        )
    merge = _means if duplicates == "mean" else _last
    return codes[starts], times[starts], merge(values, observed, starts, counts)


def check_duplicates(duplicates: str) -> None:
    """Refuse an unknown rule for repeated stamps."""
    if duplicates not in DUPLICATES:
        raise ValueError(
            f"`duplicates` must be one of {DUPLICATES}; got {duplicates!r}."
        )


def _means(values, observed, starts, counts):
    sums = np.add.reduceat(np.where(observed, values, 0), starts, axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _last(values, observed, starts, counts):
    rows = np.arange(len(values))[:, None]
    last = np.maximum.reduceat(np.where(observed, rows, -1), starts, axis=0)
    # nothing observed: -1 is the last row of all, whose value is not wanted
    picked = np.take_along_axis(values, last, axis=0)
    return np.where(counts > 0, picked, np.nan)

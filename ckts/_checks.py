"""Wrong shapes, times and values -> messages: argument must rule; got value; way out.

Every check looks at whole arrays at once and only an offender pays for its message.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def check_values(values: np.ndarray, times: np.ndarray) -> None:
    """Hold values (n_rows, in_channels) to floats that are finite or NaN."""
    if values.ndim != 2:
        raise ValueError(
            "`values` must be 2-D, of shape (n_rows, in_channels); got shape "
            f"{values.shape}. One channel is `values.reshape(-1, 1)`."
        )
    if values.shape[1] == 0:
        raise ValueError(
            f"`values` must have at least one channel; got shape {values.shape}. "
            "Name the columns that were measured."
        )
    if len(values) != len(times):
        raise ValueError(
            "`values` and `times` must have the same number of rows; got "
            f"{len(values)} and {len(times)}. Give every row its time."
        )


def check_indptr(indptr: np.ndarray, n_rows: int) -> None:
    """Hold row pointers (n_series + 1,) to 0 <= ... <= n_rows, one series or more."""
    if indptr.ndim != 1 or len(indptr) < 2:
        raise ValueError(
            "`indptr` must be 1-D and hold n_series + 1 row numbers, for at least one "
            f"series; got shape {indptr.shape}."
        )
    if indptr[0] != 0 or indptr[-1] != n_rows or np.any(np.diff(indptr) < 0):
        raise ValueError(
            f"`indptr` must start at 0, not decrease and end at the number of rows "
            f"({n_rows}); got {indptr[0]} ... {indptr[-1]}. Series i has the rows "
            "indptr[i]:indptr[i + 1]."
        )


def check_sorted(times: np.ndarray, indptr: np.ndarray, instances: np.ndarray) -> None:
    """Hold times (n_rows,) to not decrease within each series."""
    falls = times[1:] < times[:-1]
    firsts = indptr[1:-1]
    falls[firsts[(firsts > 0) & (firsts < len(times))] - 1] = False
    if falls.any():
        row = int(np.argmax(falls))
        series = np.searchsorted(indptr, row, side="right") - 1
        raise ValueError(
            "`times` must not decrease within a series; the series of instance "
            f"{instances[series]!r} has {times[row + 1]} after {times[row]}. Sort its "
            "rows, or use `Panel.from_rows`, which sorts."
        )


def check_finite(
    values: np.ndarray,
    indptr: np.ndarray,
    instances: np.ndarray,
    channels: Sequence[str],
) -> None:
    """Hold values (n_rows, in_channels) to have no infinity; NaN is "not observed"."""
    if np.isinf(values).any():
        row, channel = np.argwhere(np.isinf(values))[0]
        series = np.searchsorted(indptr, row, side="right") - 1
        raise ValueError(
            f"`X` must be finite, or NaN where not observed; got {values[row, channel]}"
            f" in channel {channels[channel]!r} of instance {instances[series]!r}. "
            "Replace it, e.g. by NaN."
        )


def check_names(argument: str, names: Sequence[str], size: int) -> None:
    """Hold names to be unique and as many as there are columns."""
    if len(names) != size:
        raise ValueError(
            f"`{argument}` must have one name per column; got {len(names)} names for "
            f"{size} columns."
        )
    if len(set(names)) != size:
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(
            f"`{argument}` must be unique; got {twice} more than once. Rename them."
        )


def check_size(argument: str, array: np.ndarray, n_series: int) -> None:
    """Hold an array to have one entry per series."""
    if len(array) != n_series:
        raise ValueError(
            f"`{argument}` must have one entry per series; got {len(array)} for "
            f"{n_series} series."
        )

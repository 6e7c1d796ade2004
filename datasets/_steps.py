"""Series without time stamps: their times are the numbers 0, 1, ... of the steps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ckts.panel import Panel


def count_steps(lengths: np.ndarray) -> np.ndarray:
    """Count 0, 1, ... within each of consecutive groups of some lengths."""
    starts = np.cumsum(lengths) - lengths
    return np.arange(np.sum(lengths)) - np.repeat(starts, lengths)


def panel_of_steps(
    values: np.ndarray, lengths: ArrayLike, channels: Sequence[str] | None = None
) -> Panel:
    """Make a panel of series at the times 0, 1, ....

    Parameters
    ----------
    values : ndarray of shape (n_rows, in_channels)
        Becomes part of the panel, read-only, without a copy.
    lengths : array-like of int of shape (n_series,)
        Rows of each series.
    channels : sequence of str, optional
    """
    lengths = np.asarray(lengths, np.intp)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    times = count_steps(lengths)
    return Panel(values, times, indptr, channels=channels, copy=False)

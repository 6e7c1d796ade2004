"""Panels of series of one length, at the times 0, 1, ..."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ckts.panel import Panel


def regular_panel(
    values: np.ndarray, length: int, channels: Sequence[str] | None = None
) -> Panel:
    """Make a panel of series of one length, at the times 0, 1, ....

    Parameters
    ----------
    values : ndarray of shape (n_series * length, in_channels)
        Becomes part of the panel, read-only, without a copy.
    length : int
    channels : sequence of str, optional
    """
    indptr = np.arange(0, len(values) + 1, length)
    times = np.tile(np.arange(length), len(indptr) - 1)
    return Panel(values, times, indptr, channels=channels, copy=False)

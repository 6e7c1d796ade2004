"""Rows of a panel: which series each belongs to, and panels of some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ckts.panel import Panel


def series_of_rows(indptr: np.ndarray) -> np.ndarray:
    """Return the number of the series of each row, of shape (n_rows,)."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def regular_panel(
    values: np.ndarray, length: int, channels: Sequence[str] | None = None
) -> Panel:
    """Make a panel of series of one length, at the times 0, 1, ....

    Parameters
    ----------
    values : ndarray of shape (n_series * length, in_channels)
        Becomes part of the panel, read-only, without a copy if it owns its data.
    length : int
    channels : sequence of str, optional
    """
    values.setflags(write=False)
    n_series = len(values) // length
    times = np.tile(np.arange(length), n_series)
    return Panel(values, times, length * np.arange(n_series + 1), channels=channels)


def keep_rows(panel: Panel, keep: np.ndarray) -> Panel:
    """Return the panel of the rows where `keep`, bool of shape (n_rows,), holds."""
    kept_before = np.concatenate([[0], np.cumsum(keep)])
    return Panel(
        panel.values[keep],
        panel.times[keep],
        kept_before[panel.indptr],
        channels=panel.channels,
        instances=panel.instances,
        static=panel.static,
        static_names=panel.static_names,
        time_scale=panel.time_scale,
    )

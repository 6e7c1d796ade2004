"""Images read pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ckts.panel import Panel


def read_pixels(images: np.ndarray, channels: Sequence[str]) -> Panel:
    """Make one series of each image, its pixels in the order given.

    Parameters
    ----------
    images : ndarray of uint8 of shape (n_series, n_pixels, in_channels)
    channels : sequence of str
        Names of the colors.

    Returns
    -------
    Panel of shape (n_series,)
        float32 from 0 (black) to 1, at the times 0, 1, ....
    """
    n_series, n_pixels, n_colors = images.shape
    values = images.reshape(-1, n_colors) / np.float32(255)
    values.setflags(write=False)  # ours alone: the panel need not copy it
    times = np.tile(np.arange(n_pixels), n_series)
    return Panel(
        values, times, n_pixels * np.arange(n_series + 1), channels=list(channels)
    )

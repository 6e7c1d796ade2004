"""From a ragged panel to padded tensors, a batch at a time."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ckts.panel import Panel
from ckts.regularity import stamp_rounding


class PanelTensors:
    """Standardized rows of a panel, ready to be padded into batches.

    Rows without any observation are dropped here, so that they change nothing. Times
    are counted from the first observation of their series: the difference is taken
    in the panel's own integers or float64, before any change of unit.

    Parameters
    ----------
    panel : Panel
        Series with NaN where nothing was observed.
    standardize : callable, optional
        Maps values of shape (n_rows, in_channels) to float64 of the same shape, in
        which NaN is "not observed", too; by default they stay.
    static : ndarray of shape (n_series, n_static), optional
        Prepared static features, without NaN.
    time_factor : float, default=1.0
        Multiplies the times.
    dtype : torch.dtype, default=torch.float32
        Type of values and static features; times are float64.

    Attributes
    ----------
    rounding : ndarray of shape (n_series,)
        By how much the times may be off, because the original stamps were rounded.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        standardize: Callable[[np.ndarray], np.ndarray] | None = None,
        static: np.ndarray | None = None,
        time_factor: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        values = panel.values
        values = (
            values.astype(np.float64) if standardize is None else standardize(values)
        )
        observed = ~np.isnan(values)
        rows = observed.any(axis=1)
        self.observed = observed[rows]
        self.values = np.where(self.observed, values[rows], 0.0)
        before = np.concatenate([[0], np.cumsum(rows)])
        self.indptr = before[panel.indptr]
        times = panel.times[rows]
        self.times = _elapsed(times, self.indptr) * time_factor
        self.rounding = stamp_rounding(times, self.indptr) * time_factor
        self.static = static
        self.dtype = dtype

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of observed rows per series, shape (n_series,)."""
        return np.diff(self.indptr)

    def batch(self, series: Sequence[int] | np.ndarray) -> dict[str, Tensor]:
        """Pad some series to the longest of them.

        Parameters
        ----------
        series : array-like of shape (batch,)
            Numbers of the series.

        Returns
        -------
        dict
            "values" (batch, time, channels), "times" (batch, time), "observed"
            (batch, time, channels) and, if there are any, "static" (batch, n_static).
            Padding is not observed and repeats the last time; there is at least one
            row, also for series without any.
        """
        series = np.asarray(series)
        starts, lengths = self.indptr[series], self.lengths[series]
        steps = np.arange(max(1, lengths.max(initial=0)))
        real = steps < lengths[:, None]
        last = np.maximum(lengths - 1, 0)[:, None]
        rows = starts[:, None] + np.minimum(steps, last)
        empty = (lengths == 0)[:, None]
        rows = np.where(empty, 0, rows)
        observed = _take(self.observed, rows) & real[..., None]
        values = np.where(observed, _take(self.values, rows), 0.0)
        tensors = {
            "values": torch.from_numpy(values).to(self.dtype),
            "times": torch.from_numpy(np.where(empty, 0.0, _take(self.times, rows))),
            "observed": torch.from_numpy(observed),
        }
        if self.static is not None:
            static = torch.from_numpy(self.static[series])
            tensors["static"] = static.to(self.dtype)
        return tensors


def _take(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Index rows, of which there may be none at all."""
    if len(array) == 0:
        return np.zeros((*rows.shape, *array.shape[1:]), array.dtype)
    return array[rows]


def _elapsed(times: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Time since the first row of each series, float64."""
    lengths = np.diff(indptr)
    first = np.repeat(indptr[:-1], lengths)
    return (times - times[first]).astype(np.float64)

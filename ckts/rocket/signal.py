"""Series as functions of time: the straight line between observations, 0 outside."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Signal:
    """Piecewise linear signals of several series, and their integrals from time 0.

    Between two observations of a channel the signal is the straight line, and 0 before
    the first and after the last row of the series. Its integral is a piecewise
    parabola, so that the mean over any window is exact and costs two look-ups,
    whatever the sampling.

    Attributes
    ----------
    times : Tensor of shape (batch, n_rows)
        float64, the first of each series is 0; padding repeats the last.
    span : Tensor of shape (batch,)
        The last time of each series.
    pieces : Tensor of shape (batch, n_rows, 3, channels)
        float64: the integral up to a row, the value there, and half the slope after it.
    """

    times: Tensor
    span: Tensor
    pieces: Tensor

    @classmethod
    def through(cls, times: Tensor, values: Tensor) -> Self:
        """Interpolate values.

        Parameters
        ----------
        times : Tensor of shape (batch, n_rows)
            Sorted, from 0, padded by the last time.
        values : Tensor of shape (batch, n_rows, channels)
            Without NaN, see :func:`fill_gaps`. Of rows of the same time only the
            first and the last have a line to another time.

        Returns
        -------
        Signal
        """
        times, values = times.double(), values.double()
        gaps = times.diff(dim=1).unsqueeze(2)
        pieces = values.new_zeros(*values.shape[:2], 3, values.shape[2])
        areas = gaps * (values[:, 1:] + values[:, :-1]) / 2
        pieces[:, 1:, 0] = areas.cumsum(1)
        pieces[:, :, 1] = values
        # between ties the slope is never used; a gap of 0 must not divide
        slopes = values.diff(dim=1) / torch.where(gaps > 0, gaps, 1.0)
        pieces[:, :-1, 2] = slopes / 2
        # Means are differences of integrals: float32 would lose them in long series.
        return cls(times, times[:, -1], pieces)

    def __getitem__(self, series: slice | Tensor) -> Self:
        """Return the signals of some series."""
        return type(self)(self.times[series], self.span[series], self.pieces[series])

    def integral(self, ends: Tensor, channels: Tensor) -> Tensor:
        """Integrate from time 0 to each of some times.

        Parameters
        ----------
        ends : Tensor of shape (batch, n_ends)
        channels : Tensor of shape (n_used,)
            Numbers of the channels.

        Returns
        -------
        Tensor of shape (batch, n_ends, n_used)
            float64; before time 0 it is 0, after the span it stays the same.
        """
        n_series, n_rows = self.times.shape
        ends = torch.minimum(ends.clamp_min(0.0), self.span.unsqueeze(1)).contiguous()
        row = torch.searchsorted(self.times, ends, right=True).sub_(1)
        passed = (ends - self.times.gather(1, row)).unsqueeze(2)
        first = torch.arange(n_series, device=row.device).unsqueeze(1) * n_rows
        pieces = self.pieces.flatten(0, 1).index_select(2, channels)
        piece = pieces.index_select(0, (row + first).view(-1))
        area, value, half_slope = piece.view(*ends.shape, 3, -1).unbind(2)
        return area + passed * (value + passed * half_slope)


def fill_gaps(times: Tensor, values: Tensor, observed: Tensor) -> Tensor:
    """Interpolate each channel at the rows where only others were observed.

    Parameters
    ----------
    times : Tensor of shape (batch, n_rows)
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
        Linear in time between the observations of a channel; 0 before the first of
        them and after the last.
    """
    n_rows = times.shape[1]
    rows = torch.arange(n_rows, device=times.device).view(1, -1, 1)
    before = torch.where(observed, rows, -1).cummax(1).values
    after = torch.where(observed, rows, n_rows).flip(1).cummin(1).values.flip(1)
    inside = (before >= 0) & (after < n_rows)
    before, after = before.clamp_min(0), after.clamp_max(n_rows - 1)
    stamps = times.unsqueeze(2).expand_as(values)
    start, end = stamps.gather(1, before), stamps.gather(1, after)
    gap = end - start
    share = torch.where(gap > 0, (stamps - start) / torch.where(gap > 0, gap, 1.0), 0.0)
    low, high = values.gather(1, before), values.gather(1, after)
    filled = low + share.to(values.dtype) * (high - low)
    return torch.where(observed, values, torch.where(inside, filled, 0.0))

"""Series as functions of time: straight lines between observations, or steps."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True)
class Signal:
    """Piecewise linear signals of several series, and their integrals from time 0.

    Between two rows the signal is a straight line or constant, before the first and
    after the last row of the series 0, or as there. Its integral is a piecewise
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
    hold : bool
        Whether the signal keeps its first and its last value outside the span.
    """

    times: Tensor
    span: Tensor
    pieces: Tensor
    hold: bool = False

    @classmethod
    def through(cls, times: Tensor, values: Tensor, *, hold: bool = False) -> Self:
        """Interpolate values linearly.

        Parameters
        ----------
        times : Tensor of shape (batch, n_rows)
            Sorted, from 0, padded by the last time.
        values : Tensor of shape (batch, n_rows, channels)
            Without NaN, see :func:`fill_gaps`. Of rows of the same time only the
            first and the last have a line to another time. Where the ends are held,
            padding repeats the last values.
        hold : bool

        Returns
        -------
        Signal
        """
        # Means are differences of integrals: float32 would lose them in long series.
        times, values = times.double(), values.double()
        gaps = times.diff(dim=1).unsqueeze(2)
        # between ties the slope is never used; a gap of 0 must not divide
        slopes = values.diff(dim=1) / torch.where(gaps > 0, gaps, 1.0)
        return cls._of(times, values, slopes, hold=hold)

    @classmethod
    def steps(cls, times: Tensor, values: Tensor, *, hold: bool = False) -> Self:
        """Let each value last until the next row: no time tells of a later one.

        Parameters
        ----------
        times : Tensor of shape (batch, n_rows)
            Sorted, from 0, padded by the last time.
        values : Tensor of shape (batch, n_rows, channels)
            Without NaN, see :func:`fill_forward`.
        hold : bool

        Returns
        -------
        Signal
        """
        times, values = times.double(), values.double()
        return cls._of(times, values, torch.zeros_like(values[:, 1:]), hold=hold)

    @classmethod
    def _of(cls, times: Tensor, values: Tensor, slopes: Tensor, *, hold: bool) -> Self:
        gaps = times.diff(dim=1).unsqueeze(2)
        pieces = values.new_zeros(*values.shape[:2], 3, values.shape[2])
        areas = gaps * (values[:, :-1] + gaps * slopes / 2)
        pieces[:, 1:, 0] = areas.cumsum(1)
        pieces[:, :, 1] = values
        pieces[:, :-1, 2] = slopes / 2
        return cls(times, times[:, -1], pieces, hold)

    def __getitem__(self, series: slice | Tensor) -> Self:
        """Return the signals of some series."""
        parts = self.times[series], self.span[series], self.pieces[series]
        return type(self)(*parts, self.hold)

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
            float64; unless ends are held, it is 0 before time 0, and constant after the
            span.
        """
        n_series, n_rows = self.times.shape
        span = self.span.unsqueeze(1)
        before, after = ends.clamp_max(0.0), (ends - span).clamp_min(0.0)
        ends = torch.minimum(ends.clamp_min(0.0), span).contiguous()
        row = torch.searchsorted(self.times, ends, right=True).sub_(1)
        passed = (ends - self.times.gather(1, row)).unsqueeze(2)
        first = torch.arange(n_series, device=row.device).unsqueeze(1) * n_rows
        pieces = self.pieces.flatten(0, 1).index_select(2, channels)
        piece = pieces.index_select(0, (row + first).view(-1))
        area, value, half_slope = piece.view(*ends.shape, 3, -1).unbind(2)
        inside = area + passed * (value + passed * half_slope)
        if not self.hold:
            return inside
        first, last = self.pieces[:, :1, 1], self.pieces[:, -1:, 1]
        inside += before.unsqueeze(2) * first.index_select(2, channels)
        return inside.add_(after.unsqueeze(2) * last.index_select(2, channels))


def fill_gaps(
    times: Tensor, values: Tensor, observed: Tensor, *, hold: bool = False
) -> Tensor:
    """Interpolate each channel at the rows where only others were observed.

    Parameters
    ----------
    times : Tensor of shape (batch, n_rows)
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.
    hold : bool
        Whether a channel keeps its first and its last value outside of them.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
        Linear in time between the observations of a channel; 0, or held, before the
        first of them and after the last; 0 where there is none.
    """
    n_rows = times.shape[1]
    before = latest_rows(observed)
    rows = torch.arange(n_rows, device=times.device).view(1, -1, 1)
    after = torch.where(observed, rows, n_rows).flip(1).cummin(1).values.flip(1)
    if hold:
        before = torch.where(before < 0, after, before)
        after = torch.where(after == n_rows, before, after)
    inside = (before >= 0) & (after < n_rows)
    before, after = before.clamp(0, n_rows - 1), after.clamp_max(n_rows - 1)
    stamps = times.unsqueeze(2).expand_as(values)
    start, end = stamps.gather(1, before), stamps.gather(1, after)
    gap = end - start
    share = torch.where(gap > 0, (stamps - start) / torch.where(gap > 0, gap, 1.0), 0.0)
    low, high = values.gather(1, before), values.gather(1, after)
    filled = low + share.to(values.dtype) * (high - low)
    return torch.where(observed, values, torch.where(inside, filled, 0.0))


def fill_forward(values: Tensor, observed: Tensor) -> Tensor:
    """Let each observation of a channel last until its next one.

    Parameters
    ----------
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
        0 before the first observation of a channel.
    """
    latest = latest_rows(observed)
    filled = values.gather(1, latest.clamp_min(0))
    return torch.where(latest >= 0, filled, 0.0)


def latest_rows(observed: Tensor) -> Tensor:
    """Return the latest row up to each at which a channel was observed, or -1.

    Parameters
    ----------
    observed : Tensor of shape (batch, n_rows, channels)
        bool.

    Returns
    -------
    Tensor of int64 of shape (batch, n_rows, channels)
    """
    rows = torch.arange(observed.shape[1], device=observed.device).view(1, -1, 1)
    return torch.where(observed, rows, -1).cummax(1).values

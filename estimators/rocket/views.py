"""What random kernels see of a series: clocks, scales, and the signal between rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import pairwise, product
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ckts.estimators.rocket.counts import count_until, counted_names
from ckts.estimators.rocket.kernel_time import KernelTime
from ckts.estimators.rocket.scales import bound
from ckts.estimators.saving.values import savable
from ckts.layers import expanding_scale, own_scale
from ckts.rocket import (
    AbstractKernelGroup,
    CausalKernelGroup,
    CenteredKernelGroup,
    Signal,
    fill_forward,
    fill_gaps,
)

# A series has levels in so many parts of its span, fewer where channels are many.
MOST_PARTS, FEWEST_PARTS, MOST_LEVELS = 32, 4, 1024
# There is one part with counts for so many with levels: few are in a short one.
PER_COUNT = 4
# A row at the end of a part is within it, whatever the rounding of times.
TOLERANCE = 1e-9


savable(CenteredKernelGroup)
savable(CausalKernelGroup)


@dataclass(frozen=True)
class AbstractViews(ABC):
    """Signals of series on some clocks and scales, and their levels over time.

    Attributes
    ----------
    time : KernelTime
    limits : tuple of float
        How far nearly all values of each channel are, see :func:`learn_limits`.
    """

    time: KernelTime
    limits: tuple[float, ...]
    kernels: ClassVar[type[AbstractKernelGroup]] = CenteredKernelGroup
    # The time since the first observation, or its share of the span; where stamps come
    # in bursts, also a "burst" time, on which nothing lasts long between them. Center
    # and deviation of a channel are those in all series, or in each.
    clocks: ClassVar[tuple[str, ...]] = ("absolute", "relative")
    scales: ClassVar[tuple[str, ...]] = ("common", "own")

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.limits)

    @property
    def names(self) -> list[tuple[str, str]]:
        """The clock and the scale of each view."""
        within = () if self.time.bursts is None else ("burst",)
        return list(product(self.clocks + within, self.scales))

    def reach(self, clock: str) -> tuple[float, float]:
        """Return what is resolved on a clock, and how long long series are."""
        time = self.time
        if clock == "absolute":
            return time.resolution, time.horizon
        if clock == "burst":
            return time.reach_of_bursts()
        # One long series does not decide how finely all others are looked at.
        return time.resolution / time.typical_span, 1.0

    @property
    def n_parts(self) -> int:
        """Number of parts of the time that have a level each."""
        return int(np.clip(MOST_LEVELS // self.n_channels, FEWEST_PARTS, MOST_PARTS))

    @property
    def n_levels(self) -> int:
        """Number of levels and counts."""
        n_counted = self.n_channels + (self.n_channels > 1)
        n_counts = self.n_parts // PER_COUNT * n_counted
        return self.n_parts * self.n_channels + n_counts

    def elapsed(self, times: Tensor) -> Tensor:
        """Return the time since the first row, of which no gap is too long."""
        return _sum_gaps(self.shorten(times.diff(dim=1)))

    def burst_clock(self, times: Tensor) -> dict[str, Tensor]:
        """Return the clock of bursts, if stamps come in these."""
        if self.time.bursts is None:
            return {}
        return {"burst": _sum_gaps(self.time.shorten_between(times.diff(dim=1)))}

    def shorten(self, gaps: Tensor) -> Tensor:
        """Shorten gaps of shape (batch, n_gaps) that are too long."""
        return self.time.shorten(gaps)

    @abstractmethod
    def signals(self, batch: dict[str, Tensor]) -> dict[tuple[str, str], Signal]:
        """Return the signals of a batch in each view, see :attr:`names`."""

    @abstractmethod
    def levels(
        self, signals: dict[tuple[str, str], Signal], observed: Tensor
    ) -> Tensor:
        """Average channels over parts of the time, and count observations in them.

        Parameters
        ----------
        signals : dict
            Of a batch, see `signals`.
        observed : Tensor of shape (batch, n_rows, in_channels)

        Returns
        -------
        Tensor of shape (batch, n_levels)
            NaN where unknown.
        """

    @abstractmethod
    def edges(self, span: float) -> tuple[np.ndarray, np.ndarray]:
        """Return where the parts of the time begin and end, on the clock of a series.

        Parameters
        ----------
        span : float
            Of the series, on the absolute clock.

        Returns
        -------
        levels : ndarray of shape (n_parts + 1,)
            Edges of the parts that have a level of each channel.
        counts : ndarray of shape (n_counts + 1,)
            Of those that have counts. Both go forward or both back in time.
        """

    @abstractmethod
    def level_names(self, channels: tuple[str, ...]) -> list[str]:
        """Name the levels and the counts of named channels."""


def _sum_gaps(gaps: Tensor) -> Tensor:
    """Return times from 0 on between which these gaps are."""
    return torch.nn.functional.pad(gaps.cumsum(1), (1, 0))


@savable
class CenteredViews(AbstractViews):
    """Straight lines between observations, on two or three clocks and two scales."""

    def signals(self, batch):
        """Interpolate a batch on all clocks and both scales."""
        elapsed, observed = self.elapsed(batch["times"]), batch["observed"]
        span = elapsed[:, -1:]
        clocks = {
            "absolute": elapsed,
            "relative": elapsed / torch.where(span > 0, span, 1.0),
            **self.burst_clock(batch["times"]),
        }
        values = bound(batch["values"].double(), self.limits)
        scales = {"common": values, "own": own_scale(values, observed)}
        signals = {}
        for scale, scaled in scales.items():
            filled = fill_gaps(elapsed, scaled, observed)
            for clock, clocked in clocks.items():
                signals[clock, scale] = Signal.through(clocked, filled)
        return signals

    def levels(self, signals, observed):
        """Average and count over equal parts of the span."""
        signal = signals["relative", "common"]
        levels, counts = (
            torch.from_numpy(ends).to(observed.device).repeat(len(observed), 1)
            for ends in self.edges(1.0)
        )
        channels = torch.arange(observed.shape[2], device=observed.device)
        levels = signal.integral(levels, channels).diff(dim=1) * self.n_parts
        lasts = (signal.span > 0).view(-1, 1, 1)
        known = observed.any(dim=1, keepdim=True) & lasts
        levels = torch.where(known, levels, torch.nan)
        counts += TOLERANCE
        counts[:, 0] = -1.0  # the first row is in the first part
        counts = count_until(signal.times, observed, counts).diff(dim=1)
        counts = torch.where(lasts, counts, torch.nan)
        return torch.cat([levels.flatten(1), counts.flatten(1)], dim=1)

    def edges(self, span):
        """Return the edges of equal parts of the span."""
        n_counts = self.n_parts // PER_COUNT
        return tuple(np.linspace(0, span, n + 1) for n in (self.n_parts, n_counts))

    def level_names(self, channels):
        """Name levels and counts by channel and part."""
        levels = [f"level of {channel}" for channel in channels]
        return [
            f"{name} in part {part + 1} of {n_parts}"
            for names, n_parts in (
                (levels, self.n_parts),
                (counted_names(channels), self.n_parts // PER_COUNT),
            )
            for part in range(n_parts)
            for name in names
        ]


@savable
class SpanFreeViews(AbstractViews):
    """Views that do not tell how long a series is, for itself.

    The ends are held: outside the span a signal is as its first or last value, so that
    kernels do not see where it ends. The time is not divided by the span, and the own
    scale is not shrunk by the number of observations. There are no levels: a part of
    the span is the longer, the longer the span is.
    """

    clocks = ("absolute",)

    @property
    def n_parts(self):
        """0."""
        return 0

    def signals(self, batch):
        """Interpolate a batch on both scales."""
        elapsed, observed = self.elapsed(batch["times"]), batch["observed"]
        values = bound(batch["values"].double(), self.limits)
        clocks = {"absolute": elapsed, **self.burst_clock(batch["times"])}
        scales = {"common": values, "own": own_scale(values, observed, counted=False)}
        signals = {}
        for scale, scaled in scales.items():
            filled = fill_gaps(elapsed, scaled, observed, hold=True)
            for clock, clocked in clocks.items():
                signals[clock, scale] = Signal.through(clocked, filled, hold=True)
        return signals

    def levels(self, signals, observed):
        """Return no levels."""
        return observed.new_empty((len(observed), 0), dtype=torch.float64)

    def edges(self, span):
        """Return no parts."""
        return np.zeros(1), np.zeros(1)

    def level_names(self, channels):
        """Name no levels."""
        return []


@savable
@dataclass(frozen=True)
class CausalViews(AbstractViews):
    """Values that last until the next, on the scale of what came before.

    Attributes
    ----------
    tells_span : bool
        Whether a signal is 0 before the first observation, which tells how long ago
        that was, instead of being held, and whether there are levels.
    """

    tells_span: bool = True
    kernels = CausalKernelGroup
    clocks = ("absolute",)

    def shorten(self, gaps):
        """Shorten gaps by earlier ones only."""
        return self.time.shorten_later(gaps)

    def signals(self, batch):
        """Let each value of a batch last, on both scales."""
        elapsed, observed = self.elapsed(batch["times"]), batch["observed"]
        values = bound(batch["values"].double(), self.limits)
        clocks = {"absolute": elapsed, **self.burst_clock(batch["times"])}
        scales = {"common": values, "own": expanding_scale(values, observed)}
        signals = {}
        for scale, scaled in scales.items():
            filled = fill_forward(scaled, observed)
            for clock, clocked in clocks.items():
                signals[clock, scale] = Signal.steps(
                    clocked, filled, hold=not self.tells_span
                )
        return signals

    @property
    def n_parts(self):
        """Number of parts of the past."""
        return super().n_parts if self.tells_span else 0

    def windows(self) -> np.ndarray:
        """Return how long ago the parts of the past begin and end, the last first."""
        shortest = self.time.resolution
        longest = max(self.time.horizon, 2 * shortest)
        return np.r_[0.0, np.geomspace(shortest, longest, self.n_parts)]

    def levels(self, signals, observed):
        """Average and count over parts of the past of the end of each series."""
        times = next(iter(signals.values())).span.unsqueeze(1)
        return self.levels_at(signals, observed, times).squeeze(1)

    def levels_at(
        self, signals: dict[tuple[str, str], Signal], observed: Tensor, times: Tensor
    ) -> Tensor:
        """Average and count over parts of the past, the longer the earlier.

        Parameters
        ----------
        signals : dict
            Of a batch, see `signals`.
        observed : Tensor of shape (batch, n_rows, in_channels)
        times : Tensor of shape (batch, n_times)
            When to look back, on the clock of the signals.

        Returns
        -------
        Tensor of shape (batch, n_times, n_levels)
            NaN of a level before the first observation of the channel, and of a count
            before the first row.
        """
        signal = signals["absolute", "common"]
        channels = torch.arange(observed.shape[2], device=observed.device)
        ago = torch.from_numpy(self.windows()).to(times.device)
        ends = times.unsqueeze(2) - ago
        # (batch, time, part, channel)
        integral = signal.integral(ends.flatten(1), channels)
        integral = integral.unflatten(1, ends.shape[1:])
        seen = observed.cummax(1).values.double()
        first = (seen == 0).sum(1)  # row of the first observation of a channel
        stamps = torch.nn.functional.pad(signal.times, (0, 1), value=torch.inf)
        start = stamps.gather(1, first)[:, None, None]
        length = torch.maximum(ends.unsqueeze(3), start).diff(dim=2).neg()
        levels = integral.diff(dim=2).neg() / torch.where(length > 0, length, 1.0)
        levels = torch.where(length > 0, levels, torch.nan)
        ends = ends[..., ::PER_COUNT] - TOLERANCE * self.time.resolution
        ends[..., 0] = times  # the present row is in the latest part
        counts = count_until(signal.times, observed, ends.flatten(1))
        counts = counts.unflatten(1, ends.shape[1:])
        counts = counts[:, :, :-1] - counts[:, :, 1:]
        counts = torch.where(ends[..., :-1, None] >= 0, counts, torch.nan)
        return torch.cat([levels.flatten(2), counts.flatten(2)], dim=2)

    def edges(self, span):
        """Return the edges of the parts of the past of the end, the last first."""
        edges = np.clip(span - self.windows(), 0.0, None)
        return edges, edges[::PER_COUNT]

    def level_names(self, channels):
        """Name levels and counts by channel and the time since then."""
        levels = [f"level of {channel}" for channel in channels]
        ago = self.windows()
        return [
            f"{name} {late:.4g} to {early:.4g} ago"
            for names, ends in (
                (levels, ago),
                (counted_names(channels), ago[::PER_COUNT]),
            )
            for late, early in pairwise(ends)
            for name in names
        ]

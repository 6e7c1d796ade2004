"""Units of time of random kernels: what they resolve, and how far they reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ckts.estimators.preprocessing.statistics import weighted_quantiles
from ckts.estimators.preprocessing.time import (
    LONGEST_GAP,
    Bursts,
    Gaps,
    TimeUnits,
    learn_time_units,
)
from ckts.estimators.saving.values import savable
from ckts.panel import Panel

# This share of the gaps of a series, the longest ones, do not make gaps typical: a stay
# and a visit a year later are a stay.
RARE = 0.1
# A series that is observed less often than those of fit is not cut off by their longest
# gap: its gaps may be so many times its own median, if it has at least a few.
SLOWER, FEW_GAPS = 3.0, 3
# Typical gaps of a burst that the time between two bursts counts as on their clock, and
# durations of a burst that kernels there reach over.
APART, DURATIONS = 4.0, 2.0


@savable
@dataclass(frozen=True)
class KernelTime:
    """Units of time of random kernels, in the unit of the stamps of a panel.

    Attributes
    ----------
    longest_gap : float
        Longer gaps are this long on all clocks: one odd stamp moves the others little.
    resolution : float
        What times resolve.
    horizon : float
        The longest span.
    typical_span : float
        The weighted median of the spans of series.
    bursts : Bursts or None
        None if the stamps do not come in bursts.
    """

    longest_gap: float
    resolution: float
    horizon: float
    typical_span: float
    bursts: Bursts | None = None

    def reach_of_bursts(self) -> tuple[float, float]:
        """Return what is resolved within bursts, and how long kernels may be there."""
        assert self.bursts is not None  # else there is no such clock
        return self.bursts.time_step, DURATIONS * self.bursts.horizon

    def shorten_between(self, gaps: Tensor) -> Tensor:
        """Shorten the gaps between bursts, to a few of those within.

        Parameters
        ----------
        gaps : Tensor of shape (batch, n_gaps)
            float64.

        Returns
        -------
        Tensor of shape (batch, n_gaps)
        """
        assert self.bursts is not None
        return gaps.clamp_max(APART * self.bursts.time_step)

    def shorten(self, gaps: Tensor) -> Tensor:
        """Shorten the gaps of series where they are too long.

        Parameters
        ----------
        gaps : Tensor of shape (batch, n_gaps)
            float64; those of 0 are none.

        Returns
        -------
        Tensor of shape (batch, n_gaps)
        """
        known = gaps > 0
        count = known.sum(1, keepdim=True)
        sizes = torch.where(known, gaps, torch.inf).sort(1).values
        if sizes.shape[1] == 0:
            return gaps
        middle = sizes.gather(1, (count - 1).clamp_min(0) // 2)
        slow = torch.where(count >= FEW_GAPS, SLOWER * middle, 0.0)
        return torch.minimum(gaps, slow.clamp_min(self.longest_gap))

    def shorten_later(self, gaps: Tensor) -> Tensor:
        """Shorten the gaps of series by what is known when each of them begins.

        A gap may be twice as long as any before it, of which none counts as more than
        two of the longest.

        Parameters
        ----------
        gaps : Tensor of shape (batch, n_gaps)
            float64.

        Returns
        -------
        Tensor of shape (batch, n_gaps)
        """
        most = torch.full_like(gaps, self.longest_gap)
        if gaps.shape[1] > 1:
            before = gaps[:, :-1].clamp_max(2 * self.longest_gap).cummax(1).values
            most[:, 1:] = (2 * before).clamp_min(self.longest_gap)
        return torch.minimum(gaps, most)


def learn_kernel_time(panel: Panel, weight: np.ndarray, time: TimeUnits) -> KernelTime:
    """Learn the units of time of random kernels.

    *Longest gap*: ten times the gap that contains the middle of the time of a typical
    series, without its longest gaps. *Resolution*, *horizon* and *typical span* are
    those of the series of which the gaps are no longer than that.

    Parameters
    ----------
    panel : Panel
        Training series.
    weight : ndarray of shape (n_series,)
        Positive weights.
    time : TimeUnits
        Of the panel.

    Returns
    -------
    KernelTime
    """
    if not time.known:
        return KernelTime(time.longest_gap, time.row_resolution, time.horizon, 1.0)
    bursts = time.bursts  # that of the panel as it is
    rows = np.flatnonzero(panel.observations.row_counts())
    gaps = Gaps.between(panel.times[rows], panel.series_of_rows[rows])
    typical = gaps.keep(usual_gaps(gaps)).typical_long_gap(weight)
    longest = min(LONGEST_GAP * typical, time.longest_gap)
    if longest < time.longest_gap:
        times = np.cumsum(np.diff(panel.times, prepend=panel.times[0]).clip(0, longest))
        time = learn_time_units(panel.with_times(times), weight)
    spans = gaps.spans(longest)
    return KernelTime(
        longest_gap=longest,
        resolution=time.row_resolution,
        horizon=float(spans.max()),
        typical_span=weighted_quantiles(spans, weight[gaps.owners()], [0.5])[0],
        bursts=bursts,
    )


def usual_gaps(gaps: Gaps) -> np.ndarray:
    """Tell which gaps are not among the longest of their series, unless it has too few.

    Parameters
    ----------
    gaps : Gaps

    Returns
    -------
    ndarray of bool of shape (n_gaps,)
    """
    counts = np.repeat(gaps.counts(), gaps.counts())
    order = np.lexsort((gaps.sizes, gaps.series))
    rank = np.empty(len(order), dtype=int)  # within the series, from its shortest gap
    rank[order] = np.arange(len(order)) - np.repeat(gaps.firsts(), gaps.counts())
    rare = np.where(counts < FEW_GAPS, 0, np.ceil(RARE * counts))
    return rank < counts - rare

"""The units of time that `fit` learns: steps, resolution, horizon, bursts."""

import warnings
from dataclasses import dataclass

import numpy as np

from ckts.estimators._quantiles import TIE, weighted_median, weighted_quantile
from ckts.kernels import REACH
from ckts.panel import Panel

# A gap counts towards the horizon up to this many times a typical long gap.
LONGEST_GAP = 10.0
# How long bursts last: of this share of them none is longer.
MOST_BURSTS = 0.9
# Kernels resolve the median gap, but no less than this share of the typical step.
FINEST = 0.25
# A channel that fewer of its series than this hold twice has no step of its own.
FEW = 0.1
# Bursts are gaps shorter than this share of the typical step, if they are this share
# of all gaps. Of random times 12 % are so short.
SHORT, FREQUENT = 1 / 8, 0.3
# Gaps that a burst lasts at most: kernels of bursts need no more.
LONGEST_BURST = 64.0


@dataclass(frozen=True)
class Bursts:
    """Stamps that come in bursts: many in a short time, then a long gap.

    Attributes
    ----------
    time_step : float
        Typical gap within a burst.
    horizon : float
        How long most bursts last.
    """

    time_step: float
    horizon: float


@dataclass(frozen=True)
class TimeUnits:
    """Units of time of a training panel, all in the unit of its stamps.

    Attributes
    ----------
    known : bool
        Whether any series has two different stamps. If none has, nothing is known of
        time: all else is 1, and only observations of the same time see each other.
    time_step : ndarray of shape (in_channels,)
        Typical step of each channel, the unit of its weights.
    row_time_step : float
        The same of the rows.
    resolution : float
        Shortest time that kernels over single channels resolve: that of the median
        channel.
    row_resolution : float
        The same of the rows.
    horizon : float
        Longest lag that kernels see.
    bursts : Bursts or None
        None where the stamps do not come in bursts.
    """

    known: bool
    time_step: np.ndarray
    row_time_step: float
    resolution: float
    row_resolution: float
    horizon: float
    bursts: Bursts | None


def learn_time_units(panel: Panel, weight: np.ndarray) -> TimeUnits:
    """Learn the units of time of a panel.

    *Typical step*: the weighted median over the series of the capped span over the
    number of gaps, where each stamp counts once. On a full grid it is the gap of the
    grid. Where stamps come in bursts, which have kernels of their own, the gaps within
    bursts are not counted: a burst is one visit. An odd series is one of many.

    *Resolution*: the median gap, at most the typical step and at least a quarter of it.

    *Horizon*: the longest sum of the gaps of a series, each of them capped at ten times
    a typical long gap. So a wrong stamp is one gap, a long series is many. The typical
    long gap of a series is the one in which the middle of its time lies, and of the
    panel the weighted median over the series.

    Parameters
    ----------
    panel : Panel
        Training series.
    weight : ndarray of shape (n_series,)
        Positive weights.

    Returns
    -------
    TimeUnits
    """
    observed = ~np.isnan(panel.values)
    rows = _Gaps.of(panel, observed.any(axis=1), weight)
    n_channels = panel.in_channels
    if len(rows.gaps) == 0:
        ones = np.ones(n_channels)
        return TimeUnits(False, ones, 1.0, 1.0, 1.0, 1.0, None)
    longest = LONGEST_GAP * rows.typical_long_gap()
    channels = [_Gaps.of(panel, column, weight) for column in observed.T]
    horizon = float(rows.spans(longest).max())
    short = SHORT * rows.typical_step(longest)
    bursts = _find_bursts(rows, short)
    if bursts is not None:  # a burst is one visit: its own gaps tell no step
        rows, *channels = (g.without_short(short) for g in (rows, *channels))
    steps_and_resolutions = [
        (rows if gaps.too_few else gaps).step_and_resolution(longest)
        for gaps in (rows, *channels)
    ]
    (row_step, row_resolution), *of_channels = steps_and_resolutions
    steps, resolutions = np.array(of_channels).T
    return TimeUnits(
        known=True,
        time_step=steps,
        row_time_step=row_step,
        resolution=float(np.quantile(resolutions, 0.5, method="lower")),
        row_resolution=row_resolution,
        horizon=horizon,
        bursts=bursts,
    )


def set_apart(panel: Panel) -> Panel:
    """Return a panel of which no kernel with a horizon of 1 sees two stamps at once.

    Where nothing was learned about time, no lag but 0 means anything.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    Panel
    """
    later = np.diff(panel.times, prepend=panel.times[:1]) > 0
    later[panel.indptr[:-1][panel.lengths > 0]] = False
    counts = np.cumsum(later)
    return panel.with_times(2 * REACH * counts)


def warn_of_unknown_time() -> None:
    """Warn that a panel has times and the model was fitted without."""
    warnings.warn(
        "`X` has series with several time stamps, and `fit` saw none: nothing was "
        "learned about time, and only observations of the same time are seen "
        "together. Fit on series as long as these.",
        UserWarning,
        stacklevel=4,
    )


class _Gaps:
    """Gaps between the different stamps of some rows, within each series.

    Parameters
    ----------
    gaps : ndarray of shape (n_gaps,)
        Positive gaps, float64, series by series.
    series : ndarray of shape (n_gaps,)
        The series of each gap.
    weight : ndarray of shape (n_series,)
        The weights of the series.
    held : ndarray of shape (n_held,)
        The series that have any of the rows.
    """

    def __init__(
        self,
        gaps: np.ndarray,
        series: np.ndarray,
        weight: np.ndarray,
        held: np.ndarray,
    ) -> None:
        self.gaps, self.series = gaps, series
        self._all_weights, self._held = weight, held
        self.weight = weight[series]
        held_twice = np.unique(series)
        self.weight_of_series = weight[held_twice]
        few = FEW * weight[held].sum()
        self.too_few = len(gaps) == 0 or self.weight_of_series.sum() < few
        self.firsts = np.flatnonzero(np.diff(series, prepend=-1))

    @classmethod
    def of(cls, panel: Panel, mask: np.ndarray, weight: np.ndarray) -> "_Gaps":
        """Find the gaps of the rows of a panel where a mask holds."""
        series = np.repeat(np.arange(len(panel)), panel.lengths)[mask]
        gaps = np.diff(panel.times[mask]).astype(np.float64)
        within = (series[1:] == series[:-1]) & (gaps > 0)
        return cls(gaps[within], series[1:][within], weight, np.unique(series))

    def without_short(self, short: float) -> "_Gaps":
        """Return the gaps that are not short; a series may lose all of them."""
        long = self.gaps >= short
        return _Gaps(self.gaps[long], self.series[long], self._all_weights, self._held)

    def spans(self, longest: float) -> np.ndarray:
        """Sum of the gaps of each series that has any, each gap capped."""
        return np.add.reduceat(np.minimum(self.gaps, longest), self.firsts)

    def typical_step(self, longest: float) -> float:
        """Weighted median over the series of the capped span over its gaps."""
        counts = np.diff(np.append(self.firsts, len(self.gaps)))
        return weighted_median(self.spans(longest) / counts, self.weight_of_series)

    def step_and_resolution(self, longest: float) -> tuple[float, float]:
        """Typical step, and the median gap between a share of it and itself."""
        step = self.typical_step(longest)
        middle = weighted_median(self.gaps, self.weight)
        return step, float(np.clip(middle, FINEST * step, step))

    def typical_long_gap(self) -> float:
        """Gap in which the middle of the time of a series lies, of a typical series."""
        parts = np.split(self.gaps, self.firsts[1:])
        middles = np.array([weighted_median(gaps, gaps / gaps.max()) for gaps in parts])
        # The lower median: of two series, a wrong stamp in one must not decide.
        return weighted_quantile(middles, self.weight_of_series, 0.5 - 2 * TIE)


def _find_bursts(rows: _Gaps, longest: float) -> Bursts | None:
    """Find bursts, whose gaps are shorter than a length, and how long they last."""
    short = rows.gaps < longest
    if rows.weight[short].sum() < FREQUENT * rows.weight.sum() or short.all():
        return None
    step = weighted_median(rows.gaps[short], rows.weight[short])
    # runs of short gaps within a series
    begins = short & ~_after(short, rows.series)
    durations = np.bincount(np.cumsum(begins)[short] - 1, rows.gaps[short])
    lasting = weighted_quantile(durations, rows.weight[begins], MOST_BURSTS)
    return Bursts(step, float(np.clip(lasting, 2 * step, LONGEST_BURST * step)))


def _after(short: np.ndarray, series: np.ndarray) -> np.ndarray:
    """Whether the gap before is short, too, and of the same series."""
    same = series[1:] == series[:-1]
    return np.append(False, short[:-1] & same)

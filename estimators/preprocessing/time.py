"""What `fit` learns of time: steps, resolution, horizon, bursts, typical gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ckts._warnings import warn
from ckts.estimators.preprocessing.statistics import (
    TIE,
    weighted_medians,
    weighted_quantiles,
)
from ckts.estimators.saving.values import savable
from ckts.kernels import REACH
from ckts.panel import Panel, TimeScale

# A gap counts towards the horizon up to this many times a typical long gap.
LONGEST_GAP = 10.0
# The horizon of bursts is this quantile of their durations.
MOST_BURSTS = 0.9
# Kernels resolve the median gap, but no less than this share of the typical step.
FINEST = 0.25
# A channel takes the step of the rows if it has gaps in fewer than this share of the
# series that hold it.
FEW = 0.1
# Bursts are gaps shorter than this share of the typical step, if they are this share
# of all gaps. Of random times 12 % are so short.
SHORT, FREQUENT = 1 / 8, 0.3
# Typical gaps of a burst that its kernels see at most.
LONGEST_BURST = 64.0
# Series differ in rate and length, but less than seconds, minutes, hours and days do.
TENFOLD = 10.0
# The mean of fewer gaps than this, in all series, is left to chance.
FEW_GAPS = 10


@savable
@dataclass(frozen=True)
class Bursts:
    """Time stamps in bursts: many in a short time, then a long gap.

    Attributes
    ----------
    time_step : float
        Typical gap within a burst.
    horizon : float
        Duration that nine of ten bursts do not exceed.
    """

    time_step: float
    horizon: float


@savable
@dataclass(frozen=True)
class TimeUnits:
    """Units of time of a training panel, all in the unit of its stamps.

    Attributes
    ----------
    known : bool
        Whether any series has two different stamps. If none has, all units are 1 and
        the network sees only simultaneous observations together.
    time_step : ndarray of shape (in_channels,)
        Typical step of each channel, the unit of its weights.
    row_time_step : float
        The same of the rows.
    resolution : float
        Shortest time that kernels over single channels resolve: the lower median over
        the channels.
    row_resolution : float
        The same of the rows.
    horizon : float
        Longest lag that kernels see.
    longest_gap : float
        Gaps count towards the horizon up to this.
    bursts : Bursts or None
        None if the stamps do not come in bursts.
    """

    known: bool
    time_step: np.ndarray
    row_time_step: float
    resolution: float
    row_resolution: float
    horizon: float
    longest_gap: float
    bursts: Bursts | None


def learn_time_units(panel: Panel, weight: np.ndarray) -> TimeUnits:
    """Learn the units of time of a panel.

    *Typical step*: the weighted median over the series of the capped span over the
    number of gaps, where each stamp counts once. On a full grid it is the gap of the
    grid. Where stamps come in bursts, which have kernels of their own, the gaps within
    bursts are ignored: a burst is one visit. An odd series is one of many.

    *Resolution*: the median gap, at most the typical step and at least a quarter of it.

    *Horizon*: the longest sum of the gaps of a series, each of them capped at ten times
    a typical long gap. So a wrong stamp adds one capped gap, and a long series counts
    in full. The typical long gap of a series is the one that contains the middle of its
    time, and of the panel the weighted median over the series.

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
    observations, series = panel.observations, panel.series_of_rows
    filled = np.flatnonzero(observations.row_counts())
    observing = [filled, *(held for held, _ in observations.columns())]
    rows, *channels = (
        Gaps.between(panel.times[held], series[held]) for held in observing
    )
    if len(rows.sizes) == 0:
        ones = np.ones(len(channels))
        return TimeUnits(False, ones, 1.0, 1.0, 1.0, 1.0, 1.0, None)
    longest = LONGEST_GAP * rows.typical_long_gap(weight)
    short = SHORT * float(_typical_steps([rows], longest, weight)[0])
    bursts = _find_bursts(rows, short, weight)
    horizon = float(rows.spans(longest).max())
    if bursts is not None:  # a burst is one visit: its own gaps tell no step
        rows, *channels = (one.keep(one.sizes >= short) for one in (rows, *channels))
    used = [rows]
    for gaps, held in zip(channels, observing[1:], strict=True):
        few = FEW * weight[np.unique(series[held])].sum()
        own = weight[gaps.owners()].sum() >= few > 0
        used.append(gaps if own else rows)
    steps = _typical_steps(used, longest, weight)
    middles = weighted_medians([(gaps.sizes, weight[gaps.series]) for gaps in used])
    resolutions = np.clip(middles, FINEST * steps, steps)
    return TimeUnits(
        known=True,
        time_step=steps[1:],
        row_time_step=float(steps[0]),
        resolution=float(np.quantile(resolutions[1:], 0.5, method="lower")),
        row_resolution=float(resolutions[0]),
        horizon=horizon,
        longest_gap=longest,
        bursts=bursts,
    )


def longest_span(panel: Panel, longest_gap: float) -> float:
    """Return the longest sum of the gaps of a series, each capped at a length.

    Parameters
    ----------
    panel : Panel
    longest_gap : float

    Returns
    -------
    float
        0 where no series has two different stamps.
    """
    rows = np.flatnonzero(panel.observations.row_counts())
    gaps = Gaps.between(panel.times[rows], panel.series_of_rows[rows])
    return float(gaps.spans(longest_gap).max()) if len(gaps.sizes) else 0.0


def set_apart(panel: Panel) -> Panel:
    """Move different stamps of a panel apart, beyond the reach of kernels of horizon 1.

    If nothing was learned of time, only the lag 0 has a meaning.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    Panel
    """
    later = np.diff(panel.times, prepend=panel.times[:1]) > 0
    later[panel.indptr[:-1][panel.lengths > 0]] = False
    return panel.with_times(2 * REACH * np.cumsum(later))


@dataclass(frozen=True)
class Gaps:
    """Positive gaps between neighboring stamps of the same series.

    Attributes
    ----------
    sizes : ndarray of shape (n_gaps,)
        float64, series by series.
    series : ndarray of shape (n_gaps,)
        The number of the series of each gap.
    """

    sizes: np.ndarray
    series: np.ndarray

    @classmethod
    def between(cls, times: np.ndarray, series: np.ndarray) -> Gaps:
        """Measure the gaps between rows, of which stamps and series are given."""
        within = np.flatnonzero(series[1:] == series[:-1])
        sizes = (times[within + 1] - times[within]).astype(np.float64)
        return cls(sizes, series[within]).keep(sizes > 0)

    def keep(self, gaps: np.ndarray) -> Gaps:
        """Keep the gaps where a mask holds; a series may lose all of them."""
        return Gaps(self.sizes[gaps], self.series[gaps])

    def firsts(self) -> np.ndarray:
        """Find the first gap of each series that has any."""
        return np.flatnonzero(np.diff(self.series, prepend=-1))

    def owners(self) -> np.ndarray:
        """Return the numbers of the series that have any gap."""
        return self.series[self.firsts()]

    def counts(self) -> np.ndarray:
        """Count the gaps of each series that has any."""
        return np.diff(self.firsts(), append=len(self.sizes))

    def spans(self, longest: float = np.inf) -> np.ndarray:
        """Sum the gaps of each series that has any, each gap capped at a length."""
        return np.add.reduceat(np.minimum(self.sizes, longest), self.firsts())

    def typical_long_gap(self, weight: np.ndarray) -> float:
        """Take the gap that contains the middle of the time of a typical series."""
        parts, weight = np.split(self.sizes, self.firsts()[1:]), weight[self.owners()]
        middles = weighted_medians([(gaps, gaps / gaps.max()) for gaps in parts])
        # The lower median: of two series, a wrong stamp in one must not decide.
        return weighted_quantiles(middles, weight, [0.5 - 2 * TIE])[0]


def _typical_steps(
    samples: list[Gaps], longest: float, weight: np.ndarray
) -> np.ndarray:
    """Weighted medians over the series of the capped span over the number of gaps."""
    return weighted_medians(
        [(g.spans(longest) / g.counts(), weight[g.owners()]) for g in samples]
    )


def _find_bursts(rows: Gaps, longest: float, weight: np.ndarray) -> Bursts | None:
    """Find bursts, whose gaps are shorter than a length, and how long they last."""
    short, weight = rows.sizes < longest, weight[rows.series]
    if weight[short].sum() < FREQUENT * weight.sum() or short.all():
        return None
    # runs of short gaps within a series
    after_short = short[:-1] & (rows.series[1:] == rows.series[:-1])
    begins = short & ~np.append(False, after_short)
    durations = np.bincount(np.cumsum(begins)[short] - 1, rows.sizes[short])
    step = weighted_quantiles(rows.sizes[short], weight[short], [0.5])[0]
    lasting = weighted_quantiles(durations, weight[begins], [MOST_BURSTS])[0]
    return Bursts(step, float(np.clip(lasting, 2 * step, LONGEST_BURST * step)))


@savable
@dataclass(frozen=True)
class Clock:
    """Typical gaps and spans of the series of a panel, to tell a wrong unit of time.

    Attributes
    ----------
    gaps, spans : ndarray of shape (3,)
        Quantiles at 5, 50 and 95 % over the series that have two distinct stamps; NaN
        if there is none. The gap of a series is the mean of its positive gaps, which
        bursts hardly change; the median over the series resists odd ones.
    single_gaps : ndarray of shape (2,)
        Quantiles at 1 and 99 % of all positive gaps.
    n_gaps : int
        Number of positive gaps.
    time_scale : TimeScale
        The unit of gaps and spans.
    stamps : ndarray of shape (n_steps,) or None
        The stamps, observed or not, if all series have the same.
    """

    gaps: np.ndarray
    spans: np.ndarray
    single_gaps: np.ndarray
    n_gaps: int
    time_scale: TimeScale
    stamps: np.ndarray | None = None

    @classmethod
    def of(cls, panel: Panel, time_scale: TimeScale | None = None) -> Clock:
        """Measure a panel; rows without any observation are ignored.

        Parameters
        ----------
        panel : Panel
        time_scale : TimeScale, optional
            Whose unit to use, by default that of the panel.
        """
        scale, factor = panel.time_scale, 1.0
        if time_scale is not None:
            scale, factor = time_scale, panel.time_scale.factor_to(time_scale)
        rows = np.flatnonzero(panel.observations.row_counts())
        gaps = Gaps.between(panel.times[rows], panel.series_of_rows[rows])
        sizes, spans = gaps.sizes * factor, gaps.spans() * factor
        lengths = np.diff(panel.indptr)
        stamps = panel.times[: lengths[0]]
        shared = np.all(lengths == lengths[0]) and np.all(
            panel.times.reshape(len(lengths), -1) == stamps
        )
        return cls(
            _quantiles(spans / gaps.counts(), (0.05, 0.5, 0.95)),
            _quantiles(spans, (0.05, 0.5, 0.95)),
            _quantiles(sizes, (0.01, 0.99)),
            len(sizes),
            scale,
            stamps * factor if shared else None,
        )

    def disagrees(self, other: Clock) -> bool:
        """Whether typical gaps or spans of another panel are implausible here.

        They are if they differ more than tenfold from the typical ones here and are
        beyond what nearly all series have here. A span is implausible only if it is
        too long: a short one may be that of a short series, and if a clock runs slower
        the gaps are too short as well. Equal stamps, of which fewer are observed, are
        on one clock.
        """
        mine, theirs = self.stamps, other.stamps
        if mine is not None and theirs is not None and np.array_equal(mine, theirs):
            return False
        gap, span = other.gaps[1], other.spans[1]
        low, typical, high = self.gaps
        if other.n_gaps < FEW_GAPS:
            low, high = np.minimum(low, self.single_gaps[0]), self.single_gaps[1]
        too_short = gap < low and gap * TENFOLD < typical
        too_long = gap > high and gap > typical * TENFOLD
        far = span > self.spans[2] and span > self.spans[1] * TENFOLD
        return bool(too_short or too_long or far)


def _quantiles(numbers: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    return np.quantile(numbers if len(numbers) else [np.nan], shares)


def check_clock(clock: Clock, panel: Panel, *, known: bool, wide: bool) -> None:
    """Warn if the times of a panel seem to be in another unit than those of fit.

    Units that are known convert, and what differs then is real. Times without a unit
    are taken as they are, and a wide frame may have lost or changed its labels.

    Parameters
    ----------
    clock : Clock
        That of the panel of fit.
    panel : Panel
    known : bool
        Whether fit learned units of time, see `TimeUnits`.
    wide : bool
        Whether the panel was a wide frame.
    """
    if not known and Clock.of(panel).n_gaps:
        warn(
            "`X` has series with several time stamps, and `fit` saw none: nothing was "
            "learned about time, and only observations of the same time are seen "
            "together. Fit on series as long as these.",
        )
    units = [scale.unit is not None for scale in (clock.time_scale, panel.time_scale)]
    if units[0] != units[1] or (units[0] and not wide):
        return  # if only one unit is known, the conversion raises
    found = Clock.of(panel, clock.time_scale)
    if clock.disagrees(found):
        way_out = (
            "Give the columns the times of fit as labels"
            if wide
            else "Multiply them, or name the unit there and here, e.g. "
            "`as_panel(X, time_unit='h')`, so that they convert"
        )
        warn(
            f"`X` must be on the clock of fit; got typical gaps of {found.gaps[1]:.4g} "
            f"and spans of {found.spans[1]:.4g}, where fit had {clock.gaps[1]:.4g} and "
            f"{clock.spans[1]:.4g}. {way_out}.",
        )

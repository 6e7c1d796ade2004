"""Whether `predict` is given times on the clock of `fit`: gaps and spans, no labels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from ckts.panel import Panel, TimeScale

# Series differ in rate and length; seconds, minutes, hours and days by more than this.
TENFOLD = 10.0
# With fewer gaps than this in all, chance decides what their mean is.
FEW_GAPS = 10


@dataclass(frozen=True)
class Clock:
    """Typical gaps and spans of the series of a panel.

    Attributes
    ----------
    gaps, spans : ndarray of shape (3,)
        Quantiles at 5, 50 and 95 % over the series that have two distinct stamps; NaN
        where there is none. The gap of a series is the mean of its positive gaps, which
        bursts hardly change; the median over the series resists odd ones.
    single_gaps : ndarray of shape (2,)
        Quantiles at 1 and 99 % of all positive gaps.
    n_gaps : int
        Number of positive gaps.
    time_scale : TimeScale
        What they are counted in.
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
        """Measure a panel; rows without any observation do not count.

        Parameters
        ----------
        panel : Panel
        time_scale : TimeScale, optional
            What to count in, by default that of the panel.
        """
        scale = panel.time_scale if time_scale is None else time_scale
        rows = ~np.isnan(panel.values).all(axis=1)
        series = np.repeat(np.arange(len(panel)), panel.lengths)[rows]
        times = panel.times[rows]
        within = (series[1:] == series[:-1]) & (times[1:] > times[:-1])
        gaps = np.diff(times)[within] * panel.time_scale.factor_to(scale)
        whose = series[1:][within]
        counts = np.bincount(whose, minlength=len(panel))
        spans = np.bincount(whose, gaps, len(panel))[counts > 0]
        return cls(
            _quantiles(spans / counts[counts > 0], (0.05, 0.5, 0.95)),
            _quantiles(spans, (0.05, 0.5, 0.95)),
            _quantiles(gaps, (0.01, 0.99)),
            len(gaps),
            scale,
            _common_stamps(panel, panel.time_scale.factor_to(scale)),
        )

    def disagrees(self, other: Clock) -> bool:
        """Whether typical gaps or spans of another panel are strange to this one.

        They are if they differ more than tenfold from the typical ones here and are
        beyond what nearly all series have here. A span is strange only if it is too
        long: a short one may be that of a short series, and if a clock runs slower the
        gaps are too short as well. Equal stamps, of which fewer are observed, are on
        one clock.
        """
        shared = self.stamps is not None and other.stamps is not None
        if shared and np.array_equal(self.stamps, other.stamps):  # type: ignore[arg-type]
            return False
        gap, span = other.gaps[1], other.spans[1]
        low, typical, high = self.gaps
        if other.n_gaps < FEW_GAPS:
            low, high = np.minimum(low, self.single_gaps[0]), self.single_gaps[1]
        too_short = gap < low and gap * TENFOLD < typical
        too_long = gap > high and gap > typical * TENFOLD
        return bool(
            too_short
            or too_long
            or (span > self.spans[2] and span > self.spans[1] * TENFOLD)
        )


def _common_stamps(panel: Panel, factor: float) -> np.ndarray | None:
    """Return the stamps that all series have, None where they differ."""
    if np.any(panel.lengths != panel.lengths[0]):
        return None
    stamps = panel.times.reshape(len(panel), -1)
    return stamps[0] * factor if np.all(stamps == stamps[0]) else None


def _quantiles(numbers: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    if len(numbers) == 0:
        return np.full(len(shares), np.nan)
    return np.quantile(numbers, shares)


def check_clock(clock: Clock, panel: Panel, *, wide: bool, stacklevel: int) -> None:
    """Warn if the times of a panel seem to be on another clock than those of fit.

    Units that are known convert, and what differs then is real. Times without a unit
    are taken as they are, and a wide frame may have lost or changed its labels.

    Parameters
    ----------
    clock : Clock
        That of the panel of fit.
    panel : Panel
    wide : bool
        Whether it was a wide frame.
    stacklevel : int
        As in `warnings.warn`, counted from the caller.
    """
    known = [scale.unit is not None for scale in (clock.time_scale, panel.time_scale)]
    if known[0] != known[1] or (known[0] and not wide):
        return  # one known and one unknown unit are refused where they must convert
    found = Clock.of(panel, clock.time_scale)
    if clock.disagrees(found):
        way_out = (
            "Give the columns the times of fit as labels"
            if wide
            else "Multiply them, or name the unit there and here, e.g. "
            "`as_panel(X, time_unit='h')`, so that they convert"
        )
        warnings.warn(
            f"`X` must be on the clock of fit; got typical gaps of {found.gaps[1]:.4g} "
            f"and spans of {found.spans[1]:.4g}, where fit had {clock.gaps[1]:.4g} and "
            f"{clock.spans[1]:.4g}. {way_out}.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )

"""How irregular a panel is: lengths, gaps, what is missing, and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ckts.panel._leakage import LengthEffect
from ckts.panel._times import NANOSECONDS, TimeScale

if TYPE_CHECKING:
    import pandas as pd


class Spread(NamedTuple):
    """The smallest, the middle and the largest of some numbers; NaN of none."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class ChannelDescription:
    """How often one channel was observed.

    Attributes
    ----------
    name : str
    missing : float
        Share of all rows that do not observe it.
    n_series : int
        Number of series that observe it at all.
    gap : float
        Median time between two observations of it in a series, in the unit of the
        times; NaN if no series observes it twice.
    labels : tuple of str
        Those of a categorical channel; empty if it holds numbers.
    """

    name: str
    missing: float
    n_series: int
    gap: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Description:
    """How irregular a panel is; `Panel.describe` makes it.

    A share of nothing is NaN. Times and gaps are in the unit of the panel.

    Attributes
    ----------
    n_series, n_rows, in_channels : int
    n_empty : int
        Series without any row.
    time_scale : TimeScale
        Kind and unit of the times.
    lengths : Spread
        Rows per series.
    durations : Spread
        From the first to the last row of each series with rows.
    gaps : Spread
        From each row of a series to the next one.
    gap_variation : float
        Standard deviation of the gaps over their mean: 0 for equal steps, about 1 for
        times that are random like the clicks of a counter, more for bursts.
    ties : float
        Share of the gaps that are 0: rows with the time stamp of the row before.
    step : float or None
        The largest step of which all gaps are whole multiples: the lattice that the
        time stamps of each series lie on. None if there is none.
    occupied : float
        Share of the points of that lattice, from the first to the last row of each
        series, at which there is a row: 1 for series sampled at equal steps. NaN
        without a lattice.
    missing : float
        Share of the values, all rows by all channels, that are not observed.
    asynchrony : float
        The same, counting for each series only the channels that it observes at all
        and the rows that observe anything: 0 if whatever is measured in a series is
        measured together.
    channels : tuple of ChannelDescription
    length_effects : tuple of LengthEffect
        How well rows, span and end of the series tell the target, if one was given;
        what is noteworthy of it has a line in what is printed.

    Examples
    --------
    >>> from ckts.datasets import load_pbc_survival
    >>> load_pbc_survival()[0].describe()
    series   312, 1 to 16 rows (median 5), 1,945 in all
    span     0 to 5,152 days (median 1,364)
    gaps     48 to 2,107 days (median 356), variation 0.43
    lattice  multiples of 1 day, under 1 % of the points have a row
    values   11 channels, 5 % missing (most: cholesterol, 42 %), asynchrony 5 %
    """

    n_series: int
    n_rows: int
    in_channels: int
    n_empty: int
    time_scale: TimeScale
    lengths: Spread
    durations: Spread
    gaps: Spread
    gap_variation: float
    ties: float
    step: float | None
    occupied: float
    missing: float
    asynchrony: float
    channels: tuple[ChannelDescription, ...]
    length_effects: tuple[LengthEffect, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one line per channel.

        Returns
        -------
        DataFrame of shape (in_channels, 3)
            Columns "missing", "n_series" and "gap", indexed by the names of the
            channels; see `ChannelDescription`.
        """
        import pandas as pd

        lines = pd.DataFrame([asdict(channel) for channel in self.channels])
        return lines.drop(columns="labels").set_index("name").rename_axis("channel")

    def __repr__(self) -> str:
        return in_words(self)


def spread_of(numbers: np.ndarray) -> Spread:
    """Return least, median and largest of numbers; NaN of none."""
    if len(numbers) == 0:
        return Spread(np.nan, np.nan, np.nan)
    low, middle, high = np.min(numbers), np.median(numbers), np.max(numbers)
    return Spread(low.item(), middle.item(), high.item())


def in_words(it: Description) -> str:
    """Write a description in five lines, and one more if lengths tell the target.

    Parameters
    ----------
    it : Description

    Returns
    -------
    str
    """
    lines = {
        "series": _series_words(it),
        "span": times_words(it.durations, it.time_scale),
        "gaps": _gaps_words(it),
        "lattice": _lattice_words(it),
        "values": _values_words(it),
        "length": _length_words(it),
    }
    return "\n".join(f"{name:<9}{words}" for name, words in lines.items() if words)


def readable_unit(scale: TimeScale, time: float) -> tuple[float, str]:
    """Choose the unit to show times in: that of the panel, or the best for ns.

    Parameters
    ----------
    scale : TimeScale
    time : float
        A typical one of the times to show, in the unit of `scale`.

    Returns
    -------
    size : float
        What to divide times by.
    word : str
        The name of the unit; empty where the panel has none.

    Examples
    --------
    >>> readable_unit(TimeScale("datetime", "ns"), 5.4e12)
    (3600000000000, 'h')
    """
    words = {"us": "µs", "D": "days", "W": "weeks"}
    if scale.unit != "ns":
        return 1, words.get(scale.unit or "", scale.unit or "")
    units = [name for name in NANOSECONDS if name != "W" and NANOSECONDS[name] <= time]
    unit = units[-1] if units else "ns"
    return NANOSECONDS[unit], words.get(unit, unit)


def percent(share: float) -> str:
    """Write a share so that only nothing is 0 % and only all is 100 %.

    Examples
    --------
    >>> percent(0.004), percent(0.4), percent(1.0)
    ('under 1 %', '40 %', '100 %')
    """
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def _series_words(it: Description) -> str:
    if it.n_rows == 0:
        return f"{it.n_series:,}, without rows"
    rows = spread_words(it.lengths, "rows")
    empty = f", {it.n_empty:,} series without any" if it.n_empty else ""
    return f"{it.n_series:,}, {rows}, {it.n_rows:,} in all{empty}"


def _gaps_words(it: Description) -> str:
    words = times_words(it.gaps, it.time_scale)
    variation = f", variation {it.gap_variation:.2f}" if it.gap_variation >= 0 else ""
    ties = f", {percent(it.ties)} of them 0 (ties)" if it.ties > 0 else ""
    return words + variation + ties


def _lattice_words(it: Description) -> str:
    if it.step is None:
        return "none, there is no common step"
    step = times_words((it.step,) * 3, it.time_scale)
    if it.occupied == 1:
        return f"steps of {step}, all equal"
    return f"multiples of {step}, {percent(it.occupied)} of the points have a row"


def _values_words(it: Description) -> str:
    channels = "1 channel" if it.in_channels == 1 else f"{it.in_channels} channels"
    if labeled := sum(bool(channel.labels) for channel in it.channels):
        channels += f" ({labeled} of labels)"
    if np.isnan(it.missing):
        return channels
    missing = f"{channels}, {percent(it.missing)} missing"
    if it.in_channels == 1:
        return missing
    worst = max(it.channels, key=lambda channel: channel.missing)
    most = f" (most: {worst.name}, {percent(worst.missing)})" if it.missing else ""
    asynchrony = f", asynchrony {percent(it.asynchrony)}" if it.missing < 1 else ""
    return f"{missing}{most}{asynchrony}"


def _length_words(it: Description) -> str:
    """Say how well the length tells the class or number; empty if hardly."""
    alarms = [one for one in it.length_effects if one.noteworthy]
    if not alarms:
        return ""
    best = max(alarms, key=lambda one: abs(one.effect))
    alike = [one for one in alarms if one.label == best.label]
    alike = [one for one in alike if one.effect * best.effect > 0]
    # Where all series begin at one time, span and end are ranked alike.
    spoken = {one.score: one for one in reversed(alike)}.values()
    ranked = sorted(spoken, key=lambda one: -abs(one.effect))
    names = {"rows": "rows", "span": "span", "end": "last stamp"}
    target, compared = "y: rank correlation", ""
    scores = [one.score for one in ranked]
    if best.label is not None:
        target = f"y = {best.label!r}: AUROC"
        compared = f"{'longer' if best.effect > 0 else 'shorter'}; chance 0.50, "
        scores = [(1 + abs(one.effect)) / 2 for one in ranked]
    figures = ", ".join(
        f"{score:.2f} of the {names[one.measure]}"
        for score, one in zip(scores, ranked, strict=True)
    )
    return f"predicts {target} {figures} ({compared}standard error {best.error:.2f})"


def times_words(spread: tuple[float, ...], scale: TimeScale) -> str:
    """Write a spread of times in the unit that suits its median."""
    size, unit = readable_unit(scale, spread[1])
    return spread_words(tuple(time / size for time in spread), unit)


def spread_words(spread: tuple[float, ...], unit: str) -> str:
    """Write a spread as "2 to 9 rows (median 5)", or as one number if all are equal."""
    if np.isnan(spread[1]):
        return "none"
    low, middle, high = map(shown, spread)
    if low == high:
        one = low == "1" and unit in ("days", "weeks")
        return f"{low} {unit[:-1] if one else unit}".strip()
    return f"{low} to {high} {unit}".strip() + f" (median {middle})"


def shown(number: float) -> str:
    """Write a number with four figures, and all of those before the point."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"

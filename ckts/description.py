"""How irregular a panel is: lengths, gaps, what is missing, and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ckts.lattice import common_step
from ckts.times import NANOSECONDS, TimeScale

if TYPE_CHECKING:
    import pandas as pd

    from ckts.panel import Panel


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
    """

    name: str
    missing: float
    n_series: int
    gap: float


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
        time stamps of each series stand on. None if there is none.
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

    Examples
    --------
    >>> from ckts.datasets import load_pbc_survival
    >>> load_pbc_survival()[0].describe()
    series   312, 1 to 16 rows (median 5), 1,945 in all
    span     0 to 5152 days (median 1364)
    gaps     48 to 2107 days (median 356), variation 0.43
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

    def to_frame(self) -> pd.DataFrame:
        """Return one line per channel.

        Returns
        -------
        DataFrame of shape (in_channels, 3)
            Columns "missing", "n_series" and "gap", indexed by the names of the
            channels; see `ChannelDescription`.
        """
        import pandas as pd

        names = [channel.name for channel in self.channels]
        lines = [asdict(channel) for channel in self.channels]
        columns = ["missing", "n_series", "gap"]
        return pd.DataFrame(lines, index=pd.Index(names, name="channel"))[columns]

    def __repr__(self) -> str:
        lines = {
            "series": _series_words(self),
            "span": _times_words(self.durations, self.time_scale),
            "gaps": _gaps_words(self),
            "lattice": _lattice_words(self),
            "values": _values_words(self),
        }
        return "\n".join(f"{name:<9}{words}" for name, words in lines.items())


def describe(panel: Panel) -> Description:
    """Measure how irregular a panel is.

    Parameters
    ----------
    panel : Panel of shape (n_series,)

    Returns
    -------
    Description
    """
    filled = panel.lengths > 0
    first, last = panel.indptr[:-1][filled], panel.indptr[1:][filled] - 1
    durations = panel.times[last] - panel.times[first]
    gaps = np.delete(np.diff(panel.times), last[:-1])
    step = common_step(panel.times, gaps)
    return Description(
        n_series=panel.n_series,
        n_rows=len(panel.times),
        in_channels=panel.in_channels,
        n_empty=int(np.sum(~filled)),
        time_scale=panel.time_scale,
        lengths=_spread(panel.lengths),
        durations=_spread(durations),
        gaps=_spread(gaps),
        gap_variation=_ratio(np.std(gaps), np.mean(gaps)) if len(gaps) else np.nan,
        ties=_ratio(np.sum(gaps == 0), len(gaps)),
        step=step,
        occupied=_occupied(panel, gaps, durations, step),
        missing=_ratio(np.isnan(panel.values).sum(), panel.values.size),
        asynchrony=_asynchrony(panel, first),
        channels=tuple(_describe_channels(panel)),
    )


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


def summarize(panel: Panel) -> str:
    """Tell in a few words what a panel holds, cheaply.

    Parameters
    ----------
    panel : Panel of shape (n_series,)

    Returns
    -------
    str
    """
    lengths = panel.lengths if panel.n_series else np.zeros(1, int)
    low, high = lengths.min(), lengths.max()
    parts = [
        f"n_series={panel.n_series}",
        f"in_channels={panel.in_channels}",
        f"length {low}" if low == high else f"lengths {low}-{high}",
    ]
    if panel.values.size:
        parts.append(f"{np.isnan(panel.values).mean():.0%} missing")
    if panel.static is not None:
        parts.append(f"n_static={panel.static.shape[1]}")
    return f"{', '.join(parts)}, time {panel.time_scale}"


def _spread(numbers: np.ndarray) -> Spread:
    if len(numbers) == 0:
        return Spread(np.nan, np.nan, np.nan)
    low, middle, high = np.min(numbers), np.median(numbers), np.max(numbers)
    return Spread(low.item(), middle.item(), high.item())


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else np.nan


def _occupied(
    panel: Panel, gaps: np.ndarray, durations: np.ndarray, step: float | None
) -> float:
    if step is None:
        return np.nan
    n_points = np.round(durations / step) + 1
    n_stamps = len(panel.times) - np.sum(gaps == 0)
    return _ratio(n_stamps, n_points.sum())


def _asynchrony(panel: Panel, first: np.ndarray) -> float:
    """Count what is missing of the channels that a series observes, at its rows."""
    if panel.values.size == 0:
        return np.nan
    observed = ~np.isnan(panel.values)
    n_observed = np.add.reduceat(observed, first, axis=0, dtype=np.intp)
    n_channels = np.sum(n_observed > 0, axis=1)
    n_rows = np.add.reduceat(observed.any(axis=1), first, dtype=np.intp)
    return 1 - _ratio(n_observed.sum(), n_channels @ n_rows)


def _describe_channels(panel: Panel):
    series = np.repeat(np.arange(panel.n_series), panel.lengths)
    for name, values in zip(panel.channels, panel.values.T, strict=True):
        observed = ~np.isnan(values)
        whose, when = series[observed], panel.times[observed]
        gaps = np.diff(when)[whose[1:] == whose[:-1]]
        yield ChannelDescription(
            name,
            1 - _ratio(observed.sum(), len(values)),
            len(np.unique(whose)),
            _spread(gaps).median,
        )


# The words of __repr__


def _series_words(it: Description) -> str:
    if it.n_rows == 0:
        return f"{it.n_series:,}, without rows"
    rows = _spread_words(it.lengths, "rows", "{:,.0f}")
    empty = f", {it.n_empty:,} series without any" if it.n_empty else ""
    return f"{it.n_series:,}, {rows}, {it.n_rows:,} in all{empty}"


def _gaps_words(it: Description) -> str:
    words = _times_words(it.gaps, it.time_scale)
    variation = f", variation {it.gap_variation:.2f}" if it.gap_variation >= 0 else ""
    ties = f", {percent(it.ties)} of them 0 (ties)" if it.ties > 0 else ""
    return words + variation + ties


def _lattice_words(it: Description) -> str:
    if it.step is None:
        return "none, there is no common step"
    step = _times_words(Spread(it.step, it.step, it.step), it.time_scale)
    if it.occupied == 1:
        return f"steps of {step}, all equal"
    return f"multiples of {step}, {percent(it.occupied)} of the points have a row"


def _values_words(it: Description) -> str:
    channels = "1 channel" if it.in_channels == 1 else f"{it.in_channels} channels"
    if np.isnan(it.missing):
        return channels
    missing = f"{channels}, {percent(it.missing)} missing"
    if it.in_channels == 1:
        return missing
    worst = max(it.channels, key=lambda channel: channel.missing)
    most = f" (most: {worst.name}, {percent(worst.missing)})" if it.missing else ""
    return f"{missing}{most}, asynchrony {percent(it.asynchrony)}"


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


def _times_words(spread: Spread, scale: TimeScale) -> str:
    size, unit = readable_unit(scale, spread.median)
    return _spread_words(Spread(*(time / size for time in spread)), unit, "{:.4g}")


def _spread_words(spread: Spread, unit: str, form: str) -> str:
    if np.isnan(spread.median):
        return "none"
    low, middle, high = (form.format(number) for number in spread)
    if low == high:
        one = low == "1" and unit in ("days", "weeks")
        return f"{low} {unit[:-1] if one else unit}".strip()
    return f"{low} to {high} {unit}".strip() + f" (median {middle})"

"""Panels and their figures in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ckts.panel._times import NANOSECONDS, TimeScale

if TYPE_CHECKING:
    from ckts.panel._describe import Description


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
        "span": _times_words(it.durations, it.time_scale),
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
    rows = _spread_words(it.lengths, "rows")
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
    step = _times_words((it.step,) * 3, it.time_scale)
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
    if best.label is None:
        figures = [f"{one.score:.2f} of the {names[one.measure]}" for one in ranked]
        kind = f"y: rank correlation {', '.join(figures)}"
        return f"predicts {kind} (standard error {best.error:.2f})"
    figures = [
        f"{(1 + abs(one.effect)) / 2:.2f} of the {names[one.measure]}" for one in ranked
    ]
    side = "longer" if best.effect > 0 else "shorter"
    return (
        f"predicts y = {best.label!r}: AUROC {', '.join(figures)} "
        f"({side}; chance 0.50, standard error {best.error:.2f})"
    )


def _times_words(spread: tuple[float, ...], scale: TimeScale) -> str:
    size, unit = readable_unit(scale, spread[1])
    return _spread_words(tuple(time / size for time in spread), unit)


def _spread_words(spread: tuple[float, ...], unit: str) -> str:
    if np.isnan(spread[1]):
        return "none"
    low, middle, high = (
        f"{number:,.0f}" if number >= 1000 else f"{number:.4g}" for number in spread
    )
    if low == high:
        one = low == "1" and unit in ("days", "weeks")
        return f"{low} {unit[:-1] if one else unit}".strip()
    return f"{low} to {high} {unit}".strip() + f" (median {middle})"

"""Rows of (series, time, values) in any order -> sorted, each time stamp once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts.panel._arrays import check_unmasked, shown
from ckts.panel._base import PanelT
from ckts.panel._observations import AbstractObservations, list_values, row_pointers
from ckts.panel._times import TimeScale, show_time
from ckts.regularity import stamp_rounding

if TYPE_CHECKING:
    import pandas as pd

DUPLICATES = ("error", "mean", "last", "keep")


@dataclass
class Rows:
    """What every importer reads: the arguments of `Panel.from_rows`.

    Parameters
    ----------
    instance_codes : ndarray of shape (n_rows,)
        The number of the series of each row.
    times : ndarray of shape (n_rows,)
    values : ndarray or observations of shape (n_rows, in_channels)
    n_series : int
    time_scale : TimeScale
    channels, instances, static, categories
        As in `Panel`.
    """

    instance_codes: np.ndarray
    times: np.ndarray
    values: np.ndarray | AbstractObservations
    n_series: int
    time_scale: TimeScale
    channels: Sequence[str] | None = None
    instances: np.ndarray | None = None
    static: pd.DataFrame | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def check_some_series(n_series: int) -> None:
    """Raise if there are no series."""
    if n_series < 1:
        raise ValueError(
            "`X` must hold at least one series; got none. Check how it was selected."
        )


def check_rows(observations: AbstractObservations, times: np.ndarray) -> None:
    """Raise if there is not one time per row of the values."""
    if observations.shape[0] != len(times):
        raise ValueError(
            "`values` and `times` must have the same number of rows; got "
            f"{observations.shape[0]} and {len(times)}. Give every row its time."
        )


def as_row_pointers(indptr: Any, n_rows: int) -> np.ndarray:
    """Return where the rows of series begin; raise if they are not 0 <= ... <= n_rows.

    Parameters
    ----------
    indptr : array-like of int of shape (n_series + 1,)
    n_rows : int

    Returns
    -------
    ndarray of intp of the same shape
        Not shared with `indptr`.
    """
    way_out = "Use `numpy.cumsum([0, *lengths])`."
    check_unmasked("indptr", indptr, way_out)
    array = np.asarray(indptr)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(
            "`indptr` must hold whole numbers, of the rows where series begin; got "
            f"{indptr!r}. {way_out}"
        )
    if array.ndim != 1 or len(array) < 2:
        raise ValueError(
            "`indptr` must be 1-D and hold n_series + 1 row numbers, for at least one "
            f"series; got shape {array.shape}. {way_out}"
        )
    array = array.astype(np.intp)
    if array[0] != 0 or array[-1] != n_rows or np.any(np.diff(array) < 0):
        raise ValueError(
            f"`indptr` must start at 0, not decrease and end at the number of rows "
            f"({n_rows}); got {array[0]} ... {array[-1]}. {way_out}"
        )
    return array


def as_codes(
    argument: str, codes: Any, n_times: int, n_codes: int, counted: str
) -> np.ndarray:
    """Return a number for each time, of a series or channel; check their range.

    Parameters
    ----------
    argument : str
        Its name, for messages.
    codes : array-like of shape (n_times,)
        Whole numbers, 0 to n_codes - 1, of any type.
    n_times, n_codes : int
    counted : str
        What `n_codes` is, for messages.

    Returns
    -------
    ndarray of intp of shape (n_times,)
    """
    count = "Count from 0, e.g. with `pandas.factorize`."
    check_unmasked(
        argument,
        codes,
        f"Leave out what has no number: `{argument}.compressed()`, and times and "
        f"values at `~{argument}.mask`.",
    )
    array = np.asarray(codes)
    if len(broken := _not_whole(array)):
        raise TypeError(
            f"`{argument}` must hold whole numbers; got {shown(broken[0])}. {count}"
        )
    if array.shape != (n_times,):
        raise ValueError(
            f"`{argument}` must have one number per time ({n_times}); got shape "
            f"{array.shape}. Give each its own."
        )
    if n_times and (array.min() < 0 or array.max() >= n_codes):
        raise ValueError(
            f"`{argument}` must be 0 to {counted} - 1 = {n_codes - 1}; got "
            f"{array.min()} to {array.max()}. {count}"
        )
    return array.astype(np.intp)


def _not_whole(array: np.ndarray) -> np.ndarray | list[Any]:
    """Return the entries that are no whole numbers; infinity counts as one."""
    if array.dtype.kind in "biu":
        return []
    if array.dtype.kind == "f":
        return array[array != np.floor(array)]
    whole = (isinstance(one, Real) and float(one).is_integer() for one in array.flat)
    return [one for one, good in zip(array.flat, whole, strict=True) if not good]


def sort_rows(
    codes: np.ndarray, times: np.ndarray, observations: AbstractObservations
) -> tuple[np.ndarray, np.ndarray, AbstractObservations]:
    """Sort rows by series, then by time; rows that tie keep their order.

    Stamps that differ by rounding only are ties, see `merge_stamps`.

    Parameters
    ----------
    codes, times : ndarrays of shape (n_rows,)
    observations : AbstractObservations of shape (n_rows, in_channels)

    Returns
    -------
    codes, times, observations
        The arguments themselves if they are sorted already.
    """
    same = codes[1:] == codes[:-1]
    if np.all((codes[1:] > codes[:-1]) | (same & (times[1:] >= times[:-1]))):
        return codes, times, observations
    order = _order(codes, times)
    codes, times = codes[order], times[order]
    merged = merge_stamps(times, np.append(np.flatnonzero(_changes(codes)), len(codes)))
    if merged is not times:  # what has become a tie keeps its order, too
        again = np.lexsort((order, merged, codes))
        order, times = order[again], merged[again]
    return codes, times, observations.take(order)


def _order(codes: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return what sorts by series, then time, and keeps the order of ties.

    A stable sort of the times takes three times as long as one that is not, and is
    needed for ties only. Codes of 16 bits are sorted by their digits.
    """
    order = np.argsort(times)
    small = codes.astype(np.min_scalar_type(codes.max(initial=0)))
    order = order[np.argsort(small[order], kind="stable")]
    if _changes(codes[order], times[order]).all():
        return order
    return np.lexsort((times, codes))


def check_sorted(
    times: np.ndarray, indptr: np.ndarray, instances: np.ndarray, scale: TimeScale
) -> None:
    """Raise if times (n_rows,) decrease within a series, or their span overflows."""
    falls = times[1:] < times[:-1]
    firsts = indptr[1:-1]
    falls[firsts[(firsts > 0) & (firsts < len(times))] - 1] = False
    if falls.any():
        row = int(np.argmax(falls))
        series = np.searchsorted(indptr, row, side="right") - 1
        raise ValueError(
            "`times` must not decrease within a series; the series of instance "
            f"{shown(instances[series])} has {show_time(times[row + 1], scale)} after "
            f"{show_time(times[row], scale)}. Sort its rows, or use "
            "`Panel.from_rows`, which sorts."
        )
    _check_spans(times, indptr, instances, scale)


def _check_spans(times, indptr, instances, scale):
    """Raise if the span of a series overflows: differences would wrap around."""
    filled = np.flatnonzero(np.diff(indptr))
    first, last = times[indptr[filled]], times[indptr[filled + 1] - 1]
    if times.dtype.kind == "f":
        with np.errstate(over="ignore"):
            wrapped = np.isinf(last - first)
    else:
        wrapped = last - first < 0  # times do not decrease: only by overflow
    if wrapped.any():
        one = int(np.argmax(wrapped))
        limit, way_out = f"{times.dtype} holds", "Give them in a larger unit."
        if scale.kind != "number":
            limit = "292 years, which are int64 nanoseconds"
            way_out = "Give them as numbers, e.g. days since a start."
        raise ValueError(
            f"`times` of a series must span less than {limit}; that of instance "
            f"{shown(instances[filled[one]])} goes from {show_time(first[one], scale)} "
            f"to {show_time(last[one], scale)}. {way_out}"
        )


def merge_stamps(times: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Make ties of stamps of a series that differ by rounding only.

    Starting with the earliest, each stamp replaces the later ones within the rounding
    of its series; those that remain are farther apart. Integers are exact.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        They do not decrease within a series.
    indptr : ndarray of shape (n_series + 1,)
        Where the rows of each series begin.

    Returns
    -------
    ndarray of shape (n_rows,)
        The argument itself where nothing changes.

    Examples
    --------
    >>> merge_stamps(np.array([0.3, 0.1 + 0.2, 0.4]), np.array([0, 3]))
    array([0.3, 0.3, 0.4])
    """
    if times.dtype.kind == "i" or len(times) < 2:
        return times
    error = np.repeat(stamp_rounding(times, indptr), np.diff(indptr))
    with np.errstate(over="ignore"):  # between the largest numbers of both signs
        gaps = np.diff(times)
    linked = gaps <= error[:-1]
    linked[indptr[(indptr > 0) & (indptr < len(times))] - 1] = False
    if not np.any(linked & (gaps > 0)):
        return times
    ends = np.append(np.flatnonzero(~linked) + 1, len(times))
    runs = np.unique(np.searchsorted(ends, np.flatnonzero(linked), side="right"))
    times = times.copy()
    for start, end in zip(np.append(0, ends)[runs], ends[runs], strict=True):
        while start < end:
            latest = times[start] + error[start]
            stop = start + np.searchsorted(times[start:end], latest, side="right")
            times[start:stop] = times[start]
            start = stop
    return times


def merge_ties(panel: PanelT, duplicates: str) -> PanelT:
    """Make one row of the rows of a series that share a time stamp.

    Channels measured in different rows come together. A channel observed twice at one
    time is a duplicate, for which `duplicates` holds.

    Parameters
    ----------
    panel : Panel
    duplicates : {"error", "mean", "last", "keep"}
        "keep" leaves the rows as they are. Different labels have no mean: they raise.

    Returns
    -------
    Panel
        The argument itself if no stamp is repeated, or all are to be kept.
    """
    series, times = panel.series_of_rows, panel.times
    first = _changes(series, times)
    if duplicates == "keep" or first.all():
        return panel
    listed, width = panel.observations.sparse(), panel.in_channels
    cells = (np.cumsum(first) - 1)[listed.rows()] * width + listed.channels
    order = np.argsort(cells, kind="stable")
    cells, data = cells[order], listed.data[order]
    starts = np.flatnonzero(_changes(cells))
    counts = np.diff(starts, append=len(cells))
    cells = cells[starts]
    refused = np.zeros(len(starts), bool)
    way_out = 'Choose duplicates="mean", "last" or "keep".'
    if duplicates == "error":
        refused = counts > 1
    elif duplicates == "mean" and panel.categories:
        way_out = 'Labels have no mean: choose duplicates="last" or "keep".'
        labeled = [name in panel.categories for name in panel.channels]
        highest, lowest = (f.reduceat(data, starts) for f in (np.maximum, np.minimum))
        refused = np.array(labeled)[cells % width] & (highest > lowest)
    if refused.any():
        twice = np.argmax(refused)
        row = np.flatnonzero(first)[cells[twice] // width]
        raise ValueError(
            "`X` must hold each (instance, time, channel) once; instance "
            f"{shown(panel.instances[series[row]])} has {counts[twice]} values"
            f" of {panel.channels[cells[twice] % width]!r} at time "
            f"{show_time(times[row], panel.time_scale)}. {way_out}"
        )
    if duplicates == "mean":
        means = np.add.reduceat(data, starts) / counts
        data = means.astype(data.dtype, copy=False)
    else:
        data = data[starts + counts - 1]
    shape = (int(first.sum()), width)
    merged = list_values(cells // width, cells % width, data, shape)
    return panel._derive(
        observations=merged.compact(),
        times=times[first],
        indptr=row_pointers(first)[panel.indptr],
    )


def pivot(
    codes: np.ndarray,
    times: np.ndarray,
    channels: np.ndarray,
    values: np.ndarray,
    n_channels: int,
) -> tuple[np.ndarray, np.ndarray, AbstractObservations]:
    """Make rows with all channels of single measurements.

    Measurements of one series and time share a row. The second measurement of one
    channel there goes to a second row, the third to a third: `merge_ties` decides.

    Parameters
    ----------
    codes, times, channels, values : ndarrays of shape (n_measurements,)
    n_channels : int

    Returns
    -------
    codes, times : ndarrays of shape (n_rows,)
        Sorted.
    observations : AbstractObservations of shape (n_rows, n_channels)
    """
    order = np.lexsort((channels, times, codes))
    first = _changes(codes[order], times[order], channels[order])
    repeat = np.arange(len(first)) - np.flatnonzero(first)[np.cumsum(first) - 1]
    if repeat.any():
        again = np.lexsort((repeat, times[order], codes[order]))
        order, repeat = order[again], repeat[again]
    codes, times, values = codes[order], times[order], values[order]
    first = _changes(codes, times, repeat)
    rows, known = np.cumsum(first) - 1, ~np.isnan(values)
    shape = (int(first.sum()), n_channels)
    listed = list_values(rows[known], channels[order][known], values[known], shape)
    return codes[first], times[first], listed.compact()


def _changes(*sorted_keys):
    """Mark the entries that differ from the one before in any key."""
    first = np.ones(len(sorted_keys[0]), bool)
    first[1:] = np.any([key[1:] != key[:-1] for key in sorted_keys], axis=0)
    return first

"""Time is a number with a unit: time stamps of any kind become int64 or float64."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts.panel._arrays import shown, unmask

if TYPE_CHECKING:
    import pandas as pd

NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
    "D": 86_400 * 10**9,
    "W": 7 * 86_400 * 10**9,
}
_NOT_TIMES = {"b": "booleans", "U": "strings", "S": "bytes", "c": "complex numbers"}
_KINDS = ("number", "datetime", "timedelta")
# What pandas infers of dates and durations.
STAMP_KINDS = {"datetime64", "datetime", "date", "timedelta64", "timedelta", "period"}


@dataclass(frozen=True)
class TimeScale:
    """The kind of the time stamps of a panel, and the unit they are counted in.

    Parameters
    ----------
    kind : {"number", "datetime", "timedelta"}
        What the time stamps were. Periods count as datetime.
    unit : {"ns", "us", "ms", "s", "min", "h", "D", "W"} or None
        Always "ns" for datetime (since 1970, UTC) and timedelta. None is a number
        of unknown unit.

    Examples
    --------
    >>> TimeScale("number", "h").factor_to(TimeScale("datetime", "ns"))
    3600000000000.0
    """

    kind: str = "number"
    unit: str | None = None

    def __post_init__(self):
        if self.kind not in _KINDS:
            raise ValueError(f"`kind` must be one of {_KINDS}; got {self.kind!r}.")
        if self.unit is not None and self.unit not in tuple(NANOSECONDS):
            raise ValueError(
                f"`time_unit` must be None or one of {tuple(NANOSECONDS)}; "
                f"got {self.unit!r}. Months and years have no fixed length: use days."
            )
        if self.kind != "number" and self.unit != "ns":
            raise ValueError(
                f"`unit` must be 'ns' for {self.kind} times; got {self.unit!r}."
            )

    def __str__(self):
        return self.kind if self.unit is None else f"{self.kind}[{self.unit}]"

    def factor_to(self, other: TimeScale) -> float:
        """Return the factor that converts times of this scale to another.

        Models do not depend on the origin of time, so that datetime, timedelta and
        numbers of known unit convert into each other.

        Parameters
        ----------
        other : TimeScale

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If exactly one of the two units is unknown.
        """
        if (self.unit is None) != (other.unit is None):
            raise ValueError(
                f"`times` must be convertible to {other}; got {self}. Name the unit "
                "of the plain numbers, e.g. `as_panel(X, time_unit='D')`."
            )
        if self.unit is None or other.unit is None:
            return 1.0
        return NANOSECONDS[self.unit] / NANOSECONDS[other.unit]

    def with_unit(self, unit: str | None) -> TimeScale:
        """Name the unit of plain numbers; None leaves the scale as it is."""
        if unit is None:
            return self
        if self.kind != "number":
            raise ValueError(
                f"`time_unit` must be None for {self.kind} times, which have a unit; "
                f"got {unit!r}. Leave it out."
            )
        if self.unit not in (None, unit):
            raise ValueError(
                f"`time_unit` must be {self.unit!r}, the unit that the times have "
                f"already; got {unit!r}. Leave it out: models convert by themselves."
            )
        return TimeScale("number", unit)


NUMBER = TimeScale("number")
DATETIME = TimeScale("datetime", "ns")
TIMEDELTA = TimeScale("timedelta", "ns")


def parse_times(raw: Any) -> tuple[np.ndarray, TimeScale]:
    """Turn time stamps of any kind into numbers with a unit.

    Integers become int64 and floats float64. Datetimes become int64 nanoseconds since
    1970 in UTC (stamps without a zone are taken as UTC), timedeltas int64
    nanoseconds. A period becomes the datetime of its start: a month is as long as
    the calendar says.

    Parameters
    ----------
    raw : array-like of shape (n_times,)
        numpy array, pandas Index, Series or array, or list.

    Returns
    -------
    times : ndarray of shape (n_times,)
        int64 or float64, finite.
    scale : TimeScale

    Raises
    ------
    TypeError
        For strings, booleans, and objects that are not time stamps.
    ValueError
        For missing or infinite times, mixed kinds of time, and dates that do not fit
        into 64 bits of nanoseconds (years 1678-2261).

    Examples
    --------
    >>> parse_times(np.array(["1970-01-02"], dtype="datetime64[D]"))
    (array([86400000000000]), TimeScale(kind='datetime', unit='ns'))
    """
    raw = _as_array(raw)
    kind = raw.dtype.kind
    if kind in "iu":
        return _integers(raw), NUMBER
    if kind == "f":
        return _floats(raw), NUMBER
    if kind in "Mm":
        return _parse_stamps(raw, kind)
    if kind == "O":
        try:
            return _parse_objects(raw)
        except ArithmeticError as error:  # 10**400, or Decimal("sNaN")
            raise ValueError(
                "`times` must fit into int64 or float64; got one that raises "
                f"{type(error).__name__}. Subtract an origin first."
            ) from error
    raise TypeError(_not_times(raw, _NOT_TIMES.get(kind, kind)))


def are_stamps(labels: pd.Index) -> bool:
    """Whether labels are meant as times: with a date or duration, or all are numbers.

    They may be of several kinds, or missing: `parse_times` raises then.
    """
    import pandas as pd

    if labels.dtype.kind in "iuf" or labels.inferred_type in STAMP_KINDS:
        return True
    known = [one for one in labels if one is not pd.NaT]  # which is of all these types
    dates = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)
    if any(isinstance(one, (*dates, pd.Period)) for one in known):
        return True
    plain = [one for one in known if not isinstance(one, bool)]
    text = any(isinstance(one, str | bytes) for one in plain)
    return not text and any(isinstance(one, Number) for one in plain)


def join_times(parts: Sequence) -> tuple[np.ndarray, TimeScale]:
    """Parse the time stamps of many series, which must be of one kind.

    Parameters
    ----------
    parts : sequence of array-likes of shape (n_times,)
        Empty ones are of no kind.

    Returns
    -------
    times : ndarray of shape (sum of n_times,)
    scale : TimeScale
    """
    parts = [_as_array(part) for part in parts if len(part)]
    if not parts:
        return np.empty(0, np.int64), NUMBER
    if len({part.dtype for part in parts}) == 1:  # one call: no loop over series
        if all(hasattr(part, "append") for part in parts):
            return parse_times(parts[0].append(parts[1:]))
        return parse_times(np.concatenate(parts))
    parsed = [parse_times(part) for part in parts]
    zoned = {_is_zoned(part) for part in parts}
    kinds = {scale.kind for _, scale in parsed}
    if len(kinds) > 1:
        raise ValueError(_mixed(" and ".join(sorted(kinds))))
    if len(zoned) > 1:
        raise ValueError(_mixed("datetimes with and without a time zone"))
    return np.concatenate([times for times, _ in parsed]), parsed[0][1]


def _is_zoned(stamps):
    """Whether stamps of one kind have a time zone."""
    typed = stamps[0] if stamps.dtype == object else stamps.dtype
    return any(getattr(typed, name, None) is not None for name in ("tz", "tzinfo"))


def check_scale(
    scale: TimeScale | None, found: TimeScale, times: np.ndarray
) -> TimeScale:
    """Raise if a scale does not fit the times; return it, by default `found`."""
    if scale is None:
        return found
    if found.kind not in ("number", scale.kind):
        raise ValueError(
            f"`time_scale` must be that of the times ({found}); got {scale}. Leave it "
            "out."
        )
    if scale.kind != "number" and times.dtype != np.int64:
        raise ValueError(
            f"`times` must be int64 nanoseconds where `time_scale` is {scale}; got "
            f"{times.dtype}. Leave `time_scale` out for plain numbers."
        )
    return scale


def restore_times(times: np.ndarray, scale: TimeScale) -> pd.Index:
    """Give parsed times back their kind.

    Parameters
    ----------
    times : ndarray of shape (n_times,)
    scale : TimeScale

    Returns
    -------
    pandas.Index
        A DatetimeIndex (UTC, without zone), TimedeltaIndex or numeric Index.
    """
    import pandas as pd

    codes = {"datetime": "M8[ns]", "timedelta": "m8[ns]"}
    return pd.Index(times.view(codes.get(scale.kind, times.dtype)))


def show_time(time: int | float, scale: TimeScale) -> str:
    """Write one parsed time as its kind, for a message."""
    return str(restore_times(np.array([time]), scale)[0])


def _as_array(raw):
    """Keep what has a numpy-like dtype, and make an array of everything else."""
    raw = unmask(raw)  # masked entries raise like NaN
    array = raw if hasattr(getattr(raw, "dtype", None), "kind") else np.asarray(raw)
    if array.ndim != 1:
        raise ValueError(
            f"`times` must be 1-D, one per row; got shape {array.shape}. Give each "
            "series its own times."
        )
    return array


def _not_times(raw, found):
    told = isinstance(raw, np.ndarray) and len(raw)
    example = f", e.g. {shown(raw[0])}" if told else ""
    return (
        f"`times` must be numbers, datetimes, timedeltas or periods; got {found}"
        f"{example}. Convert them first, with `pandas.to_datetime`, `to_timedelta` or "
        "`to_numeric`."
    )


def _mixed(found):
    return (
        f"`times` must be of one kind throughout a panel; got {found}. Convert them "
        "first, e.g. with `pandas.to_datetime(..., utc=True)`."
    )


def _check_known(missing, raw=None):
    if missing.any():
        row = int(np.argmax(missing))
        value = "a missing value" if raw is None else raw[row]
        raise ValueError(
            f"`times` must be finite and not missing (NaN, NaT); got {value} in row "
            f"{row}. Drop the rows without a time."
        )


def _integers(raw):
    if not isinstance(raw.dtype, np.dtype):
        _check_known(np.asarray(raw.isna()))
        raw = raw.to_numpy(dtype=raw.dtype.numpy_dtype)
    raw = np.asarray(raw)
    if len(raw) and raw.dtype.kind in "uO" and raw.max() > np.iinfo(np.int64).max:
        raise ValueError(
            f"`times` must fit into int64; got {str(raw.max())[:40]}. Subtract an "
            "origin first."
        )
    return raw.astype(np.int64)


def _floats(raw):
    if not isinstance(raw.dtype, np.dtype):
        raw = raw.to_numpy(dtype=np.float64, na_value=np.nan)
    times = np.array(raw, dtype=np.float64)
    _check_known(~np.isfinite(times), times)
    return times


def _parse_stamps(raw, kind):
    import pandas as pd

    if kind == "M":
        return _nanoseconds(pd.DatetimeIndex, raw, DATETIME)
    if isinstance(raw.dtype, np.dtype) and np.datetime_data(raw.dtype)[0] in ("M", "Y"):
        raise ValueError(
            f"`times` must have a fixed unit; got {raw.dtype}. Months and years have "
            "none: use days."
        )
    return _nanoseconds(pd.TimedeltaIndex, raw, TIMEDELTA)


def _nanoseconds(convert, raw, scale):
    """Parse with a function of pandas to an index, and count its nanoseconds."""
    import pandas as pd

    try:
        # pandas 3 parses to microseconds, pandas 2 to nanoseconds
        index = convert(raw).as_unit("ns")
    except (pd.errors.OutOfBoundsDatetime, pd.errors.OutOfBoundsTimedelta) as error:
        raise ValueError(
            "`times` must lie between the years 1678 and 2261 to be counted in int64 "
            f"nanoseconds; got {error}. Give them as numbers, e.g. days since a start."
        ) from error
    _check_known(index.isna(), index)
    return index.asi8.copy(), scale


def _parse_objects(raw):
    """Parse periods, categories, and object arrays of Python's own time stamps."""
    import pandas as pd

    if isinstance(raw.dtype, pd.PeriodDtype):
        _check_known(np.asarray(raw.isna()))
        start = partial(pd.PeriodIndex.to_timestamp, how="start")
        return _nanoseconds(start, pd.PeriodIndex(raw), DATETIME)
    if isinstance(raw.dtype, pd.CategoricalDtype):
        return parse_times(np.asarray(raw))
    values = np.asarray(raw, dtype=object)
    _check_known(np.asarray(pd.isna(values)))
    return _parse_inferred(values, pd.api.types.infer_dtype(values))


def _parse_inferred(values, found):
    """Parse an object array without missing values, of which pandas tells the kind."""
    import pandas as pd

    if found in ("datetime", "datetime64", "date"):
        if len({getattr(value, "tzinfo", None) is None for value in values}) > 1:
            raise ValueError(_mixed("datetimes with and without a time zone"))
        return _nanoseconds(partial(pd.to_datetime, utc=True), values, DATETIME)
    if found in ("timedelta", "timedelta64"):
        return _nanoseconds(pd.to_timedelta, values, TIMEDELTA)
    if found == "period":
        return _parse_objects(pd.PeriodIndex(values))
    if found in ("integer", "empty"):
        return _integers(values), NUMBER
    if found in ("floating", "mixed-integer-float", "decimal"):
        return _floats(values), NUMBER
    if found.startswith("mixed"):
        names = sorted({type(value).__name__ for value in values})
        raise ValueError(_mixed(", ".join(names)))
    raise TypeError(_not_times(values, {"string": "strings"}.get(found, found)))

"""as_panel: every format that people keep time series in -> Panel."""

from __future__ import annotations

from numbers import Number
from os import PathLike

import numpy as np

from ckts._checks import check_choice
from ckts.panel._arrays import as_floats, is_frame, labels
from ckts.panel._checks import check_some_series, check_some_steps
from ckts.panel._foreign import (
    PAIRS,
    as_array,
    as_known,
    check_dense,
    check_known,
    is_pandas,
    kind_of,
)
from ckts.panel._frames import read_frame
from ckts.panel._panel import Panel
from ckts.panel._roles import is_time_name, mentions_time
from ckts.panel._rows import DUPLICATES, Rows
from ckts.panel._times import NUMBER, join_times


def as_panel(
    X: object, *, duplicates: str = "error", time_unit: str | None = None
) -> Panel:
    """Turn time series of any common format into a Panel.

    Rows may be in any order; they come out sorted by time. Series come in order of
    appearance.

    Parameters
    ----------
    X : Panel, DataFrame, ndarray or list
        - `Panel`: returned as it is.
        - DataFrame with an index of two levels (instance, time) and one column per
          channel ("pd-multiindex").
        - DataFrame whose cells are Series ("nested_univ"); the channels of a series
          may be measured at different times.
        - Wide DataFrame of numbers: rows are series of one channel, columns are steps.
          Column labels that are numbers, dates or durations are the time stamps.
        - ndarray of shape (n_series, n_steps): series of one channel at 0, 1, ...
        - ndarray of shape (n_series, in_channels, n_steps), channel first, at 0, 1, ...
        - list of tuples (times, values), values of shape (n_times,) or
          (n_times, in_channels).
        - list of DataFrames or of Series indexed by time, or of Panels.

        Long tables need names: see `Panel.from_long`. NaN is "not observed".
    duplicates : {"error", "mean", "last", "keep"}, default "error"
        What to do with a channel observed twice at one time of a series: refuse,
        average, take the last, or keep all rows as they are.
    time_unit : {"ns", "us", "ms", "s", "min", "h", "D", "W"}, optional
        The unit of times that are plain numbers.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError
        For strings and other values that are not numbers, and unknown formats.
    ValueError
        For wrong shapes, no series, infinite values, missing, repeated or mixed times,
        and channels that differ between series.

    Examples
    --------
    >>> import numpy as np
    >>> as_panel([([0.0, 1.5], [7.0, 8.0]), ([0.2], [9.0])], time_unit="h")
    Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number[h])
    >>> as_panel(np.zeros((5, 3, 100)))
    Panel(n_series=5, in_channels=3, length 100, 0% missing, time number)
    """
    check_choice("duplicates", duplicates, DUPLICATES)
    if isinstance(X, list) and X and all(isinstance(one, Panel) for one in X):
        X = Panel.concat(X)
    if isinstance(X, Panel):
        return _checked(X, time_unit)
    rows = _read(X)
    rows.time_scale = rows.time_scale.with_unit(time_unit)
    return Panel.from_rows(**vars(rows), duplicates=duplicates, copy=False)


def _checked(panel, time_unit):
    check_some_series(len(panel))
    if time_unit is None:
        return panel
    return panel.with_times(panel.times, panel.time_scale.with_unit(time_unit))


def _read(X):
    """Read a format that is recognized by type and dimensions, never by guessing."""
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
        X = list(X)
    X = as_known(X)
    if is_frame(X):
        return read_frame(X)
    if is_pandas(X):
        X = X.to_numpy()
    if isinstance(X, list | tuple):
        return _read_list(X)
    if isinstance(X, np.ndarray):
        return _read_array(X)
    file = "A file is read first, e.g. with `pandas.read_csv`."
    raise TypeError(
        "`X` must be a Panel, a DataFrame, an array or a list of series; got "
        f"{kind_of(X)}. {file if isinstance(X, str | PathLike) else PAIRS}"
    )


def _read_array(array):
    """Read (n_series, n_steps) or, channel first, (n_series, in_channels, n_steps)."""
    if array.ndim not in (2, 3):
        raise ValueError(
            "`X` must be 2-D (n_series, n_steps) or 3-D (n_series, in_channels, n_steps"
            f"); got shape {array.shape}. Reshape your data: one series is "
            "`numpy.reshape(X, (1, -1))`, or `[X]` if it is a Series indexed by time."
        )
    check_some_series(array.shape[0])
    check_some_steps(array.shape)
    if array.dtype == object and np.ndim(array.flat[0]):
        raise TypeError(
            "`X` must hold numbers in an array; got an object array of shape "
            f"{array.shape} of {type(array.flat[0]).__name__}. {PAIRS}"
        )
    values = as_floats(array, "X")
    if array.ndim == 2:
        values = values[:, None]
    n_series, in_channels, n_steps = values.shape
    return Rows(
        np.repeat(np.arange(n_series), n_steps),
        np.tile(np.arange(n_steps), n_series),
        values.transpose(0, 2, 1).reshape(-1, in_channels),
        n_series,
        NUMBER,
    )


def _read_list(X):
    check_some_series(len(X))
    if all(isinstance(member, tuple) for member in X):
        return _read_pairs(X)
    if all(is_pandas(member) for member in X):
        return _read_frames(X)
    if all(isinstance(member, Number) for member in X):
        return _read_array(np.asarray(X))
    _check_members(X)
    try:
        return _read_array(np.asarray(X))
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            "`X` must have times where series differ in length; got a list of "
            f"{kind_of(X[0])} of unequal lengths. {PAIRS}"
        ) from error


def _check_members(X):
    """Hold a list to rows of numbers; anything else is refused by name."""
    kinds = sorted({kind_of(member) for member in X})
    if len(kinds) > 1:
        raise TypeError(
            f"`X` must be a list of series of one type; got {', '.join(kinds)}. {PAIRS}"
        )
    check_known(X[0])
    depth = _depth(X[0])
    # two arrays in a tuple are one series or two: nobody knows
    if isinstance(X, tuple) or depth != 1:
        raise TypeError(
            "`X` must be an array or a list of tuples or DataFrames; got a "
            f"{type(X).__name__} of {kinds[0]} of shape {_shape(X[0])}. {PAIRS}"
            f"{_steps_way_out(X, depth)}"
        )


def _steps_way_out(X, depth):
    """Name the way for arrays of two dimensions at equal steps, as aeon has them."""
    if depth != 2:
        return ""
    if len({_shape(member) for member in X}) == 1:
        return " An array is channel first: `numpy.asarray(X)`."
    return (
        " At equal steps: `[(range(x.shape[1]), x.T) for x in X]` where the arrays are "
        "(channels, time), `[(range(len(x)), x) for x in X]` if (time, channels)."
    )


def _shape(member):
    try:
        return np.shape(member)
    except ValueError:  # numpy refuses ragged rows
        return (len(member), "unequal")


def _depth(member):
    if isinstance(member, list | tuple):
        return 1 + max((_depth(item) for item in member[:1]), default=0)
    return np.ndim(member)


def _read_pairs(X):
    """Read tuples (times, values) with values (n_times,) or (n_times, in_channels)."""
    X = [tuple(_part(part, number) for part in pair) for number, pair in enumerate(X)]
    values = [_pair_values(pair, number) for number, pair in enumerate(X)]
    for number, ((times, _), measured) in enumerate(zip(X, values, strict=True)):
        if len(times) != len(measured):
            raise ValueError(
                f"`X` must have a time for every value; got {len(times)} times and "
                f"{len(measured)} values in series {number}. Give values the shape "
                "(n_times, in_channels)."
            )
    return _stack([times for times, _ in X], values, None)


def _part(part, number):
    """Make an array of what other libraries hold, such as a tensor."""
    check_dense(part, f" at position {number}")
    plain = hasattr(getattr(part, "dtype", None), "kind") or is_pandas(part)
    foreign = not plain and not isinstance(part, list | tuple | range)
    return as_array(part, f" at position {number}") if foreign else part


def _pair_values(pair, number):
    """Take the values of a tuple (times, values)."""
    found = f"a tuple of {len(pair)}"
    if len(pair) == 2:
        try:
            values = np.asarray(pair[1])
        except ValueError:  # numpy refuses ragged rows
            found = "values with rows of unequal lengths"
        else:
            if values.ndim in (1, 2) and np.ndim(pair[0]):
                return values
            found = f"times and values of shapes {np.shape(pair[0])}, {values.shape}"
    raise ValueError(
        "`X` must hold tuples (times, values) with values of shape (n_times,) or "
        f"(n_times, in_channels); got {found} at position {number}. {PAIRS}"
    )


def _read_frames(X):
    """Read DataFrames, or Series, indexed by time."""
    if len({member.ndim for member in X}) > 1:
        raise TypeError(
            "`X` must be a list of DataFrames or a list of Series; got both. Use "
            "`series.to_frame()`."
        )
    times = [member.index for member in X]
    if any(index.nlevels > 1 for index in times):
        raise ValueError(
            "`X` must be a list of DataFrames or Series indexed by time alone; got an "
            "index of several levels. Use `frame.droplevel(0)`, or `pandas.concat(X)` "
            "where the levels are (instance, time)."
        )
    if X[0].ndim == 1:
        names = {member.name for member in X}
        name = names.pop() if len(names) == 1 else None
        return _stack(
            times, [m.to_numpy() for m in X], None if name is None else [name]
        )
    columns = next((m.columns for m in X if m.shape[1]), X[0].columns)
    _refuse_time_column(X, columns)
    values = [_ordered(m, columns, number) for number, m in enumerate(X)]
    return _stack(times, values, labels(columns))


def _refuse_time_column(frames, columns):
    """Refuse a column of times beside an index of row numbers."""
    if not _holds_row_numbers([frame.index for frame in frames]):
        return
    for name in columns:
        stamps = is_time_name(name) or _holds_dates(frames, name)
        if stamps or (mentions_time(name) and _rises(frames, name)):
            raise ValueError(
                "`X` must be a list of DataFrames indexed by time; got a column "
                f"{name!r} and an index of whole numbers. Use "
                f"`frame.set_index({name!r})`, or, if it is a channel and the index is "
                "the time, `frame.rename_axis('time')`."
            )


def _holds_row_numbers(indexes):
    """Whether nothing tells whole numbers from those of rows.

    They are those of each frame, or of one table that the frames are parts of: none
    comes twice. An index may say by its name that it is the time.
    """
    if not all(index.inferred_type in ("integer", "empty") for index in indexes):
        return False
    filled = [index for index in indexes if len(index)]
    if filled and all(mentions_time(index.name) for index in filled):
        return False
    numbers = [index.to_numpy() for index in filled]
    if all(np.all(np.diff(one) == 1) for one in numbers):
        return True
    stacked = np.concatenate(numbers)
    return len(filled) > 1 and len(np.unique(stacked)) == len(stacked)


def _holds_dates(frames, name):
    parts = [frame[[name]].dtypes for frame in frames if name in frame.columns]
    return all(dtype.kind == "M" for dtypes in parts for dtype in dtypes)


def _rises(frames, name):
    """Whether a column never falls, and rises somewhere, as a clock does."""
    parts = [frame[name] for frame in frames if list(frame.columns).count(name) == 1]
    rising = all(part.is_monotonic_increasing for part in parts)
    return rising and any(part.nunique() > 1 for part in parts)


def _ordered(frame, columns, number):
    """Take the values of a frame in the order of the common columns."""
    if frame.columns is columns or frame.columns.equals(columns):
        return frame.to_numpy()
    if not len(frame) and not frame.shape[1]:
        return np.empty((0, len(columns)))
    if set(frame.columns) != set(columns):
        raise ValueError(
            "`X` must have the same channels in every series; got "
            f"{list(frame.columns)} in series {number} and {list(columns)} before. "
            "Add missing channels as columns of NaN."
        )
    return frame[list(columns)].to_numpy()


def _stack(times, values, channels):
    """Stack the rows of the series."""
    lengths = [len(part) for part in values]
    widths = {part.shape[1:] or (1,) for part in values if len(part)} or {(1,)}
    if len(widths) > 1:
        raise ValueError(
            "`X` must have the same channels in every series; got "
            f"{' and '.join(str(w[0]) for w in sorted(widths))} channels. Add missing "
            "channels as columns of NaN."
        )
    width = widths.pop()[0] if channels is None else len(channels)
    parts = [part.reshape(len(part), width) for part in values if len(part)]
    stacked = np.concatenate(parts) if parts else np.empty((0, width))
    stamps, scale = join_times(times)
    return Rows(
        np.repeat(np.arange(len(lengths)), lengths),
        stamps,
        as_floats(stacked, "X", columns=channels),
        len(lengths),
        scale,
        channels=channels,
    )

"""DataFrames as rows: pd-multiindex, wide, frames of Series, lists of frames."""

from __future__ import annotations

import re
import warnings

import numpy as np

from ckts.panel._arrays import as_floats, is_pandas, labels, shown
from ckts.panel._long import (
    encode_instances,
    is_instance_name,
    is_time_name,
    mentions_time,
)
from ckts.panel._rows import Rows, pivot
from ckts.panel._tables import to_pandas
from ckts.panel._times import STAMP_KINDS, are_stamps, join_times, parse_times

# labels that a file gives where a frame had numbers or dates
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d?(-\d\d?([ T]\d.*)?)?")


def read_frame(frame):
    """Read a DataFrame in the format it is in.

    Returns
    -------
    Rows
    """
    if frame.index.nlevels > 1:
        return _read_multiindex(frame)
    if _is_nested(frame):
        return _read_nested(frame)
    return _read_wide(frame)


def _read_multiindex(frame):
    index = frame.index
    if index.nlevels != 2:
        raise ValueError(
            "`X` must have an index of two levels, (instance, time); got "
            f"{index.nlevels} levels {list(index.names)}. Drop or join the others; for "
            "a level of channels use `Panel.from_long(X.reset_index(), instance=..., "
            "time=..., channel=..., value=...)`."
        )
    _check_levels(index)
    codes, instances = encode_instances(index.get_level_values(0))
    _warn_of_single_rows(index, codes)
    time_codes = index.codes[1]
    if np.any(time_codes < 0):
        row = int(np.argmax(time_codes < 0))
        raise ValueError(
            f"`times` must be finite and not missing (NaN, NaT); got NaT in row {row}. "
            "Drop the rows without a time."
        )
    stamps, scale = parse_times(index.levels[1])
    return Rows(
        codes,
        stamps[time_codes],
        as_floats(
            frame,
            "X",
            way_out="Convert it with `pandas.to_numeric`; a column that names channels "
            "is for `Panel.from_long(X.reset_index(), instance=..., time=..., "
            "channel=..., value=...)`.",
        ),
        len(instances),
        scale,
        channels=labels(frame.columns),
        instances=instances,
    )


_SWAP = (
    "Use `X.swaplevel()` if its index is (time, instance); if not, name the levels: "
    '`X.rename_axis(["instance", "time"])`.'
)


def _check_levels(index):
    """Raise if an index looks like (time, instance), by its names or stamps."""
    first, second = index.names
    if is_instance_name(first) or not len(index.levels[0]):
        return
    times_first = mentions_time(first) or _holds_stamps(index.levels[0])
    times_second = mentions_time(second) or _holds_stamps(index.levels[1])
    if is_instance_name(second) or (times_first and not times_second):
        raise ValueError(
            "`X` must have an index (instance, time), in this order; got levels named "
            f"{list(index.names)}, the first with {shown(index.levels[0][0])}. {_SWAP}"
        )


def _holds_stamps(level):
    """Whether a level holds dates, durations or fractions, as instances hardly do."""
    level = getattr(level, "categories", level)
    if level.inferred_type == "floating":
        return bool(np.any(np.asarray(level, np.float64) % 1 > 0))
    return level.inferred_type in STAMP_KINDS


def _warn_of_single_rows(index, codes):
    """Warn if all series have one row, at times that return: swapped, perhaps."""
    lengths, times = np.bincount(codes), index.codes[1]
    first, second = index.names
    if is_instance_name(first) or mentions_time(second):
        return
    single = len(codes) > 1 and lengths.max() == 1
    if single and 2 * len(np.unique(times)) <= len(times):
        warnings.warn(
            f"`X` has {len(codes)} series of one row each, at {len(np.unique(times))} "
            f"times. {_SWAP}",
            stacklevel=6,
        )


def _is_nested(frame):
    """Whether cells hold more than a number, as in sktime's nested_univ."""
    objects = np.array([dtype.kind == "O" for dtype in frame.dtypes], bool)
    columns = (column for _, column in frame.loc[:, objects].items())
    return any(np.ndim(cell) > 0 for column in columns for cell in column)


def read_frames(X):
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
        return stack_series(
            times, [m.to_numpy() for m in X], None if name is None else [name]
        )
    columns = next((m.columns for m in X if m.shape[1]), X[0].columns)
    _check_no_time_column(X, columns)
    values = [_ordered(m, columns, number) for number, m in enumerate(X)]
    return stack_series(times, values, labels(columns))


def index_by_time(tables: list) -> list:
    """Convert tables that have no index, and index them by their column of times.

    Parameters
    ----------
    tables : list of tables of another library
        One per series.

    Returns
    -------
    list of DataFrame

    Raises
    ------
    ValueError
        If none or several of the columns tell by their names or types of a time.
    """
    frames = [to_pandas(table, "X") for table in tables]
    first = frames[0]
    if first.index.nlevels > 1 or is_time_name(first.index.name):
        return frames  # arrow keeps the index that a table had in pandas
    kinds = zip(first.columns, first.dtypes, strict=True)
    found = [n for n, dtype in kinds if is_time_name(n) or dtype.kind in "Mm"]
    found = found or [name for name in first.columns if mentions_time(name)]
    if len(found) != 1 or any(found[0] not in frame.columns for frame in frames):
        raise ValueError(
            "`X` must be a list of tables with one column of times, told by its name "
            f"or type; got {found} among {list(first.columns)}. Use "
            '`[frame.to_pandas().set_index("time") for frame in X]`, with the name of '
            "that column."
        )
    return [frame.set_index(found[0]) for frame in frames]


def _check_no_time_column(frames, columns):
    """Raise if there is a column of times beside an index of row numbers."""
    if not _holds_row_numbers([frame.index for frame in frames]):
        return
    for name in columns:
        parts = [frame[[name]].dtypes for frame in frames if name in frame.columns]
        dates = all(dtype.kind == "M" for dtypes in parts for dtype in dtypes)
        if (
            is_time_name(name)
            or dates
            or (mentions_time(name) and _rises(frames, name))
        ):
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


def _rises(frames, name):
    """Whether a column never falls, and rises somewhere, as a clock does."""
    parts = [frame[name] for frame in frames if list(frame.columns).count(name) == 1]
    rising = all(part.is_monotonic_increasing for part in parts)
    return rising and any(part.nunique() > 1 for part in parts)


def _ordered(frame, columns, number):
    """Return the values of a frame in the order of the common columns."""
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


def _read_nested(frame):
    """Read cells that are Series; the times of a series are those of any channel."""
    n_series, n_channels = frame.shape
    cells = [cell for _, column in frame.items() for cell in column]
    if odd := [cell for cell in cells if not is_pandas(cell) or cell.ndim != 1]:
        raise TypeError(
            f"`X` must have a Series in every cell; got a {type(odd[0]).__name__}. Use "
            "an empty Series where nothing was measured, and `Panel.with_static` for "
            "numbers."
        )
    lengths = [len(cell) for cell in cells]
    times, scale = join_times([cell.index for cell in cells])
    codes, times, values = pivot(
        np.repeat(np.tile(np.arange(n_series), n_channels), lengths),
        times,
        np.repeat(np.repeat(np.arange(n_channels), n_series), lengths),
        as_floats(np.concatenate([cell.to_numpy() for cell in cells]), "X"),
        n_channels,
    )
    return Rows(
        *(codes, times, values, n_series, scale),
        channels=labels(frame.columns),
        instances=np.asarray(frame.index),
    )


def stack_series(times, values, channels):
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


def stack_steps(values, steps, scale, instances=None):
    """Stack the rows of series (n_series, in_channels, n_steps) with the same steps."""
    n_series, in_channels, n_steps = values.shape
    return Rows(
        np.repeat(np.arange(n_series), n_steps),
        np.tile(steps, n_series),
        values.transpose(0, 2, 1).reshape(-1, in_channels),
        n_series,
        scale,
        instances=instances,
    )


def _read_wide(frame):
    """Read one univariate series per row; labels that are times are its times."""
    _check_wide(frame)
    check_some_steps(frame.shape)
    values = as_floats(
        frame,
        "X",
        way_out="In a wide frame, rows are series and columns are steps; for a long "
        "table use `Panel.from_long(frame, instance=..., time=...)`.",
    )
    stamped = are_stamps(frame.columns)
    if not stamped:
        _check_step_labels(frame.columns)
    steps, scale = parse_times(frame.columns if stamped else np.arange(frame.shape[1]))
    return stack_steps(values[:, None], steps, scale, np.asarray(frame.index))


def _check_step_labels(columns):
    """Raise if labels are time stamps written as strings, as in files."""
    texts = [label.strip() for label in columns if isinstance(label, str)]
    if len(texts) < len(columns):
        return
    if all(_DATE.fullmatch(text) for text in texts):
        convert = "pandas.to_datetime(X.columns)"
    elif all(_NUMBER.fullmatch(text) for text in texts):
        gaps = np.diff(np.array(texts, dtype=np.float64))
        if np.allclose(gaps, gaps[:1]):
            return  # steps 0, 1, ... but for origin and unit
        convert = "X.columns.astype(float)"
    else:
        return
    raise ValueError(
        "`X` must have time stamps, or names, as column labels; got strings that look "
        f"like time stamps, {texts[:3]}. Convert them: `X.columns = {convert}`."
    )


def _check_wide(frame):
    """Raise if a frame looks like a long table."""
    time = [name for name in frame.columns if is_time_name(name)]
    ids = [name for name in frame.columns if is_instance_name(name)]
    kinds = zip(frame.columns, frame.dtypes, strict=True)
    time += [name for name, dtype in kinds if dtype.kind in "Mm"]
    stamped = are_stamps(frame.columns)  # 0, 1, ... are steps
    if not (time or ids or stamped) and (found := _restarting_columns(frame)):
        ids, time = [[name] for name in found]
    if time or ids:
        instance, stamp = (repr(names[0]) if names else "..." for names in (ids, time))
        raise ValueError(
            "`X` must be a wide frame, with one row per series and one column per step;"
            f" got columns {list(frame.columns)[:6]}, which look like a long table. Use"
            f" `Panel.from_long(X, instance={instance}, time={stamp})`, or "
            "drop the columns that are not steps."
        )


def _restarting_columns(frame):
    """Find a column in blocks of equal values within which another one increases."""
    import pandas as pd

    for a in range(min(2, frame.shape[1])):
        try:
            codes = pd.factorize(frame.iloc[:, a])[0]
        except TypeError:  # of dicts, which are no numbers: that is said later
            continue
        same = codes[1:] == codes[:-1]
        n_blocks = len(codes) - same.sum()
        # fewer than 6 increases may well be chance
        if n_blocks < 2 or n_blocks != codes.max() + 1 or same.sum() < 6:
            continue
        for b in range(min(3, frame.shape[1])):
            column = frame.iloc[:, b]
            if b == a or column.dtype.kind not in "iuf":
                continue
            steps = np.diff(as_floats(column, "X"))
            if np.all(steps[same] > 0) and np.any(steps[~same] <= 0):
                return frame.columns[a], frame.columns[b]
    return None


def check_some_steps(shape: tuple[int, ...]) -> None:
    """Raise if an array (n_series, ..., n_steps) has no channels or no steps."""
    if shape[0] and 0 in shape[1:]:  # the wording is scikit-learn's
        raise ValueError(
            f"`X` must have channels and steps; got {shape[-1]} feature(s) "
            f"(shape={shape}) while a minimum of 1 is required."
        )

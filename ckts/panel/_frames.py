"""DataFrames as rows: pd-multiindex, wide, frames of Series, lists of frames."""

from __future__ import annotations

import numpy as np

from ckts._warnings import warn
from ckts.panel._arrays import CONVERT, as_floats, is_pandas, labels, shown
from ckts.panel._categories import encode, encode_frame
from ckts.panel._long import (
    check_no_channel_names,
    encode_instances,
    is_instance_name,
    is_time_name,
    mentions_time,
)
from ckts.panel._rows import Rows, pivot
from ckts.panel._tables import to_pandas
from ckts.panel._times import STAMP_KINDS, join_times, parse_times
from ckts.panel._wide import read_wide

_CONVERT_CELLS = f"{CONVERT[:-1]}, or labels by `.astype('category')`."


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
    return read_wide(frame)


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
    values, found = encode_frame(
        frame,
        "X",
        "Convert it with `pandas.to_numeric`, or labels by `.astype('category')`; a "
        "column that names channels is for `Panel.from_long(X.reset_index(), "
        "instance=..., time=..., channel=..., value=...)`.",
    )
    check_no_channel_names("X", [frame.columns[place] for place in found])
    return Rows(
        *(codes, stamps[time_codes], values, len(instances), scale),
        channels=labels(frame.columns),
        instances=instances,
        categories=_named(found, labels(frame.columns)),
    )


def _named(found, channels):
    """Name the labels of columns by their channels, or the default names of these."""
    return {
        f"channel_{place}" if channels is None else channels[place]: found[place]
        for place in found
    }


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
        warn(
            f"`X` has {len(codes)} series of one row each, at {len(np.unique(times))} "
            f"times. {_SWAP}",
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
        columns = None if name is None else [name]
        values = [member.to_frame() for member in X]
    else:
        common = next((m.columns for m in X if m.shape[1]), X[0].columns)
        _check_no_time_column(X, common)
        values = [_ordered(m, common, number) for number, m in enumerate(X)]
        columns = labels(common)
    encoded, found = _encode_parts(values)
    rows = stack_series(times, encoded, columns)
    rows.categories = _named(found, columns)
    return rows


def _encode_parts(frames):
    """Return the values of frames of the same columns, and the labels of columns."""
    import pandas as pd

    plain = [frame.to_numpy() for frame in frames]
    filled = [frame for frame in frames if len(frame)]
    if not any(_may_hold_labels(frame) for frame in filled):
        return plain, {}
    width = filled[0].shape[1]
    columns = [_joined([frame.iloc[:, i] for frame in filled]) for i in range(width)]
    stacked = pd.concat(columns, axis=1)
    stacked.columns = filled[0].columns
    values, found = encode_frame(stacked, "X", _CONVERT_CELLS)
    ends = np.cumsum([len(frame) for frame in frames])[:-1]
    return np.split(values, ends), found


def _may_hold_labels(frame):
    return any(dtype.kind == "O" for dtype in frame.dtypes)


def _joined(parts):
    """Join parts of a column; it is Categorical if one of them is."""
    import pandas as pd

    column = pd.concat(parts, ignore_index=True)
    some = any(isinstance(part.dtype, pd.CategoricalDtype) for part in parts)
    return column.astype("category") if some else column


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
    """Return a frame with its columns in the common order."""
    if frame.columns is columns or frame.columns.equals(columns):
        return frame
    if not len(frame) and not frame.shape[1]:
        return frame.reindex(columns=columns)
    if set(frame.columns) != set(columns):
        raise ValueError(
            "`X` must have the same channels in every series; got "
            f"{list(frame.columns)} in series {number} and {list(columns)} before. "
            "Add missing channels as columns of NaN."
        )
    return frame[list(columns)]


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
    values, found = _encode_cells(cells, n_series)
    codes, times, values = pivot(
        np.repeat(np.tile(np.arange(n_series), n_channels), lengths),
        times,
        np.repeat(np.repeat(np.arange(n_channels), n_series), lengths),
        values,
        n_channels,
    )
    return Rows(
        *(codes, times, values, n_series, scale),
        channels=labels(frame.columns),
        instances=np.asarray(frame.index),
        categories=_named(found, labels(frame.columns)),
    )


def _encode_cells(cells, n_series):
    """Return the values of all cells, channel by channel, and labels."""
    plain = [cell.to_numpy() for cell in cells]
    if not any(cell.dtype.kind == "O" for cell in cells):
        return as_floats(np.concatenate(plain), "X"), {}
    values, found = [], {}
    for channel, start in enumerate(range(0, len(cells), n_series)):
        filled = [one for one in cells[start : start + n_series] if len(one)]
        coded = encode(_joined(filled)) if filled else None
        if coded:
            found[channel] = coded[1]
        own = np.concatenate(plain[start : start + n_series])
        values.append(
            coded[0] if coded else as_floats(own, "X", way_out=_CONVERT_CELLS)
        )
    return np.concatenate(values), found


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

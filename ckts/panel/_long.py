"""Long tables: a row per visit or measurement; roles of columns by their names."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from ckts._warnings import warn
from ckts.panel._arrays import ENCODE, is_frame, shown
from ckts.panel._categories import (
    NAME_IT,
    as_categorical,
    decode,
    encode_frame,
    encode_measured,
    names_of_labels,
)
from ckts.panel._roles import check_roles
from ckts.panel._rows import Rows, pivot
from ckts.panel._tables import to_pandas
from ckts.panel._times import parse_times

if TYPE_CHECKING:
    import pandas as pd

_TIMES = {
    *("t", "time", "times", "timestamp", "timestamps", "date", "dates", "datetime"),
    *("second", "seconds", "minute", "minutes", "hour", "hours", "day", "days"),
    *("week", "weeks", "month", "months", "year", "years", "visit", "charttime"),
}
# In a longer name these tell of a time too: "time_s", "Hours since admission".
_TIME_WORDS = {*_TIMES, "elapsed", "epoch", "sec", "secs", "hrs", "iculos"} - {"visit"}
_INSTANCES = {
    *("id", "ids", "pid", "uid", "instance", "instances", "series", "subject"),
    *("patient", "patients", "case", "cases", "record", "recordid", "unit"),
}
_LABELS = {
    *("label", "labels", "target", "targets", "class", "classes"),
    *("outcome", "outcomes"),
}
_CHANNELS = {
    *("channel", "channels", "variable", "variables", "feature", "features"),
    *("signal", "signals", "sensor", "sensors", "parameter", "parameters"),
}
_ROW_NUMBERS = {"index", "level_0", "unnamed: 0"}  # as pandas names them


def read_long(
    frame, instance, time, channel, value, values, static, categorical, time_unit
):
    """Read a long table; `Panel.from_long` documents the arguments.

    Returns
    -------
    Rows
    """
    roles = {"channel": channel, "value": value, "values": values, "static": static}
    check_roles(instance, time, roles)
    frame = to_pandas(frame, "frame")
    if not is_frame(frame):
        raise TypeError(
            f"`frame` must be a pandas DataFrame; got {type(frame).__name__}. A file "
            "is for `Panel.read`, with the same arguments."
        )
    static = static.to_frame() if hasattr(static, "to_frame") else static
    named = names_of_labels(categorical)
    codes, instances = encode_instances(_column(frame, "instance", instance))
    times, scale = parse_times(_column(frame, "time", time))
    static_names = () if is_frame(static) else _listed(frame, "static", static)
    if is_frame(static):
        instances = with_rowless(instances, static)
        static = as_categorical(static, named)
    elif static_names:
        columns = as_categorical(frame[static_names], named)
        static = constant_columns(columns, codes, instances)
    rows = Rows(
        *(codes, times, np.empty(0), len(instances), scale.with_unit(time_unit)),
        instances=instances,
        static=static,
    )
    used = {instance, time, *static_names}
    if channel is None and value is None:
        rows = _wide_rows(frame, rows, values, used, named)
    else:
        rows = _measurement_rows(frame, rows, channel, value, values, named)
    _check_named(named, [*rows.channels, *(static.columns if is_frame(static) else ())])
    return rows


def _check_named(named, names):
    names = [str(name) for name in names]
    if unknown := [name for name in named if name not in names]:
        raise ValueError(
            f"`categorical` must name channels or static features; got {unknown}. "
            f"There are {names}."
        )


def encode_instances(ids: pd.Series | pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Assign numbers to the series in order of appearance.

    Parameters
    ----------
    ids : Series or Index of shape (n_rows,)
        The instance of each row.

    Returns
    -------
    codes : ndarray of shape (n_rows,)
        The number of the series of each row.
    instances : ndarray of shape (n_series,)
        In order of appearance. Categories without rows follow. Ordered categories
        keep their own order.
    """
    import pandas as pd

    codes, seen = pd.factorize(ids)
    if np.any(codes < 0):
        raise ValueError(
            f"`instance` must not be missing; got NaN in row {np.argmax(codes < 0)}. "
            "Drop the rows that belong to no series."
        )
    if not isinstance(ids.dtype, pd.CategoricalDtype):
        return codes, np.asarray(seen)
    ids = pd.CategoricalIndex(ids)
    names = np.asarray(ids.categories)
    if ids.ordered:
        return ids.codes.astype(np.intp), names
    codes, seen = pd.factorize(ids.codes)
    unseen = np.setdiff1d(np.arange(len(names)), seen)
    return codes, names[np.concatenate([seen, unseen])]


def with_rowless(instances, static):
    """Append the instances that have static features only."""
    import pandas as pd

    rowless = static.index.difference(instances, sort=False)
    return np.asarray(pd.Index(instances).append(rowless))


def constant_columns(frame, codes, instances):
    """Return columns that do not change within a series; NaN is ignored.

    Those of labels are Categorical.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_static)
    codes : ndarray of shape (n_rows,)
        The number of the series of each row.
    instances : ndarray of shape (n_series,)

    Returns
    -------
    DataFrame of shape (n_series, n_static)
        Indexed by instance.
    """
    import pandas as pd

    floats, labels = encode_frame(frame, "static", ENCODE)
    groups = pd.DataFrame(floats, columns=frame.columns).groupby(codes)
    low, high = groups.min(), groups.max()
    changing = (low.ne(high) & low.notna()).to_numpy()
    if changing.any():
        row, column = np.argwhere(changing)[0]
        ends: list = [float(one.iloc[row, column]) for one in (low, high)]
        if column in labels:
            ends = [repr(labels[column][int(code)]) for code in ends]
        raise ValueError(
            "`static` must name columns that are constant within an instance; got "
            f"{ends[0]} and {ends[1]} in {frame.columns[column]!r} of instance "
            f"{shown(instances[low.index[row]])}. Make it a channel."
        )
    constant = low.reindex(range(len(instances))).set_axis(instances)
    for column, own in labels.items():
        constant.isetitem(column, decode(constant.iloc[:, column].to_numpy(), own))
    return constant


def _wide_rows(frame, rows, values, used, named):
    """Read a table with one column per channel."""
    unlisted = values is None
    if unlisted:
        values = [name for name in frame.columns if name not in used]
        _check_measured(frame, rows.instance_codes, values)
    columns = _listed(frame, "values", values)
    if twice := sorted({str(n) for n in columns if np.ndim(frame[n]) > 1}):
        raise ValueError(
            f"`values` must name columns that are there once; got {twice} more than "
            "once. Rename one of them."
        )
    if not columns:
        raise ValueError(
            "`values` must name at least one column; got none beside instance, time "
            f"and static in {list(frame.columns)}. Add the measured columns."
        )
    rows.values, labels = encode_frame(
        as_categorical(frame[columns], named),
        "frame",
        "List the measured columns in `values=[...]`, or convert the column with "
        f"`pandas.to_numeric`. {NAME_IT}",
    )
    rows.channels = columns
    rows.categories = {columns[place]: labels[place] for place in labels}
    if unlisted:
        check_no_channel_names("frame", rows.categories)
    return rows


def _check_measured(frame, codes, columns):
    """Raise if unlisted channels are labels, and warn if they are constant."""
    labels = [name for name in columns if is_label_name(name)]
    if labels:
        raise ValueError(
            "`values` must name the channels where a column looks like a label or a "
            f"row number; got {labels}. List the measured columns in `values=[...]`."
        )
    if fixed := fixed_columns(frame, codes, columns):
        warn(
            f"`values` names no channels, so that {fixed} are taken though they never "
            "change within an instance, as labels and static features do. List the "
            f"measured columns in `values=[...]`, or use `static={fixed}`.",
        )


def fixed_columns(
    frame: pd.DataFrame, codes: np.ndarray, columns: Iterable[str]
) -> list[str]:
    """Return the columns that never change within an instance, as labels do.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    codes : ndarray of shape (n_rows,)
        The number of the series of each row.
    columns : iterable of str
        Those to look at.
    """
    return [name for name in columns if _is_constant(frame[name], codes)]


def _is_constant(column, codes):
    """Whether a column differs between series only; few repeats may be chance."""
    if column.ndim > 1:
        return False
    if column.dtype.kind not in "biuf":
        column = _numbered(column)
    # Most columns show in their first rows that they change: 0.3 s less for 300,000
    # rows and 37 channels.
    if len(column) > 1000 and not _constant_groups(column[:1000], codes[:1000])[0]:
        return False
    constant, repeats = _constant_groups(column, codes)
    enough = repeats.sum() >= 3 and (repeats > 0).sum() >= 2
    return bool(constant and column.nunique() > 1 and enough)


def _numbered(column):
    """Return a column of text with numbers in its place, NaN where missing."""
    import pandas as pd

    if column.dtype.kind != "O":
        return pd.Series(np.full(len(column), np.nan))
    try:
        numbers, _ = pd.factorize(column)
    except TypeError:  # cells that are lists
        numbers = np.full(len(column), -1)
    return pd.Series(np.where(numbers < 0, np.nan, numbers))


def _constant_groups(column, codes):
    known = column.notna().to_numpy()
    groups = column[known].groupby(codes[known])
    return (groups.min() == groups.max()).all(), groups.count() - 1


def _measurement_rows(frame, rows, channel, value, values, named):
    """Read a table with one row per measurement of one channel."""
    if channel is None or value is None or values is not None:
        raise ValueError(
            "`channel` and `value` must be given together, and without `values`; got "
            f"{channel=}, {value=}, {values=}. Columns that are channels are `values`."
        )
    names, codes = _encode_channels(_column(frame, "channel", channel))
    measured, rows.categories = encode_measured(
        _column(frame, "value", value), codes, names, named
    )
    rows.instance_codes, rows.times, rows.values = pivot(
        rows.instance_codes, rows.times, codes, measured, len(names)
    )
    rows.channels = names
    return rows


def _encode_channels(column):
    """Give channels numbers in sorted order, which no order of rows decides."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.CategoricalIndex(column)
        names, codes = column.categories, column.codes
    else:
        codes, names = pd.factorize(column, sort=True)
    if np.any(codes < 0):
        raise ValueError(
            f"`channel` must not be missing; got NaN in row {int(np.argmax(codes < 0))}"
            ". Drop rows without a channel name."
        )
    return [str(name) for name in names], codes


def is_time_name(name: Hashable) -> bool:
    """Whether a name is that of a time, such as "time" or "Day"."""
    return _plain(name) in _TIMES


def mentions_time(name: Hashable) -> bool:
    """Whether a word of a name tells of time, such as "time_s" or "chartTime"."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", str(name))
    return is_time_name(name) or any(word.lower() in _TIME_WORDS for word in words)


def is_instance_name(name: Hashable) -> bool:
    """Whether a name is that of an instance, such as "patient" or "stay_id"."""
    return _plain(name) in _INSTANCES or _plain(name).endswith("_id")


def is_label_name(name: Hashable) -> bool:
    """Whether a name is that of a label or of a row number: nothing measured."""
    plain = _plain(name)
    return plain in _LABELS | _ROW_NUMBERS or plain.endswith("label")


def is_channel_name(name: Hashable) -> bool:
    """Whether a name is that of what names channels, such as "parameter"."""
    return _plain(name) in _CHANNELS


def check_no_channel_names(argument: str, columns: Iterable[Hashable]) -> None:
    """Raise if a column of labels names channels: a row per measurement, then."""
    if found := [name for name in columns if is_channel_name(name)]:
        raise ValueError(
            f"`{argument}` must hold a column per channel; got one of text, "
            f"{found[0]!r}, that seems to name the channels. Use "
            f"`Panel.from_long(..., channel={found[0]!r}, value=...)`, or rename it if "
            "it is a category that was measured."
        )


def _plain(name):
    return str(name).strip().lower()


def _column(frame, argument, name):
    """Return a column, or a level of the index, by name."""
    if name in list(frame.columns):
        column = frame[name]
        if column.ndim == 1:
            return column
    elif name in frame.index.names and name is not None:
        return frame.index.get_level_values(name)
    raise ValueError(
        f"`{argument}` must name one column of the frame; got {name!r}. The columns "
        f"are {list(frame.columns)}."
    )


def _listed(frame, argument, names):
    """Return column names as a list; raise if one is not in the frame."""
    names = [names] if isinstance(names, str) else list(() if names is None else names)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ValueError(
            f"`{argument}` must name columns of the frame; got {missing}. The columns "
            f"are {list(frame.columns)}."
        )
    return names

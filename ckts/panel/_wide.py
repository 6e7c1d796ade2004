"""Wide frames and arrays: a row per series, a column per step of one channel."""

from __future__ import annotations

import re

import numpy as np

from ckts.panel._arrays import as_floats
from ckts.panel._long import is_instance_name, is_time_name
from ckts.panel._rows import Rows
from ckts.panel._times import are_stamps, parse_times

# labels that a file gives where a frame had numbers or dates
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d?(-\d\d?([ T]\d.*)?)?")


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


def read_wide(frame):
    """Read one univariate series per row; labels that are times are its times.

    Parameters
    ----------
    frame : DataFrame of shape (n_series, n_steps)

    Returns
    -------
    Rows
    """
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

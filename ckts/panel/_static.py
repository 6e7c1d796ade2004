"""Static features: what does not change in time, one row per series."""

from __future__ import annotations

import numpy as np

from ckts.panel._arrays import as_floats, as_names, is_frame, labels
from ckts.panel._checks import check_static, shown

_ENCODE = "Encode categories as numbers, e.g. with `pandas.get_dummies`."


def as_static(static, names, instances):
    """Check static features, and put a DataFrame in the order of the series.

    Parameters
    ----------
    static : array-like of shape (n_series, n_static), DataFrame or None
        A DataFrame is indexed by instance.
    names : sequence of str or None
    instances : ndarray of shape (n_series,)

    Returns
    -------
    static : ndarray of shape (n_series, n_static) or None
        NaN is "unknown".
    names : tuple of str
    """
    if static is None:
        return None, ()
    static = static.to_frame() if hasattr(static, "to_frame") else static
    if is_frame(static):
        names = labels(static.columns) if names is None else names
        static = static.iloc[_positions(static.index, instances)]
    static = as_floats(static, "static", way_out=_ENCODE)
    check_static(static, len(instances))
    return static, as_names("static_names", names, static.shape[1], "static")


def constant_columns(frame, codes, instances):
    """Take columns that do not change within a series; NaN says nothing.

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

    floats = as_floats(frame, "static", way_out=_ENCODE)
    groups = pd.DataFrame(floats, columns=frame.columns).groupby(codes)
    low, high = groups.min(), groups.max()
    changing = (low.ne(high) & low.notna()).to_numpy()
    if changing.any():
        row, column = np.argwhere(changing)[0]
        raise ValueError(
            "`static` must name columns that are constant within an instance; got "
            f"{low.iloc[row, column]} and {high.iloc[row, column]} in "
            f"{frame.columns[column]!r} of instance "
            f"{shown(instances[low.index[row]])}. Make it a channel."
        )
    return low.reindex(range(len(instances))).set_axis(instances)


def _positions(index, instances):
    """Find the row of each instance."""
    if not index.is_unique:
        raise ValueError(
            "`static` must have one row per instance; got "
            f"{shown(index[index.duplicated()][0])} twice. Drop the other row."
        )
    rows = index.get_indexer(instances)
    if np.any(rows < 0):
        raise ValueError(
            "`static` must be indexed by instance and have a row for each; got none "
            f"for {shown(instances[np.argmax(rows < 0)])}. Use `static.set_index(...)`,"
            " or `static.reindex(...)` where nothing is known."
        )
    return rows

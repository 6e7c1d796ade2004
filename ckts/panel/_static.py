"""Static features: what does not change in time, in the order of the series."""

from __future__ import annotations

import numpy as np

from ckts.panel._arrays import ENCODE, as_floats, as_names, is_frame, labels, shown
from ckts.panel._categories import encode_frame


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
    labels : dict of str to tuple of str
        Those of the columns of a DataFrame that hold labels.
    """
    if static is None:
        return None, (), {}
    static = static.to_frame() if hasattr(static, "to_frame") else static
    found: dict[int, tuple[str, ...]] = {}
    if is_frame(static):
        names = labels(static.columns) if names is None else names
        static = static.iloc[_positions(static.index, instances)]
        static, found = encode_frame(static, "static", ENCODE)
    static = as_floats(static, "static", way_out=ENCODE)
    if static.ndim != 2 or len(static) != len(instances):
        raise ValueError(
            f"`static` must have shape (n_series={len(instances)}, n_static); got "
            f"shape {static.shape}. One feature is `static.reshape(-1, 1)`."
        )
    if np.isinf(static).any():
        raise ValueError(
            "`static` must be finite, or NaN where unknown; got inf. Replace "
            "infinities, e.g. by NaN."
        )
    names = as_names("static_names", names, static.shape[1], "static")
    return static, names, {names[place]: found[place] for place in found}


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

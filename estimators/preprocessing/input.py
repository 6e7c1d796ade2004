"""Input of `fit` and `predict`: tables, weights, groups and targets."""

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array

from ckts.panel import Panel, unmask


def is_table(X: Any) -> bool:
    """Whether scikit-learn's own checks apply: 2-D arrays and wide frames of numbers.

    Panels, 3-D arrays, lists of series, multi-index and nested frames are not tables.
    Strings, arrays of one dimension and lists of unequal lengths are not either:
    `as_panel` has better messages for them.
    """
    if isinstance(X, Panel):
        return False
    if hasattr(X, "columns"):
        nested = any(dtype.kind == "O" for dtype in X.dtypes)
        return getattr(X.index, "nlevels", 1) == 1 and not nested
    if isinstance(X, (list, tuple)):
        return len(X) == 0 or _are_rows(X)
    two_d = hasattr(X, "__array__") and getattr(X, "ndim", 2) == 2
    return two_d and getattr(getattr(X, "dtype", None), "kind", "f") not in "US"


def _are_rows(items: Any) -> bool:
    """Whether the items of a list are rows of numbers, as many in each, not series."""
    first = items[0]
    series = isinstance(first, (tuple, Panel)) or hasattr(first, "iloc")
    if series or getattr(first, "ndim", 1) > 1:
        return False
    try:
        array = np.asarray(items)
    except ValueError:  # ragged rows
        return False
    return array.ndim == 2 and array.dtype.kind not in "US"


def weights_of(sample_weight: Any, n_series: int) -> np.ndarray:
    """Return the weights as an array of shape (n_series,), float64."""
    if sample_weight is None:
        return np.ones(n_series)
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n_series, float(sample_weight))
    raw = _one_per_series("sample_weight", sample_weight, n_series)
    _check_known("sample_weight", raw, "Give 0 where a series must not count.")
    weight = _as_numbers("sample_weight", raw)
    if (weight < 0).any():
        raise ValueError(
            f"`sample_weight` must not be negative; got {weight.min()}. Give 0 where a "
            "series must not count."
        )
    if not (weight > 0).any():
        raise ValueError(
            "`sample_weight` must hold a positive weight; got zero throughout. Leave "
            "it out to weigh all series alike."
        )
    return weight


def groups_of(groups: Any, n_series: int) -> np.ndarray | None:
    """Return the groups numbered from 0, as an array of shape (n_series,)."""
    if groups is None:
        return None
    raw = _one_per_series("groups", groups, n_series)
    _check_known("groups", raw, "Give a series without a group one of its own.")
    return pd.factorize(raw)[0]


def _one_per_series(argument: str, given: Any, n_series: int) -> np.ndarray:
    """Return an array of shape (n_series,), or tell how to make a column one."""
    raw = _as_array(argument, given)
    if raw.shape == (n_series,):
        return raw
    way_out = "Select one per series, as the series."
    if raw.shape == (n_series, 1):
        frame = isinstance(given, pd.DataFrame)
        column = "frame.iloc[:, 0]" if frame else f"numpy.ravel({argument})"
        way_out = f"Use its column, e.g. `{column}`."
    raise ValueError(
        f"`{argument}` must have the shape ({n_series},), one entry per series; got "
        f"{raw.shape}. {way_out}"
    )


def check_target(
    estimator: Any, y: Any, n_series: int, *, numeric: bool = False
) -> np.ndarray:
    """Return `y` as an array without NaN and of the length of `X`."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is "
            "None."
        )
    if hasattr(y, "tocsr"):
        raise TypeError(
            f"`y` must be dense; got a sparse {type(y).__name__}. Use `y.toarray()`."
        )
    raw = _as_array("y", y)
    if raw.ndim == 0 or len(raw) != n_series:
        raise ValueError(
            f"`y` must have one target per series, {n_series}; got "
            f"{len(raw) if raw.ndim else repr(y)}. Select the targets as the series."
        )
    if raw.ndim > 2 or raw.size == 0:
        raise ValueError(
            "`y` must have shape (n_series,) or (n_series, n_targets); got shape "
            f"{raw.shape}. Use e.g. `y.reshape(len(y), -1)`."
        )
    way_out = "Leave these series out of `X` and `y`."
    if raw.ndim == 2:
        way_out = f"{way_out[:-1]}, fill the entries in, or fit a model per column."
    _check_known("y", raw, way_out)
    if numeric:
        return _as_numbers("y", raw)
    # Labels of pandas such as Int64 have a type of numpy, now that none is missing.
    labels = raw.astype(getattr(getattr(y, "dtype", None), "numpy_dtype", raw.dtype))
    return check_array(labels, ensure_2d=False, dtype=None, input_name="y")


def _as_array(argument: str, raw: Any) -> np.ndarray:
    try:
        return np.asarray(unmask(raw))  # masked entries become NaN or None
    except ValueError as error:  # ragged lists
        raise ValueError(
            f"`{argument}` must be an array; got {type(raw).__name__}: {error} Give "
            "every series as many entries."
        ) from error


def _check_known(argument: str, array: np.ndarray, way_out: str) -> None:
    """Raise if an entry is missing (NaN, None, NaT) or infinite."""
    bad = pd.isna(array)
    if array.dtype.kind in "fc":
        bad = ~np.isfinite(array)
    if bad.any():
        where, *column = np.argwhere(bad)[0].tolist()
        where = f"{where}, column {column[0]}" if column else where
        raise ValueError(
            f"`{argument}` must be finite and known; got {array[bad][0]} for series "
            f"{where}, and {int(bad.sum())} in all. {way_out}"
        )


def _as_numbers(argument: str, array: np.ndarray) -> np.ndarray:
    """Return an array of float64; strings, dates and complex numbers are errors."""
    found = f"{array.dtype}, e.g. {array.flat[0]}"
    if array.dtype.kind in "biufO":
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError) as error:
            found = str(error)
    raise TypeError(
        f"`{argument}` must be numbers; got {found}. Convert it first, e.g. with "
        "`pandas.to_numeric`."
    )

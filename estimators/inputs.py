"""What estimators are given besides panels: tables, weights, targets."""

from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_array

from ckts.panel import Panel


def is_table(X: Any) -> bool:
    """Whether scikit-learn's own checks apply: 2-D arrays, wide frames, and misfits.

    Panels, 3-D arrays, lists of series, multi-index and nested frames are not tables.
    """
    if isinstance(X, Panel):
        return False
    if hasattr(X, "columns"):
        nested = any(dtype.kind == "O" for dtype in X.dtypes)
        return getattr(X.index, "nlevels", 1) == 1 and not nested
    if isinstance(X, (list, tuple)):
        return len(X) == 0 or _is_row(X[0])
    return (hasattr(X, "__array__") and getattr(X, "ndim", 2) <= 2) or issparse(X)


def _is_row(item: Any) -> bool:
    """Whether an item of a list is a row of numbers rather than a series."""
    if isinstance(item, tuple):
        return False
    return not hasattr(item, "iloc") and getattr(item, "ndim", 1) < 2


def named(panel: Panel) -> bool:
    """Whether someone gave the channels names of their own."""
    numbered = tuple(f"channel_{i}" for i in range(panel.in_channels))
    return panel.channels != numbered


def weights_of(sample_weight: Any, n_series: int) -> np.ndarray:
    """Return the weights as an array of shape (n_series,), float64."""
    if sample_weight is None:
        return np.ones(n_series)
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n_series, float(sample_weight))
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.shape != (n_series,):
        raise ValueError(
            f"`sample_weight` must have the shape ({n_series},); got {weight.shape}."
        )
    if (weight < 0).any():
        raise ValueError(f"`sample_weight` must not be negative; got {weight.min()}.")
    if not (weight > 0).any():
        raise ValueError(
            "`sample_weight` must hold a positive weight; got zero throughout."
        )
    return weight


def check_target(
    estimator: Any, y: Any, n_series: int, *, numeric: bool = False
) -> np.ndarray:
    """Return `y` as an array without NaN and of the length of `X`."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is "
            "None."
        )
    y = check_array(
        y,
        ensure_2d=False,
        dtype=np.float64 if numeric else None,
        input_name="y",
        ensure_all_finite=True,
    )
    if len(y) != n_series:
        raise ValueError(
            f"`y` must have one target per series, {n_series}; got {len(y)}."
        )
    return y

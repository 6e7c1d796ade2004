"""Checks of the arrays that a panel is made of.

They are vectorized: only for a message is an offender looked up.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def shown(value: object) -> str:
    """Write a value for a message, without numpy's type around it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def check_values(values: np.ndarray) -> None:
    """Raise if values are not of shape (n_rows, in_channels)."""
    if values.ndim != 2:
        raise ValueError(
            "`values` must be 2-D, of shape (n_rows, in_channels); got shape "
            f"{values.shape}. One channel is `values.reshape(-1, 1)`."
        )
    if values.shape[1] == 0:
        raise ValueError(
            f"`values` must have at least one channel; got shape {values.shape}. "
            "Name the columns that were measured."
        )


def check_rows(n_rows: int, times: np.ndarray) -> None:
    """Raise if there is not one time per row of the values."""
    if n_rows != len(times):
        raise ValueError(
            "`values` and `times` must have the same number of rows; got "
            f"{n_rows} and {len(times)}. Give every row its time."
        )


def as_row_pointers(indptr):
    """Return row numbers as integers; raise if they are floats or masked.

    Parameters
    ----------
    indptr : array-like of int of shape (n_series + 1,)

    Returns
    -------
    ndarray of intp of the same shape
        Not shared with `indptr`.
    """
    check_unmasked("indptr", indptr, "Use `numpy.cumsum([0, *lengths])`.")
    array = np.asarray(indptr)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(
            f"`indptr` must hold whole numbers, of the rows where series begin; got "
            f"{indptr!r}. Use `numpy.cumsum([0, *lengths])`."
        )
    return array.astype(np.intp)


def check_indptr(indptr: np.ndarray, n_rows: int) -> None:
    """Raise if row pointers (n_series + 1,) are not 0 <= ... <= n_rows."""
    if indptr.ndim != 1 or len(indptr) < 2:
        raise ValueError(
            "`indptr` must be 1-D and hold n_series + 1 row numbers, for at least one "
            f"series; got shape {indptr.shape}."
        )
    if indptr[0] != 0 or indptr[-1] != n_rows or np.any(np.diff(indptr) < 0):
        raise ValueError(
            f"`indptr` must start at 0, not decrease and end at the number of rows "
            f"({n_rows}); got {indptr[0]} ... {indptr[-1]}. Series i has the rows "
            "indptr[i]:indptr[i + 1]."
        )


def check_some_series(n_series: int) -> None:
    """Raise if there are no series."""
    if n_series < 1:
        raise ValueError(
            "`X` must hold at least one series; got none. Check how it was selected."
        )


def check_some_steps(shape: tuple[int, ...]) -> None:
    """Raise if an array (n_series, ..., n_steps) has no channels or no steps."""
    if shape[0] and 0 in shape[1:]:  # the wording is scikit-learn's
        raise ValueError(
            f"`X` must have channels and steps; got {shape[-1]} feature(s) "
            f"(shape={shape}) while a minimum of 1 is required."
        )


def as_codes(instance_codes: Any, n_rows: int, n_series: int) -> np.ndarray:
    """Return the number of the series of each row (n_rows,); check its range."""
    check_unmasked(
        "instance_codes",
        instance_codes,
        "Leave out the rows without a series: `instance_codes.compressed()`, and times "
        "and values at `~instance_codes.mask`.",
    )
    codes = np.asarray(instance_codes, dtype=np.intp)
    if codes.shape != (n_rows,):
        raise ValueError(
            f"`instance_codes` must have one number per row ({n_rows}); got shape "
            f"{codes.shape}."
        )
    if n_rows and (codes.min() < 0 or codes.max() >= n_series):
        raise ValueError(
            f"`instance_codes` must be 0 to n_series - 1 = {n_series - 1}; got "
            f"{codes.min()} to {codes.max()}."
        )
    return codes


def check_unmasked(argument: str, numbers: Any, way_out: str) -> None:
    """Raise if numbers are masked: `numpy.asarray` would ignore the mask."""
    listed = isinstance(numbers, list | tuple)
    masked: Any = [one is np.ma.masked for one in numbers] if listed else []
    if np.ma.is_masked(numbers):
        masked = np.atleast_1d(np.ma.getmaskarray(numbers)).ravel()
    if np.any(masked):
        raise ValueError(
            f"`{argument}` must not be masked; got a masked entry at position "
            f"{np.argmax(masked)}. {way_out}"
        )

"""Checks of the arrays that a panel is made of.

They are vectorized: only for a message is an offender looked up.
"""

from __future__ import annotations

from numbers import Real
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


def check_measurements(values: np.ndarray, times: np.ndarray, channels: Any) -> None:
    """Raise if there is not one value per time, or no channel."""
    if len(channels) == 0:
        raise ValueError(
            "`channels` must name at least one channel; got none. Name all that may "
            "be measured."
        )
    if values.shape != times.shape:
        raise ValueError(
            f"`values` must be 1-D with one value per time ({len(times)}); got shape "
            f"{values.shape}. A table is for `Panel.from_rows`."
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


def as_codes(
    argument: str, codes: Any, n_times: int, n_codes: int, counted: str
) -> np.ndarray:
    """Return a number for each time, of a series or channel; check their range.

    Parameters
    ----------
    argument : str
        Its name, for messages.
    codes : array-like of shape (n_times,)
        Whole numbers, 0 to n_codes - 1, of any type.
    n_times, n_codes : int
    counted : str
        What `n_codes` is, for messages.

    Returns
    -------
    ndarray of intp of shape (n_times,)
    """
    count = "Count from 0, e.g. with `pandas.factorize`."
    check_unmasked(
        argument,
        codes,
        f"Leave out what has no number: `{argument}.compressed()`, and times and "
        f"values at `~{argument}.mask`.",
    )
    array = np.asarray(codes)
    if len(broken := _not_whole(array)):
        raise TypeError(
            f"`{argument}` must hold whole numbers; got {shown(broken[0])}. {count}"
        )
    if array.shape != (n_times,):
        raise ValueError(
            f"`{argument}` must have one number per time ({n_times}); got shape "
            f"{array.shape}. Give each its own."
        )
    if n_times and (array.min() < 0 or array.max() >= n_codes):
        raise ValueError(
            f"`{argument}` must be 0 to {counted} - 1 = {n_codes - 1}; got "
            f"{array.min()} to {array.max()}. {count}"
        )
    return array.astype(np.intp)


def _not_whole(array: np.ndarray) -> np.ndarray | list[Any]:
    """Return the entries that are no whole numbers; infinity counts as one."""
    if array.dtype.kind in "biu":
        return []
    if array.dtype.kind == "f":
        return array[array != np.floor(array)]
    whole = (isinstance(one, Real) and float(one).is_integer() for one in array.flat)
    return [one for one, good in zip(array.flat, whole, strict=True) if not good]


def as_row_mask(rows: Any, n_rows: int) -> np.ndarray:
    """Return which rows to keep, bool (n_rows,); raise if it is no such mask."""
    check_unmasked("rows", rows, "Fill the mask, `rows.filled(False)`.")
    mask = np.asarray(rows)
    if mask.size and mask.dtype.kind != "b":
        raise TypeError(
            f"`rows` must be a mask of bool; got {mask.dtype}. Use "
            "`numpy.asarray(rows, dtype=bool)` of 0 and 1, or a comparison such as "
            "`panel.times < 5`."
        )
    if mask.shape != (n_rows,):
        raise ValueError(
            f"`rows` must have one entry per row ({n_rows}); got shape {mask.shape}. "
            "Repeat a mask of series with `rows[panel.series_of_rows]`."
        )
    return mask.astype(bool, copy=False)


def as_row_numbers(rows: Any, n_rows: int) -> np.ndarray:
    """Return the numbers of rows to keep, of a mask or of increasing row numbers."""
    numbers = np.asarray(rows)
    if numbers.dtype.kind not in "iu":
        return np.flatnonzero(as_row_mask(rows, n_rows))
    check_unmasked("rows", rows, "Use the known numbers, `rows.compressed()`.")
    within = numbers.ndim == 1 and np.all((numbers >= 0) & (numbers < n_rows))
    if not within or np.any(numbers[1:] <= numbers[:-1]):
        raise ValueError(
            f"`rows` must be a mask of bool or increasing row numbers, 0 to "
            f"{n_rows - 1}; got {rows!r}. Use `numpy.unique(rows)` of numbers, "
            "`numpy.asarray(rows, dtype=bool)` of a mask of 0 and 1."
        )
    return numbers


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

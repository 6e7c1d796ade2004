"""Numbers, names and instances of any type as numpy arrays."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

ENCODE = (
    "Convert it with `pandas.to_numeric`, or, if these are labels, name it in "
    "`categorical=[...]`, or use `.astype('category')`."
)
CONVERT = "Convert it first, e.g. with `pandas.to_numeric`."
# What Python's `float` takes, though it measures nothing.
_NO_NUMBERS = (str, bytes, bytearray, memoryview, np.datetime64, np.timedelta64)


def shown(value: object) -> str:
    """Write a value for a message, without numpy's type around it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def as_floats(raw, argument, *, columns=None, way_out=CONVERT, copy=True):
    """Convert numbers of any type to floats; missing values become NaN.

    Booleans count as 0 and 1; pandas' nullable types, masked arrays, also in lists, and
    objects that are numbers are converted. float32 is kept, everything else becomes
    float64.

    Parameters
    ----------
    raw : array-like or DataFrame
    argument : str
        Its name, for messages.
    columns : sequence, optional
        Names of the columns, for messages.
    way_out : str
        Advice for strings, at the end of the message.
    copy : bool, default True
        Whether the result must not share memory with `raw`.

    Returns
    -------
    ndarray of the same shape

    Raises
    ------
    TypeError
        For strings, dates and other objects.
    ValueError
        For complex numbers.
    """
    if is_frame(raw):
        columns, raw = raw.columns, _matrix(raw)
    try:
        array = np.asarray(_without_na(unmask(raw)))
    except ValueError as error:  # numpy raises for ragged rows
        raise ValueError(
            f"`{argument}` must have as many entries in every row; got rows of unequal "
            "lengths. Fill them up with NaN."
        ) from error
    kind = array.dtype.kind
    if kind == "O":
        return _object_floats(array, argument, columns, way_out)
    if kind == "c":
        raise ValueError(f"`{argument}` must be real. Complex data not supported.")
    if kind not in "biuf":
        example = shown(array.flat[0]) if array.size else array.dtype
        column = "" if columns is None else f" in column {columns[0]!r}"
        raise TypeError(_not_numeric(argument, example, column, way_out))
    if array.dtype not in (np.float32, np.float64):
        return array.astype(np.float64)
    return array.copy() if copy else array


def is_frame(table: object) -> bool:
    """Whether something is a pandas DataFrame; does not import pandas."""
    return is_pandas(table) and getattr(table, "ndim", 0) == 2


def is_pandas(item: object) -> bool:
    """Whether something is a DataFrame or a Series of pandas; does not import it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(item, pandas.DataFrame | pandas.Series)


def kind_of(item: object) -> str:
    """Name a type for a message, with its library unless everybody knows it."""
    library = type(item).__module__.partition(".")[0]
    known = library in ("builtins", "numpy", "pandas")
    return ("" if known else f"{library} ") + type(item).__name__


def as_names(
    argument: str, names: Iterable | None, size: int, prefix: str = "channel"
) -> tuple[str, ...]:
    """Convert column labels to names, by default "channel_0", "channel_1", ..."""
    default = (f"{prefix}_{i}" for i in range(size))
    names = tuple(str(name) for name in (default if names is None else names))
    if len(names) != size:
        raise ValueError(
            f"`{argument}` must have one name per column; got {len(names)} names for "
            f"{size} columns."
        )
    if len(set(names)) != size:
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(
            f"`{argument}` must be unique; got {twice} more than once. Rename them."
        )
    return names


def as_instances(
    instances: Any, n_series: int, numbered: bool | None = None
) -> tuple[np.ndarray, bool]:
    """Convert the names of series to an array, by default 0, 1, ...

    Returns
    -------
    instances : ndarray of shape (n_series,)
    numbered : bool
        Whether they are such default numbers, or a selection of them, rather than names
        from the data. By default inferred from the names.
    """
    if np.ma.is_masked(instances):
        number = int(np.argmax(np.ma.getmaskarray(instances)))
        raise ValueError(
            f"`instances` must not be missing; got a masked entry for series {number}."
            " Name every series."
        )
    array = np.array(np.arange(n_series) if instances is None else instances)
    if array.shape != (n_series,):
        raise ValueError(
            f"`instances` must be 1-D with one entry per series ({n_series}); got "
            f"shape {array.shape}."
        )
    if numbered is None:
        integers = array.dtype.kind in "iu"
        numbered = integers and bool(np.all(array == np.arange(n_series)))
    # strings as Python has them: two panels may differ in the longest one
    return array.astype(object) if array.dtype.kind == "U" else array, numbered


def labels(columns):
    """Return the labels of the columns, or None if they are only numbered."""
    import pandas as pd

    unnamed = columns.equals(pd.RangeIndex(len(columns)))
    return None if unnamed else tuple(columns)


def _matrix(frame):
    """Return the values of a frame; as objects only if no number type fits them."""
    values = frame.to_numpy()
    if values.dtype.kind != "O":
        return values
    if any(dtype.kind not in "biuf" for dtype in frame.dtypes):
        return values
    return np.column_stack([_without_na(column) for _, column in frame.items()])


def _without_na(column):
    """Return the floats of a pandas nullable column of numbers."""
    dtype = getattr(column, "dtype", None)
    if isinstance(dtype, np.dtype) or getattr(dtype, "kind", "O") not in "biuf":
        return column
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _object_floats(array, argument, columns, way_out):
    import pandas as pd

    # NaT, which is not observed, differs from itself
    odd = np.array([isinstance(v, _NO_NUMBERS) and v == v for v in array.flat], bool)
    if odd.any():
        # A file gives all cells as text where one is: that one is named.
        texts = zip(array.flat, odd, strict=True)
        worst = [bool(one) and not is_number(value) for value, one in texts]
        where = np.unravel_index(np.argmax(worst if any(worst) else odd), array.shape)
        column = "" if columns is None else f" in column {columns[where[-1]]!r}"
        raise TypeError(_not_numeric(argument, shown(array[where]), column, way_out))
    try:
        hidden = [one is np.ma.masked for one in array.flat]
        missing = pd.isna(array) | np.array(hidden, bool).reshape(array.shape)
        return np.where(missing, np.nan, array).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"`{argument}` must be numeric; got {error}. {way_out}") from (
            error
        )
    except ArithmeticError as error:  # 10**400, or Decimal("sNaN")
        raise ValueError(
            f"`{argument}` must hold numbers that fit into float64; got one that "
            f"raises {type(error).__name__}. {way_out}"
        ) from error


def is_number(text: str | bytes) -> bool:
    """Whether Python reads text as a number."""
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


def _not_numeric(argument, example, column, way_out):
    return f"`{argument}` must be numeric; got {example}{column}. {way_out}"


def unmask(raw: Any) -> Any:
    """Replace masked entries by NaN or None; `numpy.asarray` ignores the mask.

    Parameters
    ----------
    raw : object
        A masked array, or lists and tuples that hold masked arrays or `np.ma.masked`.

    Returns
    -------
    object
        NaN in arrays of numbers, which become floats, None elsewhere. The argument
        itself if it holds no masked array.

    Examples
    --------
    >>> unmask([np.ma.masked_array([1, 2, 999], mask=[0, 0, 1])])
    [array([ 1.,  2., nan])]
    """
    if raw is np.ma.masked:
        return None
    if isinstance(raw, np.ma.MaskedArray):
        return _filled(raw)
    if isinstance(raw, list | tuple) and _has_mask(raw):
        return (list if isinstance(raw, list) else tuple)(map(unmask, raw))
    return raw


def _has_mask(items):
    nested = (i for i in items if isinstance(i, list | tuple | np.ma.MaskedArray))
    return any(isinstance(i, np.ma.MaskedArray) or _has_mask(i) for i in nested)


def _filled(masked):
    array, mask = np.ma.getdata(masked), np.ma.getmaskarray(masked)
    if not mask.any():
        return array
    number = array.dtype.kind in "biuf"
    # float32 stays float32; masked integers need a type that has NaN
    kept = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    array = array.astype(kept if number else object)
    array[mask] = np.nan if number else None
    return array


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

"""Any index of series -> their numbers -> the rows they own."""

from __future__ import annotations

import numpy as np

from ckts.panel._checks import refuse_mask


def series_numbers(key, n_series):
    """Turn an index of series into their numbers.

    Parameters
    ----------
    key : int, slice, array-like of int or bool, or tuple (index, Ellipsis)
    n_series : int

    Returns
    -------
    ndarray of shape (n_selected,)
        Each 0 to n_series - 1, in the order of `key`.
    """
    if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
        key = key[0]  # scikit-learn indexes what has a shape by [numbers, ...]
    if isinstance(key, tuple):
        raise IndexError(
            f"`panel[...]` must be indexed by series only; got {key!r}. Channels and "
            "rows are in `panel.values`."
        )
    numbers = np.arange(n_series)
    if not isinstance(key, slice):
        refuse_mask(
            "panel[...]",
            key,
            "Fill a mask of series, `key.filled(False)`; of numbers take those that "
            "are known, `key.compressed()`.",
        )
        key = np.asarray(key)
        if key.ndim > 1:
            raise IndexError(
                f"`panel[...]` must be indexed by a 1-D array; got shape {key.shape}. "
                "Channels and rows are in `panel.values`."
            )
        if key.size == 0:
            return numbers[:0]
    try:
        return np.atleast_1d(numbers[key])
    except IndexError as error:
        raise IndexError(
            "`panel[...]` must be indexed by numbers or a mask of its "
            f"{n_series} series; numpy says: {error}. The names of channels are in "
            "`panel.channels`."
        ) from None


def take_rows(indptr, numbers):
    """Find the rows of some series.

    Parameters
    ----------
    indptr : ndarray of shape (n_series + 1,)
    numbers : ndarray of shape (n_selected,)

    Returns
    -------
    rows : ndarray of shape (n_selected_rows,)
    pointers : ndarray of shape (n_selected + 1,)
        Where the rows of each selected series begin in `rows`.
    """
    starts = indptr[numbers]
    pointers = row_pointers(indptr[1:][numbers] - starts)
    shifts = np.repeat(starts - pointers[:-1], np.diff(pointers))
    return shifts + np.arange(pointers[-1]), pointers


def row_pointers(lengths):
    """Tell where the rows of series of some lengths begin, and the last ones end."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.intp)])


def as_row_pointers(indptr):
    """Take row numbers as integers; what would be cut to one is refused.

    Parameters
    ----------
    indptr : array-like of int of shape (n_series + 1,)

    Returns
    -------
    ndarray of intp of the same shape
        Not shared with `indptr`.
    """
    refuse_mask("indptr", indptr, "Use `numpy.cumsum([0, *lengths])`.")
    array = np.asarray(indptr)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(
            f"`indptr` must hold whole numbers, of the rows where series begin; got "
            f"{indptr!r}. Use `numpy.cumsum([0, *lengths])`."
        )
    return array.astype(np.intp)

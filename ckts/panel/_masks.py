"""Masks: what is masked in numpy's masked arrays becomes missing."""

from __future__ import annotations

from typing import Any

import numpy as np


def unmask(raw: Any) -> Any:
    """Write NaN or None in place of what is masked; numpy itself drops such masks.

    Parameters
    ----------
    raw : object
        A masked array, or lists and tuples that hold masked arrays or `np.ma.masked`.

    Returns
    -------
    object
        NaN in arrays of numbers, which become floats, None elsewhere. What holds no
        masked array comes back itself.

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
    # float32 holds what it held, and an integer that is masked is read no more
    kept = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
    array = array.astype(kept if number else object)
    array[mask] = np.nan if number else None
    return array

"""Numbers at equal steps in series of unequal lengths: lists of arrays, and awkward."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckts.panel._arrays import as_floats, unmask
from ckts.panel._rows import Rows, check_some_series
from ckts.panel._times import NUMBER

PAIRS = "Write series as tuples: `[(times, values), ...]`."


def read_arrays(arrays: list[np.ndarray]) -> Rows:
    """Read arrays of shape (n_steps,) or, channel first, (in_channels, n_steps).

    They are the lists of aeon; steps are at 0, 1, 2, ...
    """
    tables = [array.T if array.ndim == 2 else array[:, None] for array in arrays]
    filled = [table for table in tables if len(table)] or tables[:1]
    widths = sorted({table.shape[1] for table in filled})
    if len(widths) > 1:
        raise ValueError(
            "`X` must have the same channels in every series; got arrays of "
            f"{' and '.join(map(str, widths[:5]))} rows, which are channels: in a list,"
            " arrays are (channels, time). Transpose those that are (time, channels): "
            "`[x.T for x in X]`."
        )
    return _at_steps(np.concatenate(filled), [len(table) for table in tables])


def read_awkward(X: Any) -> Rows:
    """Read (n_series, var) or, time first, (n_series, var, in_channels).

    Steps are at 0, 1, 2, ...; None is not observed.
    """
    import awkward

    check_some_series(len(X))
    if awkward.fields(X) or X.ndim not in (2, 3):
        found = f"fields {awkward.fields(X)}" if awkward.fields(X) else f"{X.ndim}-D"
        raise _no_numbers(X, found)
    lengths = awkward.to_numpy(awkward.num(X, axis=1), allow_missing=True)
    if np.ma.is_masked(lengths):
        raise ValueError(
            "`X` must hold a list for every series; got None for series "
            f"{int(np.argmax(np.ma.getmaskarray(lengths)))}. Give an empty list where "
            "nothing was measured: `awkward.fill_none(X, [], axis=0)`."
        )
    flat = awkward.flatten(X, axis=1)
    try:
        values = awkward.to_numpy(flat, allow_missing=True)
    except ValueError as error:  # awkward raises for ragged channels
        raise ValueError(
            "`X` must have the same channels at every step, (n_series, n_steps, "
            f"in_channels); got `{X.type}` with unequal numbers of them. Where "
            f"channels come before steps, or have their own: {PAIRS}"
        ) from error
    except TypeError as error:  # for numbers beside text
        raise _no_numbers(X, "a union") from error
    return _at_steps(values if values.ndim == 2 else values[:, None], lengths)


def _no_numbers(X, found):
    return TypeError(
        "`X` must be an awkward array of numbers, (n_series, n_steps) or (n_series, "
        f"n_steps, in_channels); got {found}, `{X.type}`. {PAIRS}"
    )


def _at_steps(values, lengths):
    """Make rows at 0, 1, 2, ... of series that stand below each other."""
    lengths = np.asarray(lengths, dtype=np.intp)
    starts = np.cumsum(lengths) - lengths
    return Rows(
        np.repeat(np.arange(len(lengths)), lengths),
        np.arange(len(values)) - np.repeat(starts, lengths),
        as_floats(unmask(values), "X"),
        len(lengths),
        NUMBER,
    )

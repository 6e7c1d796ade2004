"""as_panel: time series of any common format as a Panel."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Number
from os import PathLike
from typing import Any

import numpy as np

from ckts._checks import check_choice
from ckts.panel._arrays import as_floats, is_frame, is_pandas, kind_of, unmask
from ckts.panel._frames import index_by_time, read_frame, read_frames, stack_series
from ckts.panel._panel import Panel
from ckts.panel._ragged import PAIRS, read_arrays, read_awkward
from ckts.panel._rows import DUPLICATES, check_some_series
from ckts.panel._tables import is_foreign_table, to_pandas
from ckts.panel._times import NUMBER
from ckts.panel._wide import check_some_steps, stack_steps
from ckts.panel._xarray import read_data_array, read_dataset


def _refuse(X):
    raise TypeError(
        f"`X` must be in memory here; got a ParquetPanel of {X.n_rows:,} rows. Use "
        "`X.load()`, or `X[:1000].load()` for some of its series."
    )


# containers that say more than numpy or pandas would see
_READERS = {
    "ckts ParquetPanel": _refuse,
    "awkward Array": read_awkward,
    "xarray DataArray": read_data_array,
    "xarray Dataset": read_dataset,
}


def as_panel(
    X: object, *, duplicates: str = "error", time_unit: str | None = None
) -> Panel:
    """Turn time series of any common format into a Panel.

    Rows may be in any order; they come out sorted by time. Series come in order of
    appearance.

    Parameters
    ----------
    X : Panel, DataFrame, ndarray, list, or a container of another library
        - `Panel`: returned as it is.
        - DataFrame with an index of two levels (instance, time) and one column per
          channel ("pd-multiindex").
        - DataFrame whose cells are Series ("nested_univ"); the channels of a series
          may be measured at different times.
        - Wide DataFrame of numbers: rows are series of one channel, columns are steps.
          Column labels that are numbers, dates or durations are the time stamps.
        - ndarray of shape (n_series, n_steps): series of one channel at 0, 1, ...
        - ndarray of shape (n_series, in_channels, n_steps), channel first, at 0, 1, ...
        - list of tuples (times, values), values of shape (n_times,) or
          (n_times, in_channels).
        - list of arrays of shape (in_channels, n_steps), channel first, or (n_steps,),
          of any lengths, at 0, 1, ... (aeon).
        - list of DataFrames or of Series indexed by time, or of Panels.
        - tables of polars or arrow, and lists of these with a column of times.
        - xarray DataArray over (instance, time) or (instance, channel, time), dense or
          of `sparse`, or Dataset, whose variables are channels.
        - awkward Array of shape (n_series, n_steps) or, time first, (n_series, n_steps,
          in_channels), at 0, 1, ...

        Long tables need names: see `Panel.from_long`. NaN is "not observed". Columns of
        frames, but of wide ones, may hold labels, as in `Panel.from_long`.
    duplicates : {"error", "mean", "last", "keep"}, default "error"
        What to do with a channel observed twice at one time of a series: raise,
        average, take the last, or keep all rows as they are.
    time_unit : {"ns", "us", "ms", "s", "min", "h", "D", "W"}, optional
        The unit of times that are plain numbers.

    Returns
    -------
    Panel

    Raises
    ------
    TypeError
        For values that are neither numbers nor labels, and unknown formats.
    ValueError
        For wrong shapes, no series, infinite values, missing, repeated or mixed times,
        and channels that differ between series.

    Examples
    --------
    >>> import numpy as np
    >>> as_panel([([0.0, 1.5], [7.0, 8.0]), ([0.2], [9.0])], time_unit="h")
    Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number[h])
    >>> as_panel(np.zeros((5, 3, 100)))
    Panel(n_series=5, in_channels=3, length 100, 0% missing, time number)
    """
    check_choice("duplicates", duplicates, DUPLICATES)
    if isinstance(X, list) and X and all(isinstance(one, Panel) for one in X):
        X = Panel.concat(X)
    if isinstance(X, Panel):
        check_some_series(len(X))
        scale = X.time_scale.with_unit(time_unit)
        return X if time_unit is None else X.with_times(X.times, scale)
    rows = _read(X)
    rows.time_scale = rows.time_scale.with_unit(time_unit)
    return Panel.from_rows(**vars(rows), duplicates=duplicates, copy=False)


def _read(X):
    """Read a format that is recognized by type and dimensions, never by guessing."""
    if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
        X = list(X)
    if read := _READERS.get(kind_of(X)):
        return read(X)
    X = _plain(X)
    if is_frame(X):
        return read_frame(X)
    if is_pandas(X):
        X = X.to_numpy()
    if isinstance(X, list | tuple):
        return _read_list(X)
    if isinstance(X, np.ndarray):
        return _read_array(X)
    file = (
        "A long table in a file is for `Panel.read(path, instance=..., time=...)`; "
        "another file is read first, e.g. with `pandas.read_csv`."
    )
    way_out = file if isinstance(X, str | PathLike) else PAIRS
    if isinstance(X, Iterator):
        way_out = (
            "Predictions take an iterator of panels; else join them, "
            "`Panel.concat(X)`, or write a table for `ParquetPanel`."
        )
    raise TypeError(
        "`X` must be a Panel, a DataFrame, an array or a list of series; got "
        f"{kind_of(X)}. {way_out}"
    )


def _read_array(array):
    """Read (n_series, n_steps) or, channel first, (n_series, in_channels, n_steps)."""
    if array.ndim not in (2, 3):
        raise ValueError(
            "`X` must be 2-D (n_series, n_steps) or 3-D (n_series, in_channels, n_steps"
            f"); got shape {array.shape}. Reshape your data: one series is "
            "`numpy.reshape(X, (1, -1))`, or `[X]` if it is a Series indexed by time."
        )
    check_some_series(array.shape[0])
    check_some_steps(array.shape)
    if array.dtype == object and np.ndim(array.flat[0]):
        raise TypeError(
            "`X` must hold numbers in an array; got an object array of shape "
            f"{array.shape} of {type(array.flat[0]).__name__}. {PAIRS}"
        )
    values = as_floats(array, "X")
    if array.ndim == 2:
        values = values[:, None]
    return stack_steps(values, np.arange(values.shape[2]), NUMBER)


def _read_list(X):
    check_some_series(len(X))
    if all(isinstance(member, tuple) for member in X):
        return _read_pairs(X)
    if all(is_pandas(member) for member in X):
        return read_frames(X)
    if all(isinstance(member, Number) for member in X):
        return _read_array(np.asarray(X))
    if isinstance(X, list) and (arrays := _ragged(X)):
        return read_arrays(arrays)
    _check_members(X)
    try:
        return _read_array(np.asarray(X))
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise ValueError(
            "`X` must have times where series differ in length; got a list of "
            f"{kind_of(X[0])} of unequal lengths. {PAIRS}"
        ) from error


def _ragged(X):
    """Return arrays (n_channels, n_steps), or (n_steps,) of unequal lengths, or none.

    Lists of numbers in a list may be times and values as well.
    """
    if not all(_is_array(member) for member in X):
        return []
    depths = {np.ndim(member) for member in X}
    if len(depths) > 1:
        raise TypeError(
            "`X` must be a list of arrays (n_steps,), or of arrays (in_channels, "
            f"n_steps); got arrays of {sorted(depths)} dimensions. One channel is "
            "`x.reshape(1, -1)`."
        )
    plain = len({len(one) for one in X}) == 1 and isinstance(X[0], np.ndarray)
    if depths == {2} or (depths == {1} and not plain):
        return [_as_array(unmask(one), f" at position {i}") for i, one in enumerate(X)]
    return []


def _is_array(member):
    """Whether something is an array that says nothing that numpy would not see."""
    table = is_pandas(member) or is_foreign_table(member)
    return (
        hasattr(member, "__array__") and not table and kind_of(member) not in _READERS
    )


def _check_members(X):
    """Raise if the members of a list are not rows of numbers."""
    kinds = sorted({kind_of(member) for member in X})
    if len(kinds) > 1:
        raise TypeError(
            f"`X` must be a list of series of one type; got {', '.join(kinds)}. {PAIRS}"
        )
    _check_dense(X[0], " in a list")
    if kinds[0] in _READERS:
        raise TypeError(
            "`X` must be a list of tuples, of arrays, or of DataFrames or Series of "
            f"pandas; got {kinds[0]} in it. {PAIRS}"
        )
    depth = _depth(X[0])
    # two arrays in a tuple may be one series or two
    if isinstance(X, tuple) or depth != 1:
        arrays = " At equal steps: `[numpy.asarray(x) for x in X]`, channel first."
        raise TypeError(
            "`X` must be an array or a list of tuples, arrays or DataFrames; got a "
            f"{type(X).__name__} of {kinds[0]} of shape {_shape(X[0])}. {PAIRS}"
            f"{arrays if depth == 2 else ''}"
        )


def _shape(member):
    try:
        return np.shape(member)
    except ValueError:  # numpy raises for ragged rows
        return (len(member), "unequal")


def _depth(member):
    if isinstance(member, list | tuple):
        return 1 + max((_depth(item) for item in member[:1]), default=0)
    return np.ndim(member)


def _read_pairs(X):
    """Read tuples (times, values) with values (n_times,) or (n_times, in_channels)."""
    X = [tuple(_part(part, number) for part in pair) for number, pair in enumerate(X)]
    values = [_pair_values(pair, number) for number, pair in enumerate(X)]
    for number, ((times, _), measured) in enumerate(zip(X, values, strict=True)):
        if len(times) != len(measured):
            raise ValueError(
                f"`X` must have a time for every value; got {len(times)} times and "
                f"{len(measured)} values in series {number}. Give values the shape "
                "(n_times, in_channels)."
            )
    return stack_series([times for times, _ in X], values, None)


def _part(part, number):
    """Convert times or values of another library, such as a tensor."""
    _check_dense(part, f" at position {number}")
    plain = hasattr(getattr(part, "dtype", None), "kind") or is_pandas(part)
    foreign = not plain and not isinstance(part, list | tuple | range)
    return _as_array(part, f" at position {number}") if foreign else part


def _pair_values(pair, number):
    """Return the values of a tuple (times, values)."""
    found = f"a tuple of {len(pair)}"
    if len(pair) == 2:
        try:
            values = np.asarray(pair[1])
        except ValueError:  # numpy raises for ragged rows
            found = "values with rows of unequal lengths"
        else:
            if values.ndim in (1, 2) and np.ndim(pair[0]):
                return values
            found = f"times and values of shapes {np.shape(pair[0])}, {values.shape}"
    raise ValueError(
        "`X` must hold tuples (times, values) with values of shape (n_times,) or "
        f"(n_times, in_channels); got {found} at position {number}. {PAIRS}"
    )


def as_known(X: Any) -> Any:
    """Convert tables to pandas, arrays to numpy and other containers to a Panel.

    Parameters
    ----------
    X : object

    Returns
    -------
    object
        The argument itself if it belongs to no other library.

    Raises
    ------
    TypeError
        For sparse arrays.
    """
    return as_panel(X) if kind_of(X) in _READERS else _plain(X)


def _plain(X):
    """Convert tables to pandas and arrays to numpy."""
    _check_dense(X)
    if kind_of(X) == "polars Series":
        raise TypeError(f"`X` must hold several series; got {kind_of(X)}. {PAIRS}")
    X = unmask(to_pandas(X, "X"))
    tables = isinstance(X, list) and [one for one in X if is_foreign_table(one)]
    if tables and len(tables) == len(X) and kind_of(X[0]) not in _READERS:
        return index_by_time(X)
    return _as_array(X) if hasattr(X, "__array__") and not is_pandas(X) else X


def _as_array(X: Any, where: str = "") -> np.ndarray:
    """Convert a dense array of another library, such as a tensor."""
    try:
        return np.asarray(X)
    # gradients, another device, bfloat16, lengths that differ
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(
            f"`X` must be what numpy can read; got a {kind_of(X)}{where}: "
            f"{str(error).rstrip('.')}. A tensor is read as "
            "`X.detach().cpu().double().numpy()`."
        ) from error


def _check_dense(X: Any, where: str = "") -> None:
    """Raise if an array of scipy, pydata or torch is sparse."""
    sparse_tensor = str(getattr(X, "layout", "")).startswith("torch.sparse")
    if hasattr(X, "tocsr") or sparse_tensor:
        names = ("toarray", "todense", "to_dense")
        dense = next(name for name in names if hasattr(X, name))
        raise TypeError(
            f"`X` must be dense; got a sparse {type(X).__name__}{where}. Use "
            f"`X.{dense}()`."
        )

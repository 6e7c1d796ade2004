"""What a panel holds, and how its series and rows are selected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ckts.panel._arrays import as_row_mask, as_row_numbers, check_unmasked, shown
from ckts.panel._categories import Categories
from ckts.panel._observations import (
    AbstractObservations,
    join_ranges,
    row_pointers,
)
from ckts.panel._times import TimeScale

PanelT = TypeVar("PanelT", bound="AbstractPanel")


class AbstractPanel:
    """Series of any length, as a record that cannot be changed.

    `Panel` makes it. Its arrays are read-only. It pickles and copies with its fields
    alone, also where joblib maps the arrays from disk.
    """

    ndim = 1  # what scikit-learn sees is the series
    observations: AbstractObservations
    times: np.ndarray
    indptr: np.ndarray
    channels: tuple[str, ...]
    instances: np.ndarray
    static: np.ndarray | None
    static_names: tuple[str, ...]
    categories: Categories
    static_categories: Categories
    time_scale: TimeScale
    _numbered: bool  # whether `instances` are default numbers; no part of the data

    def __setattr__(self, name, value):
        raise AttributeError(
            f"`{type(self).__name__}` must not be changed; got a new value for "
            f"{name!r}. Make another one, e.g. with `with_values`."
        )

    def __delattr__(self, name):
        raise AttributeError(
            f"`{type(self).__name__}` must not be changed; got `del {name}`."
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in AbstractPanel.__annotations__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # There were none when older pickles were written.
        none = {"categories": Categories(), "static_categories": Categories()}
        self._set(**{**none, **state})

    def __sizeof__(self) -> int:
        """Count the bytes of all arrays: Dask sends what is large once per worker."""
        parts = [*vars(self).values(), *vars(self.observations).values()]
        arrays = (part for part in parts if isinstance(part, np.ndarray))
        return super().__sizeof__() + sum(array.nbytes for array in arrays)

    def _set(self, **fields) -> None:
        for value in fields.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(fields)

    def _derive(self, **fields) -> Self:
        """Make a panel with some fields changed, which the caller has checked."""
        derived = object.__new__(type(self))
        derived._set(**{**self.__getstate__(), **fields})
        return derived

    def equals(self, other: object) -> bool:
        """Whether another object holds the same data.

        Parameters
        ----------
        other : object

        Returns
        -------
        bool
            NaN equals NaN; an array of integers and one of floats are different. How
            the values are stored makes no difference.
        """
        if type(self) is not type(other):
            return False
        mine, theirs = self.__getstate__(), other.__getstate__()
        return all(_same(mine[name], theirs[name]) for name in mine if name[0] != "_")

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.indptr) - 1

    @property
    def in_channels(self) -> int:
        """Number of channels."""
        return self.observations.shape[1]

    @property
    def values(self) -> np.ndarray:
        """The values, of shape (n_rows, in_channels), NaN where not observed.

        Read-only. Where the panel stores observations, it is made each time.
        """
        return self.observations.dense()

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each series, of shape (n_series,)."""
        return np.diff(self.indptr)

    @property
    def shape(self) -> tuple[int]:
        """The shape scikit-learn sees: (n_series,)."""
        return (self.n_series,)

    @property
    def series_of_rows(self) -> np.ndarray:
        """The number of the series of each row, of shape (n_rows,)."""
        return np.repeat(np.arange(self.n_series), self.lengths)

    @property
    def observed(self) -> np.ndarray:
        """Where a value was observed, bool of shape (n_rows, in_channels)."""
        return ~np.isnan(self.values)

    @property
    def elapsed(self) -> np.ndarray:
        """Time since the first row of the series, of shape (n_rows,)."""
        filled = self.lengths > 0
        firsts = self.times[self.indptr[:-1][filled]]
        return self.times - np.repeat(firsts, self.lengths[filled])

    def gaps(self, rows: ArrayLike | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Measure the time from each row of a series to its next one.

        Parameters
        ----------
        rows : array-like of bool of shape (n_rows,), or of int, optional
            The rows to keep, or their numbers, increasing; the others are skipped.

        Returns
        -------
        gaps : ndarray of shape (n_gaps,)
            In the unit of the times; 0 between ties.
        series : ndarray of shape (n_gaps,)
            The number of the series of each gap.

        Examples
        --------
        >>> from ckts import as_panel
        >>> panel = as_panel([([0, 2, 7], [1.0, 2.0, 3.0]), ([4, 5], [4.0, 5.0])])
        >>> panel.gaps()
        (array([2, 5, 1]), array([0, 0, 1]))
        """
        series, times = self.series_of_rows, self.times
        if rows is not None:
            numbers = as_row_numbers(rows, len(times))
            series, times = series[numbers], times[numbers]
        return gaps_within(series, times)

    def keep_rows(self, rows: ArrayLike) -> Self:
        """Return the panel of the rows where a mask holds; all series stay.

        Parameters
        ----------
        rows : array-like of bool of shape (n_rows,)

        Returns
        -------
        Panel

        Examples
        --------
        >>> from ckts import as_panel
        >>> panel = as_panel([([0, 2, 7], [1.0, 2.0, 3.0]), ([4, 5], [4.0, 5.0])])
        >>> panel.keep_rows(panel.times < 5).lengths
        array([2, 1])
        """
        mask = as_row_mask(rows, len(self.times))
        return self._derive(
            observations=self.observations.take(np.flatnonzero(mask)),
            times=self.times[mask],
            indptr=row_pointers(mask)[self.indptr],
        )

    def expanding(self) -> Self:
        """Make a series of each row: the rows of its series up to and with it.

        A prediction for it is what a model says after that row, knowing nothing later.

        Returns
        -------
        Panel of shape (n_rows,)
            In the order of the rows; its series are numbered.

        Examples
        --------
        >>> from ckts import as_panel
        >>> panel = as_panel([([0, 2, 7], [1.0, 2.0, 3.0]), ([4, 5], [4.0, 5.0])])
        >>> panel.expanding().times
        array([0, 0, 2, 0, 2, 7, 4, 4, 5])
        """
        series = self.series_of_rows
        stops = np.arange(len(series)) + 1
        rows, indptr = join_ranges(self.indptr[series], stops)
        return self._derive(
            observations=self.observations.take(rows),
            times=self.times[rows],
            indptr=indptr,
            instances=np.arange(len(series)),
            static=None if self.static is None else self.static[series],
            _numbered=True,
        )

    def __len__(self) -> int:
        return self.n_series

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(self.n_series))

    def __getitem__(self, key) -> Self:
        series = series_numbers(key, self.n_series)
        rows, indptr = join_ranges(self.indptr[series], self.indptr[1:][series])
        return self._derive(
            observations=self.observations.take(rows),
            times=self.times[rows],
            indptr=indptr,
            instances=self.instances[series],
            static=None if self.static is None else self.static[series],
        )

    def __repr__(self) -> str:
        lengths = self.lengths if self.n_series else np.zeros(1, int)
        low, high = lengths.min(), lengths.max()
        parts = [
            f"n_series={self.n_series}",
            f"in_channels={self.in_channels}",
            f"length {low}" if low == high else f"lengths {low}-{high}",
        ]
        if len(self.times):
            parts.append(f"{self.observations.missing:.0%} missing")
        if self.static is not None:
            parts.append(f"n_static={self.static.shape[1]}")
        return f"Panel({', '.join(parts)}, time {self.time_scale})"

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "`X` must be an array here; got a Panel, whose series have different "
            "lengths. Take `panel.values` (n_rows, in_channels) or `panel.to_frame()`; "
            "in front of a tool for arrays, make features: `make_pipeline(CKRocket(), "
            "tool)`."
        )


def gaps_within(series: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gaps between successive rows of a series, and the series of each."""
    within = series[1:] == series[:-1]
    return times[1:][within] - times[:-1][within], series[1:][within]


class NamedSeries(Protocol):
    """Series in an order, whose names may be those of the data."""

    @property
    def instances(self) -> np.ndarray: ...

    @property
    def _numbered(self) -> bool: ...


def check_same_order(argument: str, array: object, panel: NamedSeries) -> None:
    """Raise if a Series or DataFrame names the series of a panel in another order.

    What belongs to the series is taken by position, which scikit-learn's splitters
    keep. An index is compared if both sides have names from the data; default numbers
    are ignored. Integers may be row numbers as well: they are compared only if they
    are all those of the panel. Other names must not be at the place of another series.
    """
    import pandas as pd

    if panel._numbered or not isinstance(array, pd.Series | pd.DataFrame):
        return
    index, n_series = array.index, len(panel.instances)
    if isinstance(index, pd.RangeIndex) or len(index) != n_series:
        return
    both = (pd.Index(panel.instances, tupleize_cols=False), index)
    names = np.concatenate([np.asarray(part, dtype=object) for part in both])
    codes, _ = pd.factorize(names, use_na_sentinel=False)
    ours, theirs = codes[:n_series], codes[n_series:]
    moved = np.isin(theirs, ours) & (theirs != ours)
    all_named = index.inferred_type != "integer" or set(theirs) == set(ours)
    if all_named and moved.any():
        place = int(np.argmax(moved))
        raise ValueError(
            f"`{argument}` must be in the order of the series; got one whose index has "
            f"{shown(index[place])} at position {place}, where the series is "
            f"{shown(names[place])}. Use `{argument}.loc[as_panel(X).instances]`, or "
            f"`{argument}.to_numpy()` if the order is right and the index is not."
        )


def series_numbers(key, n_series: int) -> np.ndarray:
    """Return the numbers of the series that an index selects, of shape (n_selected,).

    The index is an int, slice, array-like of int or bool, or a tuple (index, Ellipsis).
    """
    if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
        key = key[0]  # scikit-learn indexes what has a shape by [numbers, ...]
    numbers = np.arange(n_series)
    if isinstance(key, slice):
        return numbers[key]
    if isinstance(key, tuple):
        raise _bad_index(n_series, f"got {key!r}")
    check_unmasked(
        "panel[...]",
        key,
        "Fill a mask of series, `key.filled(False)`; of numbers take those that are "
        "known, `key.compressed()`.",
    )
    key = np.asarray(key)
    if key.ndim > 1:
        raise _bad_index(n_series, f"got shape {key.shape}")
    if key.ndim == 0 and key.dtype.kind == "b":
        raise _bad_index(n_series, f"got only {key}")
    try:
        return np.atleast_1d(numbers[key if key.size else slice(0)])
    except IndexError as error:
        raise _bad_index(n_series, f"numpy says: {error}") from None


def _bad_index(n_series: int, found: str) -> IndexError:
    return IndexError(
        f"`panel[...]` must be indexed by 1-D numbers or a mask of its {n_series} "
        f"series; {found}. Select by name with `panel[panel.instances == name]`; rows "
        "and channels are in `panel.values`, the names of these in `panel.channels`."
    )


def _same(left: object, right: object) -> bool:
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return bool(left == right)
    nan = left.dtype.kind == "f" and right.dtype.kind == "f"
    return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=nan)

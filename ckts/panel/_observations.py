"""How a panel stores its values: as a table or, where most cells are empty, a list.

Everything else asks `AbstractObservations`: which of the two it has changes no result.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ckts.panel._arrays import as_floats, shown

# A list is chosen where the table is at least this many times as large. While most
# cells are observed, taking rows of a list takes three times as long, and saves little.
CLEARLY_SMALLER = 2


class AbstractObservations(ABC):
    """The observed values of rows and channels, in arrays that are read-only.

    Attributes
    ----------
    data : ndarray
        The values that are stored, float32 or float64.
    shape : tuple of int
        (n_rows, in_channels).
    """

    data: np.ndarray

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]: ...

    @property
    @abstractmethod
    def n_observed(self) -> int:
        """Number of values that were observed."""

    @abstractmethod
    def dense(self) -> np.ndarray:
        """Return the table of shape (n_rows, in_channels), NaN where not observed."""

    @abstractmethod
    def sparse(self) -> SparseObservations:
        """Return the list of what was observed."""

    @abstractmethod
    def take(self, rows: np.ndarray) -> AbstractObservations:
        """Take rows by their numbers, in any order, perhaps several times."""

    @abstractmethod
    def map(
        self, change: Callable[[np.ndarray, Any], np.ndarray]
    ) -> AbstractObservations:
        """Change each value, depending on its channel; NaN drops it.

        Parameters
        ----------
        change : callable
            Gets values, and an index of channels: what `factors[index]` makes of an
            array (in_channels,) fits the values.
        """

    @abstractmethod
    def row_counts(self) -> np.ndarray:
        """Return the number of channels observed in each row, of shape (n_rows,)."""

    @abstractmethod
    def columns(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield of each channel the rows that observe it, and what they observe."""

    @property
    def missing(self) -> float:
        """The share of cells that were not observed; NaN if there is none."""
        n_cells = self.shape[0] * self.shape[1]
        return (n_cells - self.n_observed) / n_cells if n_cells else np.nan

    def compact(self) -> AbstractObservations:
        """Store as a list if the table is clearly larger, else as a table."""
        (n_rows, width), n_observed = self.shape, self.n_observed
        listed = n_observed * (self.data.itemsize + _code_type(width).itemsize)
        listed += (n_rows + 1) * _pointer_type(n_observed).itemsize
        table = n_rows * width * self.data.itemsize
        if CLEARLY_SMALLER * listed <= table:
            return self.sparse()
        return DenseObservations(self.dense())

    def hide(self, hidden: np.ndarray) -> AbstractObservations:
        """Drop the observations where a mask holds; all rows stay.

        Parameters
        ----------
        hidden : ndarray of bool of shape (n_observed,)
            In the order of `sparse`: row by row.
        """
        listed = self.sparse()
        return listed.map(
            lambda data, _: np.where(hidden, data.dtype.type(np.nan), data)
        ).compact()

    def __eq__(self, other: object) -> bool:
        """Whether the same was observed, however it is stored."""
        if not isinstance(other, AbstractObservations):
            return NotImplemented
        mine, theirs = self.sparse(), other.sparse()
        alike = (self.shape, self.data.dtype) == (other.shape, other.data.dtype)
        return alike and all(
            np.array_equal(getattr(mine, name), getattr(theirs, name))
            for name in ("data", "channels", "indptr")
        )

    __hash__ = None  # type: ignore[assignment]

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).__init__(self, **state)  # read-only again


@dataclass(frozen=True, eq=False)
class DenseObservations(AbstractObservations):
    """A table, for panels most of whose cells are observed.

    Parameters
    ----------
    data : ndarray of shape (n_rows, in_channels)
        NaN is "not observed". It becomes read-only.
    """

    data: np.ndarray

    def __post_init__(self) -> None:
        self.data.setflags(write=False)

    @property
    def shape(self) -> tuple[int, int]:
        return self.data.shape

    @property
    def n_observed(self) -> int:
        return self.data.size - int(np.count_nonzero(np.isnan(self.data)))

    def dense(self) -> np.ndarray:
        return self.data

    def sparse(self) -> SparseObservations:
        cells, width = np.flatnonzero(~np.isnan(self.data)), self.shape[1]
        data = self.data.take(cells)  # 10 ms where data[mask] takes 48
        return list_values(cells // width, cells % width, data, self.shape)

    def take(self, rows: np.ndarray) -> DenseObservations:
        # half the time of data[rows]
        return DenseObservations(self.data.take(rows, axis=0))

    def map(self, change: Callable) -> DenseObservations:
        return DenseObservations(change(self.data, slice(None)))

    def row_counts(self) -> np.ndarray:
        return np.count_nonzero(~np.isnan(self.data), axis=1)

    def columns(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # The copy makes columns contiguous, at an eighth of the size of the values.
        for number, observed in enumerate((~np.isnan(self.data)).T.copy()):
            rows = np.flatnonzero(observed)
            yield rows, self.data[rows, number]


@dataclass(frozen=True, eq=False)
class SparseObservations(AbstractObservations):
    """A list, for channels with clocks of their own: most cells are empty.

    It is a scipy CSR matrix with smaller integers, whose absent entries are not 0.

    Parameters
    ----------
    data : ndarray of shape (n_observed,)
        What was observed, row by row, without NaN.
    channels : ndarray of shape (n_observed,)
        The channel of each, increasing within a row; the smallest unsigned integers
        that hold all channels.
    indptr : ndarray of shape (n_rows + 1,)
        Where the observations of each row begin.
    in_channels : int
    """

    data: np.ndarray
    channels: np.ndarray
    indptr: np.ndarray
    in_channels: int

    def __post_init__(self) -> None:
        for array in (self.data, self.channels, self.indptr):
            array.setflags(write=False)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.indptr) - 1, self.in_channels

    @property
    def n_observed(self) -> int:
        return len(self.data)

    def dense(self) -> np.ndarray:
        table = np.full(self.shape, np.nan, self.data.dtype)
        table[self.rows(), self.channels] = self.data
        table.setflags(write=False)
        return table

    def sparse(self) -> SparseObservations:
        return self

    def take(self, rows: np.ndarray) -> SparseObservations:
        items, indptr = join_ranges(self.indptr[rows], self.indptr[1:][rows])
        return self._with(self.data[items], self.channels[items], indptr)

    def map(self, change: Callable) -> SparseObservations:
        data = change(self.data, self.channels)
        kept = ~np.isnan(data)
        indptr = row_pointers(kept)[self.indptr]
        return self._with(data[kept], self.channels[kept], indptr)

    def row_counts(self) -> np.ndarray:
        return np.diff(self.indptr)

    def columns(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        order = np.argsort(self.channels, kind="stable")
        rows, data = self.rows()[order], self.data[order]
        ends = np.cumsum(np.bincount(self.channels, minlength=self.in_channels))
        for start, end in zip(np.append(0, ends), ends, strict=False):
            yield rows[start:end], data[start:end]

    def rows(self) -> np.ndarray:
        """Return the row of each observation, of shape (n_observed,)."""
        return np.repeat(np.arange(self.shape[0]), self.row_counts())

    def _with(self, data, channels, indptr) -> SparseObservations:
        indptr = indptr.astype(_pointer_type(len(data)), copy=False)
        return SparseObservations(data, channels, indptr, self.in_channels)


def as_observations(values: Any, *, copy: bool) -> AbstractObservations:
    """Store values (n_rows, in_channels) of any type; observations are returned."""
    if isinstance(values, AbstractObservations):
        return values
    values = as_floats(values, "values", copy=copy)
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
    return DenseObservations(values).compact()


def check_finite(
    observations: AbstractObservations,
    indptr: np.ndarray,
    instances: np.ndarray,
    channels: Sequence[str],
) -> None:
    """Raise if values are infinite; `indptr` and names are those of a panel."""
    if not np.isinf(observations.data).any():
        return
    listed = observations.sparse()
    one = int(np.argmax(np.isinf(listed.data)))
    series = np.searchsorted(indptr, listed.rows()[one], side="right") - 1
    raise ValueError(
        f"`X` must be finite, or NaN where not observed; got {listed.data[one]} in "
        f"channel {channels[listed.channels[one]]!r} of instance "
        f"{shown(instances[series])}. Replace infinities, e.g. by NaN."
    )


def list_values(
    rows: np.ndarray, channels: np.ndarray, data: np.ndarray, shape: tuple[int, int]
) -> SparseObservations:
    """List values that are known by row and channel, sorted by both.

    Parameters
    ----------
    rows, channels, data : ndarrays of shape (n_observed,)
    shape : tuple of int
        (n_rows, in_channels).
    """
    indptr = row_pointers(np.bincount(rows, minlength=shape[0]))
    channels = channels.astype(_code_type(shape[1]), copy=False)
    indptr = indptr.astype(_pointer_type(len(data)), copy=False)
    return SparseObservations(data, channels, indptr, shape[1])


def concat_rows(parts: Sequence[AbstractObservations]) -> AbstractObservations:
    """Join observations of the same channels; as a list if any part is one."""
    if all(isinstance(part, DenseObservations) for part in parts):
        return DenseObservations(np.concatenate([part.dense() for part in parts]))
    listed = [part.sparse() for part in parts]
    return listed[0]._with(
        np.concatenate([part.data for part in listed]),
        np.concatenate([part.channels for part in listed]),
        row_pointers(np.concatenate([part.row_counts() for part in listed])),
    )


def row_pointers(lengths: np.ndarray) -> np.ndarray:
    """Return where ranges of some lengths begin, and the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.intp)])


def join_ranges(starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers in some ranges one after the other, and where each begins."""
    indptr = row_pointers(stops - starts)
    shifts = np.repeat(starts - indptr[:-1], stops - starts)
    shifts += np.arange(indptr[-1])
    return shifts, indptr


def _code_type(in_channels: int) -> np.dtype:
    return np.min_scalar_type(max(in_channels - 1, 0))


def _pointer_type(n_observed: int) -> np.dtype:
    return np.dtype(np.int32 if n_observed < 2**31 else np.int64)

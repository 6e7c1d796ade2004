"""Panel: series of any length with their own time stamps, in flat numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ckts._checks import (
    check_finite,
    check_indptr,
    check_names,
    check_size,
    check_sorted,
    check_values,
)
from ckts.rows import merge_rows, sort_rows
from ckts.times import NUMBER, TimeScale, parse_times, restore_times

_FIELDS = (
    "values",
    "times",
    "indptr",
    "channels",
    "instances",
    "static",
    "static_names",
    "time_scale",
)


class Panel:
    """Irregular time series: each has its own length, time stamps and gaps.

    The rows of all series stand below each other, as in a scipy CSR matrix: series
    ``i`` has the rows ``indptr[i]:indptr[i + 1]``. A panel cannot be changed; indexing
    it by series gives another panel.

    Parameters
    ----------
    values : array-like of shape (n_rows, in_channels)
        NaN is "not observed". float32 is kept, everything else becomes float64.
    times : array-like of shape (n_rows,)
        Numbers, datetimes, timedeltas or periods that do not decrease within a series.
    indptr : array-like of shape (n_series + 1,)
        Where the rows of each series begin. A series may have no row.
    channels : sequence of str, default ("channel_0", ...)
        Names of the channels.
    instances : array-like of shape (n_series,), default 0, 1, ...
        Names of the series, such as patient numbers.
    static : array-like of shape (n_series, n_static), optional
        What does not change in time, such as age. NaN is "unknown".
    static_names : sequence of str, default ("static_0", ...)
        Names of the columns of `static`.
    time_scale : TimeScale, optional
        Kind and unit of `times`; by default what `times` itself says.

    Attributes
    ----------
    n_series, in_channels : int
        Sizes. ``len(panel)`` and ``panel.shape == (n_series,)`` count series.
    lengths : ndarray of shape (n_series,)
        The number of rows of each series.

    See Also
    --------
    ckts.as_panel : The same from pandas, numpy, lists and sktime's formats.

    Examples
    --------
    >>> panel = Panel([[1.0], [2.0], [5.0]], [0.0, 0.7, 0.1], [0, 2, 3])
    >>> panel
    Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number)
    >>> panel[1].times
    array([0.1])
    """

    values: np.ndarray
    times: np.ndarray
    indptr: np.ndarray
    channels: tuple[str, ...]
    instances: np.ndarray
    static: np.ndarray | None
    static_names: tuple[str, ...]
    time_scale: TimeScale

    def __init__(
        self,
        values,
        times,
        indptr,
        *,
        channels=None,
        instances=None,
        static=None,
        static_names=None,
        time_scale=None,
    ):
        values = _floats(values)
        times, found = parse_times(times)
        indptr = np.array(indptr, dtype=np.intp)
        check_values(values, times)
        check_indptr(indptr, len(values))
        instances = _instances(instances, len(indptr) - 1)
        channels = _names("channels", channels, values.shape[1])
        check_sorted(times, indptr, instances)
        check_finite(values, indptr, instances, channels)
        static, static_names = _static(static, static_names, len(indptr) - 1)
        self._set(
            values=values,
            times=times,
            indptr=indptr,
            channels=channels,
            instances=instances,
            static=static,
            static_names=static_names,
            time_scale=_scale(time_scale, found, times),
        )

    @classmethod
    def from_rows(
        cls,
        instance_codes,
        times,
        values,
        *,
        n_series,
        duplicates="error",
        time_scale=None,
        **names,
    ) -> Panel:
        """Make a panel of rows in any order.

        Parameters
        ----------
        instance_codes : array-like of shape (n_rows,)
            The number of the series of each row, 0 to n_series - 1.
        times : array-like of shape (n_rows,)
        values : array-like of shape (n_rows, in_channels)
            NaN is "not observed". Rows of one series and time whose channels do not
            overlap become one row.
        n_series : int
            Number of series; those that no row belongs to have no observation.
        duplicates : {"error", "mean", "last", "keep"}, default "error"
            What to do with a channel observed twice at one time: refuse, average, take
            the last row, or keep all rows as they are.
        time_scale, **names
            See `Panel`.

        Returns
        -------
        Panel

        Examples
        --------
        >>> Panel.from_rows([1, 0, 1], [2, 5, 1], [[1.0], [2.0], [3.0]], n_series=2)
        Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number)
        """
        codes = np.asarray(instance_codes, dtype=np.intp)
        times, found = parse_times(times)
        values = _floats(values)
        check_values(values, times)
        channels = _names("channels", names.pop("channels", None), values.shape[1])
        instances = _instances(names.pop("instances", None), n_series)
        codes, times, values = merge_rows(
            *sort_rows(codes, times, values),
            duplicates,
            channels=channels,
            instances=instances,
        )
        return cls(
            values,
            times,
            np.searchsorted(codes, np.arange(n_series + 1)),
            channels=channels,
            instances=instances,
            time_scale=_scale(time_scale, found, times),
            **names,
        )

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self.indptr) - 1

    @property
    def in_channels(self) -> int:
        """Number of channels."""
        return self.values.shape[1]

    @property
    def lengths(self) -> np.ndarray:
        """Number of rows of each series, of shape (n_series,)."""
        return np.diff(self.indptr)

    @property
    def shape(self) -> tuple[int]:
        """The shape scikit-learn sees: (n_series,)."""
        return (self.n_series,)

    @property
    def ndim(self) -> int:
        """The number of dimensions scikit-learn sees: 1, the series."""
        return 1

    def __len__(self) -> int:
        return self.n_series

    def __iter__(self) -> Iterator[Panel]:
        return (self[i] for i in range(self.n_series))

    def __getitem__(self, key) -> Panel:
        return self._take(_series_numbers(key, self.n_series))

    def __repr__(self) -> str:
        lengths = self.lengths if self.n_series else np.zeros(1, int)
        low, high = lengths.min(), lengths.max()
        parts = [
            f"n_series={self.n_series}",
            f"in_channels={self.in_channels}",
            f"length {low}" if low == high else f"lengths {low}-{high}",
        ]
        if self.values.size:
            parts.append(f"{np.isnan(self.values).mean():.0%} missing")
        if self.static is not None:
            parts.append(f"n_static={self.static.shape[1]}")
        return f"Panel({', '.join(parts)}, time {self.time_scale})"

    def __setattr__(self, name, value):
        raise AttributeError(
            f"`Panel` must not be changed; got a new value for {name!r}. Make another "
            "panel, e.g. with `with_values`, `with_times` or `with_static`."
        )

    def __delattr__(self, name):
        raise AttributeError(f"`Panel` must not be changed; got `del {name}`.")

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "`X` must be an array here; got a Panel, whose series have different "
            "lengths. Take `panel.values` (n_rows, in_channels) or `panel.to_frame()`."
        )

    def __getstate__(self):
        return {name: getattr(self, name) for name in _FIELDS}

    def __setstate__(self, state):
        self._set(**state)

    def equals(self, other) -> bool:
        """Whether another panel holds the same data, names and time scale.

        Parameters
        ----------
        other : Panel

        Returns
        -------
        bool
            NaN equals NaN; integer and float times are different.
        """
        return isinstance(other, Panel) and all(
            _same(getattr(self, name), getattr(other, name)) for name in _FIELDS
        )

    def with_values(self, values, channels=None) -> Panel:
        """Return the panel with other values at the same times.

        Parameters
        ----------
        values : array-like of shape (n_rows, in_channels)
        channels : sequence of str, optional
            By default the old names if their number fits, else "channel_0", ...
        """
        values = _floats(values)
        if (
            channels is None
            and values.ndim == 2
            and values.shape[1] == self.in_channels
        ):
            channels = self.channels
        return self._replace(values=values, channels=channels)

    def with_times(self, times, time_scale=None) -> Panel:
        """Return the panel with other time stamps.

        Parameters
        ----------
        times : array-like of shape (n_rows,)
        time_scale : TimeScale, optional
            By default what `times` itself says.
        """
        return self._replace(times=times, time_scale=time_scale)

    def with_static(self, static, names=None) -> Panel:
        """Return the panel with other static features.

        Parameters
        ----------
        static : array-like of shape (n_series, n_static) or None
        names : sequence of str, default ("static_0", ...)
        """
        return self._replace(static=static, static_names=names)

    def with_instances(self, instances) -> Panel:
        """Return the panel with other names of the series.

        Parameters
        ----------
        instances : array-like of shape (n_series,)
        """
        return self._replace(instances=instances)

    def _replace(self, **fields) -> Panel:
        return Panel(**{**self.__getstate__(), **fields})

    def _set(self, **fields):
        """Set the attributes, once and for all."""
        for value in fields.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(fields)

    def _take(self, numbers: np.ndarray) -> Panel:
        starts, lengths = self.indptr[numbers], self.lengths[numbers]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        rows = np.repeat(starts - indptr[:-1], lengths) + np.arange(indptr[-1])
        taken = object.__new__(Panel)
        taken._set(
            values=self.values[rows],
            times=self.times[rows],
            indptr=indptr,
            channels=self.channels,
            instances=self.instances[numbers],
            static=None if self.static is None else self.static[numbers],
            static_names=self.static_names,
            time_scale=self.time_scale,
        )
        return taken


def _series_numbers(key, n_series) -> np.ndarray:
    """Turn any index of series into their numbers."""
    if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
        key = key[0]  # scikit-learn indexes what has a shape by [numbers, ...]
    if isinstance(key, tuple):
        raise IndexError(
            f"`panel[...]` must be indexed by series only; got {key!r}. Channels and "
            "rows are in `panel.values`."
        )
    numbers = np.arange(n_series)
    key = key if isinstance(key, slice) else np.asarray(key)
    if isinstance(key, np.ndarray) and key.size == 0:
        return numbers[:0]
    return np.atleast_1d(numbers[key])


def _floats(raw) -> np.ndarray:
    values = np.array(raw)
    return values if values.dtype == np.float32 else values.astype(np.float64)


def _instances(instances, n_series) -> np.ndarray:
    instances = np.array(np.arange(n_series) if instances is None else instances)
    check_size("instances", instances, n_series)
    return instances


def _names(argument, names, size, prefix="channel") -> tuple[str, ...]:
    default = (f"{prefix}_{i}" for i in range(size))
    names = tuple(str(name) for name in (default if names is None else names))
    check_names(argument, names, size)
    return names


def _static(static, names, n_series):
    if static is None:
        return None, ()
    static = np.array(static, dtype=np.float64)
    check_size("static", static, n_series)
    return static, _names("static_names", names, static.shape[1], "static")


def _scale(scale, found, times) -> TimeScale:
    """Tell the kind of times, which may be numbers that were datetimes before."""
    if scale is None:
        return found
    return scale


def _same(left, right) -> bool:
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return bool(left == right)
    nan = left.dtype.kind == "f" and right.dtype.kind == "f"
    return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=nan)

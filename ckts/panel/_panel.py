"""Panel: series of any length with their own time stamps, in flat numpy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ckts.panel._checks import (
    as_codes,
    check_finite,
    check_indptr,
    check_same,
    check_scale,
    check_some_series,
    check_sorted,
    check_values,
)
from ckts.panel._columns import as_floats, as_instances, as_names
from ckts.panel._describe import Description, describe
from ckts.panel._frames import write_frame
from ckts.panel._frozen import Frozen
from ckts.panel._index import as_row_pointers, row_pointers, series_numbers, take_rows
from ckts.panel._long import read_long
from ckts.panel._merge import merge_rows, merge_stamps, sort_rows
from ckts.panel._static import as_static
from ckts.panel._times import TimeScale, parse_times
from ckts.panel._wording import summarize

if TYPE_CHECKING:
    import pandas as pd


class Panel(Frozen):
    """Irregular time series: each has its own length, time stamps and gaps.

    The rows of all series stand below each other, as in a scipy CSR matrix: series
    ``i`` has the rows ``indptr[i]:indptr[i + 1]``. A panel cannot be changed; indexing
    it by series gives another panel. `as_panel` makes one of all common formats.

    Parameters
    ----------
    values : array-like of shape (n_rows, in_channels)
        NaN is "not observed". float32 is kept, everything else becomes float64.
    times : array-like of shape (n_rows,)
        Numbers, datetimes, timedeltas or periods that do not decrease within a series.
        Floats of a series within its rounding (2**-48 of the largest) become ties.
    indptr : array-like of shape (n_series + 1,)
        Where the rows of each series begin. A series may have no row.
    channels : sequence of str, default ("channel_0", ...)
        Names of the channels.
    instances : array-like of shape (n_series,), default 0, 1, ...
        Names of the series, such as patient numbers.
    static : array-like of shape (n_series, n_static) or DataFrame, optional
        Constant in time; NaN is "unknown". A DataFrame is indexed by instance.
    static_names : sequence of str, default ("static_0", ...)
        Names of the columns of `static`.
    time_scale : TimeScale, optional
        Kind and unit of `times`; by default what `times` itself says.

    Attributes
    ----------
    n_series, in_channels : int
        ``len(panel)`` and ``panel.shape == (n_series,)`` count series.
    lengths : ndarray of shape (n_series,)
        Rows of each series.

    Examples
    --------
    >>> panel = Panel([[1.0], [2.0], [5.0]], [0.0, 0.7, 0.1], [0, 2, 3])
    >>> panel
    Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number)
    """

    ndim = 1  # what scikit-learn sees is the series
    values: np.ndarray
    times: np.ndarray
    indptr: np.ndarray
    channels: tuple[str, ...]
    instances: np.ndarray
    static: np.ndarray | None
    static_names: tuple[str, ...]
    time_scale: TimeScale
    _numbered: bool = True

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
        _numbered=None,
    ):
        values = as_floats(values, "values")
        times, found = parse_times(times)
        scale = check_scale(time_scale, found, times)
        indptr = as_row_pointers(indptr)
        check_values(values, times)
        check_indptr(indptr, len(values))
        instances, numbered = as_instances(instances, len(indptr) - 1, _numbered)
        channels = as_names("channels", channels, values.shape[1])
        check_sorted(times, indptr, instances, scale)
        times = merge_stamps(times, indptr)
        check_finite(values, indptr, instances, channels)
        static, static_names = as_static(static, static_names, instances)
        self._set(
            values=values,
            times=times,
            indptr=indptr,
            channels=channels,
            instances=instances,
            static=static,
            static_names=static_names,
            time_scale=scale,
            _numbered=numbered,
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
    ):
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
            A channel observed twice at one time: refuse, average, take last, keep rows.
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
        check_some_series(n_series)
        times, found = parse_times(times)
        scale = check_scale(time_scale, found, times)
        values = as_floats(values, "values")
        check_values(values, times)
        codes = as_codes(instance_codes, len(values), n_series)
        channels = as_names("channels", names.pop("channels", None), values.shape[1])
        instances, _ = as_instances(names.pop("instances", None), n_series)
        codes, times, values = merge_rows(
            *sort_rows(codes, times, values),
            duplicates,
            channels=channels,
            instances=instances,
            time_scale=scale,
        )
        values.setflags(write=False)  # ours alone: the constructor need not copy it
        return cls(
            values,
            times,
            np.searchsorted(codes, np.arange(n_series + 1)),
            channels=channels,
            instances=instances,
            time_scale=scale,
            **names,
        )

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame,
        *,
        instance: str,
        time: str,
        channel: str | None = None,
        value: str | None = None,
        values: Sequence[str] | None = None,
        static: pd.DataFrame | Sequence[str] | None = None,
        duplicates: str = "error",
        time_unit: str | None = None,
    ) -> Panel:
        """Make a panel of a long table.

        Each channel has a column, or each row is one measurement with its `channel` and
        `value`. Rows may be in any order; series are in order of appearance. Instances
        without rows, which only `static` or the categories of the instance column name,
        follow as series without observation. Ordered categories keep their own order.

        Parameters
        ----------
        frame : DataFrame
        instance, time : str
            The columns, or levels of the index, that say whose row it is, and when.
        channel, value : str, optional
            The columns that say what was measured, and its value. The channels come
            out sorted, or in the order of the categories.
        values : list of str, optional
            The columns that are channels, by default all that have no other role.
        static : DataFrame or list of str, optional
            Features that do not change in time: a frame indexed by instance, or
            columns of `frame` that are constant within each instance.
        duplicates : {"error", "mean", "last", "keep"}, default "error"
            See `from_rows`.
        time_unit : {"ns", "us", "ms", "s", "min", "h", "D", "W"}, optional
            The unit of times that are plain numbers.

        Returns
        -------
        Panel

        Examples
        --------
        >>> import pandas as pd
        >>> visits = pd.DataFrame({"who": ["ann", "ann", "bob"], "day": [0, 192, 0]})
        >>> visits["bilirubin"] = [14.5, 21.3, 1.1]
        >>> Panel.from_long(visits, instance="who", time="day", time_unit="D")
        Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number[D])
        """
        rows = read_long(
            frame,
            instance=instance,
            time=time,
            channel=channel,
            value=value,
            values=values,
            static=static,
            time_unit=time_unit,
        )
        return cls.from_rows(**vars(rows), duplicates=duplicates)

    @classmethod
    def concat(cls, panels: Iterable[Panel]) -> Panel:
        """Join panels of the same channels, static features and time scale.

        Parameters
        ----------
        panels : iterable of Panel

        Returns
        -------
        Panel

        Examples
        --------
        >>> panel = Panel([[1.0], [2.0]], [0.0, 0.7], [0, 1, 2])
        >>> Panel.concat([panel[1:], panel[:1]]).instances
        array([1, 0])
        """
        panels = list(panels)
        check_same(panels, ("channels", "static_names", "time_scale"))
        lengths = np.concatenate([panel.lengths for panel in panels])
        joined = {
            name: np.concatenate([getattr(panel, name) for panel in panels])
            for name in ("values", "times", "instances", "static")
            if getattr(panels[0], name) is not None
        }
        return panels[0]._derive(**joined, indptr=row_pointers(lengths))

    def to_frame(self) -> pd.DataFrame:
        """Write a pd-multiindex DataFrame with the kind of time given back.

        `as_panel` makes the same panel of it, except for static features and the unit
        of plain numbers. Zoned times come back in UTC, without a zone. Where series
        have no rows, the instances are ordered categories, which keep their place.

        Returns
        -------
        DataFrame of shape (n_rows, in_channels)
            Its index is (instance, time).
        """
        return write_frame(self)

    def describe(self, y=None) -> Description:
        """Tell how irregular it is: lengths, gaps, missing rate, asynchrony, ...

        Parameters
        ----------
        y : array-like of shape (n_series,), optional
            Classes or numbers: it also tells whether lengths predict them.

        Returns
        -------
        Description
        """
        return describe(self, y)

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

    def __len__(self) -> int:
        return self.n_series

    def __iter__(self) -> Iterator[Panel]:
        return (self[i] for i in range(self.n_series))

    def __getitem__(self, key):
        numbers = series_numbers(key, self.n_series)
        rows, indptr = take_rows(self.indptr, numbers)
        return self._derive(
            values=self.values[rows],
            times=self.times[rows],
            indptr=indptr,
            instances=self.instances[numbers],
            static=None if self.static is None else self.static[numbers],
        )

    def __repr__(self) -> str:
        return f"Panel({summarize(self)})"

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "`X` must be an array here; got a Panel, whose series have different "
            "lengths. Take `panel.values` (n_rows, in_channels) or `panel.to_frame()`."
        )

    def with_values(self, values, channels=None):
        """Return the panel with other values at the same times.

        Parameters
        ----------
        values : array-like of shape (n_rows, in_channels)
        channels : sequence of str, optional
            By default the old names, if there are as many.
        """
        if channels is None and np.shape(values)[-1:] == (self.in_channels,):
            channels = self.channels
        return self._with(values=values, channels=channels)

    def with_times(self, times, time_scale=None):
        """Return the panel with other time stamps.

        Parameters
        ----------
        times : array-like of shape (n_rows,)
        time_scale : TimeScale, optional
            By default what `times` itself says.
        """
        return self._with(times=times, time_scale=time_scale)

    def with_static(self, static, names=None):
        """Return the panel with other static features.

        Parameters
        ----------
        static : array-like of shape (n_series, n_static), DataFrame or None
            A DataFrame is indexed by instance; an array has the order of the series.
        names : sequence of str, optional
            By default the columns of the DataFrame, or "static_0", ...
        """
        return self._with(static=static, static_names=names)

    def with_instances(self, instances):
        """Return the panel with other names of the series.

        Parameters
        ----------
        instances : array-like of shape (n_series,)
        """
        return self._with(instances=instances, _numbered=None)

    def _with(self, **fields):
        return Panel(**{**self.__getstate__(), **fields})

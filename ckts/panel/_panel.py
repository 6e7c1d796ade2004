"""Panel: series of any length with their own time stamps, in flat numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ckts._checks import check_choice
from ckts.panel._arrays import as_floats, as_instances, as_names
from ckts.panel._base import check_same_order
from ckts.panel._categories import check_categories
from ckts.panel._copies import AbstractCopies
from ckts.panel._describe import Description
from ckts.panel._files import read_table
from ckts.panel._html import as_html
from ckts.panel._long import read_long
from ckts.panel._measures import describe
from ckts.panel._observations import as_observations, check_finite
from ckts.panel._rows import (
    DUPLICATES,
    as_codes,
    as_row_pointers,
    check_rows,
    check_some_series,
    check_sorted,
    merge_stamps,
    merge_ties,
    pivot,
    sort_rows,
)
from ckts.panel._static import as_static
from ckts.panel._times import check_scale, parse_times

if TYPE_CHECKING:
    import pandas as pd


class Panel(AbstractCopies):
    """Irregular time series: each has its own length, time stamps and gaps.

    The rows of all series stand below each other, as in a scipy CSR matrix: series
    ``i`` has the rows ``indptr[i]:indptr[i + 1]``. A panel cannot be changed; indexing
    it by series gives another panel. `as_panel` makes one of all common formats.

    Where most cells are empty, as where channels have clocks of their own, the panel
    stores a list of what was observed, if that takes at most half the memory of the
    table. This changes nothing but memory and time; `values` is the table, made on
    demand.

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
    categories, static_categories : dict of str to tuple of str, optional
        The labels of categorical channels and static features by their names. Their
        values are codes, which count the labels from 0. Columns of a DataFrame `static`
        that hold labels need none.
    time_scale : TimeScale, optional
        Kind and unit of `times`; by default what `times` itself says.
    copy : bool, default True
        False takes over `values` that are floats, and makes them read-only.

    Attributes
    ----------
    n_series, in_channels : int
        ``len(panel)`` and ``panel.shape == (n_series,)`` count series.
    lengths : ndarray of shape (n_series,)
        Rows of each series.
    observations : AbstractObservations of shape (n_rows, in_channels)
        The values as they are stored: their counts, columns and rows without a table.

    Examples
    --------
    >>> panel = Panel([[1.0], [2.0], [5.0]], [0.0, 0.7, 0.1], [0, 2, 3])
    >>> panel
    Panel(n_series=2, in_channels=1, lengths 1-2, 0% missing, time number)
    """

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
        categories=None,
        static_categories=None,
        time_scale=None,
        copy=True,
        _numbered=None,
    ):
        observations = as_observations(values, copy=copy)
        times, found = parse_times(times)
        scale = check_scale(time_scale, found, times)
        check_rows(observations, times)
        indptr = as_row_pointers(indptr, len(times))
        instances, numbered = as_instances(instances, len(indptr) - 1, _numbered)
        channels = as_names("channels", channels, observations.shape[1])
        check_sorted(times, indptr, instances, scale)
        times = merge_stamps(times, indptr)
        check_finite(observations, indptr, instances, channels)
        categories = check_categories(
            "categories",
            categories,
            channels,
            lambda: (values for _, values in observations.columns()),
        )
        static, static_names, labels = as_static(static, static_names, instances)
        static_categories = check_categories(
            "static_categories",
            labels if static_categories is None else static_categories,
            static_names,
            lambda: static.T,
        )
        self._set(
            observations=observations,
            times=times,
            indptr=indptr,
            channels=channels,
            instances=instances,
            static=static,
            static_names=static_names,
            categories=categories,
            static_categories=static_categories,
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
        copy=True,
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
            A channel observed twice at one time: raise, average, take last, keep rows.
        time_scale, copy, **names
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
        check_choice("duplicates", duplicates, DUPLICATES)
        times, found = parse_times(times)
        observations = as_observations(values, copy=copy)
        check_rows(observations, times)
        codes = as_codes(
            "instance_codes", instance_codes, len(times), n_series, "n_series"
        )
        codes, times, observations = sort_rows(codes, times, observations)
        panel = cls(
            observations,
            times,
            np.searchsorted(codes, np.arange(n_series + 1)),
            time_scale=check_scale(time_scale, found, times),
            copy=False,
            **names,
        )
        return merge_ties(panel, duplicates)

    @classmethod
    def from_measurements(
        cls,
        instance_codes,
        times,
        channel_codes,
        values,
        *,
        n_series,
        channels,
        duplicates="error",
        **names,
    ):
        """Make a panel of single measurements in any order.

        Those of one series and time share a row.

        Parameters
        ----------
        instance_codes, channel_codes : array-like of int of shape (n_measurements,)
            The numbers of the series and of the channel of each measurement.
        times, values : array-like of shape (n_measurements,)
        n_series : int
        channels : sequence of str
            Names of all channels.
        duplicates, **names
            See `from_rows`.

        Returns
        -------
        Panel

        Examples
        --------
        >>> who, when, what = [0, 1, 0], [0.0, 0.5, 0.0], [0, 0, 1]
        >>> value, names = [36.6, 37.5, 80.0], ["temperature", "pulse"]
        >>> Panel.from_measurements(
        ...     who, when, what, value, n_series=2, channels=names
        ... ).values
        array([[36.6, 80. ],
               [37.5,  nan]])
        """
        check_some_series(n_series)
        times, found = parse_times(times)
        values = as_floats(values, "values", copy=False)
        if len(channels) == 0:
            raise ValueError(
                "`channels` must name at least one channel; got none. Name all that "
                "may be measured."
            )
        if values.shape != times.shape:
            raise ValueError(
                f"`values` must be 1-D with one value per time ({len(times)}); got "
                f"shape {values.shape}. A table is for `Panel.from_rows`."
            )
        series = "instance_codes", instance_codes, len(times), n_series, "n_series"
        what = "channel_codes", channel_codes, len(times), len(channels)
        codes, times, observations = pivot(
            as_codes(*series),
            times,
            as_codes(*what, "len(channels)"),
            values,
            len(channels),
        )
        return cls.from_rows(
            codes,
            times,
            observations,
            n_series=n_series,
            channels=channels,
            duplicates=duplicates,
            copy=False,
            **{"time_scale": found, **names},
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
        categorical: str | Sequence[str] | None = None,
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
        categorical : str or list of str, optional
            Channels and static features that hold labels, in addition to columns of
            type Categorical, whose labels keep their order, and those of text that has
            letters and nowhere begins like a number. Booleans are the numbers 0 and 1.
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
            *(frame, instance, time, channel, value, values),
            *(static, categorical, time_unit),
        )
        return cls.from_rows(**vars(rows), duplicates=duplicates, copy=False)

    @classmethod
    def read(cls, path, *, instance, time, date_format=None, **columns) -> Panel:
        """Make a panel of a long table in a file, of which it reads the used columns.

        The file may be larger than memory, if these are not and are named.

        Parameters
        ----------
        path : path-like
            A CSV or TSV file, also packed ("visits.csv.gz"), or a Parquet file. A CSV
            file with semicolons is known by its header, and its decimal commas.
        instance, time, **columns
            See `from_long`. In CSV, instances are numbers if all are written plainly;
            "007" and "1E3" are text, as is what is `categorical`. What pandas reads as
            missing, such as "NA", is missing, but a name among instances of text, and a
            label in a column that is `categorical`: there only nothing is missing.
        date_format : str, optional
            How dates are written in text, as in `datetime.strptime`; by default as
            ISO 8601 says, "2024-03-31 01:30:00+01:00". Text of another form raises.

        Returns
        -------
        Panel
        """
        frame = read_table(path, instance, time, date_format, columns)
        return cls.from_long(frame, instance=instance, time=time, **columns)

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
        check_same_order("y", y, self)
        return describe([self], y)

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        return as_html(self)

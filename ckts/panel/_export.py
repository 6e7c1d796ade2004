"""A panel as frames, lists, arrays and the containers of other libraries."""

from __future__ import annotations

from itertools import pairwise
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts._checks import check_choice
from ckts.panel._arrays import shown
from ckts.panel._base import AbstractPanel
from ckts.panel._categories import decode
from ckts.panel._rows import check_some_series
from ckts.panel._times import parse_times, restore_times, show_time
from ckts.panel.parquet.writer import GROUP_ROWS, write_parquet

if TYPE_CHECKING:
    import pandas as pd

_DIMS = ("instance", "channel", "time")
MTYPES = ("pd-multiindex", "pd-long", "df-list", "nested_univ", "numpy3D")


class AbstractExports(AbstractPanel):
    """What a panel can be written as. What a format has no place for is said there.

    No format has one for static features, nor for the unit of plain numbers. Zoned
    times come back in UTC, without a zone.
    """

    def to_frame(self) -> pd.DataFrame:
        """Write a pd-multiindex DataFrame with the kind of time given back.

        `as_panel` makes the same panel of it, except for static features and the unit
        of plain numbers. Zoned times come back in UTC, without a zone. Where series
        have no rows, the instances are ordered categories, which keep their place.
        Categorical channels are columns of type Categorical.

        Returns
        -------
        DataFrame of shape (n_rows, in_channels)
            Its index is (instance, time).
        """
        import pandas as pd

        ids = _instance_index(self)
        times = restore_times(self.times, self.time_scale).rename("time")
        index = pd.MultiIndex.from_arrays([ids.repeat(self.lengths), times])
        return _frame_of(self, self.values, index)

    def to_long(self) -> pd.DataFrame:
        """Write a long table, one row per value that was observed.

        ``Panel.from_long(table, instance="instance", time="time", channel="channel",
        value="value")`` makes the same panel of it, with the exceptions of `to_frame`.
        A row of the panel without any value has one row with NaN. If there are
        categorical channels, numbers and labels stand in one column: name the channels
        in ``categorical=list(panel.categories)``. Their labels come back sorted, and
        only those that occur.

        Returns
        -------
        DataFrame of shape (n_observed, 4)
            Columns instance, time, channel (categorical) and value.

        Examples
        --------
        >>> from ckts import as_panel
        >>> as_panel([([0.0, 1.5], [[7.0, 1.0], [8.0, None]])]).to_long()
           instance  time    channel  value
        0         0   0.0  channel_0    7.0
        1         0   0.0  channel_1    1.0
        2         0   1.5  channel_0    8.0
        """
        import pandas as pd

        rows, channels, values = _measurements(self)
        ids = _instance_index(self)
        columns = {
            "instance": ids.take(self.series_of_rows[rows]),
            "time": restore_times(self.times[rows], self.time_scale),
            "channel": pd.Categorical.from_codes(channels, list(self.channels)),
            "value": _labeled(self, channels, values),
        }
        return pd.DataFrame(columns)

    def to_list(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Write a list of tuples (times, values), which `as_panel` reads.

        Names of channels and series have no place in it, nor labels: a categorical
        channel is written as its codes, which count `categories`.

        Returns
        -------
        list of (ndarray of shape (n_times,), ndarray of shape (n_times, in_channels))
            Times of their kind, values with NaN where not observed.

        Examples
        --------
        >>> from ckts import as_panel
        >>> as_panel([([0.0, 1.5], [7.0, 8.0])]).to_list()
        [(array([0. , 1.5]), array([[7.],
               [8.]]))]
        """
        stamps = np.array(restore_times(self.times, self.time_scale))
        parts = [stamps[start:end] for start, end in pairwise(self.indptr)]
        values = [one.values.copy() for one in self]
        return list(zip(parts, values, strict=True))

    def to_sktime(self, mtype: str = "pd-multiindex") -> Any:
        """Write one of sktime's formats of panels.

        Parameters
        ----------
        mtype : {"pd-multiindex", "pd-long", "df-list", "nested_univ", "numpy3D"}
            "pd-multiindex" is `to_frame`, "pd-long" `to_long`, "df-list" a list of
            frames indexed by time, "nested_univ" a frame of Series and "numpy3D"
            `to_numpy`. The last three have no place for the names of series, "numpy3D"
            for none at all, nor for times, nor for labels, of which it has the codes.
            sktime itself refuses float times, and labels.

        Returns
        -------
        DataFrame, list of DataFrame or ndarray
        """
        check_choice("mtype", mtype, MTYPES)
        if mtype == "df-list":
            return _frames(self)
        if mtype == "nested_univ":
            return _nested(self)
        writers = {"pd-multiindex": self.to_frame, "pd-long": self.to_long}
        return writers.get(mtype, self.to_numpy)()

    def to_numpy(self, grid: Any = None) -> np.ndarray:
        """Write an array, channel first, of series that have the same time stamps.

        A categorical channel is written as its codes, which count `categories`.

        Parameters
        ----------
        grid : array-like of shape (n_steps,), optional
            Increasing times of the kind of the panel, or numbers as `times` holds
            them. A series has its values at exactly these, and NaN where it has
            none: nothing is moved or interpolated.

        Returns
        -------
        ndarray of shape (n_series, in_channels, n_steps)

        Raises
        ------
        ValueError
            Without a grid, if times differ between series. With one, if a value would
            be lost: observed at another time, or twice at one.

        Examples
        --------
        >>> from ckts import as_panel
        >>> panel = as_panel([([0, 1], [7.0, 8.0]), ([1, 2], [5.0, 6.0])])
        >>> panel.to_numpy(grid=[0, 1, 2])
        array([[[ 7.,  8., nan]],
        <BLANKLINE>
               [[nan,  5.,  6.]]])
        """
        if grid is None:
            check_some_series(len(self))
            _check_shared(self)
            table = self.values.reshape(len(self), self.lengths[0], self.in_channels)
            return table.transpose(0, 2, 1).copy()
        grid = _as_grid(self, grid)
        rows, channels, values = _measurements(self, empty=False)
        steps = _steps(self, rows, channels, grid)
        array = np.full((len(self), self.in_channels, len(grid)), np.nan, values.dtype)
        array[self.series_of_rows[rows], channels, steps] = values
        return array

    def to_parquet(
        self, path: str | PathLike, *, rows_per_group: int = GROUP_ROWS
    ) -> None:
        """Write a long table in a Parquet file, which `ParquetPanel` reads in parts.

        Its columns are "instance", "time", the channels and the static features, which
        stand in each row. The file is there when it is whole.

        Parameters
        ----------
        path : path-like
        rows_per_group : int
            Rows of a row group, the unit of reading: whole series, or a longer one.
        """
        write_parquet(self, path, rows_per_group)

    def to_xarray(self) -> Any:
        """Write an xarray DataArray over (instance, channel, time) that stays sparse.

        Its data are a COO array of the library `sparse`, as in pyrregular: what was
        observed, and no table over the times of all series. `as_panel` reads it.
        Static features are coordinates of the instances, which it does not read. A
        categorical channel is written as its codes, which count `categories`.

        Returns
        -------
        DataArray of shape (n_series, in_channels, n_distinct_times)

        Raises
        ------
        ImportError
            Where xarray or sparse are missing.
        ValueError
            If a channel has two values at one time of a series.
        """
        try:
            import sparse
            import xarray
        except ImportError as error:
            raise ImportError(
                f"`to_xarray` must find xarray and sparse; got: {error}. Install them: "
                "`pip install xarray sparse`."
            ) from error
        if taken := {*_DIMS} & {*self.static_names}:
            raise ValueError(
                f"`static_names` must differ from the dimensions {_DIMS}; got "
                f"{sorted(taken)}. Rename them: `panel.with_static(panel.static, "
                "names)`."
            )
        times = np.unique(self.times)
        rows, channels, values = _measurements(self)
        steps = _steps(self, rows, channels, times)
        where = np.stack([self.series_of_rows[rows], channels, steps])
        shape = (len(self), self.in_channels, len(times))
        static = {} if self.static is None else _static_columns(self)
        coords = {
            "instance": self.instances,
            "channel": list(self.channels),
            "time": np.array(restore_times(times, self.time_scale)),
            **{name: ("instance", one) for name, one in static.items()},
        }
        data = sparse.COO(where, values, shape=shape, fill_value=np.nan)
        return xarray.DataArray(data, coords, _DIMS)


def _instance_index(panel):
    """Return the names of the series as an index, which must name each once."""
    import pandas as pd

    ids = pd.Index(panel.instances, name="instance")
    if not ids.is_unique:
        twice = ids[ids.duplicated()][0]
        raise ValueError(
            f"`instances` must be unique to make a frame; got {twice!r} twice. Rename "
            "them, e.g. `panel.with_instances(range(len(panel)))`."
        )
    if not panel.lengths.all():  # the categories tell of the series without rows
        ids = pd.CategoricalIndex(ids, categories=ids, ordered=True, name="instance")
    return ids


def _measurements(panel, empty=True):
    """Return row, channel and value of what was observed, sorted by row.

    Parameters
    ----------
    panel : Panel
    empty : bool
        Whether rows without a value have one entry, NaN in the first channel, which
        keeps the row.
    """
    listed = panel.observations.sparse()
    rows, channels, values = listed.rows(), listed.channels, listed.data
    bare = np.flatnonzero(listed.row_counts() == 0)
    if not empty or not len(bare):
        return rows, channels, values
    order = np.argsort(np.concatenate([rows, bare]), kind="stable")
    channels = np.concatenate([channels, np.zeros(len(bare), channels.dtype)])
    values = np.concatenate([values, np.full(len(bare), np.nan, values.dtype)])
    return np.concatenate([rows, bare])[order], channels[order], values[order]


def _frame_of(panel, values, index):
    """Make a frame of rows of a panel, with the labels of categorical channels."""
    import pandas as pd

    frame = pd.DataFrame(values, index=index, columns=list(panel.channels))
    for name, labels in panel.categories.items():
        frame[name] = decode(frame[name].to_numpy(), labels)
    return frame


def _labeled(panel, channels, values):
    """Return values of different channels, as objects if some are labels."""
    if not panel.categories:
        return values
    cells = values.astype(object)
    for place, name in enumerate(panel.channels):
        if name in panel.categories:
            own = channels == place
            cells[own] = np.asarray(decode(values[own], panel.categories[name]))
    return cells


def _static_columns(panel):
    """Return each static feature by its name, with labels as objects."""
    labels = panel.static_categories
    return {
        name: np.asarray(decode(one, labels[name]), object) if name in labels else one
        for name, one in zip(panel.static_names, panel.static.T, strict=True)
    }


def _frames(panel):
    import pandas as pd

    return [
        _frame_of(panel, values, pd.Index(times, name="time"))
        for times, values in panel.to_list()
    ]


def _nested(panel):
    import pandas as pd

    cells = np.empty((len(panel), panel.in_channels), dtype=object)
    for i, frame in enumerate(_frames(panel)):
        index = frame.index.rename(None)
        for j in range(panel.in_channels):
            cells[i, j] = pd.Series(frame.iloc[:, j].array, index=index)
    return pd.DataFrame(cells, columns=list(panel.channels))


def _check_shared(panel):
    """Raise if series differ in their time stamps."""
    lengths, times = panel.lengths, panel.times
    if len(set(lengths)) == 1:
        stacked = times.reshape(len(panel), lengths[0])
        differing = np.flatnonzero((stacked != stacked[0]).any(axis=1))
        found = "other times" if len(differing) else ""
    else:
        differing = np.flatnonzero(lengths != lengths[0])
        found = f"{lengths[differing[0]]} rows"
    if found:
        names = [shown(panel.instances[i]) for i in (differing[0], 0)]
        raise ValueError(
            "`panel` must have the same time stamps in every series to be an array; "
            f"got {found} in instance {names[0]}, beside {lengths[0]} rows in "
            f"instance {names[1]}. Name the steps: "
            "`panel.to_numpy(grid=numpy.unique(panel.times))`."
        )


def _as_grid(panel, grid):
    """Return the steps as numbers of the panel's time scale."""
    steps, scale = parse_times(grid)
    if scale.kind not in ("number", panel.time_scale.kind):
        raise ValueError(
            f"`grid` must be times of the kind of the panel, {panel.time_scale}, or "
            f"numbers as in `panel.times`; got {scale}. Convert it."
        )
    if not len(steps) or np.any(np.diff(steps) <= 0):
        raise ValueError(
            f"`grid` must increase, and hold a step; got {grid!r}. Use "
            "`numpy.unique(grid)`."
        )
    return steps


def _steps(panel, rows, channels, grid):
    """Return the place of each value on a grid; raise if two meet or one has none."""
    times = panel.times[rows]
    steps = np.searchsorted(grid, times).clip(max=len(grid) - 1)
    series = panel.series_of_rows[rows]
    if len(outside := np.flatnonzero(grid[steps] != times)):
        where = outside[0]
        raise ValueError(
            "`grid` must hold the time of every value; got none for "
            f"{show_time(times[where], panel.time_scale)} of instance "
            f"{shown(panel.instances[series[where]])}, and {len(outside)} values in "
            "all would be lost. Use `numpy.unique(panel.times)`, or leave rows out "
            "first: `panel.keep_rows(numpy.isin(panel.times, grid))`."
        )
    cells = (series * panel.in_channels + channels) * len(grid) + steps
    order = np.argsort(cells, kind="stable")
    if len(twice := np.flatnonzero(np.diff(cells[order]) == 0)):
        where = order[twice[0] + 1]
        raise ValueError(
            "`panel` must hold each (instance, time, channel) once; got two values of "
            f"{panel.channels[channels[where]]!r} of instance "
            f"{shown(panel.instances[series[where]])} at "
            f"{show_time(times[where], panel.time_scale)}. Merge them: "
            '`as_panel(panel.to_frame(), duplicates="mean")`.'
        )
    return steps

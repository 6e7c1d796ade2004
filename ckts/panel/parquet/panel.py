"""ParquetPanel: the series of a table on disk, which is larger than memory."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import Any, Self

import numpy as np

from ckts._checks import check_choice, check_count
from ckts.panel._base import check_same_order, series_numbers
from ckts.panel._categories import Categories
from ckts.panel._describe import Description
from ckts.panel._measures import describe
from ckts.panel._medians import SketchedMedian
from ckts.panel._panel import Panel
from ckts.panel._rows import DUPLICATES, check_some_series
from ckts.panel._times import TimeScale
from ckts.panel.parquet.source import Source
from ckts.panel.parquet.table import parts_of

PARTITION_ROWS = 1_000_000


class ParquetPanel:
    """Irregular time series in Parquet files, which are read when they are needed.

    A long table, as `Panel.from_long` takes it, may be larger than memory: what is kept
    are the names of the series and how many rows each has. Making a ParquetPanel reads
    the column of instances, columns of labels, and text that writes dates; so each part
    that is read later is what it would be in `Panel.read` of all, to the bit.

    The rows of an instance must stand together; they may go on in the next row group
    or file. The unit that is read is the row group: of one with a million rows, as
    many writers make them, some hundred megabytes.

    Parameters
    ----------
    path : path-like
        A Parquet file, or a folder: the files in it and below, in natural order of
        their names, are one table. Folders may name columns, as "year=2024" does.
    instance, time : str
        The columns that say whose row it is, and when.
    date_format : str, optional
        See `Panel.read`.
    **columns
        `channel`, `value`, `values`, `static`, `categorical`, `duplicates` and
        `time_unit` of `Panel.from_long`. Where `channel` names channels, `value` must
        be numbers. Series are in the order of the table, also where the instances are
        ordered categories.

    Attributes
    ----------
    n_series, in_channels, n_rows : int
        ``len(panel)`` and ``panel.shape == (n_series,)`` count series.
    instances : ndarray of shape (n_series,)
        Names of the series, also called `ids`.
    lengths : ndarray of shape (n_series,)
        Rows of the table of each series: rows of one time that a `Panel` would join
        count each.
    channels, static_names : tuple of str
    categories, static_categories : mapping of str to tuple of str
        The labels of categorical channels and static features.
    time_scale : TimeScale

    See Also
    --------
    Panel.to_parquet : Write such a file.

    Examples
    --------
    >>> import os, tempfile
    >>> from ckts import ParquetPanel
    >>> from ckts.datasets import make_speed
    >>> path = os.path.join(tempfile.mkdtemp(), "speed.parquet")
    >>> make_speed(60, random_state=0)[0].to_parquet(path)
    >>> panel = ParquetPanel(path, instance="instance", time="time")
    >>> panel[:10].load().n_series
    10
    """

    ndim = 1  # what scikit-learn sees is the series

    def __init__(
        self,
        path: str | PathLike,
        *,
        instance: str,
        time: str,
        date_format: str | None = None,
        **columns: Any,
    ) -> None:
        check_choice("duplicates", columns.get("duplicates", "error"), DUPLICATES)
        self._source = Source.open(path, instance, time, date_format, columns)
        self._series = np.arange(len(self._source.lengths))

    def __getitem__(self, key) -> Self:
        """Select series without reading them, by what a `Panel` takes."""
        selected = object.__new__(type(self))
        selected._source = self._source
        selected._series = self._series[series_numbers(key, self.n_series)]
        return selected

    def __len__(self) -> int:
        return self.n_series

    @property
    def shape(self) -> tuple[int]:
        """The shape scikit-learn sees: (n_series,)."""
        return (self.n_series,)

    @property
    def n_series(self) -> int:
        """Number of series."""
        return len(self._series)

    @property
    def n_rows(self) -> int:
        """Number of rows of the table."""
        return int(self.lengths.sum())

    @property
    def lengths(self) -> np.ndarray:
        """Rows of the table of each series, of shape (n_series,)."""
        return self._source.lengths[self._series]

    @property
    def instances(self) -> np.ndarray:
        """Names of the series, of shape (n_series,)."""
        return self._source.instances[self._series]

    @property
    def ids(self) -> np.ndarray:
        """The same as `instances`."""
        return self.instances

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self._source.like.channels

    @property
    def in_channels(self) -> int:
        """Number of channels."""
        return len(self.channels)

    @property
    def static_names(self) -> tuple[str, ...]:
        """Names of the static features."""
        return self._source.like.static_names

    @property
    def categories(self) -> Categories:
        """The labels of categorical channels."""
        return self._source.like.categories

    @property
    def static_categories(self) -> Categories:
        """The labels of categorical static features."""
        return self._source.like.static_categories

    @property
    def time_scale(self) -> TimeScale:
        """Kind and unit of the times."""
        return self._source.like.time_scale

    @property
    def _numbered(self) -> bool:
        return self._source.numbered

    def load(self) -> Panel:
        """Read all series of this panel, in its order.

        Each row group that holds some of their rows is read once.

        Returns
        -------
        Panel
        """
        return self._source.read(self._series, self._source.reader())

    def partitions(self, max_rows: int = PARTITION_ROWS) -> Iterator[Panel]:
        """Read consecutive series, part by part.

        Memory is that of one part and of one row group. In the order of the table,
        each row group is read once.

        Parameters
        ----------
        max_rows : int
            Rows of a part, at most; a series that has more is a part by itself.

        Yields
        ------
        Panel
        """
        check_count("max_rows", max_rows)
        reader = self._source.reader()
        for start, stop in parts_of(self.lengths, max_rows):
            yield self._source.read(self._series[start:stop], reader)

    def describe(self, y: Any = None) -> Description:
        """Tell what `Panel.describe` tells, in one pass within bounded memory.

        Counts, shares, extremes and spans are exact. The medians of gaps, of which
        there are as many as rows, are those of a quantile sketch, whose rank is off by
        less than 0.1 %, and need the library crick.

        Parameters
        ----------
        y : array-like of shape (n_series,), optional
            Classes or numbers: it also tells whether lengths predict them.

        Returns
        -------
        Description
        """
        check_same_order("y", y, self)
        check_some_series(len(self))
        return describe(self.partitions(), y, SketchedMedian)

    def __repr__(self) -> str:
        lengths = self.lengths if self.n_series else np.zeros(1, int)
        low, high = lengths.min(), lengths.max()
        parts = [
            repr(str(self._source.table.path)),
            f"n_series={self.n_series}",
            f"in_channels={self.in_channels}",
            f"length {low}" if low == high else f"lengths {low}-{high}",
        ]
        if self.static_names:
            parts.append(f"n_static={len(self.static_names)}")
        return f"ParquetPanel({', '.join(parts)}, time {self.time_scale})"

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "`X` must be an array here; got a ParquetPanel, whose series are on disk. "
            "Use `X.load()`, or `X[:1000].load()` for some of the series."
        )

"""Find the series of a table: one pass over the column of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ckts.panel._arrays import shown
from ckts.panel._files import parse_column
from ckts.panel.parquet.labels import Vocabulary, is_dictionary, is_text
from ckts.panel.parquet.table import ParquetTable

if TYPE_CHECKING:
    import pandas as pd


class Series(NamedTuple):
    """The series of a table, in its order.

    Attributes
    ----------
    ids : ndarray of shape (n_series,)
    lengths : ndarray of int of shape (n_series,)
        Rows of the table of each.
    """

    ids: np.ndarray
    lengths: np.ndarray


def scan(
    table: ParquetTable,
    columns: list[str],
    roles: dict[str, Any],
    named: list[str],
    date_format: str | None,
) -> tuple[Vocabulary, Series]:
    """Read the instances, and columns of labels and text, row group by row group.

    Parameters
    ----------
    table : ParquetTable
    columns : list of str
        Those that are used.
    roles : dict
        The arguments of `Panel.from_long`.
    named : list of str
        The columns that hold labels whatever these look like.
    date_format : str or None
        See `Panel.read`.

    Raises
    ------
    ValueError
        If an instance is missing, or its rows do not stand together, or dates with
        and without a time zone are mixed.
    """
    instance, time = roles["instance"], roles["time"]
    channel = [roles["channel"]] if roles.get("channel") else []
    others = [name for name in columns if name not in (instance, time)]
    vocabulary = Vocabulary(table.schema, others, [*named, *channel])
    found, texts = _Runs(table), _TextTimes(time, date_format)
    are_texts = is_text(table.schema.field(time).type)
    columns = [instance, *vocabulary.columns, *[time] * are_texts]
    for group in table.groups(range(table.n_groups), columns):
        if not len(group):
            continue
        found.add(decode(group.column(instance)).to_pandas())
        vocabulary.add(group)
        if are_texts:
            texts.add(group.column(time).to_pandas())
    return vocabulary, found.series()


def decode(column: Any) -> Any:
    """Return an arrow column of plain values: an id is what it is called."""
    kind = column.type
    return column.cast(kind.value_type) if is_dictionary(kind) else column


class _Runs:
    """Runs of rows of one instance, which may go on in the next row group."""

    def __init__(self, table: ParquetTable) -> None:
        self._table = table
        self._ids: list[np.ndarray] = []
        self._starts: list[np.ndarray] = []
        self._last: Any = None
        self._n_rows = 0

    def add(self, ids: pd.Series) -> None:
        """Add the instances of the rows of the next row group."""
        import pandas as pd

        codes, seen = pd.factorize(ids)
        if np.any(codes < 0):
            row = self._n_rows + int(np.argmax(codes < 0))
            raise ValueError(
                f"`instance` must not be missing; got none in {self._table.place(row)}."
                " Drop the rows that belong to no series."
            )
        starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
        names = np.asarray(seen)[codes[starts]]
        starts = starts + self._n_rows
        self._n_rows += len(codes)
        last, self._last = self._last, names[-1]
        if self._ids and names[0] == last:
            names, starts = names[1:], starts[1:]
        self._ids.append(names)
        self._starts.append(starts)
        if len(starts) > len(seen):  # no need to read on
            self._check_together()

    def series(self) -> Series:
        """Return all series; raise if one has two runs."""
        self._check_together()
        starts = np.concatenate(self._starts)
        return Series(
            np.concatenate(self._ids), np.diff(np.append(starts, self._n_rows))
        )

    def _check_together(self):
        import pandas as pd

        names = pd.Index(np.concatenate(self._ids), tupleize_cols=False)
        if names.is_unique:
            return
        again = int(np.argmax(names.duplicated()))
        first = int(np.argmax(names == names[again]))
        starts = np.concatenate(self._starts)
        places = [self._table.place(starts[run]) for run in (first, again)]
        raise ValueError(
            "`path` must hold the rows of an instance together, one below the other; "
            f"got {shown(names[again])} from {places[0]} on and again from {places[1]} "
            "on. Sort the table by instance and time once, as polars, DuckDB or Dask "
            "do, and write it anew."
        )


class _TextTimes:
    """Whether text writes dates or durations, with or without a zone, throughout."""

    def __init__(self, time: str, date_format: str | None) -> None:
        self._time, self._format = time, date_format
        self._first: tuple[str, Any] | None = None

    def add(self, texts: pd.Series) -> None:
        """Look at the times of the next row group."""
        parsed = parse_column(texts, self._format)
        zone = getattr(parsed.dtype, "tz", None) is not None
        kind = f"{'zoned ' * zone}{parsed.dtype.kind}"
        if self._first is None:
            self._first = kind, texts.iloc[0]
        if kind != self._first[0]:
            raise ValueError(
                "`time` must hold text of one kind: dates that all have a time zone, "
                f"or none, or durations; got {self._first[1]!r} and "
                f"{texts.iloc[0]!r} in {self._time!r}. Write all in one way."
            )

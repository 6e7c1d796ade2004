"""A table on disk, the series in it, and how a panel is made of some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ckts.panel._arrays import as_instances, is_frame
from ckts.panel._categories import as_categorical, check_categories, names_of_labels
from ckts.panel._files import check_columns, used_columns
from ckts.panel._long import with_rowless
from ckts.panel._observations import row_pointers
from ckts.panel._panel import Panel
from ckts.panel._roles import check_roles
from ckts.panel._static import as_static
from ckts.panel.parquet.recipe import Recipe, check_value, settle
from ckts.panel.parquet.scan import Series, scan
from ckts.panel.parquet.table import ParquetTable, RowReader


@dataclass(frozen=True, eq=False)
class Source:
    """Everything but the rows.

    Attributes
    ----------
    table : ParquetTable
    recipe : Recipe
        How rows become a panel.
    lengths, starts : ndarray of int of shape (n_series,)
        How many rows each series has, and its first one.
    like : Panel of no series
        What all parts have in common: channels, static features, labels.
    instances : ndarray of shape (n_series,)
    numbered : bool
        See `AbstractPanel`.
    static : ndarray of shape (n_series, n_static) or None
        Where they are not columns of the table.
    """

    table: ParquetTable
    recipe: Recipe
    lengths: np.ndarray
    starts: np.ndarray
    like: Panel
    instances: np.ndarray
    numbered: bool
    static: np.ndarray | None = None

    @classmethod
    def open(cls, path, instance, time, date_format, roles) -> Source:
        """Scan a table; `ParquetPanel` documents the arguments."""
        check_roles(instance, time, {"date_format": date_format, **roles})
        table = ParquetTable.open(path)
        used = used_columns(instance, time, roles)
        columns = check_columns(table.path, used, table.schema.names)
        if not table.n_rows:
            raise ValueError(
                f"`path` must hold a row of data; got none in {str(table.path)!r}. "
                "Check how it was written."
            )
        roles = {"instance": instance, "time": time, **roles}
        features = roles.pop("static", None) if is_frame(roles.get("static")) else None
        named = names_of_labels(roles.get("categorical"))
        if features is not None:
            features = as_categorical(features, named)
            mine = [name for name in named if name not in map(str, features.columns)]
            named = roles["categorical"] = mine
        check_value(table, roles, named)
        vocabulary, series = scan(table, columns, roles, named, date_format)
        recipe, like = settle(table, columns, roles, date_format, vocabulary)
        return cls._of(table, recipe, series, like, features)

    @classmethod
    def _of(cls, table, recipe, series: Series, like, features) -> Source:
        """Add static features of a frame, and the series that only these name."""
        ids, lengths, static = series.ids, series.lengths, None
        if features is not None:
            ids = with_rowless(ids, features)
            lengths = np.append(lengths, np.zeros(len(ids) - len(lengths), np.intp))
        ids, numbered = as_instances(ids, len(ids))
        if features is not None:
            static, names, labels = as_static(features, None, ids)
            labels = check_categories(
                "static_categories", labels, names, lambda: static.T
            )
            like = like._derive(
                static=static[:0], static_names=names, static_categories=labels
            )
        starts = row_pointers(lengths)[:-1]
        return cls(table, recipe, lengths, starts, like, ids, numbered, static)

    def reader(self) -> RowReader:
        """Return what reads rows, and keeps a row group from one call to the next."""
        return RowReader(self.table, self.recipe.columns)

    def read(self, series: np.ndarray, reader: RowReader) -> Panel:
        """Read series by their numbers, in any order, perhaps several times."""
        different, place = np.unique(series, return_inverse=True)
        filled = different[self.lengths[different] > 0]
        panel = self._read_filled(filled, reader) if len(filled) else self.like
        rowless = np.full(len(different) - len(filled), panel.indptr[-1])
        panel = self._complete(panel, np.append(panel.indptr, rowless), different)
        in_order = len(series) == len(different) and np.all(series == different)
        return panel if in_order else panel[place]

    def _read_filled(self, series, reader):
        """Read series that have rows, in the order of the table."""
        starts = self.starts[series]
        stops = starts + self.lengths[series]
        rows = reader.rows(starts, stops)
        try:
            return self.recipe.panel(rows)
        except (TypeError, ValueError) as error:
            first, last = map(self.table.place, (starts[0], stops[-1] - 1))
            error.add_note(f"Rows are counted from {first} on, to {last}.")
            raise

    def _complete(self, panel, indptr, series):
        """Give a part what it has in common with all others."""
        like = self.like
        kind = like.observations.data.dtype
        observations, static = panel.observations, panel.static
        if observations.data.dtype != kind:
            observations = observations.map(lambda values, _: values.astype(kind))
        if self.static is not None:
            static = self.static[series]
        elif static is not None and like.static is not None:
            static = static.astype(like.static.dtype)
        return panel._derive(
            observations=observations,
            indptr=indptr,
            instances=self.instances[series],
            static=static,
            static_names=like.static_names,
            static_categories=like.static_categories,
            _numbered=self.numbered,
        )

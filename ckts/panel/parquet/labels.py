"""What a column of labels, or of text, is made of, told by all rows of a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ckts.panel._arrays import ENCODE, as_floats
from ckts.panel._categories import encode

if TYPE_CHECKING:
    import pandas as pd


class Vocabulary:
    """The distinct values of some columns, collected row group by row group.

    Parameters
    ----------
    schema : pyarrow.Schema
    columns : iterable of str
        Channels and static features; of those of numbers only the named are collected.
    named : iterable of str
        The columns that hold labels whatever these look like.

    Attributes
    ----------
    columns : list of str
        Those whose values are collected.
    """

    def __init__(
        self, schema: Any, columns: Iterable[str], named: Iterable[str]
    ) -> None:
        self._schema, self._named = schema, set(named)
        self.columns = [name for name in columns if self._is_collected(name)]
        self._found: dict[str, pd.Series] = {}

    def _is_collected(self, name):
        kind = self._schema.field(name).type
        return name in self._named or is_dictionary(kind) or is_text(kind)

    def add(self, table: Any) -> None:
        """Collect what the columns of a row group, a pyarrow Table, hold."""
        import pandas as pd

        for name in self.columns:
            parts = _distinct(table.column(name))
            if name in self._found:
                parts.insert(0, self._found[name])
            if parts:
                joined = pd.concat(parts, ignore_index=True)
                self._found[name] = joined.drop_duplicates()

    def dtypes(self) -> dict[str, Any]:
        """Return the type of each column of labels: all labels in their order.

        Raises
        ------
        TypeError
            If text in a column is neither labels throughout nor missing.
        """
        found = {name: self._dtype(name) for name in self.columns}
        return {name: dtype for name, dtype in found.items() if dtype is not None}

    def _dtype(self, name):
        import pandas as pd

        values = self._found.get(name, pd.Series([], dtype=object))
        kind = self._schema.field(name).type
        if is_dictionary(kind):
            return pd.CategoricalDtype(values, ordered=kind.ordered)
        if name in self._named:
            return values.astype("category").dtype
        if encode(values) is None:  # raises, but where all is missing
            as_floats(values.to_frame(name), "frame", way_out=ENCODE)
            return None
        return values.astype("category").dtype


def is_dictionary(kind: Any) -> bool:
    """Whether an arrow type is that of categories."""
    from pyarrow import types

    return types.is_dictionary(kind)


def is_text(kind: Any) -> bool:
    """Whether an arrow type is text."""
    from pyarrow import types

    views = getattr(types, "is_string_view", lambda kind: False)
    return types.is_string(kind) or types.is_large_string(kind) or views(kind)


def _distinct(column):
    """Return the distinct values of a column, of categories all that there may be."""
    import pyarrow.compute as pc

    if is_dictionary(column.type):
        return [chunk.dictionary.to_pandas() for chunk in column.chunks]
    values = pc.unique(column.drop_null()).to_pandas()
    return [values.dropna()] if len(values) else []

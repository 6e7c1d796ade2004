"""What a panel of all rows would decide, settled for each part of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts.panel._arrays import ENCODE, as_floats
from ckts.panel._files import parse_column
from ckts.panel._panel import Panel
from ckts.panel.parquet.labels import Vocabulary, is_dictionary, is_text
from ckts.panel.parquet.scan import decode
from ckts.panel.parquet.table import ParquetTable

if TYPE_CHECKING:
    import pandas as pd

# Rows that are looked at as `Panel.read` looks at all: which columns are channels, and
# whether these ever change.
HEAD_ROWS = 10_000


@dataclass(frozen=True, eq=False)
class Recipe:
    """How rows of a table become a panel.

    Attributes
    ----------
    columns : list of str
        Those that are read.
    roles : dict
        The arguments of `Panel.from_long`.
    date_format : str or None
    dtypes : dict
        The type of each column of labels: all labels of the table in their order.
    """

    columns: list[str]
    roles: dict[str, Any]
    date_format: str | None
    dtypes: dict[str, Any]

    def panel(self, rows: Any) -> Panel:
        """Make a panel of a pyarrow Table of whole series."""
        return Panel.from_long(self._frame(rows), **self.roles)

    def _frame(self, rows: Any) -> pd.DataFrame:
        """Return rows as `Panel.read` has them, with all labels of the table."""
        instance, time = self.roles["instance"], self.roles["time"]
        ids = decode(rows.column(instance))
        rows = rows.set_column(rows.schema.get_field_index(instance), instance, ids)
        frame = rows.replace_schema_metadata(None).to_pandas(
            split_blocks=True, use_threads=False
        )
        frame[time] = parse_column(frame[time], self.date_format)
        return frame.astype(self.dtypes)


def check_value(table: ParquetTable, roles: dict[str, Any], named: list[str]) -> None:
    """Raise if measurements in one column are labels: a part shows only some of them.

    Parameters
    ----------
    table : ParquetTable
    roles : dict
        The arguments of `Panel.from_long`.
    named : list of str
        What `categorical` lists.
    """
    if (value := roles.get("value")) not in table.schema.names:
        return
    static = roles.get("static") or ()
    static = [static] if isinstance(static, str) else static
    kind = table.schema.field(value).type
    labels = [name for name in named if name not in static]
    if labels or is_dictionary(kind) or is_text(kind):
        found = f"`categorical` of {labels}" if labels else f"{kind} in {value!r}"
        raise ValueError(
            f"`value` must be numbers in a ParquetPanel; got {found}. Write a column "
            "per channel, or use `Panel.read` if the table fits in memory."
        )


def settle(
    table: ParquetTable,
    columns: list[str],
    roles: dict[str, Any],
    date_format: str | None,
    vocabulary: Vocabulary,
) -> tuple[Recipe, Panel]:
    """Return the recipe of a table, and a panel of no series that is like its parts.

    The first rows tell which columns are channels.
    """
    recipe = Recipe(columns, roles, date_format, vocabulary.dtypes())
    head = recipe.panel(_head(table, columns))
    if roles.get("channel") is None:
        roles = {**roles, "values": list(head.channels)}
        measured = list(head.channels)
    else:
        measured = [roles["value"]]
    recipe = Recipe(columns, roles, date_format, recipe.dtypes)
    like, static = head[:0], head.static
    kind = _float_type(table, measured, recipe.dtypes)
    if static is not None:
        found = _float_type(table, head.static_names, recipe.dtypes)
        static = static[:0].astype(found)
    observations = like.observations.map(lambda values, _: values.astype(kind))
    return recipe, like._derive(observations=observations, static=static)


def _head(table, columns):
    """Read the first rows."""
    import pyarrow

    stop = int(np.searchsorted(table.offsets, HEAD_ROWS))
    groups = table.groups(range(min(stop, table.n_groups)), columns)
    return pyarrow.concat_tables(groups).slice(0, HEAD_ROWS)


def _float_type(table, columns, dtypes):
    """Return the type of the values of all rows, which a part need not show.

    Missing values make float64 of small integers and booleans, which else are float32
    where the other columns are.
    """
    from pyarrow import types

    numbers = [name for name in columns if name not in dtypes]
    floats = map(types.is_floating, (table.schema.field(n).type for n in numbers))
    if any(
        table.may_miss(name)
        for name, is_float in zip(numbers, floats, strict=True)
        if not is_float
    ):
        return np.dtype(np.float64)
    frame = table.schema.empty_table().select(numbers).to_pandas()
    empty = as_floats(frame, "frame", way_out=ENCODE) if numbers else np.empty(0)
    return empty.dtype

"""Write a panel as a table of Parquet, with whole series in each row group."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts._checks import check_count, check_path
from ckts._files import write_whole
from ckts.panel._arrays import shown
from ckts.panel._base import AbstractPanel
from ckts.panel._categories import decode
from ckts.panel._rows import check_some_series
from ckts.panel._times import restore_times
from ckts.panel.parquet.table import parts_of

if TYPE_CHECKING:
    import pandas as pd

GROUP_ROWS = 100_000


def write_parquet(
    panel: AbstractPanel, path: str | PathLike, rows_per_group: int
) -> None:
    """Write a panel; `Panel.to_parquet` documents the arguments."""
    check_count("rows_per_group", rows_per_group)
    path = check_path("path", path, "visits.parquet")
    _check_writable(panel)
    write_whole(path, lambda target: _write(panel, target, rows_per_group))


def _write(panel: AbstractPanel, path: Path, rows_per_group: int) -> None:
    """Write a row group after the other."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            f"`to_parquet` must find pyarrow; got: {error}. Install it, "
            "`pip install pyarrow`."
        ) from error
    schema = pyarrow.Schema.from_pandas(_frame(panel[:1]), preserve_index=False)
    with parquet.ParquetWriter(path, schema) as writer:
        for start, stop in parts_of(panel.lengths, rows_per_group):
            frame = _frame(panel[start:stop])
            table = pyarrow.Table.from_pandas(frame, schema, preserve_index=False)
            writer.write_table(table, row_group_size=len(table))


def _frame(panel: AbstractPanel) -> pd.DataFrame:
    """Return a row for each row of the panel, with its static features."""
    import pandas as pd

    series, values = panel.series_of_rows, panel.values
    columns: dict[str, Any] = {
        "instance": panel.instances[series],
        "time": restore_times(panel.times, panel.time_scale),
    }
    for place, name in enumerate(panel.channels):
        columns[name] = _labeled(values[:, place], panel.categories.get(name))
    for place, name in enumerate(panel.static_names):
        assert panel.static is not None
        column = panel.static[series, place]
        columns[name] = _labeled(column, panel.static_categories.get(name))
    return pd.DataFrame(columns)


def _labeled(column, labels):
    return column if labels is None else decode(column, labels)


def _check_writable(panel: AbstractPanel) -> None:
    """Raise if a table could not tell the series or the columns apart."""
    check_some_series(len(panel))
    names = ["instance", "time", *panel.channels, *panel.static_names]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(
            "`channels` and `static_names` must differ from each other and from "
            f"'instance' and 'time' to be columns; got {twice}. Rename them: "
            "`panel.with_values(panel.observations, names)`."
        )
    if not panel.lengths.all():
        one = panel.instances[np.argmin(panel.lengths)]
        raise ValueError(
            f"`panel` must have rows in every series to be a table; got none in "
            f"instance {shown(one)}. Leave such series out: "
            "`panel[panel.lengths > 0]`."
        )
    ids, counts = np.unique(panel.instances.astype(str), return_counts=True)
    if counts.max() > 1:
        raise ValueError(
            f"`instances` must be unique to be told apart in a table; got "
            f"{shown(ids[np.argmax(counts)])} twice. Rename them, e.g. "
            "`panel.with_instances(range(len(panel)))`."
        )

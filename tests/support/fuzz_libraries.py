"""Containers of other libraries, and files, filled with the cells of `fuzz_cells`."""

import csv
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from ckts import Panel, as_panel
from fuzz_cells import (
    EITHER,
    LOUD,
    TEXTS,
    Cells,
    Text,
    draw_cells,
    observations_of,
    put_cells,
    put_stamps,
    stamps_of_cells,
    stamps_of_panel,
    truth_of,
)
from fuzz_containers import (
    CONTAINERS,
    KEEP,
    NAMES,
    Container,
    Refused,
    equal_times_of_one,
    long_table,
    names_of,
    refuse,
    steps,
    with_rows,
)

try:
    import awkward as ak
    import polars as pl
    import pyarrow as pa
    import sparse
    import xarray as xr
    from pyarrow import parquet
except ImportError:  # the containers that are there are tried
    ak = pl = pa = sparse = xr = None


def polars_frame(data):
    """Make a frame; polars panics, with a stack on the screen, at Decimal("NaN")."""
    flat = [item for items in data.values() for item in items]
    if any(isinstance(item, Decimal) and not item.is_finite() for item in flat):
        raise Refused("a panic")
    if any(isinstance(item, np.float32) for item in flat):
        raise Refused("beside it, others are rounded")
    if any(item is np.ma.masked for item in flat):
        raise Refused("numpy warns")
    return refuse(pl.DataFrame, data)


def write_polars(cells, rng, folder):
    frame = polars_frame(long_table(cells, rng))
    if rng.random() < 0.3:
        frame = frame.lazy()
    values = names_of(cells)
    return lambda: Panel.from_long(frame, **NAMES, values=values, **KEEP)


def arrow_table(data):
    """Make a table; arrow makes dates of the numbers beside a date."""
    when = data.get("when", data.get("time", []))
    if len({isinstance(stamp, int | float | Decimal) for stamp in when}) > 1:
        raise Refused("stamps of two kinds")
    return refuse(pa.table, data)


def write_arrow(cells, rng, folder):
    frame = arrow_table(long_table(cells, rng))
    values = names_of(cells)
    return lambda: Panel.from_long(frame, **NAMES, values=values, **KEEP)


def columns_of(rows, cells):
    data = {"time": [stamp for stamp, _ in rows]}
    for i, name in enumerate(names_of(cells)):
        data[name] = [row[i] for _, row in rows]
    return data


def write_tables(cells, rng, folder):
    make = [polars_frame, arrow_table][rng.integers(2)]
    tables = [refuse(make, columns_of(rows, cells)) for rows in cells.series]
    return lambda: as_panel(tables, **KEEP)


def write_wide_table(cells, rng, folder):
    """Write a column for each step; the stamps are not told."""
    cells.without_times()
    matrix = [[row[0] for _, row in rows] for rows in cells.series]
    data = {f"step_{i}": list(c) for i, c in enumerate(zip(*matrix, strict=True))}
    frame = refuse([polars_frame, arrow_table][rng.integers(2)], data)
    return lambda: as_panel(frame, **KEEP)


def write_awkward(cells, rng, folder):
    flat = cells.n_channels == 1 and rng.random() < 0.7
    nested = [[row[0] if flat else row for _, row in part] for part in cells.series]
    if any(np.ndim(c) for part in cells.series for _, row in part for c in row):
        raise Refused("one more dimension")
    array = refuse(ak.Array, nested)
    if "union" in str(array.type):  # of truth values and numbers, too
        cells.mark("a union", EITHER)
    if not flat and not any(cells.series):
        raise Refused("of no dimension")
    return lambda: as_panel(array, **KEEP)


def _stacked(cells, rng):
    """Return an array (n_series, n_channels, n_steps), and the axis of times."""
    stamps = list(dict.fromkeys(s for rows in cells.series for s, _ in rows))
    shape = len(cells.series), cells.n_channels, len(stamps)
    array = np.full(shape, np.nan, object)
    for i, rows in enumerate(cells.series):
        for stamp, row in rows:
            for j, cell in enumerate(row):
                array[i, j, refuse(stamps.index, stamp)] = cell
    if all(isinstance(cell, float | int) for cell in array.flat):
        array = refuse(array.astype, float)
    return array, refuse(pd.Index, stamps)


def _data_array(data, index, cells):
    names = [f"s{i}" for i in range(len(cells.series))]
    coords = {"patient": names, "channel": names_of(cells), "time": index}
    dims = ("patient", "channel", "time")
    return refuse(xr.DataArray, data, dims=dims, coords=coords)


def _check_repeats(cells):
    for rows in cells.series:
        stamps = [repr(stamp) for stamp, _ in rows]
        if len(set(stamps)) < len(stamps):
            raise Refused("two rows at one place")


def write_xarray(cells, rng, folder):
    _check_repeats(cells)
    X = _data_array(*_stacked(cells, rng), cells)
    if rng.random() < 0.3:
        X = refuse(X.to_dataset, dim="channel")
    elif rng.random() < 0.5:
        X = X.transpose(*rng.permutation(list(X.dims)).tolist())
    return lambda: as_panel(X, **KEEP)


def write_sparse(cells, rng, folder):
    _check_repeats(cells)
    array, index = _stacked(cells, rng)
    if array.dtype == object:
        raise Refused("numbers only")
    fill = 0.0 if rng.random() < 0.1 else np.nan
    data = refuse(sparse.COO.from_numpy, array, fill_value=fill)
    if fill == 0.0:
        cells.mark("zero is nothing", LOUD)
    X = _data_array(data, index, cells)
    return lambda: as_panel(X, **KEEP)


def write_csv(cells, rng, folder):
    kind = None
    if rng.random() < 0.5:
        kind = str(rng.choice(list(TEXTS)))
        written, number, meaning = TEXTS[kind]
        share, text = rng.choice([0.3, 1.0]), Text(written, number)

        def change(_, stamp, row):
            return stamp, [text if rng.random() < share else cell for cell in row]

        cells.map(change)
        there = any(text in row for rows in cells.series for _, row in rows)
        cells.mark(f"text {kind}", meaning if there else None)
    data = long_table(cells, rng)
    separator, suffix = [(",", "csv"), ("\t", "tsv")][rng.integers(2)]
    packed = rng.random() < 0.2
    path = folder / f"visits.{suffix}{'.gz' * packed}"
    with (gzip.open if packed else open)(path, "wt", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(data)
        for row in zip(*data.values(), strict=True):
            writer.writerow([_written(cell) for cell in row])
    values = names_of(cells)
    return lambda: Panel.read(path, **NAMES, values=values, **KEEP)


def _written(cell):
    if isinstance(cell, Text):
        return cell.written
    if cell is None or cell is pd.NA or cell != cell:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


def write_parquet(cells, rng, folder):
    frame = arrow_table(long_table(cells, rng))
    path = folder / "visits.parquet"
    refuse(parquet.write_table, frame, path, row_group_size=int(rng.integers(1, 9)))
    values = names_of(cells)
    return lambda: Panel.read(path, **NAMES, values=values, **KEEP)


def csv_clock(cells):
    """Let times be what a file says without doubt."""
    with_rows(cells)
    if cells.clock in ("Decimal", "Period"):
        cells.without_times()


LIBRARIES = {
    "polars": Container(write_polars, with_rows, named=True),
    "arrow": Container(write_arrow, with_rows, named=True),
    "tables": Container(write_tables, with_rows),
    "wide table": Container(write_wide_table, equal_times_of_one, stamps=False),
    "awkward": Container(write_awkward, steps, stamps=False),
    "xarray": Container(write_xarray, with_rows, named=True, rows=False),
    "sparse": Container(write_sparse, with_rows, named=True, rows=False),
    "csv": Container(write_csv, csv_clock, named=True, texts=True),
    "parquet": Container(write_parquet, with_rows, named=True),
}
if xr is None:
    LIBRARIES = {"csv": LIBRARIES["csv"]}
EVERYWHERE = {**CONTAINERS, **LIBRARIES}


@dataclass
class Case:
    """`read()` gives a panel, which must hold what a loop finds in the cells."""

    container: str
    cells: Cells
    read: Callable[[], Panel]

    @property
    def name(self):
        return ", ".join([self.container, self.cells.clock, *self.cells.plagues])

    def name_loss(self, panel):
        """Say what a panel lacks that was read without a word; empty if nothing."""
        cells, container = self.cells, EVERYWHERE[self.container]
        if LOUD in cells.marks:
            return f"{self.name}: nothing is said of {panel.values[:2].tolist()}"
        if len(panel) != len(cells.series):
            return f"{self.name}: {len(panel)} series of {len(cells.series)}"
        names = panel.instances.tolist()
        if container.named:
            names = [f"s{number}" for number in range(len(panel))]
        order = {name: number for number, name in enumerate(names)}
        if observations_of(panel, order) != truth_of(cells):
            return f"{self.name}: the observations differ"
        if not container.rows or "stamps repeat" in cells.plagues:
            return ""  # rows of one time may become one
        same = stamps_of_panel(panel, order) == stamps_of_cells(cells)
        return "" if same else f"{self.name}: the rows differ"


def write(number, folder):
    """Make the case of a number; None if a library does not hold its cells."""
    rng = np.random.default_rng([31, number])
    name = str(rng.choice(list(EVERYWHERE)))
    container, cells = EVERYWHERE[name], draw_cells(rng)
    container.shape(cells)
    if rng.random() < 0.5 and not container.texts:
        put_cells(cells, rng)
    if rng.random() < 0.25 and container.stamps and not container.texts:
        put_stamps(cells, rng)
    try:
        return Case(name, cells, container.write(cells, rng, folder))
    except Refused:
        return None

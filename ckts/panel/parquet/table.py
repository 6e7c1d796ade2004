"""One table in a Parquet file or a folder of them, read row group by row group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ckts._checks import check_path
from ckts.panel._observations import join_ranges, row_pointers

SUFFIXES = (".parquet", ".pq")
_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class File:
    """One file of a table.

    Attributes
    ----------
    path : Path
    constants : dict
        What the names of its folders say of columns, as "year=2024" does.
    group_rows : tuple of int
        How many rows each of its row groups has.
    null_counts : dict of str to int or None
        How many values of each column are missing; None where the file does not say.
    stamp : tuple of int, or None
        Its size, and when it was written; None of a file that is gone.
    """

    path: Path
    constants: dict[str, Any]
    group_rows: tuple[int, ...]
    null_counts: dict[str, int | None]
    stamp: tuple[int, int] | None


@dataclass(frozen=True)
class ParquetTable:
    """The rows of all files below each other, numbered from 0.

    Attributes
    ----------
    path : Path
    files : list of File
        In natural order of their names: part.2 before part.10.
    schema : pyarrow.Schema
        Of all columns, with those that the names of folders add.
    offsets : ndarray of shape (n_row_groups + 1,)
        The number of the first row of each row group, and of all rows.
    """

    path: Path
    files: list[File]
    schema: Any
    offsets: np.ndarray = field(init=False)
    _places: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        rows = [n for file in self.files for n in file.group_rows]
        places = [
            (number, group)
            for number, file in enumerate(self.files)
            for group in range(len(file.group_rows))
        ]
        object.__setattr__(self, "offsets", row_pointers(np.array(rows, np.intp)))
        object.__setattr__(self, "_places", places)

    @classmethod
    def open(cls, path) -> ParquetTable:
        """Read the metadata of the files; raise if they do not form one table."""
        path = check_path("path", path, "visits.parquet")
        dataset = _dataset(path)
        files: list[File] = []
        schema = None
        for fragment in sorted(dataset.get_fragments(), key=_natural_order):
            own, file = _read_metadata(fragment, dataset.schema)
            schema = own if schema is None else schema
            _check_schema(own, schema, file.path, files)
            files.append(file)
        return cls(path, files, schema)

    @property
    def n_rows(self) -> int:
        """Number of rows of all files."""
        return int(self.offsets[-1])

    @property
    def n_groups(self) -> int:
        """Number of row groups of all files."""
        return len(self._places)

    def place(self, row: int) -> str:
        """Say where a row is, for a message."""
        group = np.searchsorted(self.offsets, row, side="right") - 1
        number, own = self._places[group]
        before = sum(self.files[number].group_rows[:own])
        within = row - self.offsets[group] + before
        return f"row {within} of {str(self.files[number].path.name)!r}"

    def may_miss(self, name: str) -> bool:
        """Whether a value of a column is missing, or may be for all that is known."""
        return any(file.null_counts.get(name) != 0 for file in self.files)

    def groups(self, numbers: Sequence[int], columns: list[str]) -> Iterator[Any]:
        """Yield row groups by their numbers, each with some columns.

        Parameters
        ----------
        numbers : sequence of int
            Increasing: a file is opened once.
        columns : list of str

        Yields
        ------
        pyarrow.Table of shape (n_rows_of_group, len(columns))
        """
        from pyarrow import parquet

        opened, handle = -1, None
        try:
            for one in numbers:
                number, own = self._places[one]
                if handle is None or number != opened:
                    if handle is not None:
                        handle.close()
                    _check_unchanged(self.files[number])
                    handle = parquet.ParquetFile(self.files[number].path)
                    opened = number
                yield self._read(handle, number, own, columns)
        finally:
            if handle is not None:
                handle.close()

    def _read(self, handle, number, own, columns):
        """Read one row group, and add what the names of folders say."""
        file = self.files[number]
        n_rows = file.group_rows[own]
        stored = [name for name in columns if name not in file.constants]
        # Arrow's threads now and then abort a process that ends soon after (its issue
        # 34314), and models have theirs.
        group = handle.read_row_group(own, columns=stored, use_threads=False)
        return _with_constants(group, file, n_rows, columns, self)


def parquet_columns(path: str | PathLike) -> list[str]:
    """Return the names of the columns of a Parquet file, or of a folder of such."""
    return ParquetTable.open(path).schema.names


class RowReader:
    """Reads ranges of rows of a table, and keeps the last row group for the next call.

    Parameters
    ----------
    table : ParquetTable
    columns : list of str
    """

    def __init__(self, table: ParquetTable, columns: list[str]) -> None:
        self._table, self._columns = table, columns
        self._number, self._group = -1, None

    def rows(self, starts: np.ndarray, stops: np.ndarray) -> Any:
        """Read rows, each row group that holds some of them once.

        Parameters
        ----------
        starts, stops : ndarrays of int of shape (n_ranges,)
            The rows from each start to before its stop; not empty, increasing.

        Returns
        -------
        pyarrow.Table of shape (n_rows, n_columns)
        """
        import pyarrow

        offsets = self._table.offsets
        first = np.searchsorted(offsets, starts, side="right") - 1
        last = np.searchsorted(offsets, stops, side="left")
        numbers = np.unique(join_ranges(first, last)[0])
        parts = []
        for number, group in self._groups(numbers):
            low, high = offsets[number : number + 2]
            inside = (starts < high) & (stops > low)
            begin = np.maximum(starts[inside], low) - low
            parts.append(_take(group, begin, np.minimum(stops[inside], high) - low))
        return pyarrow.concat_tables(parts)

    def _groups(self, numbers):
        """Yield number and row group, the one that is kept without reading."""
        kept = int(numbers[0] == self._number)
        if kept:
            yield self._number, self._group
        rest = numbers[kept:]
        groups = self._table.groups(rest, self._columns)
        for self._number, self._group in zip(rest, groups, strict=True):
            yield self._number, self._group


def parts_of(lengths: np.ndarray, max_rows: int) -> Iterator[tuple[int, int]]:
    """Yield first series and end of parts of at most so many rows, or one series.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_series,)
    max_rows : int

    Examples
    --------
    >>> list(parts_of(np.array([3, 2, 9, 1, 1]), 5))
    [(0, 2), (2, 3), (3, 5)]
    """
    ends = np.cumsum(lengths)
    start, before = 0, 0
    while start < len(ends):
        stop = int(np.searchsorted(ends, before + max_rows, side="right"))
        stop = max(stop, start + 1)
        yield start, stop
        start, before = stop, int(ends[stop - 1])


def _take(group, begin, end):
    """Take ranges of rows of a row group."""
    if np.all(begin[1:] == end[:-1]):
        return group.slice(begin[0], end[-1] - begin[0])
    return group.take(join_ranges(begin, end)[0])


def _dataset(path):
    """Find the files of a path."""
    try:
        import pyarrow
        from pyarrow import dataset
    except ImportError as error:
        raise ImportError(
            f"`path` must be a table that can be read; Parquet needs pyarrow: {error}. "
            "Install it, `pip install pyarrow`."
        ) from error
    if not path.exists():
        raise FileNotFoundError(
            f"`path` must be a Parquet file or a folder of such; got {str(path)!r}, "
            "which does not exist."
        )
    files = _find_files(path)
    try:
        return dataset.dataset(
            [str(file) for file in files],
            format="parquet",
            partitioning="hive",
            partition_base_dir=str(path if path.is_dir() else path.parent),
        )
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise _unreadable(path, error) from error


def _find_files(path):
    """List the files of a folder; those that begin with "_" or "." hold no rows."""
    if not path.is_dir():
        return [path]
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        and not any(part[0] in "._" for part in file.relative_to(path).parts)
        and file.is_file()
    ]
    if not files:
        raise ValueError(
            f"`path` must hold files that end in {' or '.join(SUFFIXES)}; got none in "
            f"the folder {str(path)!r}. Check the path, or rename them."
        )
    return files


def _unreadable(path, error):
    return ValueError(f"`path` must be a Parquet file; got {str(path)!r}: {error}")


def _natural_order(fragment):
    """Sort "part.2" before "part.10"."""
    parts = _NUMBERS.split(fragment.path)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _read_metadata(fragment, schema):
    """Return the schema of a file, with the columns of its folders, and the File."""
    import pyarrow
    from pyarrow import dataset

    path = Path(fragment.path)
    stamp = _stamp(path)  # before it is read
    try:
        metadata, own = fragment.metadata, fragment.physical_schema
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise _unreadable(path, error) from error
    keys = dataset.get_partition_keys(fragment.partition_expression)
    constants = {key: keys[key] for key in keys if key not in own.names}
    for key in constants:
        own = own.append(schema.field(key))
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    counts = _null_counts(groups)
    counts |= {key: int(value is None) for key, value in constants.items()}
    rows = tuple(group.num_rows for group in groups)
    return own.remove_metadata(), File(path, constants, rows, counts, stamp)


def _stamp(path):
    """Return the size of a file, and when it was written; None if it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _check_unchanged(file):
    """Raise if a file is another: its rows might be those of other series."""
    if _stamp(file.path) != file.stamp:
        raise ValueError(
            f"`path` must not change while it is in use; got {str(file.path)!r}, which "
            "was written again, or removed. Open it anew."
        )


def _null_counts(groups):
    """Count what is missing in each flat column of a file; None if it is not said."""
    counts: dict[str, int | None] = {}
    for group in groups:
        for place in range(group.num_columns):
            column = group.column(place)
            found = column.statistics
            known = found is not None and found.has_null_count
            before = counts.get(column.path_in_schema, 0)
            told = known and before is not None
            counts[column.path_in_schema] = before + found.null_count if told else None
    return counts


def _check_schema(own, first, path, files):
    """Raise if a file has other columns than the first one, or of other types."""
    for name in [*first.names, *own.names]:
        if first.names.count(name) > 1:
            continue  # said where columns are looked up
        kinds = [
            str(one.field(name).type) if name in one.names else "no such column"
            for one in (first, own)
        ]
        if kinds[0] != kinds[1]:
            raise ValueError(
                "`path` must hold files with the same columns of the same types; got "
                f"{name!r} with {kinds[0]} in {files[0].path.name!r} and {kinds[1]} in "
                f"{path.name!r}. Write them anew with one schema."
            )


def _with_constants(table, file, n_rows, columns, whole):
    """Add the columns that the names of folders tell; keep the order of `columns`."""
    import pyarrow

    for name, value in file.constants.items():
        if name in columns:
            kind = whole.schema.field(name).type
            column = pyarrow.repeat(pyarrow.scalar(value, kind), n_rows)
            table = table.append_column(name, column)
    return table.select(columns)

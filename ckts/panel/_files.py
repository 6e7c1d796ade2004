"""Long tables in CSV and Parquet files, of which the used columns are read."""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
import re
import zlib
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from ckts._checks import check_path
from ckts.panel._arrays import is_frame, shown
from ckts.panel._categories import names_of_labels
from ckts.panel._dialects import Dialect, Headed, find_dialect
from ckts.panel._ids import MISSING, join_ids
from ckts.panel._roles import check_roles

if TYPE_CHECKING:
    import pandas as pd

CHUNK_ROWS = 100_000
SEPARATORS = {".csv": ",", ".tsv": "\t"}
_OPENERS: dict[str, Callable] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_BROKEN = (
    *(UnicodeDecodeError, csv.Error, EOFError),
    *(lzma.LZMAError, gzip.BadGzipFile, zlib.error, BadZipFile),
)
_PACKED = (*_OPENERS, ".zip")
_INDEX = re.compile(r"__index_level_\d+__$")  # as pandas names that of a frame
_PARQUET = (".parquet", ".pq")


def read_table(
    path: str | PathLike,
    instance: str,
    time: str,
    date_format: str | None,
    roles: dict[str, Any],
) -> pd.DataFrame:
    """Read the columns that have a role; `Panel.read` documents the arguments.

    Parameters
    ----------
    path : path-like
    instance, time : str
    date_format : str or None
    roles : dict
        The other arguments of `Panel.from_long`.

    Returns
    -------
    DataFrame of shape (n_rows, n_used)
        Text in the column of times is parsed.
    """
    check_roles(instance, time, {"date_format": date_format, **roles})
    path = check_path("path", path, "visits.csv")
    kind = _kind_of(path)
    used = used_columns(instance, time, roles)
    if kind in _PARQUET:
        frame = _read_parquet(path, used)
        frame[time] = parse_column(frame[time], date_format)
    else:
        text = names_of_labels(roles.get("categorical"))
        columns = _Columns(instance, time, date_format, text)
        frame = _read_csv(path, SEPARATORS[kind], columns, used)
    if not len(frame):
        raise ValueError(
            f"`path` must hold a row of data; got none in {str(path)!r}. Check how it "
            "was written."
        )
    return frame


def read_head(path: str | PathLike) -> tuple[list[str], Dialect | None]:
    """Return the names of the columns of a file, and how one of text is written."""
    path = check_path("path", path, "visits.csv")
    kind = _kind_of(path)
    if kind in _PARQUET:
        return _read_parquet(path, None), None
    file = _read_csv(path, SEPARATORS[kind], _Columns("", "", None, []), None)
    return file.head, file.dialect


def parse_column(times: pd.Series, date_format: str | None) -> pd.Series:
    """Parse a column of typed times, or of text, as `parse_text` does.

    Whole numbers are text, such as 20240331, where `date_format` says how to read them.
    """
    numbers = times.dtype.kind in "iu" and date_format is not None
    return parse_text(times.astype(str) if numbers else times, date_format)


def parse_text(times: pd.Series, date_format: str | None = None) -> pd.Series:
    """Parse text that writes dates or durations; anything else is returned.

    Parameters
    ----------
    times : Series of shape (n_rows,)
    date_format : str, optional
        As in `datetime.strptime`, by default ISO 8601. Durations are written as pandas
        does, "1 days 02:30:00".

    Returns
    -------
    Series of shape (n_rows,)
        Stamps with a zone are in UTC.
    """
    import pandas as pd

    if pd.api.types.infer_dtype(times, skipna=True) != "string":
        return times
    known = times.dropna()
    try:
        if date_format is None and known.str.match(r"-?\d+ days?\b").all():
            return _parse_durations(times)
        stamps = pd.to_datetime(times, format=date_format or "ISO8601", utc=True)
    except ValueError as error:
        written = f"as {date_format!r} says" if date_format else "as ISO 8601 says"
        raise ValueError(
            f"`time` must hold numbers, or dates written {written}; got e.g. "
            f"{shown(known.iloc[0])}: {str(error).splitlines()[0]} Say how they are "
            'written, e.g. `date_format="%d/%m/%Y %H:%M"`.'
        ) from error
    zoned = _zoned(known, date_format)
    if zoned.nunique() > 1:
        raise ValueError(
            "`time` must hold dates that all have a time zone, or none; got "
            f"{known[zoned].iloc[0]!r} and {known[~zoned].iloc[0]!r}. Write the zone "
            "of every date."
        )
    return stamps if zoned.any() else stamps.dt.tz_localize(None)


def _parse_durations(times):
    """Parse one by one: pandas 3.0 reads ["1 ns", "5 us"] in one call as 1 and 5 ns."""
    import pandas as pd

    known = {text: pd.Timedelta(text).as_unit("ns") for text in times.dropna().unique()}
    parsed = [known.get(text, pd.NaT) for text in times]
    return pd.Series(parsed, index=times.index, dtype="m8[ns]")


def _zoned(texts, date_format):
    """Whether each date says its distance to UTC."""
    if date_format is not None:
        return texts.notna() & ("%z" in date_format or "%Z" in date_format)
    return texts.str.contains(r"\d[T ].*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$")


def _kind_of(path):
    """Return the suffix that tells the format; raise if there is no such file."""
    if path.is_dir():
        raise ValueError(
            f"`path` must be a file; got the folder {str(path)!r}. A folder of "
            "Parquet files is for `ParquetPanel`; read others one by one, and join "
            "them with `Panel.concat`."
        )
    if not path.exists():
        raise FileNotFoundError(
            f"`path` must be a file; got {str(path)!r}, which does not exist."
        )
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in _PACKED:
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    packed = path.suffix.lower() in _PACKED
    if kind not in SEPARATORS and (kind not in _PARQUET or packed):
        raise ValueError(
            f"`path` must end in {', '.join([*SEPARATORS, *_PARQUET])}, or in .csv"
            f" or .tsv and {', '.join(_PACKED)}; got {path.name!r}. Rename it, or "
            "read it by `pandas` and use `Panel.from_long`."
        )
    return kind


def used_columns(
    instance: str, time: str, roles: dict[str, Any]
) -> dict[str | None, str]:
    """Return {column: its argument}, and None as a column if all are used."""
    single: dict[str | None, str] = {
        roles[name]: name for name in ("channel", "value") if roles.get(name)
    }
    for argument in ("values", "static"):
        names = roles.get(argument)
        if names is None or is_frame(names):
            continue
        names = [names] if isinstance(names, str) else names
        single.update(dict.fromkeys(names, argument))
    used = {**single, instance: "instance", time: "time"}
    if roles.get("values") is None and not {"channel", "value"} & set(single.values()):
        used[None] = "values"
    return used


def check_columns(
    path: Path, used: dict[str | None, str], columns: Iterable[str]
) -> list[str]:
    """Return the columns to read; raise if one is not there."""
    columns = list(columns)
    for name, argument in used.items():
        if name is not None and columns.count(name) != 1:
            raise ValueError(
                f"`{argument}` must name one column of {path.name!r}; got {name!r}. "
                f"The columns are {columns}."
            )
    if None in used and len(set(columns)) < len(columns):
        twice = sorted({name for name in columns if columns.count(name) > 1})
        raise ValueError(
            f"`values` must name the channels where columns share a name; got {twice} "
            f"more than once in {path.name!r}. Rename them in the file."
        )
    everything = None in used
    return [n for n in columns if n in used or (everything and not _INDEX.match(n))]


def _read_parquet(path, used):
    """Return the used columns; the names of all where `used` is None."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ImportError(
            f"`path` must be a file that can be read; Parquet needs pyarrow: {error}. "
            "Install it, `pip install pyarrow`, or write a CSV file."
        ) from error
    try:
        with parquet.ParquetFile(path) as file:
            if used is None:
                return file.schema_arrow.names
            columns = check_columns(path, used, file.schema_arrow.names)
            groups = range(file.num_row_groups)
            parts = [file.read_row_group(i, columns=columns) for i in groups]
            table = pyarrow.concat_tables(parts or [file.read(columns=columns)])
    except pyarrow.ArrowInvalid as error:
        raise ValueError(
            f"`path` must be a Parquet file; got {str(path)!r}: {error}"
        ) from error
    del parts  # memory goes back column by column
    # without what pandas wrote of an index: its levels are columns of the file
    plain = table.replace_schema_metadata(None)
    del table
    return plain.to_pandas(split_blocks=True, self_destruct=True)


def _read_csv(path, separator, columns, used):
    from pandas.errors import ParserError

    try:
        file = _CsvFile(path, separator, columns)
        return file if used is None else file.read(used)
    except (*_BROKEN, ParserError) as error:
        raise ValueError(
            f"`path` must be a table of text in UTF-8; got {error} in {str(path)!r}. "
            "Look how it was written, or read it by `pandas.read_csv` and use "
            "`Panel.from_long`."
        ) from error


class _Columns(NamedTuple):
    """What is special to some columns of a CSV file.

    `instance` may be text that pandas reads as missing elsewhere, text in `time` is
    parsed by `date_format`, chunk by chunk, and what is in `text` is read as text, of
    which only nothing is missing.
    """

    instance: str
    time: str
    date_format: str | None
    text: list[str]


class _CsvFile:
    """A CSV file that is read in chunks of rows.

    Parameters
    ----------
    path : Path
    separator : str
        The usual one; where the header would be one field, another is looked for.
    columns : _Columns
    """

    def __init__(self, path, separator, columns):
        self.path, self.special = path, columns
        with self._opened() as handle:
            self.dialect = find_dialect(handle, separator)
        with self._opened() as handle:
            row = self._next_row(handle)
        # named as pandas names the column of an index
        self.head = [name or f"Unnamed: {place}" for place, name in enumerate(row)]

    def read(self, used):
        """Return the used columns as one frame, each joined by itself."""
        import pandas as pd

        names = check_columns(self.path, used, self.head)
        pieces: dict[str, list] = {name: [] for name in names}
        for chunk in self._chunks(names, CHUNK_ROWS):
            for name in names:
                pieces[name].append(chunk.pop(name))
        for name, parts in pieces.items():
            if name != self.special.time and _are_mixed(parts):
                pieces[name] = [chunk[name] for chunk in self._chunks([name], 2**60)]
        joined = {n: self._join(n, pieces.pop(n)) for n in names}
        return pd.DataFrame(joined, copy=False)

    def _join(self, name, parts):
        """Join the parts of a column; names of series are numbers if all are plain."""
        import pandas as pd

        if name == self.special.instance and name not in self.special.text:
            return join_ids(parts)
        return pd.concat(parts, ignore_index=True)

    def _chunks(self, names, n_rows):
        import pandas as pd

        # A column more shows rows that are too long: pandas drops the rest of them
        # where it reads some columns only.
        places, more = {str(self.head.index(n)): n for n in names}, str(len(self.head))
        header = self.dialect.separator.join(map(str, range(len(self.head) + 1)))
        instance, time, date_format, labels = self.special
        text: dict[str, Any] = {
            place: "category" for place, n in places.items() if n == instance
        }
        text |= {place: str for place, name in places.items() if name in labels}
        text[more] = str
        if date_format and time in names:  # 20240331 is no number then
            text[str(self.head.index(time))] = str
        missing = {place: MISSING for place in (*places, more)}
        for place, name in places.items():
            if name in (instance, *labels):  # "NA" and "None" may be names
                missing[place] = [""]
        options = {
            **{"sep": self.dialect.separator, "decimal": self.dialect.decimal},
            **{"usecols": [*places, more], "dtype": text},
            **{"keep_default_na": False, "na_values": missing},
            # the default reads some numbers as their neighbors
            **{"float_precision": "round_trip", "low_memory": False},
        }
        with self._opened() as handle:
            self._next_row(handle)
            file = Headed(handle, f"{header}\n")
            for chunk in pd.read_csv(
                file, chunksize=n_rows, index_col=False, **options
            ):
                self._check_lengths(chunk.pop(more))
                chunk = chunk.rename(columns=places)
                if time in places.values():
                    chunk[time] = parse_text(chunk[time], date_format)
                yield chunk

    def _check_lengths(self, more):
        """Raise if a row has more fields than the header has names."""
        if more.notna().any():
            row = more.first_valid_index()
            raise ValueError(
                "`path` must hold as many fields in a row as names in the header; got "
                f"more, {more[row]!r}, in row {row} of {str(self.path)!r}. Look "
                "whether it has decimal commas, or is cut off."
            )

    def _next_row(self, handle):
        """Return the fields of the next row that is not blank."""
        for row in csv.reader(handle, delimiter=self.dialect.separator):
            if row:
                return row
        raise ValueError(
            f"`path` must hold a table; got an empty file, {str(self.path)!r}."
        )

    def _opened(self):
        """Open the text, also of a packed file."""
        suffix = self.path.suffix.lower()
        if suffix == ".zip":
            with ZipFile(self.path) as archive:
                names = archive.namelist()
                if len(names) != 1:
                    raise ValueError(
                        f"`path` must hold one file; got {names[:5]} in "
                        f"{str(self.path)!r}. Unpack it."
                    )
                handle = archive.open(names[0])
        else:
            handle = _OPENERS.get(suffix, open)(self.path, "rb")
        return TextIOWrapper(handle, "utf-8-sig", newline="")


def _are_mixed(parts):
    """Whether chunks differ in the type of names: 1 and "1" would be two."""
    kinds = {part.dtype.kind for part in parts}
    return len(kinds) > 1 and kinds != {"i", "f"}

"""What the readers share: texts of any source, tables in them, and their messages."""

import os
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from ckts._checks import check_choice
from ckts.datasets._archives import read_members
from ckts.datasets.readers._numbers import parse_numbers
from ckts.panel import Panel

Source = str | os.PathLike[str] | IO[bytes] | IO[str]
Part = tuple[Panel, np.ndarray | None]
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
_BOM = "\ufeff".encode()
_PART = re.compile(r"(.*)_(train|test)", re.IGNORECASE)
REPAIR = "Repair the file, or fetch it again if it is cut off."


@dataclass(frozen=True)
class Text:
    """A text, and for messages the name of its file and the argument that gave it."""

    name: str
    content: bytes
    argument: str = "source"

    @property
    def stem(self) -> str:
        """The name without folder and suffix."""
        return PurePosixPath(self.name).stem

    @property
    def part(self) -> tuple[str, str]:
        """The name of the data set, and "train", "test" or ""."""
        match = _PART.fullmatch(self.stem)
        return (match[1], match[2].lower()) if match else (self.stem, "")

    def error(
        self, rule: str, got: str, line: int | None = None, way_out: str = REPAIR
    ) -> ValueError:
        """Make the error that a line (counted from 1) breaks a rule."""
        where = self.name if line is None else f"{self.name}, line {line}"
        return ValueError(
            f"`{self.argument}` must {rule}; got {got} in {where}. {way_out}"
        )


def read_texts(source: Source, suffix: str, argument: str = "source") -> list[Text]:
    """Read all text files of a source, sorted by name.

    Parameters
    ----------
    source : path or open file
        A file, a folder (with those below it), an archive (zip, tar, tar.gz, tar.xz,
        tar.bz2; read without being extracted), or an open file.
    suffix : str
        Which files of a folder or archive, such as ".ts"; in lower case.
    argument : str, default "source"
        What the user calls the source.
    """
    if not isinstance(source, str | os.PathLike):
        files = [_read_open(source, argument)]
    elif not (path := Path(source)).exists():
        raise FileNotFoundError(
            f"`{argument}` must exist; got {str(path)!r}. Check the path."
        )
    elif path.is_file() and not path.name.lower().endswith(_ARCHIVES):
        files = [(path.name, path.read_bytes())]
    else:
        files = _files_below(path, suffix)
    if not files:
        raise ValueError(
            f"`{argument}` must hold {suffix} files; got {str(source)!r}, which holds "
            "none. Check the path."
        )
    texts = [Text(name, raw.removeprefix(_BOM), argument) for name, raw in files]
    return sorted(texts, key=lambda text: text.name)


def read_text(source: Source, suffix: str, argument: str = "source") -> Text:
    """Read the only text file of a source; parameters as for `read_texts`."""
    texts = read_texts(source, suffix, argument)
    if len(texts) > 1:
        raise ValueError(
            f"`{argument}` must be one file; got {len(texts)} in {str(source)!r}. Give "
            "the path of one of them."
        )
    return texts[0]


def _read_open(file: IO[bytes] | IO[str], argument: str) -> tuple[str, bytes]:
    if not hasattr(file, "read"):
        raise TypeError(
            f"`{argument}` must be a path or an open file; got {type(file).__name__}. "
            "Wrap text in `io.StringIO`."
        )
    content = file.read()
    name = Path(str(getattr(file, "name", "the open file"))).name
    return name, content.encode() if isinstance(content, str) else content


def _files_below(path: Path, suffix: str) -> list[tuple[str, bytes]]:
    """Read (name, content) of a folder or an archive, without hidden files."""

    def wanted(name: str) -> bool:
        file = PurePosixPath(name).name
        return file.lower().endswith(suffix) and not file.startswith(".")

    if path.is_file():
        return list(read_members(path, wanted))
    files = (file for file in path.rglob("*") if file.is_file() and wanted(file.name))
    return [(file.relative_to(path).as_posix(), file.read_bytes()) for file in files]


def read_split(source: Source, suffix: str, split: str | None) -> list[Text]:
    """Read one file, or NAME_TRAIN and NAME_TEST of one data set.

    Parameters
    ----------
    source : path or open file
    suffix : str
        Of the files in a folder or archive.
    split : {None, "train", "test"}
        None takes both, the training file first.
    """
    check_choice("split", split, (None, "train", "test"))
    texts = read_texts(source, suffix)
    chosen = [text for text in texts if split in (None, text.part[1])]
    chosen.sort(key=lambda text: text.part[1] == "test")
    name = chosen[0].part[0] if chosen else ""
    pair = [text.part for text in chosen] == [(name, "train"), (name, "test")]
    if len(chosen) == 1 or pair:
        return chosen
    names = ", ".join(text.name for text in texts[:4]) + ", ..." * (len(texts) > 4)
    rule = f"one file or the two files of one data set, such as NAME_TRAIN{suffix}"
    way_out = "Give the path of one of them."
    if split is not None:
        rule = f"one file NAME_{split.upper()}{suffix} for `split={split!r}`"
        way_out = "Give the path of a file, without `split`."
    raise ValueError(
        f"`source` must hold {rule}; got {len(chosen)} among {names}. {way_out}"
    )


def join_parts(parts: Sequence[Part]) -> Part:
    """Join what the files of one data set hold, one below the other.

    Returns
    -------
    X : Panel of shape (n_series,)
        Its instances are 0, 1, ...
    y : ndarray of shape (n_series,) or None
    """
    if len(parts) == 1:
        return parts[0]
    panels, targets = zip(*parts, strict=True)
    X = Panel.concat(panels)
    known = [y for y in targets if y is not None]
    y = np.concatenate(known) if len(known) == len(parts) else None
    return X.with_instances(np.arange(len(X))), y


@dataclass(frozen=True)
class Table:
    """The rows of tables of one form, a file each, below each other.

    Parameters
    ----------
    texts : sequence of Text
    columns : sequence of str
    separator : bytes
        Of the columns.
    lengths : ndarray of shape (n_texts,)
        Rows of each file, without its heading.
    body : bytes
        The cells; the rows are separated by line feeds.
    """

    texts: Sequence[Text]
    columns: Sequence[str]
    separator: bytes
    lengths: np.ndarray
    body: bytes

    @property
    def series(self) -> np.ndarray:
        """The number of the file of each row, of shape (n_rows,)."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)

    def error(self, rule: str, got: str, row: int, way_out: str = REPAIR) -> ValueError:
        """Make the error that a row breaks a rule."""
        ends = np.cumsum(self.lengths)
        file = int(np.searchsorted(ends, row, side="right"))
        line = row - int(ends[file] - self.lengths[file]) + 2
        return self.texts[file].error(rule, got, line, way_out)

    def check_cells(
        self, rule: str, rows: np.ndarray, columns: int | np.ndarray
    ) -> None:
        """Raise if there is a cell, by its row and column, that breaks a rule."""
        if len(rows):
            row, column = int(rows[0]), int(np.ravel(columns)[0])
            line = self.body.split(b"\n", row + 1)[row]
            cell = shorten(as_text(line.split(self.separator)[column]))
            raise self.error(rule, f"{cell} in column {self.columns[column]}", row)

    def parse(self) -> tuple[np.ndarray, np.ndarray]:
        """Parse the cells of a table of numbers.

        Returns
        -------
        cells : ndarray of shape (n_rows, n_columns)
        wrong : ndarray of bool of shape (n_rows, n_columns)
            Where there is no finite number, and no "NaN" either.
        """
        shape = (-1, len(self.columns))
        if not self.body:
            return np.empty((0, shape[1])), np.empty((0, shape[1]), bool)
        text = self.body.replace(b"\n", self.separator)
        numbers, positions = parse_numbers(text, self.separator)
        wrong = np.isinf(numbers)
        wrong[positions] = True
        return numbers.reshape(shape), wrong.reshape(shape)


def read_tables(texts: Sequence[Text], columns: Sequence[str], separator: str) -> Table:
    """Join tables that all have a heading of these columns.

    Parameters
    ----------
    texts : sequence of Text
    columns : sequence of str
    separator : str
    """
    heading = separator.join(columns)
    names: dict[str, str] = {}
    bodies = []
    for text in texts:
        if text.stem in names:  # in a copy, too, it is the same patient
            raise ValueError(
                f"`{text.argument}` must hold one file for a record; got "
                f"{names[text.stem]} and {text.name}. Remove one of them."
            )
        names[text.stem] = text.name
        content = text.content.replace(b"\r\n", b"\n").rstrip()
        first, _, body = content.partition(b"\n")
        if first.strip() != heading.encode():
            rule = f"have the heading {shorten(heading)}"
            raise text.error(rule, shorten(as_text(first)), 1)
        bodies.append(body)
    lengths = np.array([body.count(b"\n") + 1 if body else 0 for body in bodies])
    body = b"\n".join(body for body in bodies if body)
    table = Table(texts, columns, separator.encode(), lengths, body)
    _check_shape(table)
    return table


def read_units(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return channel -> unit, and static feature -> unit, of records in tables."""
    path = resources.files("ckts.datasets").joinpath("data/units.toml")
    units = tomllib.loads(path.read_text("utf-8"))[name]
    return units["channels"], units["static"]


def _check_shape(table: Table) -> None:
    """Raise unless every line has as many cells as there are columns."""
    n_columns, end = len(table.columns), ord("\n")
    chars = np.frombuffer(table.body, np.uint8)
    is_end = chars[(chars == table.separator[0]) | (chars == end)] == end
    expected = np.arange(1, table.lengths.sum() * n_columns) % n_columns == 0
    if not len(chars) or np.array_equal(is_end, expected):
        return
    for row, line in enumerate(table.body.split(b"\n")):
        found = line.count(table.separator) + 1
        if found != n_columns:
            raise table.error(f"have {n_columns} cells in every line", str(found), row)


def as_text(raw: bytes) -> str:
    """Decode UTF-8, or what older files are in."""
    try:
        return raw.decode().strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def shorten(text: str, size: int = 60) -> str:
    """Quote a text for a message, cut where it is long."""
    return repr(text if len(text) <= size else f"{text[:size]}...")

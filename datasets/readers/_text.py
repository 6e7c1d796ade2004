"""Text files in a file, a folder, an archive or an open file, and what they hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from ckts.datasets._archives import read_members
from ckts.datasets._checks import check_choice
from ckts.datasets.readers._numbers import parse_numbers
from ckts.panel import Panel

Source = str | os.PathLike[str] | IO[bytes] | IO[str]
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
_BOM = "\ufeff".encode()


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

    def error(self, rule: str, got: str, line: int | None, way_out: str) -> ValueError:
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


Part = tuple[Panel, np.ndarray | None]


def read_split(source: Source, suffix: str, split: str | None) -> list[Text]:
    """Read one file, or the training and the test file of one data set.

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
    chosen = [text for text in texts if split in (None, _part(text)[1])]
    parts = sorted((_part(text) for text in chosen), key=lambda part: part[1] == "test")
    pair = {part for _, part in parts} == {"train", "test"}
    same = len({name for name, _ in parts}) == 1
    if len(chosen) == 1 or (len(chosen) == 2 and pair and same):
        return sorted(chosen, key=lambda text: _part(text)[1] == "test")
    names = ", ".join(text.name for text in texts[:4]) + ", ..." * (len(texts) > 4)
    rule = f"one file or the two files of one data set, such as NAME_TRAIN{suffix}"
    way_out = "Give the path of one of them."
    if split is not None:
        rule = f"one file NAME_{split.upper()}{suffix} for `split={split!r}`"
        way_out = "Give the path of a file, without `split`."
    raise ValueError(
        f"`source` must hold {rule}; got {len(chosen)} among {names}. {way_out}"
    )


def _part(text: Text) -> tuple[str, str]:
    """Return the name of the data set, and "train", "test" or ""."""
    name, _, part = text.stem.rpartition("_")
    known = part.lower() in ("train", "test")
    return (name, part.lower()) if known else (text.stem, "")


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


_FETCH = "Fetch the file again if it is cut off."


@dataclass(frozen=True)
class Table:
    """The rows of all files below each other.

    Parameters
    ----------
    texts : sequence of Text
    lengths : ndarray of shape (n_texts,)
        Rows of each file, without its heading.
    body : bytes
        The cells, with separators between the columns and line feeds between the rows.
    """

    texts: Sequence[Text]
    lengths: np.ndarray
    body: bytes

    def line(self, row: int) -> bytes:
        """Return the text of a row."""
        return self.body.split(b"\n", row + 1)[row]

    def error(self, rule: str, got: str, row: int, way_out: str = _FETCH) -> ValueError:
        """Make the error that a row breaks a rule."""
        ends = np.cumsum(self.lengths)
        file = int(np.searchsorted(ends, row, side="right"))
        line = row - int(ends[file] - self.lengths[file]) + 2
        return self.texts[file].error(rule, got, line, way_out)


def read_tables(texts: Sequence[Text], columns: Sequence[str], separator: str) -> Table:
    """Join tables that all have a heading of these columns.

    Parameters
    ----------
    texts : sequence of Text
    columns : sequence of str
    separator : str
    """
    _check_names(texts)
    heading = separator.join(columns).encode()
    bodies = []
    for text in texts:
        content = text.content.replace(b"\r\n", b"\n").rstrip()
        first, _, body = content.partition(b"\n")
        if first.strip() != heading:
            rule = f"have the heading {shorten(heading.decode())}"
            raise text.error(rule, shorten(as_text(first)), 1, _FETCH)
        bodies.append(body)
    lengths = np.array([body.count(b"\n") + 1 if body else 0 for body in bodies])
    table = Table(texts, lengths, b"\n".join(body for body in bodies if body))
    _check_shape(table, len(columns), separator.encode())
    return table


def parse_cells(
    table: Table, n_columns: int, separator: str
) -> tuple[np.ndarray, np.ndarray]:
    """Parse the cells of a table of numbers.

    Returns
    -------
    cells : ndarray of shape (n_rows, n_columns)
    wrong : ndarray of shape (n_wrong,)
        The positions of what is no number, counted through all rows.
    """
    if not table.body:
        return np.empty((0, n_columns)), np.empty(0, np.intp)
    mark = separator.encode()
    numbers, wrong = parse_numbers(table.body.replace(b"\n", mark), mark)
    return numbers.reshape(-1, n_columns), wrong


def _check_names(texts: Sequence[Text]) -> None:
    """Hold each name to occur once: in a copy, too, it is the same patient."""
    names: dict[str, str] = {}
    for text in texts:
        if text.stem in names:
            raise ValueError(
                f"`{text.argument}` must hold one file for a record; got "
                f"{names[text.stem]} and {text.name}. Remove one of them."
            )
        names[text.stem] = text.name


def _check_shape(table: Table, n_columns: int, separator: bytes) -> None:
    """Hold every line to have as many cells as there are columns."""
    chars = np.frombuffer(table.body, np.uint8)
    is_end = chars[(chars == separator[0]) | (chars == ord("\n"))] == ord("\n")
    expected = np.arange(1, table.lengths.sum() * n_columns) % n_columns == 0
    if not len(chars) or np.array_equal(is_end, expected):
        return
    for row, line in enumerate(table.body.split(b"\n")):
        found = line.count(separator) + 1
        if found != n_columns:
            raise table.error(f"have {n_columns} cells in every line", str(found), row)


_REPAIR = "Repair the file, or fetch it again."


@dataclass(frozen=True)
class Cases:
    """The cases of a file, not yet parsed.

    Parameters
    ----------
    text : Text
    lines : list of int
        The line of each case, counted from 1.
    pieces : list of bytes
        The values of each channel of the first case, then of the second, ...
    labels : list of bytes
        Empty where the file has none.
    """

    text: Text
    lines: list[int]
    pieces: list[bytes]
    labels: list[bytes]

    @property
    def n_channels(self) -> int:
        """Channels of every case."""
        return len(self.pieces) // len(self.lines)

    def line_of(self, piece: int) -> int:
        """Return the line that a piece stands in."""
        return self.lines[piece // self.n_channels]


def check_channels(text: Text, lines: Sequence[int], sizes: Sequence[int]) -> None:
    """Hold all cases to have as many channels as the first, and at least one case."""
    if not lines:
        raise text.error("hold series after @data", "none", None, _REPAIR)
    for line, size in zip(lines, sizes, strict=True):
        if size != sizes[0]:
            rule = f"have {sizes[0]} channels in every series, as in the first"
            raise text.error(rule, str(size), line, _REPAIR)


def read_numbers(cases: Cases) -> tuple[np.ndarray, np.ndarray]:
    """Parse the values between commas.

    Returns
    -------
    numbers : ndarray of shape (counts.sum(),)
    counts : ndarray of shape (n_series, n_channels)
    """
    pieces = cases.pieces
    sizes = [0 if p.isspace() or not p else p.count(b",") + 1 for p in pieces]
    counts = np.array(sizes, dtype=np.intp)
    if not counts.any():
        return np.empty(0), counts.reshape(len(cases.lines), -1)
    filled = (piece for piece, size in zip(pieces, sizes, strict=True) if size)
    numbers, wrong = parse_numbers(b",".join(filled), b",")
    if not len(wrong):
        wrong = np.flatnonzero(np.isinf(numbers))
    if len(wrong):
        raise number_error(cases, counts, int(wrong[0]))
    return numbers, counts.reshape(len(cases.lines), -1)


def number_error(cases: Cases, counts: np.ndarray, number: int) -> ValueError:
    """Make the error that one of the values, counted over all pieces, is no number."""
    piece = int(np.searchsorted(np.cumsum(counts), number, side="right"))
    within = number - int(counts[:piece].sum())
    token = as_text(cases.pieces[piece].split(b",")[within])
    channel = piece % cases.n_channels
    return cases.text.error(
        "hold finite numbers, or ? where nothing was observed",
        f"{shorten(token)} as value {within + 1} of channel {channel}",
        cases.line_of(piece),
        _REPAIR,
    )


def read_targets(cases: Cases, classes: str | None) -> np.ndarray:
    """Read labels or, where `classes` is None, the numbers that are to be predicted.

    Parameters
    ----------
    cases : Cases
    classes : str, optional
        The classes of the header, between spaces; a label of several words is several
        of them. Case does not matter: the spelling of the header is returned.

    Returns
    -------
    ndarray of shape (n_series,)
        Strings or float64.
    """
    if classes is None:
        numbers, wrong = parse_numbers(b",".join(cases.labels), b",")
        if len(numbers) != len(cases.labels) or len(wrong):
            _refuse_targets(cases)
        return numbers
    spelled = f" {classes} "
    known: dict[bytes, str] = {}
    for line, label in zip(cases.lines, cases.labels, strict=True):
        if label not in known:
            name = as_text(label)
            at = spelled.casefold().find(f" {name.casefold()} ") if name else -1
            if at < 0:
                rule = f"have one of the classes {shorten(classes)} at the line's end"
                raise cases.text.error(rule, shorten(name), line, _REPAIR)
            known[label] = spelled[at + 1 : at + 1 + len(name)]
    return np.array([known[label] for label in cases.labels])


def _refuse_targets(cases: Cases) -> None:
    for line, label in zip(cases.lines, cases.labels, strict=True):
        if len(parse_numbers(label, b",")[1]) or b"," in label:
            rule = "have a number to predict at the line's end"
            raise cases.text.error(rule, shorten(as_text(label)), line, _REPAIR)


def as_text(raw: bytes) -> str:
    """Decode UTF-8, or what older files are in."""
    try:
        return raw.strip().decode()
    except UnicodeDecodeError:
        return raw.strip().decode("latin-1")


def shorten(text: str, size: int = 60) -> str:
    """Quote a text for a message, cut where it is long."""
    return repr(text if len(text) <= size else f"{text[:size]}...")

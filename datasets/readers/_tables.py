"""Many small tables of one form, a file each, read as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ckts.datasets.readers._cases import as_text, shorten
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._texts import Text

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

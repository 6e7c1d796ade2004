"""Which separator and which decimal mark a CSV file has, and its names replaced."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 1000  # lines
_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")


class Dialect(NamedTuple):
    """How a table of text is written.

    Attributes
    ----------
    separator, decimal : str
        What stands between fields, and in numbers.
    """

    separator: str
    decimal: str = "."


def find_dialect(lines: Iterable[str], usual: str) -> Dialect:
    """Look at the first lines of a table how it is written.

    Another separator than the usual one is believed only where the header would be one
    field: programs write semicolons where numbers have a decimal comma. That comma is
    believed only where no number has a point.

    Parameters
    ----------
    lines : iterable of str
    usual : str
        The separator that the name of the file tells.

    Returns
    -------
    Dialect

    Examples
    --------
    >>> find_dialect(["id;day;bilirubin", "7;0;14,5"], usual=",")
    Dialect(separator=';', decimal=',')
    """
    sample = [line for line in islice(lines, SAMPLE) if line.strip("\r\n")]
    found = usual
    if len(_rows(sample[:1], usual)) < 2:
        found = max((usual, *SEPARATORS), key=lambda one: len(_rows(sample[:1], one)))
    if found == ",":
        return Dialect(found)
    fields = [field.strip() for field in _rows(sample[1:], found)]
    commas = any(map(_COMMA.fullmatch, fields))
    points = any(map(_POINT.fullmatch, fields))
    return Dialect(found, "," if commas and not points else ".")


def _rows(lines: list[str], separator: str) -> list[str]:
    """Return the fields of some lines, one after the other."""
    return [field for row in csv.reader(lines, delimiter=separator) for field in row]


class Headed:
    """A text file behind a line of names."""

    def __init__(self, handle, line):
        self.handle, self.line = handle, line

    def read(self, size=-1):
        line, self.line = self.line, ""
        return line or self.handle.read(size)

    def __iter__(self):
        return iter(self.handle)

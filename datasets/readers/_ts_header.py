"""The header of a `.ts` file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ckts.datasets.readers._cases import as_text, shorten
from ckts.datasets.readers._texts import Text

_FLAGS = {"timestamps", "missing", "univariate", "equallength"}
_TARGETS = {"classlabel", "targetlabel"}
_NUMBERS = {"dimensions", "dimension", "serieslength"}
_FETCH = "Check that it is a `.ts` file, and fetch it again if it is cut off."


@dataclass
class Header:
    """What a header says; names in lower case, as they are written in any case.

    Parameters
    ----------
    flags : dict of str to bool
        "timestamps", "univariate", "equallength", ... where stated.
    classes : str, optional
        Between spaces; None if the series have no class.
    has_target : bool
        Whether a number stands at the end of each line.
    n_channels : int, optional
    """

    flags: dict[str, bool] = field(default_factory=dict)
    classes: str | None = None
    has_target: bool = False
    n_channels: int | None = None

    @property
    def has_label(self) -> bool:
        """Whether a class or a number stands at the end of each line."""
        return self.has_target or self.classes is not None


def read_header(text: Text, lines: list[bytes]) -> tuple[Header, int]:
    """Read up to @data.

    Returns
    -------
    header : Header
    n_lines : int
        Lines read, that of @data included.
    """
    header = Header()
    for number, raw in enumerate(lines, 1):
        line = as_text(raw)
        if not line or line[0] == "#":
            continue
        if line[0] != "@":
            rule = "have lines that begin with @ or # before @data"
            raise text.error(rule, shorten(line), number, _FETCH)
        key, _, value = re.sub(r"\s+", " ", line[1:]).partition(" ")
        if key.lower() == "data":
            return header, number
        _read_entry(header, key.lower(), value, text, number)
    got = f"{len(lines)} lines without it" if lines else "nothing"
    raise text.error("have @data before the series", got, None, _FETCH)


def _read_entry(header: Header, key: str, value: str, text: Text, line: int) -> None:
    if key in _FLAGS:
        header.flags[key] = _truth(key, value, text, line)
    elif key in _TARGETS:
        first, _, classes = value.partition(" ")
        if _truth(key, first, text, line) and key == "classlabel":
            header.classes = classes
        elif key == "targetlabel":
            header.has_target = first.lower() == "true"
    elif key in _NUMBERS:
        if not value.isdecimal():
            raise text.error(f"have a number behind @{key}", repr(value), line, _FETCH)
        if key != "serieslength":
            header.n_channels = int(value)


def _truth(key: str, value: str, text: Text, line: int) -> bool:
    if value.lower() not in ("true", "false"):
        rule = f"have true or false behind @{key}"
        raise text.error(rule, shorten(value), line, _FETCH)
    return value.lower() == "true"

"""Time series in ARFF text, as the UEA and UCR archives write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from ckts.datasets.readers._rows import count_rows
from ckts.datasets.readers._text import (
    Cases,
    Part,
    Source,
    Text,
    as_text,
    check_channels,
    join_parts,
    read_numbers,
    read_split,
    read_targets,
    shorten,
)
from ckts.panel import Panel

_ATTRIBUTE = re.compile(r"""@attribute\s+('[^']*'|"[^"]*"|\S+)\s+(.+)""", re.IGNORECASE)
_CLASSES = re.compile(r"""\s*('[^']*'|"[^"]*"|[^,]*)\s*(?:,|$)""")
_CASE = re.compile(rb"""(.*),\s*('[^']*'|"[^"]*"|[^,'"]*)""", re.DOTALL)
_QUOTES = b"'\""
_FETCH = "Check that it is an `.arff` file, and fetch it again if it is cut off."


def read_arff(source: Source, *, split: str | None = None) -> Part:
    r"""Read a data set of the UEA or UCR archive from `.arff` text.

    A line is a series. Of several channels, it is ``'1,2,3\n4,5,6',label``: a
    relational attribute, whose channels are divided by a backslash and an n. Of one
    channel, it is ``1,2,3,label``. "?" and "NaN" are values that were not observed.

    ARFF has no time stamps and no series of unequal length: the archives fill the ends
    of shorter series with "?". They cannot be told from missing values, and all are
    rows of the panel. Where there is a `.ts` file, prefer it.

    Parameters
    ----------
    source : path or open file
        As in `read_ts`; files end in `.arff`.
    split : {None, "train", "test"}
        As in `read_ts`.

    Returns
    -------
    X : Panel of shape (n_series,)
        The times are 0, 1, ...
    y : ndarray of shape (n_series,)
        The last attribute: classes as strings if it is nominal, float64 otherwise.

    Raises
    ------
    ValueError
        With the name of the file and the line, for everything that breaks the format.

    Examples
    --------
    >>> import io
    >>> text = io.StringIO(
    ...     "@relation toy\n@attribute a numeric\n@attribute b numeric\n"
    ...     "@attribute target {up,down}\n@data\n1,2,up\n3,?,down\n"
    ... )
    >>> X, y = read_arff(text)
    >>> X
    Panel(n_series=2, in_channels=1, length 2, 25% missing, time number)
    >>> y
    array(['up', 'down'], dtype='<U4')
    """
    return join_parts([_read(text) for text in read_split(source, ".arff", split)])


@dataclass
class _Header:
    """Names of the outer attributes, and the classes unless the last is a number."""

    kinds: list[str] = field(default_factory=list)
    classes: str | None = None

    @property
    def is_relational(self) -> bool:
        return self.kinds[0].lower() == "relational"


def _read(text: Text) -> Part:
    lines = text.content.splitlines()
    header, n_header = _read_header(text, lines)
    cases = _split_cases(text, header, lines, n_header)
    y = read_targets(cases, header.classes)
    numbers, counts = read_numbers(cases)
    if not header.is_relational:
        _check_counts(cases, counts, len(header.kinds) - 1)
    rows = count_rows(numbers, counts)
    rows.values.setflags(write=False)  # ours alone: the panel need not copy it
    return Panel(rows.values, rows.times, rows.indptr), y


def _read_header(text: Text, lines: list[bytes]) -> tuple[_Header, int]:
    """Read up to @data; return also the number of lines read."""
    header, inside = _Header(), False
    for number, raw in enumerate(lines, 1):
        line = as_text(raw)
        if not line or line[0] == "%":
            continue
        word = line.split()[0].lower()
        if word == "@data":
            _check_attributes(text, header, number)
            return header, number
        if word not in ("@relation", "@attribute", "@end"):
            rule = "have @relation, @attribute or @end before @data"
            raise text.error(rule, shorten(line), number, _FETCH)
        if word == "@attribute" and not inside:
            inside = _add_attribute(text, header, line, number)
        elif word == "@end":
            inside = False
    got = f"{len(lines)} lines without it" if lines else "nothing"
    raise text.error("have @data before the series", got, None, _FETCH)


def _add_attribute(text: Text, header: _Header, line: str, number: int) -> bool:
    """Add an attribute; tell whether those that follow are inside of it."""
    match = _ATTRIBUTE.fullmatch(line)
    if match is None:
        rule = "have a name and a kind behind @attribute"
        raise text.error(rule, shorten(line), number, _FETCH)
    kind = match[2].strip()
    header.kinds.append(kind)
    nominal = kind.startswith("{") and kind.endswith("}")
    header.classes = _spell_classes(kind[1:-1]) if nominal else None
    return kind.lower() == "relational"


def _spell_classes(listed: str) -> str:
    """Write 'a b', c as "a b c": how `read_targets` takes them."""
    return " ".join(name.strip().strip("'\"") for name in _CLASSES.findall(listed))


def _check_attributes(text: Text, header: _Header, line: int) -> None:
    n_found = len(header.kinds)
    if n_found < 2 or (header.is_relational and n_found != 2):
        raise text.error(
            "have the attributes of the series and one for the class",
            f"{n_found} attributes",
            line,
            _FETCH,
        )


def _split_cases(text: Text, header: _Header, lines: list[bytes], start: int) -> Cases:
    """Split the lines behind the header into channels and labels."""
    numbers, labels, sizes = [], [], []
    pieces: list[bytes] = []
    for number, raw in enumerate(lines[start:], start + 1):
        line = raw.strip()
        if not line or line[:1] == b"%":
            continue
        match = _CASE.fullmatch(line)
        values, label = match.groups() if match else (b"", line)
        channels = _split_channels(values) if header.is_relational else [values]
        if channels is None:
            rule = "have channels between quotes, then a comma and the class"
            raise text.error(rule, shorten(as_text(line)), number, _FETCH)
        numbers.append(number)
        pieces += channels
        labels.append(label.strip(_QUOTES))
        sizes.append(len(channels))
    check_channels(text, numbers, sizes)
    return Cases(text, numbers, pieces, labels)


def _split_channels(values: bytes) -> list[bytes] | None:
    r"""Split '1,2\n3,4' at the backslash and n; None without quotes around it."""
    values = values.strip()
    quoted = len(values) > 1 and values[:1] in _QUOTES and values[:1] == values[-1:]
    return values[1:-1].split(rb"\n") if quoted else None


def _check_counts(cases: Cases, counts: np.ndarray, n_values: int) -> None:
    wrong = np.flatnonzero(counts[:, 0] != n_values)
    if len(wrong):
        raise cases.text.error(
            f"have {n_values} values in each series, one for each attribute",
            str(counts[wrong[0], 0]),
            cases.lines[wrong[0]],
            _FETCH,
        )

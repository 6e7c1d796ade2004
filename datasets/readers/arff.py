"""Time series in ARFF text, as the UEA and UCR archives write them."""

import re
from dataclasses import dataclass, field

from ckts.datasets.readers._cases import read_cases, read_series, read_targets
from ckts.datasets.readers._text import (
    Part,
    Source,
    Text,
    as_text,
    join_parts,
    read_split,
    shorten,
)

_ATTRIBUTE = re.compile(r"""@attribute\s+('[^']*'|"[^"]*"|\S+)\s+(.+)""", re.IGNORECASE)
_CLASSES = re.compile(r"""\s*('[^']*'|"[^"]*"|[^,]*)\s*(?:,|$)""")
_CASE = re.compile(rb"""(.*),\s*('[^']*'|"[^"]*"|[^,'"]*)""", re.DOTALL)
_CHANNELS = re.compile(rb"""\s*(['"])(.*)\1\s*""", re.DOTALL)


def read_arff(source: Source, *, split: str | None = None) -> Part:
    r"""Read a data set of the UEA or UCR archive from `.arff` text.

    A line is a series. Of several channels, it is ``'1,2,3\n4,5,6',label``: a
    relational attribute, whose channels are divided by a backslash and an n. Of one
    channel, it is ``1,2,3,label``. "?" and "NaN" are values that were not observed.

    ARFF has no time stamps and no series of unequal length: the archives fill the ends
    of shorter series with "?". They cannot be distinguished from missing values, and
    all are rows of the panel. Where there is a `.ts` file, prefer it.

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
    """The kinds of the outer attributes, such as "numeric" or "relational"."""

    text: Text
    kinds: list[str] = field(default_factory=list)
    inside: bool = False  # of a relational attribute

    @property
    def is_relational(self) -> bool:
        return self.kinds[0].lower() == "relational"

    @property
    def classes(self) -> str | None:
        """The classes between spaces; None if the last attribute is a number."""
        kind = self.kinds[-1]
        if not (kind.startswith("{") and kind.endswith("}")):
            return None
        names = _CLASSES.findall(kind[1:-1])
        return " ".join(name.strip().strip("'\"") for name in names)

    def read(self, line: str, number: int) -> None:
        """Take one line; at @data compare the number of attributes."""
        word = line.split()[0].lower()
        if word == "@end":
            self.inside = False
        elif word == "@attribute" and not self.inside:
            match = _ATTRIBUTE.fullmatch(line)
            if match is None:
                rule = "have a name and a kind after @attribute"
                raise self.text.error(rule, shorten(line), number)
            self.kinds.append(match[2].strip())
            self.inside = self.kinds[-1].lower() == "relational"
        elif word == "@data":
            n_kinds = len(self.kinds)
            if n_kinds < 2 or (self.is_relational and n_kinds != 2):
                rule = "have the attributes of the series and one for the class"
                raise self.text.error(rule, f"{n_kinds} attributes", number)
        elif word not in ("@relation", "@attribute"):
            rule = "have @relation, @attribute or @end before @data"
            raise self.text.error(rule, shorten(line), number)

    def split(self, line: bytes, number: int) -> tuple[list[bytes], bytes]:
        r"""Split 1,2,label or '1,2\n3,4',label, where \n is a backslash and an n."""
        match = _CASE.fullmatch(line)
        values, label = match.groups() if match else (b"", line)
        label = label.strip(b"'\"")
        if not self.is_relational:
            return [values], label
        channels = _CHANNELS.fullmatch(values)
        if channels is None:
            rule = "have channels between quotes, then a comma and the class"
            raise self.text.error(rule, shorten(as_text(line)), number)
        return channels[2].split(rb"\n"), label


def _read(text: Text) -> Part:
    header = _Header(text)
    cases = read_cases(text, "%", header.read, header.split)
    y = read_targets(cases, header.classes)
    panel = read_series(cases)
    if not header.is_relational:
        n_values = len(header.kinds) - 1
        rule = f"have {n_values} values in each series, one for each attribute"
        cases.check_lengths(panel.lengths, n_values, rule)
    return panel, y

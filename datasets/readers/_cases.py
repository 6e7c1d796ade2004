"""What `.ts` and `.arff` share: a header, then a case per line: values and a label."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ckts.datasets._steps import count_steps, panel_of_steps
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._text import REPAIR, Text, as_text, shorten
from ckts.panel import Panel

NUMBERS = "hold finite numbers, or ? where nothing was observed"


@dataclass(frozen=True)
class Cases:
    """The cases of a `.ts` or `.arff` file, a line each, not yet parsed.

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

    def error(
        self, rule: str, got: str, case: int, way_out: str = REPAIR
    ) -> ValueError:
        """Make the error that a case, counted from 0, breaks a rule."""
        return self.text.error(rule, got, self.lines[case], way_out)

    def check_lengths(self, lengths: np.ndarray, expected: int, rule: str) -> None:
        """Raise if a series, of `lengths` (n_series,), has not as many values."""
        if np.any(lengths != expected):
            case = int(np.argmax(lengths != expected))
            raise self.error(rule, str(lengths[case]), case)

    def value_error(
        self, counts: np.ndarray, number: int, token: bytes, rule: str = NUMBERS
    ) -> ValueError:
        """Make the error that a value, counted over all pieces, breaks a rule."""
        piece = int(np.searchsorted(np.cumsum(counts), number, side="right"))
        case, channel = divmod(piece, self.n_channels)
        place = number - int(counts[:piece].sum()) + 1
        got = f"{shorten(as_text(token))} as value {place} of channel {channel}"
        return self.error(rule, got, case)


def read_cases(
    text: Text,
    comment: str,
    read_entry: Callable[[str, int], None],
    split: Callable[[bytes, int], tuple[list[bytes], bytes]],
) -> Cases:
    """Read the header, up to @data, then split the lines behind it.

    All cases have as many channels as the first, and there is one at least.

    Parameters
    ----------
    text : Text
    comment : str
        The character that lines to skip begin with.
    read_entry, split : callable
        Take a line and its number; `split` returns the pieces of channels and a label.
    """
    lines = enumerate(text.content.splitlines(), 1)
    number, key = 0, ""
    while key != "@data":
        number, raw = next(lines, (number, None))
        if raw is None:
            got = f"{number} lines without it" if number else "nothing"
            raise text.error("have @data before the series", got)
        line = as_text(raw)
        if line and line[0] != comment:
            read_entry(line, number)
            key = line.split()[0].lower()
    cases, skipped = Cases(text, [], [], []), comment.encode()
    for number, raw in lines:
        case = raw.strip()
        if not case or case[:1] == skipped:
            continue
        channels, label = split(case, number)
        expected = cases.n_channels if cases.lines else max(len(channels), 1)
        if len(channels) != expected:
            rule = f"have {expected} channels in every series, as in the first"
            raise text.error(rule, str(len(channels)), number)
        cases.lines.append(number)
        cases.pieces.extend(channels)
        cases.labels.append(label)
    if not cases.lines:
        raise text.error("hold series after @data", "none")
    return cases


def read_series(cases: Cases) -> Panel:
    """Parse values between commas, at the times 0, 1, ...

    A channel shorter than the longest of its series is not observed at the end.
    """
    sizes = [0 if p.isspace() or not p else p.count(b",") + 1 for p in cases.pieces]
    counts = np.array(sizes, dtype=np.intp)
    filled = (piece for piece, size in zip(cases.pieces, sizes, strict=True) if size)
    text = b",".join(filled)
    numbers, wrong = parse_numbers(text, b",") if text else (np.empty(0), counts[:0])
    if not len(wrong):
        wrong = np.flatnonzero(np.isinf(numbers))
    if len(wrong):
        token = text.split(b",")[wrong[0]]
        raise cases.value_error(counts, int(wrong[0]), token)
    begins = (np.cumsum(counts) - counts).reshape(-1, cases.n_channels)
    counts = counts.reshape(begins.shape)
    lengths = counts.max(axis=1)
    values = numbers[:, None]
    if cases.n_channels > 1:
        series = np.repeat(np.arange(len(lengths)), lengths)
        steps = count_steps(lengths)
        values = numbers.take(begins[series] + steps[:, None], mode="clip")
        values[steps[:, None] >= counts[series]] = np.nan
    return panel_of_steps(values, lengths)


def read_targets(cases: Cases, classes: str | None) -> np.ndarray:
    """Read labels or, where `classes` is None, the numbers to predict.

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
        several = [case for case, label in enumerate(cases.labels) if b"," in label]
        if several or len(wrong):
            case = min([*several, *wrong.tolist()])
            rule, got = "have a number to predict at the line's end", cases.labels[case]
            raise cases.error(rule, shorten(as_text(got)), case)
        return numbers
    spelled = f" {classes} "
    known: dict[bytes, str] = {}
    for case, label in enumerate(cases.labels):
        if label not in known:
            name = as_text(label)
            at = spelled.casefold().find(f" {name.casefold()} ") if name else -1
            if at < 0:
                rule = f"have one of the classes {shorten(classes)} at the line's end"
                raise cases.error(rule, shorten(name), case)
            known[label] = spelled[at + 1 : at + 1 + len(name)]
    return np.array([known[label] for label in cases.labels])

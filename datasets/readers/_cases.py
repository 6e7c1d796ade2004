"""What `.ts` and `.arff` share: a header, then a case per line: values and a label."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ckts.datasets._steps import count_steps, panel_of_steps
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._text import Text, as_text, shorten
from ckts.panel import Panel

_REPAIR = "Repair the file, or fetch it again."


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

    def error(self, rule: str, got: str, case: int, way_out: str) -> ValueError:
        """Make the error that a case, counted from 0, breaks a rule."""
        return self.text.error(rule, got, self.lines[case], way_out)

    def number_error(self, counts: np.ndarray, number: int, token: bytes) -> ValueError:
        """Make the error that a value, counted over all pieces, is not a number."""
        piece = int(np.searchsorted(np.cumsum(counts), number, side="right"))
        case, channel = divmod(piece, self.n_channels)
        place = number - int(counts[:piece].sum()) + 1
        return self.error(
            "hold finite numbers, or ? where nothing was observed",
            f"{shorten(as_text(token))} as value {place} of channel {channel}",
            case,
            _REPAIR,
        )


def read_header(
    text: Text, comment: str, read_entry: Callable[[str, int], None], way_out: str
) -> int:
    """Pass the lines up to @data and their numbers on; return the number of @data."""
    lines = text.content.splitlines()
    for number, raw in enumerate(lines, 1):
        line = as_text(raw)
        if not line or line[0] == comment:
            continue
        if line.split()[0].lower() == "@data":
            return number
        read_entry(line, number)
    got = f"{len(lines)} lines without it" if lines else "nothing"
    raise text.error("have @data before the series", got, None, way_out)


def split_cases(
    text: Text,
    n_header: int,
    comment: bytes,
    split: Callable[[bytes, int], tuple[list[bytes], bytes]],
) -> Cases:
    """Split the lines after the header into the pieces of their channels and a label.

    All cases have as many channels as the first, and there is one at least.

    Parameters
    ----------
    text : Text
    n_header : int
        Lines of the header.
    comment : bytes
        The character that lines to skip begin with.
    split : function of a line and its number
    """
    cases = Cases(text, [], [], [])
    for number, raw in enumerate(text.content.splitlines()[n_header:], n_header + 1):
        line = raw.strip()
        if not line or line[:1] == comment:
            continue
        channels, label = split(line, number)
        if cases.lines and len(channels) != cases.n_channels:
            rule = f"have {cases.n_channels} channels in every series, as in the first"
            raise text.error(rule, str(len(channels)), number, _REPAIR)
        cases.lines.append(number)
        cases.pieces.extend(channels)
        cases.labels.append(label)
    if not cases.lines:
        raise text.error("hold series after @data", "none", None, _REPAIR)
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
        raise cases.number_error(counts, int(wrong[0]), token)
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
            raise cases.error(rule, shorten(as_text(got)), case, _REPAIR)
        return numbers
    spelled = f" {classes} "
    known: dict[bytes, str] = {}
    for case, label in enumerate(cases.labels):
        if label not in known:
            name = as_text(label)
            at = spelled.casefold().find(f" {name.casefold()} ") if name else -1
            if at < 0:
                rule = f"have one of the classes {shorten(classes)} at the line's end"
                raise cases.error(rule, shorten(name), case, _REPAIR)
            known[label] = spelled[at + 1 : at + 1 + len(name)]
    return np.array([known[label] for label in cases.labels])

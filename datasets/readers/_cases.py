"""What `.ts` and `.arff` share: a line is a case, with values and a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._texts import Text

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

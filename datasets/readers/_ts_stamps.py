"""Series with time stamps in a `.ts` file: (time,value),(time,value),..."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

from ckts.datasets.readers._cases import Cases, as_text, number_error, shorten
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._rows import Measurements, Rows, find_repeat, gather_rows
from ckts.panel import DATETIME, NUMBER, TimeScale, parse_times, show_time

_PAIR = rb"\s*\(([^(),]+),[^(),]+\)\s*"
_PIECE = re.compile(rb"%b(?:,%b)*" % (_PAIR, _PAIR))
_COLON = re.compile(rb":(?![^()]*\))")  # not inside of a pair, as in 12:30
_KINDS = {"number": "numbers", "datetime": "dates"}
_FORM = "Write (time,value),(time,value):..., with a colon between channels."


def split_channels(line: bytes) -> list[bytes]:
    """Split a line at the colons that are not part of a time."""
    return _COLON.split(line)


def read_stamped(cases: Cases, duplicates: str) -> tuple[Rows, TimeScale]:
    """Read channels that have their own time stamps.

    Parameters
    ----------
    cases : Cases
    duplicates : {"error", "keep", "mean", "last"}
        See `read_ts`.
    """
    counts = _count_pairs(cases)
    pairs = b",".join(piece for piece in cases.pieces if b"(" in piece)
    tokens = pairs.translate(None, b"()")
    values, times, scale = _read_tokens(cases, counts, tokens)
    of_piece = np.repeat(np.arange(len(counts)), counts)
    series, channels = np.divmod(of_piece, cases.n_channels)
    found = Measurements(series, times, channels, values)
    if duplicates == "error" and (again := find_repeat(found)) is not None:
        raise cases.text.error(
            "have each time once in a channel",
            f"{show_time(times[again], scale)} twice in channel {channels[again]}",
            cases.line_of(of_piece[again]),
            'Pass `duplicates="mean"`, "last" or "keep".',
        )
    how = "keep" if duplicates == "error" else duplicates
    return gather_rows(found, len(cases.lines), cases.n_channels, how), scale


def _count_pairs(cases: Cases) -> np.ndarray:
    """Hold all pieces to be pairs, and count them: (n_pieces,)."""
    counts = np.array([piece.count(b"(") for piece in cases.pieces])
    filled = [piece for piece in cases.pieces if piece.strip()]
    chars = np.frombuffer(b",".join(filled), np.uint8)
    marks = chars[(chars == ord("(")) | (chars == ord(")")) | (chars == ord(","))]
    expected = np.resize(np.frombuffer(b"(,),", np.uint8), max(4 * counts.sum() - 1, 0))
    if np.count_nonzero(counts) < len(filled) or not np.array_equal(marks, expected):
        for number, piece in enumerate(cases.pieces):
            if piece.strip() and not _PIECE.fullmatch(piece):
                channel = number % cases.n_channels
                got = f"{shorten(as_text(piece))} as channel {channel}"
                line = cases.line_of(number)
                raise cases.text.error("have pairs (time,value)", got, line, _FORM)
    return counts


def _read_tokens(
    cases: Cases, counts: np.ndarray, tokens: bytes
) -> tuple[np.ndarray, np.ndarray, TimeScale]:
    """Return values and times, which stand in turns, and what kind the times are.

    The first time tells whether all are numbers or dates. Numbers are int64 where all
    are whole.
    """
    if not tokens:
        return np.empty(0), np.empty(0, np.int64), NUMBER
    numbers, wrong = parse_numbers(tokens, b",")
    times, values, scale = numbers[::2], numbers[1::2], NUMBER
    if len(wrong) and wrong[0] == 0:
        times, no_times = _read_dates(tokens.split(b",")[::2])
        scale = DATETIME
    else:
        no_times = np.concatenate(
            [wrong[wrong % 2 == 0] // 2, np.flatnonzero(~np.isfinite(times))]
        )
    no_values = np.append(wrong[wrong % 2 == 1] // 2, np.flatnonzero(np.isinf(values)))
    if len(no_times):
        rule = f"have {_KINDS[scale.kind]} as times, like the first one"
        got = shorten(as_text(tokens.split(b",")[2 * no_times[0]]))
        raise cases.text.error(
            rule, got, _line_of_pair(cases, counts, no_times[0]), _FORM
        )
    if len(no_values):
        raise number_error(_only_values(cases), counts, int(no_values[0]))
    if scale is NUMBER and np.all(times == times.round()) and abs(times).max() < 2**53:
        times = times.astype(np.int64)
    return values, times, scale


def _line_of_pair(cases: Cases, counts: np.ndarray, pair: int) -> int:
    return cases.line_of(int(np.searchsorted(np.cumsum(counts), pair, side="right")))


def _only_values(cases: Cases) -> Cases:
    """Return the cases without times, as `number_error` counts values."""
    tokens = (piece.translate(None, b"()").split(b",") for piece in cases.pieces)
    return replace(cases, pieces=[b",".join(pairs[1::2]) for pairs in tokens])


def _read_dates(tokens: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Parse dates; return also the positions of what is none."""
    texts = [as_text(token) for token in tokens]
    dates = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
    if dates.hasnans:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pandas has to guess
            dates = pd.to_datetime(texts, errors="coerce", utc=True)
    wrong = np.flatnonzero(dates.isna())
    return (np.empty(0, np.int64) if len(wrong) else parse_times(dates)[0]), wrong

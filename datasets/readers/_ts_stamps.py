"""Series with time stamps in a `.ts` file: (time,value),(time,value),..."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd

from ckts.datasets.readers._cases import Cases, as_text, read_numbers, shorten
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._rows import Measurements, Rows, find_repeat, gather_rows
from ckts.times import DATETIME, NUMBER, TimeScale, parse_times, show_time

_PAIR = rb"\s*\(([^(),]+),[^(),]+\)\s*"
_PIECE = re.compile(rb"%b(?:,%b)*" % (_PAIR, _PAIR))
_COLON = re.compile(rb":(?![^()]*\))")  # not inside of a pair, as in 12:30
_BETWEEN = re.compile(rb"\)\s*,\s*\(")
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
    tokens = [_split_pairs(cases, i) for i in range(len(cases.pieces))]
    pieces = [b",".join(pairs[1::2]) for pairs in tokens]
    values, counts = read_numbers(replace(cases, pieces=pieces))
    stamps, scale = _read_times(cases, [pairs[::2] for pairs in tokens])
    of_piece = np.repeat(np.arange(counts.size), counts.ravel())
    series, channels = np.divmod(of_piece, cases.n_channels)
    found = Measurements(series, stamps, channels, values)
    if duplicates == "error" and (again := find_repeat(found)) is not None:
        raise cases.text.error(
            "have each time once in a channel",
            f"{show_time(stamps[again], scale)} twice in channel {channels[again]}",
            cases.line_of(of_piece[again]),
            'Pass `duplicates="mean"`, "last" or "keep".',
        )
    how = "keep" if duplicates == "error" else duplicates
    return gather_rows(found, len(cases.lines), cases.n_channels, how), scale


def _split_pairs(cases: Cases, piece: int) -> list[bytes]:
    """Split (t,v),(t,v) into t, v, t, v."""
    raw = cases.pieces[piece].strip()
    if not raw:
        return []
    if not _PIECE.fullmatch(raw):
        got = f"{shorten(as_text(raw))} as channel {piece % cases.n_channels}"
        rule = "have pairs (time,value)"
        raise cases.text.error(rule, got, cases.line_of(piece), _FORM)
    return b",".join(_BETWEEN.split(raw[1:-1])).split(b",")


def _read_times(
    cases: Cases, tokens: list[list[bytes]]
) -> tuple[np.ndarray, TimeScale]:
    """Read numbers, int64 where all are whole, or dates."""
    flat = list(chain.from_iterable(tokens))
    if not flat:
        return np.empty(0, np.int64), NUMBER
    times, wrong = parse_numbers(b",".join(flat), b",")
    if len(wrong) and wrong[0] == 0:  # the first time tells what kind all are
        times, wrong = _read_dates(flat)
        missing, scale = np.zeros(len(flat), bool), DATETIME
    else:
        missing, scale = ~np.isfinite(times), NUMBER
    wrong = np.append(wrong, np.flatnonzero(missing))
    if len(wrong):
        piece = np.searchsorted(np.cumsum([len(t) for t in tokens]), wrong[0], "right")
        rule = f"have {_KINDS[scale.kind]} as times, like the first one"
        got = shorten(as_text(flat[wrong[0]]))
        raise cases.text.error(rule, got, cases.line_of(int(piece)), _FORM)
    if scale is NUMBER and np.all(times == times.round()) and abs(times).max() < 2**53:
        times = times.astype(np.int64)
    return times, scale


def _read_dates(tokens: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Parse dates; return also the positions of what is none."""
    texts = [as_text(token) for token in tokens]
    dates = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
    if dates.hasnans:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # a form that has to be guessed
            dates = pd.to_datetime(texts, errors="coerce", utc=True)
    wrong = np.flatnonzero(dates.isna())
    return (np.empty(0, np.int64) if len(wrong) else parse_times(dates)[0]), wrong

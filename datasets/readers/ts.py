"""Text files of the UEA, UCR and TSER archives: `.ts`."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ckts.datasets._checks import check_choice
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._rows import (
    Measurements,
    Rows,
    count_rows,
    find_repeat,
    gather_rows,
)
from ckts.datasets.readers._text import (
    Cases,
    Part,
    Source,
    Text,
    as_text,
    check_channels,
    join_parts,
    number_error,
    read_numbers,
    read_split,
    read_targets,
    shorten,
)
from ckts.panel import DATETIME, NUMBER, Panel, TimeScale, parse_times, show_time


def read_ts(
    source: Source, *, split: str | None = None, duplicates: str = "error"
) -> tuple[Panel, np.ndarray | None]:
    r"""Read a data set of the UEA, UCR or TSER archive from `.ts` text.

    A line is a series: the values of a channel between commas, the channels between
    colons, at last the class or the number to predict. Series may differ in length.
    "?" and "NaN" are values that were not observed.

    Parameters
    ----------
    source : path or open file
        A `.ts` file, or a folder or archive (zip, tar, tar.gz, tar.xz; it is not
        extracted) with the two files ``NAME_TRAIN.ts`` and ``NAME_TEST.ts`` of one data
        set, or with one file of any name.
    split : {None, "train", "test"}
        Which of the two to read. None reads both, the training set first.
    duplicates : {"error", "mean", "last", "keep"}
        What becomes of a channel with two values at one time: refuse, average, take
        the last, or keep both in two rows of the same time.

    Returns
    -------
    X : Panel of shape (n_series,)
        Without time stamps in the file, the times are 0, 1, ...; a channel that is
        shorter than the longest of its series is not observed at the end. With time
        stamps, (time,value), they are kept: whole numbers as int64, other numbers as
        float64, dates as datetime (UTC if they have no zone); a row is a time at which
        any channel has a value. `X.instances` are 0, 1, ... in the order of the lines.
    y : ndarray of shape (n_series,) or None
        Classes as strings, in the spelling of the header; numbers (``@targetLabel``)
        as float64, NaN where unknown; None if the header states neither.

    Raises
    ------
    ValueError
        With the name of the file and the line, for everything that breaks the format:
        a value that is no finite number, series of different numbers of channels, a
        class that the header does not have, lengths that differ in spite of
        ``@equalLength true``, no ``@data``.

    Warns
    -----
    UserWarning
        If the header states another number of channels than all series have.

    Examples
    --------
    >>> import io
    >>> text = io.StringIO(
    ...     "@timeStamps true\n@classLabel true up down\n@data\n"
    ...     "(0.5,1),(2,3):(2,7):up\n(1,4):(1.5,?):down\n"
    ... )
    >>> X, y = read_ts(text)
    >>> y
    array(['up', 'down'], dtype='<U4')
    >>> X[0].times, X[0].values
    (array([0.5, 2. ]), array([[ 1., nan],
           [ 3.,  7.]]))
    """
    check_choice("duplicates", duplicates, ("error", "mean", "last", "keep"))
    texts = read_split(source, ".ts", split)
    return join_parts([parse_ts(text, duplicates) for text in texts])


def parse_ts(text: Text, duplicates: str = "error") -> Part:
    """Read one text as `read_ts` does."""
    lines = text.content.splitlines()
    header, n_header = read_header(text, lines)
    cases = _split_cases(text, header, lines, n_header)
    _check_header(header, cases)
    y = read_targets(cases, header.classes) if header.has_label else None
    if header.flags.get("timestamps"):
        rows, scale = read_stamped(cases, duplicates)
    else:
        numbers, counts = read_numbers(cases)
        if header.flags.get("equallength"):
            _check_lengths(cases, counts.max(axis=1))
        rows, scale = count_rows(numbers, counts), NUMBER
    rows.values.setflags(write=False)  # ours alone: the panel need not copy it
    return Panel(rows.values, rows.times, rows.indptr, time_scale=scale), y


def _split_cases(text: Text, header: Header, lines: list[bytes], start: int) -> Cases:
    """Split the lines behind the header into channels and labels."""
    numbers, pieces, labels, sizes = [], [], [], []
    split = split_channels if header.flags.get("timestamps") else _split_colons
    for number, raw in enumerate(lines[start:], start + 1):
        line = raw.strip()
        if not line or line[:1] == b"#":
            continue
        channels = split(line)
        label = channels.pop() if header.has_label else b""
        numbers.append(number)
        pieces += channels
        labels.append(label)
        sizes.append(len(channels))
    check_channels(text, numbers, sizes)
    return Cases(text, numbers, pieces, labels)


def _split_colons(line: bytes) -> list[bytes]:
    return line.split(b":")


def _check_header(header: Header, cases: Cases) -> None:
    found = cases.n_channels
    if header.flags.get("univariate") and found != 1:
        rule = "have one channel where the header states @univariate true"
        way_out = "Correct the header if the series are right."
        raise cases.text.error(rule, str(found), cases.lines[0], way_out)
    if header.n_channels not in (None, found):
        warnings.warn(
            f"the header of {cases.text.name} states {header.n_channels} channels, but "
            f"all series have {found}: {found} are read",
            stacklevel=4,
        )


def _check_lengths(cases: Cases, lengths: np.ndarray) -> None:
    wrong = np.flatnonzero(lengths != lengths[0])
    if len(wrong):
        raise cases.text.error(
            f"have series of {lengths[0]} values, like the first, where the header "
            "states @equalLength true",
            str(lengths[wrong[0]]),
            cases.lines[wrong[0]],
            "Correct the header if the series are right.",
        )


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

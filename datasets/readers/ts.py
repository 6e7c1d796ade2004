"""Text files of the UEA, UCR and TSER archives: `.ts`."""

import re
import warnings
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from ckts._checks import check_choice
from ckts._warnings import warn
from ckts.datasets.readers._cases import Cases, read_cases, read_series, read_targets
from ckts.datasets.readers._numbers import parse_numbers
from ckts.datasets.readers._text import (
    Part,
    Source,
    Text,
    as_text,
    join_parts,
    read_split,
    shorten,
)
from ckts.panel import DATETIME, NUMBER, Panel, TimeScale, parse_times, show_time

_BOOL = r"(true|false)( |$)", "true or false"
_COUNT = r"\d+$", "a number"
_EXPECTED = {
    **dict.fromkeys(("timestamps", "missing", "univariate", "equallength"), _BOOL),
    **dict.fromkeys(("classlabel", "targetlabel"), _BOOL),
    **dict.fromkeys(("dimensions", "dimension", "serieslength"), _COUNT),
}
_COLON = re.compile(rb":(?![^()]*\))")  # not inside of a pair, as in 12:30
_PAIR = rb"\s*\(([^(),]+),[^(),]+\)\s*"
_PIECE = re.compile(rb"%b(?:,%b)*" % (_PAIR, _PAIR))
_PAIRS = "Write (time,value),(time,value):..., with a colon between channels."


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
        What becomes of a channel with two values at one time: raise, average, take
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
    # Not a comprehension: in Python 3.11 that is a frame of its own, and the warning of
    # `check_channels` would name this file instead of the caller's.
    parts = map(partial(parse_ts, duplicates=duplicates), texts)
    return join_parts(list(parts))


def parse_ts(text: Text, duplicates: str = "error") -> Part:
    """Read one text as `read_ts` does."""
    header = _Header(text)
    cases = read_cases(text, "#", header.read, header.split)
    header.check_channels(cases)
    y = read_targets(cases, header.classes) if header.has_label else None
    if header.is_stamped:
        return _read_stamped(cases, duplicates), y
    panel = read_series(cases)
    if header.states("equallength"):
        rule = (
            f"have series of {panel.lengths[0]} values, like the first, where the "
            "header states @equalLength true"
        )
        cases.check_lengths(panel.lengths, panel.lengths[0], rule)
    return panel, y


@dataclass
class _Header:
    """What a header says: the words after each name, which is in lower case."""

    text: Text
    words: dict[str, list[str]] = field(default_factory=dict)

    def states(self, name: str) -> bool:
        """Whether it states that something is true."""
        return self.words.get(name, [""])[0].lower() == "true"

    @property
    def classes(self) -> str | None:
        """The classes between spaces; None if the series have no class."""
        known = self.states("classlabel")
        return " ".join(self.words["classlabel"][1:]) if known else None

    @cached_property
    def is_stamped(self) -> bool:
        """Whether each value has its own time."""
        return self.states("timestamps")

    @cached_property
    def has_label(self) -> bool:
        """Whether a class or a number is at the end of each line."""
        return self.states("targetlabel") or self.states("classlabel")

    def read(self, line: str, number: int) -> None:
        """Take one line."""
        if line[0] != "@":
            rule = "have lines that begin with @ or # before @data"
            raise self.text.error(rule, shorten(line), number)
        name, *words = line[1:].split() or [""]
        name = name.lower()
        pattern, expected = _EXPECTED.get(name, ("", ""))
        if expected and not re.match(pattern, " ".join(words), re.IGNORECASE):
            rule = f"have {expected} after @{name}"
            raise self.text.error(rule, shorten(" ".join(words)), number)
        self.words[name] = words

    def split(self, line: bytes, number: int) -> tuple[list[bytes], bytes]:
        """Split a line into channels and label."""
        channels = _COLON.split(line) if self.is_stamped else line.split(b":")
        return channels, channels.pop() if self.has_label else b""

    def check_channels(self, cases: Cases) -> None:
        """Compare the channels of all cases with what the header states."""
        found = cases.n_channels
        if self.states("univariate") and found != 1:
            rule = "have one channel where the header states @univariate true"
            raise cases.error(rule, str(found), 0)
        for name in ("dimension", "dimensions"):
            if int(self.words.get(name, [found])[0]) != found:
                warn(
                    f"the header of {self.text.name} states {self.words[name][0]} "
                    f"channels, but all series have {found}: {found} are read",
                )


def _read_stamped(cases: Cases, duplicates: str) -> Panel:
    """Read channels that have their own time stamps: (time,value),(time,value),..."""
    import pandas as pd

    counts = _count_pairs(cases)
    values, times, scale = _read_pairs(cases, counts)
    piece = np.repeat(np.arange(len(counts)), counts)
    series, channels = np.divmod(piece, cases.n_channels)
    if duplicates == "error":
        again = pd.MultiIndex.from_arrays([series, times, channels]).duplicated()
        if again.any():
            pair = int(np.argmax(again))
            raise cases.error(
                "have each time once in a channel",
                f"{show_time(times[pair], scale)} twice in channel {channels[pair]}",
                series[pair],
                'Pass `duplicates="mean"`, "last" or "keep".',
            )
    return Panel.from_measurements(
        series,
        times,
        channels,
        values,
        n_series=len(cases.lines),
        channels=[f"channel_{channel}" for channel in range(cases.n_channels)],
        duplicates="keep" if duplicates == "error" else duplicates,
        time_scale=scale,
    )


def _count_pairs(cases: Cases) -> np.ndarray:
    """Return the number of pairs in each piece, of shape (n_pieces,)."""
    counts = np.array([piece.count(b"(") for piece in cases.pieces])
    filled = [piece for piece in cases.pieces if piece.strip()]
    chars = np.frombuffer(b",".join(filled), np.uint8)
    marks = chars[(chars == ord("(")) | (chars == ord(")")) | (chars == ord(","))]
    expected = np.resize(np.frombuffer(b"(,),", np.uint8), max(4 * counts.sum() - 1, 0))
    if np.count_nonzero(counts) < len(filled) or not np.array_equal(marks, expected):
        for number, piece in enumerate(cases.pieces):
            if piece.strip() and not _PIECE.fullmatch(piece):
                case, channel = divmod(number, cases.n_channels)
                got = f"{shorten(as_text(piece))} as channel {channel}"
                raise cases.error("have pairs (time,value)", got, case, _PAIRS)
    return counts


def _read_pairs(
    cases: Cases, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, TimeScale]:
    """Return values, times and their scale, given the pairs of each piece.

    The first time decides whether all are numbers or dates. Numbers are int64 where all
    are whole.
    """
    pairs = b",".join(piece for piece in cases.pieces if b"(" in piece)
    if not pairs:
        return np.empty(0), np.empty(0, np.int64), NUMBER
    text = pairs.translate(None, b"()")
    numbers, wrong = parse_numbers(text, b",")
    is_wrong = np.isinf(numbers)
    is_wrong[wrong] = True
    times, no_times = numbers[::2], is_wrong[::2] | np.isnan(numbers[::2])
    scale, kind = NUMBER, "numbers"
    if len(wrong) and wrong[0] == 0:
        times, no_times = _read_dates(text.split(b",")[::2])
        scale, kind = DATETIME, "dates"
    if no_times.any():
        pair = int(np.argmax(no_times))
        rule = f"have {kind} as times, like the first one"
        raise cases.value_error(counts, pair, text.split(b",")[2 * pair], rule)
    if is_wrong[1::2].any():
        pair = int(np.argmax(is_wrong[1::2]))
        raise cases.value_error(counts, pair, text.split(b",")[2 * pair + 1])
    if scale is NUMBER and np.all(times == times.round()) and abs(times).max() < 2**53:
        times = times.astype(np.int64)
    return numbers[1::2], times, scale


def _read_dates(tokens: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Parse dates; tell also which are none."""
    import pandas as pd

    texts = [as_text(token) for token in tokens]
    dates = pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601")
    if dates.hasnans:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # pandas has to guess
            dates = pd.to_datetime(texts, errors="coerce", utc=True)
    wrong = dates.isna()
    return np.empty(0, np.int64) if wrong.any() else parse_times(dates)[0], wrong

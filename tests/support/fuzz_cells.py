"""Cells and stamps of every kind, and a plain loop that says what must be read of them.

A cell is what a user may have in a table. Each kind has a meaning: a number, which must
be read; nothing observed; or what must not be read without a word.
"""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

LOUD, EITHER = "loud", "either"  # must raise or warn; may be read or raise
HOUR = datetime.timedelta(hours=1)
START = pd.Timestamp("2024-03-30 20:00")  # in Berlin, the clock changes in this night
EPOCH = datetime.datetime(1970, 1, 1)
BERLIN = "Europe/Berlin"


@dataclass
class Cells:
    """Series as lists of rows, each a stamp and a cell for each channel.

    Attributes
    ----------
    series : list of list of (stamp, list of cell)
    clock : str
    marks : set of {"loud", "either"}
        What was put in: if nothing, it must be read.
    plagues : list of str
        For messages.
    """

    series: list
    n_channels: int
    clock: str
    marks: set = field(default_factory=set)
    plagues: list = field(default_factory=list)

    def without_times(self):
        """Let steps be the stamps, as where a format has none."""
        self.clock = "int"
        self.series = [
            [(step, cells) for step, (_, cells) in enumerate(rows)]
            for rows in self.series
        ]

    def map(self, change):
        """Give each row to a function (series, stamp, cells) and keep what it says."""
        self.series = [
            [change(number, *row) for row in rows]
            for number, rows in enumerate(self.series)
        ]

    def mark(self, plague, meaning):
        self.plagues.append(plague)
        if meaning in (LOUD, EITHER):
            self.marks.add(meaning)


# name -> (cell of a random generator, what it means: None for what it says itself)
CELLS: dict[str, tuple[Callable, str | None]] = {
    "int": (lambda rng: int(rng.integers(-9, 9)), None),
    "bool": (lambda rng: bool(rng.integers(2)), None),
    "NaN": (lambda rng: math.nan, None),
    "None": (lambda rng: None, None),
    "NA": (lambda rng: pd.NA, None),
    "NaT": (lambda rng: pd.NaT, EITHER),
    "tiny": (lambda rng: 5e-324, None),
    "huge": (lambda rng: 1.7e308, None),
    "long": (lambda rng: 2**60 + 1, None),
    "longer": (lambda rng: 2**70, EITHER),  # numpy has no such integer
    "zero": (lambda rng: -0.0, None),
    "Decimal": (lambda rng: Decimal("1.25"), EITHER),
    "Decimal NaN": (lambda rng: Decimal("NaN"), EITHER),
    "Decimal sNaN": (lambda rng: Decimal("sNaN"), EITHER),
    "Decimal inf": (lambda rng: Decimal("Infinity"), LOUD),
    "Decimal huge": (lambda rng: Decimal("1e400"), LOUD),
    "Fraction": (lambda rng: Fraction(1, 4), EITHER),
    "float32": (lambda rng: np.float32(0.1), EITHER),
    "int8": (lambda rng: np.int8(-3), None),
    "masked": (lambda rng: np.ma.masked, EITHER),
    "inf": (lambda rng: math.inf, LOUD),
    "-inf": (lambda rng: -math.inf, LOUD),
    "endless": (lambda rng: 10**400, LOUD),
    "text": (lambda rng: "1.5", LOUD),
    "word": (lambda rng: "high", EITHER),
    "empty text": (lambda rng: "", EITHER),
    "bytes": (lambda rng: b"1.5", LOUD),
    "bytearray": (lambda rng: bytearray(b"2"), LOUD),
    "complex": (lambda rng: 1 + 2j, LOUD),
    "date": (lambda rng: datetime.date(2020, 1, 1), LOUD),
    "datetime64": (lambda rng: np.datetime64("2020-01-01", "s"), LOUD),
    "Timestamp": (lambda rng: START, LOUD),
    "Timedelta": (lambda rng: pd.Timedelta("1h"), LOUD),
    "timedelta64": (lambda rng: np.timedelta64(5, "s"), LOUD),
    "Period": (lambda rng: pd.Period("2020-01"), LOUD),
    "Interval": (lambda rng: pd.Interval(0, 1), LOUD),
    "list": (lambda rng: [1.0], LOUD),
    "dict": (lambda rng: {"a": 1.0}, LOUD),
    "array": (lambda rng: np.array([1.0, 2.0]), LOUD),
    "array of one": (lambda rng: np.array([1.0]), LOUD),
    "object": (lambda rng: object(), LOUD),
    "type": (lambda rng: float, LOUD),
}
# Text of a file: what is written, the number that it is if it is one, its meaning.
# What is neither a number nor missing is a label, if the column has labels only.
TEXTS: dict[str, tuple[str, float | None, str | None]] = {
    "integer": ("7", 7.0, None),
    "exponent": ("1e-5", 1e-5, None),
    "digits": ("0.30000000000000004", 0.30000000000000004, None),
    "long": ("1152921504606846977", float(2**60 + 1), None),
    "blank": ("", None, None),
    "NA": ("NA", None, None),
    "nan": ("nan", None, None),
    "null": ("null", None, None),
    "None": ("None", None, EITHER),
    "true": ("True", 1.0, EITHER),
    "spaces": (" 1.5 ", 1.5, EITHER),
    "hash": ("#N/A", None, EITHER),
    "inf": ("inf", None, LOUD),
    "too large": ("1e400", None, LOUD),
    "word": ("high", None, EITHER),
    "less": ("<0.1", None, EITHER),
    "comma": ("1,5", None, EITHER),
    "hex": ("0x1F", None, EITHER),
    "underscore": ("1_000", None, EITHER),
    "fullwidth": ("\uff11", None, EITHER),
    "dash": ("-", None, EITHER),
    "percent": ("5%", None, EITHER),
    "date": ("2020-01-01", None, EITHER),
    "quote": ('"1', None, EITHER),
}

MISSING = ("", "NA", "nan", "null", "None", "#N/A")


@dataclass(frozen=True)
class Text:
    """A cell of a file, and the number that it is, if it is one."""

    written: str
    number: float | None


# name -> (tick to stamp, tick to the number that a panel must have)
CLOCKS = {
    "int": (int, float),
    "float": (lambda k: k / 8, lambda k: k / 8),
    "Timestamp": (lambda k: START + k * HOUR, lambda k: _since(START + k * HOUR)),
    "zoned": (
        lambda k: (START + k * HOUR).tz_localize("UTC").tz_convert(BERLIN),
        lambda k: _since(START + k * HOUR),
    ),
    "datetime": (
        lambda k: START.to_pydatetime() + k * HOUR,
        lambda k: _since(START + k * HOUR),
    ),
    "Timedelta": (lambda k: pd.Timedelta(k * HOUR), lambda k: float(k * 3_600 * 10**9)),
    "Period": (
        lambda k: (START + k * HOUR).to_period("h"),
        lambda k: _since(START + k * HOUR),
    ),
    "Decimal": (Decimal, float),
}
STAMPS = {
    "NaT": pd.NaT,
    "None": None,
    "NaN": math.nan,
    "NA": pd.NA,
    "inf": math.inf,
    "text": "2024-03-30",
    "bytes": b"1",
    "complex": 1j,
    "endless": 10**400,
    "long": 2**70,
    "early": datetime.datetime(1, 1, 1),
    "late": datetime.datetime(9999, 12, 31),
    "zoned": pd.Timestamp("2024-03-30", tz="Asia/Tokyo"),
    "naive": START,
    "timedelta": datetime.timedelta(days=1),
    "years": datetime.timedelta(days=999_999_999),
    "time": datetime.time(1, 2),
    "Period": pd.Period("2024"),
    "tuple": (1, 2),
    "object": object(),
}


TIMES = (int, float, Decimal, datetime.datetime, datetime.timedelta, pd.Period)


def _since(stamp):
    """Return the nanoseconds since 1970."""
    return float((stamp - EPOCH) // datetime.timedelta(microseconds=1) * 1000)


def number_of(cell):
    """Return the number of a cell by Python's own `float`, or its text, or None."""
    if isinstance(cell, Text) and cell.number is None:
        return None if cell.written in MISSING else cell.written
    if isinstance(cell, str):
        return cell or None
    if cell is None or cell is pd.NA or cell is pd.NaT or cell is np.ma.masked:
        return None
    if isinstance(cell, Decimal) and cell.is_nan():
        return None
    try:
        number = float(cell.number if isinstance(cell, Text) else cell)
    except (TypeError, ValueError, OverflowError):
        return math.inf  # which no panel holds
    return None if math.isnan(number) else number


def draw_cells(rng):
    """Draw series of 0 to 6 rows of plain floats, one at least with a row."""
    n_series, n_channels = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    clock = str(rng.choice(list(CLOCKS)))
    stamp = CLOCKS[clock][0]
    lengths = rng.integers(0, 7, n_series)
    lengths[rng.integers(n_series)] += 1
    series = []
    for length in lengths:
        ticks = rng.permutation(50)[:length].tolist()  # no order, no repeats
        values = rng.normal(size=(length, n_channels)) * 10.0 ** rng.integers(-9, 9)
        values[rng.random(values.shape) < rng.choice([0, 0.3])] = math.nan
        rows = zip(ticks, values.tolist(), strict=True)
        series.append([(stamp(tick), cells) for tick, cells in rows])
    return Cells(series, n_channels, clock)


def put_cells(cells, rng):
    """Replace cells by some of one kind."""
    kind = str(rng.choice(list(CELLS)))
    make, meaning = CELLS[kind]
    share, hit = rng.choice([0.2, 1.0]), False
    for rows in cells.series:
        for _, row in rows:
            for channel in range(len(row)):
                if rng.random() < share:
                    row[channel], hit = make(rng), True
    cells.mark(f"cells {kind}", meaning if hit else None)


def put_stamps(cells, rng):
    """Replace stamps by one of another kind, or repeat them."""
    rows = [(i, j) for i, part in enumerate(cells.series) for j in range(len(part))]
    if rng.random() < 0.25:
        cells.mark("stamps repeat", None)
        return cells.map(lambda number, stamp, row: (cells.series[number][0][0], row))
    kind = str(rng.choice(list(STAMPS)))
    i, j = rows[rng.integers(len(rows))]
    stamp = STAMPS[kind]
    if kind == "long" and cells.clock in ("float", "Decimal"):
        stamp = 2**40  # beside a longer one all others would be one, by their rounding
    cells.series[i][j] = stamp, cells.series[i][j][1]
    cells.mark(f"stamp {kind}", EITHER)
    return None


def truth_of(cells):
    """Return what must be read: (series, time, channel, number or label)."""
    found = []
    for number, rows in enumerate(cells.series):
        for stamp, row in rows:
            for channel, cell in enumerate(row):
                value = number_of(cell)
                if value is not None:
                    found.append((number, time_of(stamp), channel, value))
    return sorted(found, key=repr)


def time_of(stamp):
    """Return the number that a panel must have for a stamp; None if there is none."""
    if stamp is pd.NaT or not isinstance(stamp, TIMES):
        return None
    if isinstance(stamp, pd.Period):
        stamp = stamp.start_time
    if isinstance(stamp, datetime.datetime):  # Timestamps, too
        zone = datetime.UTC
        plain = stamp if stamp.tzinfo is None else stamp.astimezone(zone)
        return _since(plain.replace(tzinfo=None))
    if isinstance(stamp, datetime.timedelta):
        return float(stamp // datetime.timedelta(microseconds=1) * 1000)
    return math.inf if isinstance(stamp, int) and stamp > 2**80 else float(stamp)


def observations_of(panel, order):
    """Return the same of a panel, by a loop.

    Parameters
    ----------
    panel : Panel
    order : mapping
        From the name of a series to its number.
    """
    found = []
    labels = [panel.categories.get(name) for name in panel.channels]
    for name, one in zip(panel.instances.tolist(), panel, strict=True):
        for time, row in zip(one.times.tolist(), one.values.tolist(), strict=True):
            for channel, value in enumerate(row):
                if math.isnan(value):
                    continue
                own = labels[channel]
                meant = value if own is None else own[int(value)]
                found.append((order[name], float(time), channel, meant))
    return sorted(found, key=repr)


def stamps_of_cells(cells):
    """Return (series, time) of each row."""
    rows = [(i, stamp) for i, part in enumerate(cells.series) for stamp, _ in part]
    return sorted([(number, time_of(stamp)) for number, stamp in rows], key=repr)


def stamps_of_panel(panel, order):
    """Return the same of a panel."""
    parts = zip(panel.instances.tolist(), panel, strict=True)
    rows = [(order[name], time) for name, one in parts for time in one.times.tolist()]
    return sorted([(number, float(time)) for number, time in rows], key=repr)

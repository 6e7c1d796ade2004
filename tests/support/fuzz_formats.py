"""Known series written in every format and clock that is read: the truth is known.

`write(number)` draws series and how they are written from the number alone, so that a
case can be replayed. Ticks are whole; a clock turns them into stamps of some kind.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from ckts import Panel, as_panel

HOUR = 3_600_000_000_000
START = pd.Timestamp("2024-03-30 20:00")  # in Berlin, the clock changes in this night


@dataclass
class Truth:
    """Rows sorted by series and tick: what a panel must hold, and nothing else."""

    codes: np.ndarray
    ticks: np.ndarray
    values: np.ndarray  # (n_rows, in_channels), NaN is not observed
    n_series: int

    @property
    def series(self):
        """Ticks and values of each series."""
        return [
            (self.ticks[self.codes == i], self.values[self.codes == i])
            for i in range(self.n_series)
        ]


@dataclass
class Case:
    """`read()` gives a panel, which must have these rows and times."""

    name: str
    read: Callable[[], Panel]
    truth: Truth
    times: np.ndarray


# name -> (ticks -> stamps as a user has them, ticks -> times as a panel has them)
CLOCKS = {
    "int": (lambda k: k, lambda k: k),
    "int8": (lambda k: k.astype(np.int8), lambda k: k),
    "uint64": (lambda k: (k + 50).astype(np.uint64), lambda k: k + 50),
    "float": (lambda k: k / 8, lambda k: k / 8),
    "float32": (lambda k: (k / 8).astype(np.float32), lambda k: k / 8),
    "tiny": (lambda k: k * 1e-300, lambda k: k * 1e-300),
    "huge": (lambda k: k * 1e300, lambda k: k * 1e300),
    "far": (lambda k: k + 2**60, lambda k: k + 2**60),
    "objects": (lambda k: k.astype(object), lambda k: k),
    "Decimal": (lambda k: np.array([Decimal(int(i)) for i in k], object), lambda k: k),
    "Int64": (lambda k: pd.array(k, dtype="Int64"), lambda k: k),
    "Float64": (lambda k: pd.array(k / 8, dtype="Float64"), lambda k: k / 8),
    "datetime": (lambda k: (START + _hours(k)).to_numpy(), lambda k: _since_1970(k)),
    "datetime64[s]": (
        lambda k: (START + _hours(k)).to_numpy().astype("M8[s]"),
        lambda k: _since_1970(k),
    ),
    "zoned": (
        lambda k: (START + _hours(k)).tz_localize("UTC").tz_convert("Europe/Berlin"),
        lambda k: _since_1970(k),
    ),
    "period": (
        lambda k: (START + _hours(k)).to_period("h"),
        lambda k: _since_1970(k),
    ),
    "datetimes": (
        lambda k: _objects(
            [START.to_pydatetime() + datetime.timedelta(hours=int(i)) for i in k]
        ),
        lambda k: _since_1970(k),
    ),
    "timedelta": (lambda k: _hours(k).to_numpy(), lambda k: k * HOUR),
    "timedeltas": (
        lambda k: _objects([datetime.timedelta(hours=int(i)) for i in k]),
        lambda k: k * HOUR,
    ),
}


def _hours(ticks):
    return pd.to_timedelta(np.asarray(ticks) * HOUR, unit="ns")


def _since_1970(ticks):
    return ticks * HOUR + START.value


def _objects(items):
    array = np.empty(len(items), object)
    array[:] = items
    return array


def _pairs(truth, stamps, rng):
    clipped = truth.values.shape[1] == 1 and rng.random() < 0.5
    kind = rng.choice(["array", "list", "masked", "none", "float64"])

    def written(values):
        if clipped:
            values = values[:, 0]
        if kind == "list":
            return values.tolist()
        if kind == "masked":
            return np.ma.masked_invalid(np.where(np.isnan(values), np.nan, values))
        if kind == "none":
            return np.where(np.isnan(values), None, values.astype(object))
        return values

    return [(stamps(k), written(v)) for k, v in _shuffled(truth, rng)]


def _frames(truth, stamps, rng):
    names = [f"c{i}" for i in range(truth.values.shape[1])]
    return [
        pd.DataFrame(v, index=pd.Index(stamps(k)), columns=names)
        for k, v in _shuffled(truth, rng)
    ]


def _series(truth, stamps, rng):
    return [pd.Series(v[:, 0], pd.Index(stamps(k))) for k, v in _shuffled(truth, rng)]


def _shuffled(truth, rng):
    """Give the rows of each series in another order; ties keep theirs."""
    for ticks, values in truth.series:
        order = np.argsort(rng.permutation(50)[ticks], kind="stable")
        yield ticks[order], values[order]


def _table(truth, stamps, rng):
    """Write a long table whose rows are in another order."""
    names = [f"c{i}" for i in range(truth.values.shape[1])]
    order = np.argsort(rng.permutation(50)[truth.ticks], kind="stable")
    frame = pd.DataFrame(truth.values[order], columns=names)
    frame.insert(0, "when", stamps(truth.ticks[order]))
    ids = pd.CategoricalDtype([f"s{i}" for i in range(truth.n_series)], ordered=True)
    who = pd.Categorical.from_codes(truth.codes[order], dtype=ids)
    frame.insert(1, "who", who)
    return frame, names


def _read_pairs(truth, stamps, rng):
    pairs = _pairs(truth, stamps, rng)
    return lambda: as_panel(pairs, duplicates="keep")


def _read_frames(truth, stamps, rng):
    frames = (_series if truth.values.shape[1] == 1 else _frames)(truth, stamps, rng)
    return lambda: as_panel(frames, duplicates="keep")


def _read_long(truth, stamps, rng):
    frame, names = _table(truth, stamps, rng)
    return lambda: Panel.from_long(
        frame, instance="who", time="when", values=names, duplicates="keep"
    )


def _read_multiindex(truth, stamps, rng):
    frame, _ = _table(truth, stamps, rng)
    frame = frame.set_index(["who", "when"])
    return lambda: as_panel(frame, duplicates="keep")


def _read_flat(truth, stamps, rng):
    indptr = np.searchsorted(truth.codes, np.arange(truth.n_series + 1))
    times, values = stamps(truth.ticks), truth.values
    return lambda: Panel(values, times, indptr)


def _read_rows(truth, stamps, rng):
    order = np.argsort(rng.permutation(50)[truth.ticks], kind="stable")
    codes, values = truth.codes[order], truth.values[order]
    times = stamps(truth.ticks[order])
    return lambda: Panel.from_rows(
        codes, times, values, n_series=truth.n_series, duplicates="keep"
    )


READERS = {
    "pairs": _read_pairs,
    "frames": _read_frames,
    "long": _read_long,
    "multiindex": _read_multiindex,
    "flat": _read_flat,
    "rows": _read_rows,
}


def draw_truth(rng):
    """Draw series of 0 to 7 rows, one at least with a row, with ties and holes."""
    n_series, n_channels = rng.integers(1, 9), rng.integers(1, 4)
    lengths = rng.integers(0, 8, n_series)
    lengths[rng.integers(n_series)] += 1
    codes = np.repeat(np.arange(n_series), lengths)
    ticks = rng.integers(0, rng.choice([5, 50]), len(codes))
    order = np.lexsort((ticks, codes))
    values = rng.normal(size=(len(codes), n_channels)) * 10.0 ** rng.integers(-20, 20)
    values[rng.random(values.shape) < rng.choice([0, 0.4])] = np.nan
    return Truth(codes[order], ticks[order], values, int(n_series))


def write(number):
    """Make the case of a number."""
    rng = np.random.default_rng([9, number])
    truth = draw_truth(rng)
    clock = rng.choice(list(CLOCKS))
    reader = rng.choice(list(READERS))
    stamps, times = CLOCKS[clock]
    read = READERS[reader](truth, stamps, rng)
    return Case(f"{reader}, {clock}", read, truth, times(truth.ticks))

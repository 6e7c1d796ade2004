"""Anything at all: what a panel may be asked to read, sound or not.

`write(number)` draws input from the number alone. Whatever it is, it is read in full or
rejected with one of our errors.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import torch

from ckts import Panel, as_panel


@dataclass
class Junk:
    """`read()` may give a panel; then it holds values of this sum, if it is known."""

    name: str
    given: object
    read: object
    total: float | None = None


TIMES = [
    lambda n, rng: np.arange(n),
    lambda n, rng: np.sort(rng.uniform(0, 10, n)),
    lambda n, rng: rng.integers(0, 5, n),
    lambda n, rng: rng.integers(-(2**62), 2**62, n),
    lambda n, rng: rng.normal(size=n) * 10.0 ** rng.integers(-320, 308),
    lambda n, rng: np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
    lambda n, rng: np.where(rng.random(n) < 0.2, np.inf, rng.normal(size=n)),
    lambda n, rng: np.where(rng.random(n) < 0.2, None, rng.normal(size=n)),
    lambda n, rng: np.arange(n).astype(rng.choice(["int8", "float32", "uint64"])),
    lambda n, rng: np.arange(n).astype(rng.choice(["bool", "complex64", "str", "S2"])),
    lambda n, rng: np.array([str(i) for i in range(n)], object),
    lambda n, rng: [Decimal(i) for i in range(n)],
    lambda n, rng: pd.date_range("2020", periods=n, freq="h").to_numpy(),
    lambda n, rng: pd.date_range("1600", periods=n, freq="YE", unit="s").to_numpy(),
    lambda n, rng: pd.date_range("2020-03-28", periods=n, freq="h", tz="Asia/Tokyo"),
    lambda n, rng: pd.period_range("2020-01", periods=n, freq="M"),
    lambda n, rng: pd.to_timedelta(np.arange(n), unit="D"),
    lambda n, rng: np.array(["NaT"] * n, "M8[ns]"),
    lambda n, rng: np.arange(n).astype("m8[M]"),
    lambda n, rng: pd.array(np.arange(n), dtype="Int64"),
    lambda n, rng: pd.array([pd.NA] * n, dtype="Float64"),
    lambda n, rng: np.ma.masked_greater(np.arange(n), 2),
    lambda n, rng: np.arange(n)[:, None],
    lambda n, rng: range(n),
    lambda n, rng: None,
]
VALUES = [
    lambda v, rng: v,
    lambda v, rng: np.where(rng.random(v.shape) < 0.5, np.nan, v),
    lambda v, rng: np.full(v.shape, np.nan),
    lambda v, rng: np.where(rng.random(v.shape) < 0.1, np.inf, v),
    lambda v, rng: v * 10.0 ** rng.integers(-320, 308),
    lambda v, rng: v[:, 0],
    lambda v, rng: v[1:],
    lambda v, rng: v.astype(rng.choice(["float32", "float16", "int8", "bool"])),
    lambda v, rng: v.astype(rng.choice(["complex64", "object", "str", "M8[s]"])),
    lambda v, rng: v.tolist(),
    lambda v, rng: np.ma.masked_greater(v, 0),
    lambda v, rng: np.where(rng.random(v.shape) < 0.3, None, v),
    lambda v, rng: np.full(v.shape, "x", object),
    lambda v, rng: torch.tensor(v),
    lambda v, rng: pd.DataFrame(v),
    lambda v, rng: pd.array(v[:, 0], dtype="Float64"),
    lambda v, rng: v[..., None],
    lambda v, rng: None,
]
THINGS = [
    None, 3, "abc", b"x", set(), {}, {"a": 1}, {"a": [1]}, [[]], [None], [[1, 2], [3]],
    [1, 2, 3], np.float64(3), Decimal, [{}], range(3), [(1, 2)], [(1, 2, 3)], [()], (),
    [("a", [1])], [([1],)], [([[1]], [1])], [[[1]], [2]], [np.nan], ["a", 1], [b"x"],
    pd.DataFrame(), pd.Series(dtype=float), pd.Index([1, 2]), pd.NA, pd.NaT, 1 + 2j,
    np.array([]), np.array(3), np.empty((0, 0, 3)), np.empty((2, 0, 3)), object(),
    np.empty((0, 3), object), np.zeros((1, 1, 1, 1)), torch.zeros(2, 3), np.ma.masked,
    pd.DataFrame({"a": ["x"]}), pd.DataFrame([[pd.NaT]]), [pd.DataFrame()], slice(3),
    [pd.Series([1.0], ["x"]), pd.DataFrame([[1.0]])], np.array([{}, []], object),
    np.zeros(2, [("a", int)]), float("nan"), True, as_panel, Panel, ..., NotImplemented,
]  # fmt: skip


def pick(choices, rng):
    """Choose one of anything; numpy would make an array of it."""
    return choices[rng.integers(len(choices))]


def total_of(values):
    """The sum of what is observed; None if nobody can say, or it overflows."""
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = values.astype(float).filled(np.nan)
        if isinstance(values, torch.Tensor):
            values = values.numpy()
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        return None
    total = float(np.nansum(numbers))
    return total if np.isfinite(numbers[~np.isnan(numbers)]).all() else None


def _pairs(rng):
    """Pairs of which the odd one is of another kind than the others."""
    n_series, n_channels = int(rng.integers(0, 6)), int(rng.integers(1, 4))
    usual = pick(TIMES, rng), pick(VALUES, rng)
    pairs = []
    for _ in range(n_series):
        odd = rng.random() < 0.1
        clock, value = (pick(TIMES, rng), pick(VALUES, rng)) if odd else usual
        n = int(rng.integers(0, 7))
        pairs.append((clock(n, rng), value(rng.normal(size=(n, n_channels)), rng)))
    totals = [total_of(values) for _, values in pairs]
    return pairs, None if None in totals else sum(totals)


def _list_of_pairs(rng, duplicates):
    pairs, total = _pairs(rng)
    return Junk("pairs", pairs, lambda: as_panel(pairs, duplicates=duplicates), total)


def _frame(rng):
    """Make a long table; None where its columns would differ in length."""
    n = int(rng.integers(0, 30))
    who = rng.integers(0, 5, n) if rng.random() < 0.7 else pick(TIMES, rng)(n, rng)
    columns = {
        "who": who,
        "when": pick(TIMES, rng)(n, rng),
        "a": pick(VALUES, rng)(rng.normal(size=(n, 1)), rng),
        "b": rng.random(n),
    }
    flat = {name: column for name, column in columns.items() if np.ndim(column) == 1}
    fits = {len(column) for column in flat.values()} == {n}
    return pd.DataFrame(flat) if fits and {"who", "when"} <= set(flat) else None


def _long(rng, duplicates):
    frame = _frame(rng)
    if frame is None:
        return _thing(rng, duplicates)
    names = {"instance": "who", "time": "when", "duplicates": duplicates}
    if rng.random() < 0.3:
        frame["which"] = rng.choice(list("xyz"), len(frame))
        names |= {"channel": "which", "value": str(rng.choice(["a", "b"]))}
    total = None
    if "channel" not in names:
        totals = [total_of(frame[name]) for name in frame.columns[2:]]
        total = None if None in totals else sum(totals)
    return Junk("long", frame, lambda: Panel.from_long(frame, **names), total)


def _indexed(rng, duplicates):
    frame = _frame(rng)
    if frame is None or rng.random() < 0.2:
        return _thing(rng, duplicates)
    frame = frame.set_index(["who", "when"])
    total = [total_of(frame[name]) for name in frame.columns]
    total = None if None in total else sum(total)
    return Junk("indexed", frame, lambda: as_panel(frame, duplicates=duplicates), total)


def _frames(rng, duplicates):
    pairs, _ = _pairs(rng)
    frames = []
    for times, values in pairs:
        shape = np.shape(values)
        fits = np.ndim(times) == 1 and len(shape) in (1, 2) and len(times) == shape[0]
        if fits and not isinstance(values, torch.Tensor):
            frames.append(pd.DataFrame(values).set_axis(pd.Index(times)))
    totals = [total_of(frame) for frame in frames]
    total = None if None in totals else sum(totals)
    return Junk(
        "frames", frames, lambda: as_panel(frames, duplicates=duplicates), total
    )


def _nested(rng, duplicates):
    def cell():
        n = int(rng.integers(0, 5))
        index = np.sort(rng.random(n)) if rng.random() < 0.8 else None
        series = pd.Series(rng.normal(size=n), index=index)
        return series if rng.random() < 0.95 else pick([np.nan, 1.0, None, [1.0]], rng)

    n = int(rng.integers(0, 6))
    names = list("ab"[: rng.integers(1, 3)])
    frame = pd.DataFrame(
        {name: pd.Series([cell() for _ in range(n)]) for name in names}
    )
    return Junk("nested", frame, lambda: as_panel(frame, duplicates=duplicates))


def _array(rng, duplicates):
    shape = tuple(int(size) for size in rng.integers(0, 6, rng.integers(0, 5)))
    kind = rng.choice(["float64", "float32", "int32", "object", "bool", "complex64"])
    array = rng.normal(size=shape).astype(kind)
    if rng.random() < 0.3:
        array = pd.DataFrame(array) if array.ndim == 2 else array.tolist()
    read = partial(as_panel, array, duplicates=duplicates)
    return Junk("array", array, read, total_of(array))


def _flat(rng, duplicates):
    n = int(rng.integers(0, 8))
    values = pick(VALUES, rng)(rng.normal(size=(n, 2)), rng)
    times = pick(TIMES, rng)(n, rng)
    ends = np.sort(rng.integers(0, n + 1, 3))
    indptr = pick([np.r_[0, ends, n], ends, [0, n], [n, 0], [], [0.0, n], None], rng)
    given = (values, times, indptr)
    total = total_of(values)
    return Junk("flat", given, lambda: Panel(values, times, indptr), total)


def _thing(rng, duplicates):
    thing = pick(THINGS, rng)
    return Junk("thing", thing, lambda: as_panel(thing, duplicates=duplicates))


MAKERS = [
    *(_list_of_pairs, _list_of_pairs, _list_of_pairs, _frames, _long, _long),
    *(_indexed, _nested, _array, _flat, _thing),
]


def write(number):
    """Make the junk of a number."""
    rng = np.random.default_rng([17, number])
    duplicates = str(rng.choice(["error", "mean", "last", "keep", "keep", "keep"]))
    junk = pick(MAKERS, rng)(rng, duplicates)
    if duplicates != "keep":
        junk.total = None
    return junk

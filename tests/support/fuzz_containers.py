"""Every container that is read, filled with the cells of `fuzz_cells`.

A writer takes cells and returns a function that reads them. A container that cannot
hold what is put in it raises :class:`Refused`: nothing is to be read then.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ckts import Panel, as_panel
from fuzz_cells import EITHER, LOUD, TIMES

KEEP = {"duplicates": "keep"}
DATES = (datetime.datetime, datetime.timedelta, pd.Period)
NAMES = {"instance": "who", "time": "when"}


class Refused(Exception):
    """Another library does not hold such cells."""


@dataclass
class Container:
    """How cells are written.

    Attributes
    ----------
    write : callable
        From cells, a generator and a folder to a function that reads.
    shape : callable, optional
        Makes of any cells those that it can hold, before anything odd is put in.
    named : bool
        Whether a panel has the names "s0", "s1", ... of the series.
    stamps : bool
        Whether it has them.
    rows : bool
        Whether rows without any observation stay.
    texts : bool
        Whether its cells are text.
    """

    write: Callable
    shape: Callable = lambda cells: None
    named: bool = False
    stamps: bool = True
    rows: bool = True
    texts: bool = False


def refuse(make, *arguments, **options):
    """Make something of another library, which may refuse."""
    try:
        return make(*arguments, **options)
    except Exception as error:
        raise Refused(repr(error)) from None


def objects(items):
    array = np.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = item
    return array


def column(items, rng):
    """Write items as a list, or as an array of a type that holds them."""
    ways = [lambda: objects(items), lambda: pd.Series(items).to_numpy()]
    if all(isinstance(item, int | float | None) or item is pd.NA for item in items):
        ways += [  # others would be made numbers here
            lambda: np.array(items),
            lambda: pd.array(items, dtype="Float64"),
        ]
    try:
        made = ways[rng.integers(len(ways))]()
    except Exception:
        return objects(items)
    # numpy makes text of numbers beside text, and two dimensions of lists
    return made if np.ndim(made) == 1 else objects(items)


def stamps_of(rows, rng):
    items = [stamp for stamp, _ in rows]
    if rng.random() < 0.3:
        return objects(items)
    return refuse(pd.Index, items) if items else pd.Index([], dtype=object)


def table(rows, rng):
    """Write the cells of a series as (n_rows, n_channels), or (n_rows,) of one."""
    values = [row for _, row in rows]
    if rng.random() < 0.3:
        return values
    array = np.empty((len(values), len(values[0]) if values else 1), object)
    for i, row in enumerate(values):
        for j, cell in enumerate(row):
            array[i, j] = cell
    plain = [np.array(values, dtype=float)] if _are_floats(values) else []
    plain += [np.ma.masked_invalid(one) for one in plain if np.isfinite(one).any()]
    array = [array, *plain][rng.integers(1 + len(plain))]
    return array[:, 0] if array.shape[1] == 1 and rng.random() < 0.5 else array


def _are_floats(values):
    flat = [cell for row in values for cell in row]
    # an infinite one would be masked
    return all(isinstance(c, float) and abs(c) != np.inf for c in flat) and flat


def names_of(cells):
    return [f"c{i}" for i in range(cells.n_channels)]


def frame_of(rows, cells, rng):
    columns = zip(*(row for _, row in rows), strict=True)
    parts = [column(list(items), rng) for items in columns]
    parts = parts or [np.empty(0)] * cells.n_channels
    frame = refuse(pd.DataFrame, dict(zip(names_of(cells), parts, strict=True)))
    return refuse(frame.set_axis, stamps_of(rows, rng))


# --- shapes ---------------------------------------------------------------------------


def with_rows(cells):
    """Leave out series without rows, of which a long table knows nothing."""
    cells.series = [rows for rows in cells.series if rows]


def one_channel(cells):
    cells.n_channels = 1
    cells.map(lambda number, stamp, row: (stamp, row[:1]))


def equal_steps(cells):
    """Cut all series to one length, at steps."""
    with_rows(cells)
    shortest = min(map(len, cells.series))
    cells.series = [rows[:shortest] for rows in cells.series]
    cells.without_times()


def equal_steps_of_one(cells):
    one_channel(cells)
    equal_steps(cells)


def steps(cells):
    cells.without_times()


def equal_times_of_one(cells):
    """Give all series the stamps of the first, one channel."""
    one_channel(cells)
    with_rows(cells)
    shortest = min(map(len, cells.series))
    stamps = [stamp for stamp, _ in cells.series[0]]
    cells.series = [
        [(stamps[i], row) for i, (_, row) in enumerate(rows[:shortest])]
        for rows in cells.series
    ]


# --- containers of numpy and pandas ---------------------------------------------------


def write_pairs(cells, rng, folder):
    pairs = [(stamps_of(rows, rng), table(rows, rng)) for rows in cells.series]
    return lambda: as_panel(pairs, **KEEP)


def write_frames(cells, rng, folder):
    frames = [frame_of(rows, cells, rng) for rows in cells.series]
    if rng.random() < 0.1:
        cells.mark("a name is missing", EITHER)
        frames[0].columns = [f"x{i}" for i in range(cells.n_channels)]
    for frame in frames:
        frame.index.name = "time"
    return lambda: as_panel(frames, **KEEP)


def write_series(cells, rng, folder):
    series = [frame_of(rows, cells, rng)["c0"].rename(None) for rows in cells.series]
    return lambda: as_panel(series, **KEEP)


def long_table(cells, rng):
    """Write a row per visit, in any order within and between the series."""
    rows = [(i, *row) for i, part in enumerate(cells.series) for row in part]
    firsts = np.cumsum([0, *map(len, cells.series[:-1])])
    rest = rng.permutation(np.setdiff1d(np.arange(len(rows)), firsts))
    rows = [rows[i] for i in [*firsts, *rest]]  # series in the order of appearance
    ids = [f"s{number}" for number, *_ in rows]
    if rng.random() < 0.05:
        cells.mark("an instance is missing", LOUD)
        ids[-1] = [None, np.nan, pd.NA][rng.integers(3)]
    data = {"who": ids, "when": [stamp for _, stamp, _ in rows]}
    for i, name in enumerate(names_of(cells)):
        data[name] = [row[i] for *_, row in rows]
    return data


def long_frame(cells, rng):
    data = long_table(cells, rng)
    when = objects(data["when"]) if rng.random() < 0.3 else data["when"]
    parts = {name: column(data[name], rng) for name in names_of(cells)}
    return refuse(pd.DataFrame, {"who": data["who"], "when": when, **parts})


def write_long(cells, rng, folder):
    frame = long_frame(cells, rng)
    if rng.random() < 0.1:
        cells.mark("a name comes twice", EITHER)
        frame = pd.concat([frame, frame[["c0"]]], axis=1)
    frame.index = rng.integers(0, 3, len(frame))  # an index of no meaning
    values = names_of(cells)
    return lambda: Panel.from_long(frame, **NAMES, values=values, **KEEP)


def write_multiindex(cells, rng, folder):
    frame = long_frame(cells, rng)
    frame = refuse(frame.set_index, ["who", "when"])
    frame.index.names = ["instance", "time"]
    return lambda: as_panel(frame, **KEEP)


def write_measurements(cells, rng, folder):
    parts = {name: objects(one) for name, one in long_table(cells, rng).items()}
    data = refuse(pd.DataFrame, parts)
    frame = data.melt(["who", "when"], var_name="what", value_name="x")
    if rng.random() < 0.7:
        frame["when"] = refuse(pd.Series, frame["when"].tolist())
    names = {"channel": "what", "value": "x"}
    return lambda: Panel.from_long(frame, **NAMES, **names, **KEEP)


def write_nested(cells, rng, folder):
    frames = [frame_of(rows, cells, rng) for rows in cells.series]
    data = {name: objects([one[name] for one in frames]) for name in names_of(cells)}
    frame = pd.DataFrame(data)
    if rng.random() < 0.1 and frame.size > 1:
        meaning = LOUD if frames[-1]["c0"].size else EITHER
        cells.mark("a cell without a series", meaning)
        frame.iloc[-1, 0] = np.nan
    return lambda: as_panel(frame, **KEEP)


def write_wide(cells, rng, folder):
    matrix = [[row[0] for _, row in rows] for rows in cells.series]
    labels = stamps_of(cells.series[0], rng)
    parts = [column(list(items), rng) for items in zip(*matrix, strict=True)]
    frame = refuse(pd.DataFrame, dict(enumerate(parts)))
    frame = refuse(frame.set_axis, labels, axis=1)
    # the other series have the stamps of the first, whatever happened to theirs
    first = [stamp for stamp, _ in cells.series[0]]
    dated = any(isinstance(stamp, DATES) for stamp in first)
    text = any(type(stamp) in (str, bytes, object) for stamp in first)
    if not dated and (text or not any(isinstance(one, TIMES) for one in first)):
        raise Refused("names of steps")
    cells.series = [
        [(first[i], row) for i, (_, row) in enumerate(rows)] for rows in cells.series
    ]
    return lambda: as_panel(frame, **KEEP)


def write_numpy3d(cells, rng, folder):
    array = np.empty(
        (len(cells.series), cells.n_channels, len(cells.series[0])), object
    )
    for i, rows in enumerate(cells.series):
        for k, (_, row) in enumerate(rows):
            for j, cell in enumerate(row):
                array[i, j, k] = cell
    flat = list(array.flat)
    if _are_floats([flat]) and rng.random() < 0.7:
        array = array.astype(float)
    return lambda: as_panel(array, **KEEP)


def write_numpyflat(cells, rng, folder):
    rows = [[row[0] for _, row in part] for part in cells.series]
    array = np.empty((len(rows), len(rows[0])), object)
    for i, part in enumerate(rows):
        for j, cell in enumerate(part):
            array[i, j] = cell
    ways = [array, rows]
    ways += [array.astype(float)] if _are_floats(rows) else []
    X = ways[rng.integers(len(ways))]
    return lambda: as_panel(X, **KEEP)


def write_aeon(cells, rng, folder):
    def one(rows):
        array = np.empty((cells.n_channels, len(rows)), object)
        for k, (_, row) in enumerate(rows):
            for j, cell in enumerate(row):
                array[j, k] = cell
        plain = _are_floats([list(array.flat)]) and rng.random() < 0.8
        return array.astype(float) if plain or not len(rows) else array

    arrays = [one(rows) for rows in cells.series]
    return lambda: as_panel(arrays, **KEEP)


def write_flat(cells, rng, folder):
    """Write the arrays of a panel, which are sorted by whoever has them."""
    flat = [(stamp, row) for rows in cells.series for stamp, row in rows]
    indptr = np.cumsum([0, *map(len, cells.series)])
    codes = np.repeat(np.arange(len(cells.series)), np.diff(indptr))
    values, times = [row for _, row in flat], stamps_of(flat, rng)
    n_series = len(cells.series)
    return lambda: Panel.from_rows(codes, times, values, n_series=n_series, **KEEP)


CONTAINERS = {
    "pairs": Container(write_pairs),
    "df-list": Container(write_frames),
    "series": Container(write_series, one_channel),
    "long": Container(write_long, with_rows, named=True),
    "multiindex": Container(write_multiindex, with_rows, named=True),
    "pd-long": Container(write_measurements, with_rows, named=True),
    "nested": Container(write_nested),
    "wide": Container(write_wide, equal_times_of_one),
    "numpy3D": Container(write_numpy3d, equal_steps, stamps=False),
    "numpyflat": Container(write_numpyflat, equal_steps_of_one, stamps=False),
    "aeon": Container(write_aeon, steps, stamps=False),
    "rows": Container(write_flat),
}

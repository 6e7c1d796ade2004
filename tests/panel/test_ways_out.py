"""Every way out that a message of the import names is walked: it ends in a panel.

What other libraries hold is in `test_foreign.py`, roles told by names in
`test_roles.py`, masks in `test_masks.py`, labels and clocks in `tests/estimators`.
"""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._times import TimeScale

FRAME = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]}, index=[0.5, 1.5])
OTHER = FRAME[["x"]]
LONG = pd.DataFrame(
    {
        "id": ["a", "a", "b", "b"],
        "hour": [0.0, 1.0, 0.5, 2.0],
        "x": [1.0, 2.0, 3.0, 4.0],
        "what": ["hr", "bp", "hr", "bp"],
        "word": ["low", "high", "low", "low"],
        "sex": [0.0, 0.0, 1.0, 1.0],
    }
)
MIXED_WORDS = LONG.assign(what=["hr", "2", "hr", "bp"])
NAMES = {"instance": "id", "time": "hour"}
MEASURED = {**NAMES, "channel": "what", "value": "x"}
NESTED = pd.DataFrame({"x": [pd.Series([1.0, 2.0]), 3.0]})
MULTI = LONG.set_index(["id", "hour"])[["x"]]
NONE_YET = LONG.assign(id=["a", None, "b", "b"])
DATES = ["2020-01-01", "2020-03-01"]
ZONED = pd.to_datetime(DATES, utc=True)
MIXED = [ZONED[0].tz_localize(None), ZONED[1]]
OLD = np.array(["1600-01-01", "1650-01-01"], dtype="M8[D]")
PANEL = Panel([[1.0], [2.0]], [0, 1], [0, 1, 2], instances=["a", "b"])
STATIC = pd.DataFrame({"name": ["a", "b", "b"], "age": [50.0, 60.0, 61.0]})


def long(frame=LONG, **changes):
    return Panel.from_long(frame, **{**NAMES, "values": ["x"], **changes})


def numbers(column):
    return pd.to_numeric(column, errors="coerce")


WAYS_OUT = {
    # as_panel: arrays and lists
    "a file is read first": (
        lambda: as_panel("visits.csv"),
        r"another file is read first, e\.g\. with `pandas\.read_csv`",
        lambda: as_panel(pd.read_csv(io.StringIO("step_0,step_1\n1,2\n"))),
    ),
    "no format": (
        lambda: as_panel({"a": [1.0]}),
        r"got dict\. Write series as tuples: `\[\(times, values\), \.\.\.\]`",
        lambda: as_panel([(range(1), values) for values in {"a": [1.0]}.values()]),
    ),
    "one dimension": (
        lambda: as_panel([1.0, 2.0]),
        r"one series is `numpy\.reshape\(X, \(1, -1\)\)`",
        lambda: as_panel(np.reshape([1.0, 2.0], (1, -1))),
    ),
    "one Series": (
        lambda: as_panel(FRAME["x"]),
        r"or `\[X\]` if it is a Series indexed by time",
        lambda: as_panel([FRAME["x"]]),
    ),
    "no series": (
        lambda: as_panel(PANEL[PANEL.instances == "z"]),
        r"got none\. Check how it was selected",
        lambda: as_panel(PANEL[PANEL.instances == "b"]),
    ),
    "unequal lengths": (
        lambda: as_panel([[1.0, 2.0], [3.0]]),
        r"must have times.*Write series as tuples",
        lambda: as_panel([([0, 1], [1.0, 2.0]), ([0], [3.0])]),
    ),
    "lists of two dimensions": (
        lambda: as_panel([[[1.0, 2.0], [3.0, 4.0]]] * 2),
        r"`\[numpy\.asarray\(x\) for x in X\]`, channel first",
        lambda: as_panel([np.asarray([[1.0, 2.0], [3.0, 4.0]])] * 2),
    ),
    "values the wrong way round": (
        lambda: as_panel([([0, 1, 2], np.ones((2, 3)))]),
        r"Give values the shape \(n_times, in_channels\)",
        lambda: as_panel([([0, 1, 2], np.ones((2, 3)).T)]),
    ),
    "other channels": (
        lambda: as_panel([FRAME, OTHER]),
        r"Add missing channels as columns of NaN",
        lambda: as_panel([FRAME, OTHER.reindex(columns=FRAME.columns)]),
    ),
    "other numbers of channels": (
        lambda: as_panel([([0], [[1.0]]), ([0], [[1.0, 2.0]])]),
        r"Add missing channels as columns of NaN",
        lambda: as_panel([([0], [[1.0, np.nan]]), ([0], [[1.0, 2.0]])]),
    ),
    "frames and Series": (
        lambda: as_panel([OTHER, OTHER["x"]]),
        r"got both\. Use `series\.to_frame\(\)`",
        lambda: as_panel([OTHER, OTHER["x"].to_frame()]),
    ),
    "ragged rows": (
        lambda: Panel([[1.0, 2.0], [3.0]], [0, 1], [0, 2]),
        r"Fill them up with NaN",
        lambda: Panel([[1.0, 2.0], [3.0, np.nan]], [0, 1], [0, 2]),
    ),
    "repeated times": (
        lambda: as_panel([([0, 0], [1.0, 2.0])]),
        r"Choose duplicates=\"mean\", \"last\" or \"keep\"",
        lambda: Panel.concat(
            as_panel([([0, 0], [1.0, 2.0])], duplicates=rule)
            for rule in ("mean", "last", "keep")
        ),
    ),
    # Values
    "words": (
        lambda: as_panel([([0, 1], ["1.5", "low"])]),
        r"Convert it first, e\.g\. with `pandas\.to_numeric`",
        lambda: as_panel([([0, 1], numbers(["1.5", "low"]))]),
    ),
    "words in a channel": (
        lambda: as_panel(MIXED_WORDS.set_index(["id", "hour"])[["what", "x"]]),
        r"names channels is for `Panel\.from_long\(X\.reset_index\(\), instance=",
        lambda: Panel.from_long(
            LONG.set_index(["id", "hour"])[["what", "x"]].reset_index(), **MEASURED
        ),
    ),
    "infinity": (
        lambda: as_panel([([0, 1], [1.0, np.inf])]),
        r"Replace infinities, e\.g\. by NaN",
        lambda: as_panel([([0, 1], pd.Series([1.0, np.inf]).replace(np.inf, np.nan))]),
    ),
    "one channel": (
        lambda: Panel(np.ones(2), [0, 1], [0, 2]),
        r"One channel is `values\.reshape\(-1, 1\)`",
        lambda: Panel(np.ones(2).reshape(-1, 1), [0, 1], [0, 2]),
    ),
    # Times
    "written times": (
        lambda: as_panel([(DATES, [1.0, 2.0])]),
        r"Convert them first, with `pandas\.to_datetime`, `to_timedelta` or `to_num",
        lambda: as_panel([(pd.to_datetime(DATES), [1.0, 2.0])]),
    ),
    "written durations": (
        lambda: as_panel([(["1 days", "2 days"], [1.0, 2.0])]),
        r"`to_timedelta`",
        lambda: as_panel([(pd.to_timedelta(["1 days", "2 days"]), [1.0, 2.0])]),
    ),
    "written numbers": (
        lambda: as_panel([(["1", "2"], [1.0, 2.0])]),
        r"or `to_numeric`",
        lambda: as_panel([(pd.to_numeric(["1", "2"]), [1.0, 2.0])]),
    ),
    "mixed times": (
        lambda: as_panel([(MIXED, [1.0, 2.0])]),
        r"Convert them first, e\.g\. with `pandas\.to_datetime\(\.\.\., utc=True\)`",
        lambda: as_panel([(pd.to_datetime(MIXED, utc=True), [1.0, 2.0])]),
    ),
    "missing times": (
        lambda: long(LONG.assign(hour=[0.0, np.nan, 0.5, 2.0])),
        r"Drop the rows without a time",
        lambda: long(LONG.assign(hour=[0.0, np.nan, 0.5, 2.0]).dropna(subset="hour")),
    ),
    "missing times in an index": (
        lambda: as_panel(MULTI.rename(index={1.0: np.nan}, level=1)),
        r"in row 1\. Drop the rows without a time",
        lambda: as_panel(MULTI.drop(index=("a", 1.0))),
    ),
    "huge numbers": (
        lambda: as_panel([([2**70, 2**70 + 1], [1.0, 2.0])]),
        r"must fit into int64.*Subtract an origin first",
        lambda: as_panel([([2**70 - 2**70, 2**70 + 1 - 2**70], [1.0, 2.0])]),
    ),
    "dates out of range": (
        lambda: as_panel([(OLD, [1.0, 2.0])]),
        r"Give them as numbers, e\.g\. days since a start",
        lambda: as_panel([((OLD - OLD[0]).astype(int), [1.0, 2.0])], time_unit="D"),
    ),
    "months": (
        lambda: as_panel([(np.array([1, 2], "m8[M]"), [1.0, 2.0])]),
        r"Months and years have none: use days",
        lambda: as_panel([(np.array([31, 59], "m8[D]"), [1.0, 2.0])]),
    ),
    "a unit of months": (
        lambda: as_panel([([1, 2], [1.0, 2.0])], time_unit="M"),
        r"no fixed length: use days",
        lambda: as_panel([([31, 59], [1.0, 2.0])], time_unit="D"),
    ),
    "a unit of dates": (
        lambda: as_panel([(ZONED, [1.0, 2.0])], time_unit="D"),
        r"have a unit; got 'D'\. Leave it out",
        lambda: as_panel([(ZONED, [1.0, 2.0])]),
    ),
    "unsorted times": (
        lambda: Panel([[1.0], [2.0]], [1, 0], [0, 2]),
        r"Sort its rows, or use `Panel\.from_rows`, which sorts",
        lambda: Panel.from_rows([0, 0], [1, 0], [[1.0], [2.0]], n_series=1),
    ),
    "a scale of other times": (
        lambda: Panel([[1.0]], ZONED[:1], [0, 1], time_scale=TimeScale("number", "D")),
        r"got number\[D\]\. Leave it out",
        lambda: Panel([[1.0]], ZONED[:1], [0, 1]),
    ),
    "a scale that is none": (
        lambda: Panel([[1.0]], [0.5], [0, 1], time_scale=TimeScale("datetime", "ns")),
        r"Leave `time_scale` out for plain numbers",
        lambda: Panel([[1.0]], [0.5], [0, 1]),
    ),
    "rows without time": (
        lambda: Panel([[1.0], [2.0]], [0.5], [0, 2]),
        r"got 2 and 1\. Give every row its time",
        lambda: Panel([[1.0], [2.0]], [0.5, 0.75], [0, 2]),
    ),
    # Frames
    "repeated instances": (
        lambda: PANEL[[0, 0]].to_frame(),
        r"Rename them, e\.g\. `panel\.with_instances\(range\(len\(panel\)\)\)`",
        lambda: as_panel(PANEL[[0, 0]].with_instances(range(2)).to_frame()),
    ),
    "a level of channels": (
        lambda: as_panel(LONG.set_index(["id", "hour", "what"])[["x"]]),
        r"a level of channels use `Panel\.from_long\(X\.reset_index\(\), instance=",
        lambda: Panel.from_long(
            LONG.set_index(["id", "hour", "what"])[["x"]].reset_index(), **MEASURED
        ),
    ),
    "a level too many": (
        lambda: as_panel(LONG.set_index(["sex", "id", "hour"])[["x"]]),
        r"Drop or join the others",
        lambda: as_panel(LONG.set_index(["sex", "id", "hour"])[["x"]].droplevel("sex")),
    ),
    "a gap in a nested frame": (
        lambda: as_panel(NESTED),
        r"Use an empty Series where nothing was measured",
        lambda: as_panel(NESTED.assign(x=[NESTED["x"][0], pd.Series(dtype=float)])),
    ),
    "a number in a nested frame": (
        lambda: as_panel(NESTED),
        r"and `Panel\.with_static` for numbers",
        lambda: as_panel(NESTED[:1]).with_static(np.array([[3.0]])),
    ),
    "a long table": (
        lambda: as_panel(LONG[["id", "hour", "x"]]),
        r"Use `Panel\.from_long\(X, instance='id', time='hour'\)`",
        lambda: Panel.from_long(LONG[["id", "hour", "x"]], instance="id", time="hour"),
    ),
    "a column that is not a step": (
        lambda: as_panel(pd.DataFrame({"id": [1], "s0": [1.0], "s1": [2.0]})),
        r"or drop the columns that are not steps",
        lambda: as_panel(pd.DataFrame({"s0": [1.0], "s1": [2.0]})),
    ),
    "words in a wide frame": (
        lambda: as_panel(LONG[["what", "x"]]),
        r"long table use `Panel\.from_long\(frame, instance=\.\.\., time=\.\.\.\)`",
        lambda: long(),
    ),
    "dates written as labels": (
        lambda: as_panel(pd.DataFrame([[1.0, 2.0]], columns=DATES)),
        r"Convert them: `X\.columns = pandas\.to_datetime\(X\.columns\)`",
        lambda: as_panel(pd.DataFrame([[1.0, 2.0]], columns=pd.to_datetime(DATES))),
    ),
    "numbers written as labels": (
        lambda: as_panel(pd.DataFrame([[1.0, 2.0, 3.0]], columns=["0", "1", "4"])),
        r"Convert them: `X\.columns = X\.columns\.astype\(float\)`",
        lambda: as_panel(
            pd.DataFrame(
                [[1.0, 2.0, 3.0]], columns=pd.Index(["0", "1", "4"]).astype(float)
            )
        ),
    ),
    # Long tables
    "nothing measured": (
        lambda: Panel.from_long(LONG[["id", "hour"]], **NAMES),
        r"Add the measured columns",
        lambda: Panel.from_long(LONG[["id", "hour", "x"]], **NAMES),
    ),
    "words in a column": (
        lambda: Panel.from_long(MIXED_WORDS, **NAMES),
        r"List the measured columns in `values=\[\.\.\.\]`",
        lambda: Panel.from_long(LONG, **NAMES, values=["x"]),
    ),
    "labels that look like numbers": (
        lambda: Panel.from_long(MIXED_WORDS, **NAMES, values=["what"]),
        r"If it holds labels, name it in `categorical=\[\.\.\.\]`",
        lambda: Panel.from_long(
            MIXED_WORDS, **NAMES, values=["what"], categorical=["what"]
        ),
    ),
    "a mean of labels": (
        lambda: long(LONG.assign(hour=0.0), values=["word"], duplicates="mean"),
        r'Labels have no mean: choose duplicates="last" or "keep"',
        lambda: long(LONG.assign(hour=0.0), values=["word"], duplicates="last"),
    ),
    "channels without values": (
        lambda: Panel.from_long(LONG, **NAMES, channel="x"),
        r"Columns that are channels are `values`",
        lambda: Panel.from_long(LONG, **NAMES, values=["x"]),
    ),
    "measurements without a channel": (
        lambda: Panel.from_long(LONG.replace("bp", None), **MEASURED),
        r"Drop rows without a channel name",
        lambda: Panel.from_long(LONG.replace("bp", None).dropna(), **MEASURED),
    ),
    "rows of no series": (
        lambda: long(NONE_YET),
        r"Drop the rows that belong to no series",
        lambda: long(NONE_YET.dropna(subset="id")),
    ),
    # Static features
    "static that changes": (
        lambda: long(values=["sex"], static=["x"]),
        r"Make it a channel",
        lambda: long(values=["sex", "x"]),
    ),
    "words that are static": (
        lambda: PANEL.with_static(pd.DataFrame({"sex": ["f", "1"]}, index=["a", "b"])),
        r"if these are labels, .* or use `\.astype\('category'\)`",
        lambda: PANEL.with_static(
            pd.DataFrame({"sex": ["f", "1"]}, index=["a", "b"]).astype("category")
        ),
    ),
    "one static feature": (
        lambda: PANEL.with_static(np.array([1.0, 2.0])),
        r"One feature is `static\.reshape\(-1, 1\)`",
        lambda: PANEL.with_static(np.array([1.0, 2.0]).reshape(-1, 1)),
    ),
    "static without an index": (
        lambda: PANEL.with_static(STATIC[:2]),
        r"Use `static\.set_index\(\.\.\.\)`",
        lambda: PANEL.with_static(STATIC[:2].set_index("name")),
    ),
    "static of too few": (
        lambda: PANEL.with_static(STATIC[:1].set_index("name")),
        r"or `static\.reindex\(\.\.\.\)` where nothing is known",
        lambda: PANEL.with_static(
            STATIC[:1].set_index("name").reindex(PANEL.instances)
        ),
    ),
    "static twice": (
        lambda: PANEL.with_static(STATIC.set_index("name")),
        r"got 'b' twice\. Drop the other row",
        lambda: PANEL.with_static(STATIC.drop_duplicates("name").set_index("name")),
    ),
    "infinite static": (
        lambda: PANEL.with_static(np.array([[1.0], [np.inf]])),
        r"`static` must be finite.*Replace infinities, e\.g\. by NaN",
        lambda: PANEL.with_static(np.array([[1.0], [np.nan]])),
    ),
    # Names
    "channels of one name": (
        lambda: Panel([[1.0, 2.0]], [0], [0, 1], channels=["a", "a"]),
        r"more than once\. Rename them",
        lambda: Panel([[1.0, 2.0]], [0], [0, 1], channels=["a", "b"]),
    ),
    "a panel as an array": (
        lambda: np.asarray(PANEL),
        r"Take `panel\.values` \(n_rows, in_channels\) or `panel\.to_frame\(\)`",
        lambda: as_panel(PANEL.to_frame()),
    ),
}


@pytest.mark.parametrize("name", WAYS_OUT)
def test_a_message_names_a_way_out_that_works(name):
    broken, message, mended = WAYS_OUT[name]
    with pytest.raises((ValueError, TypeError), match=message):
        broken()
    assert len(mended()) >= 1

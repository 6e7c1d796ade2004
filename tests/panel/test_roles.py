"""Roles of columns that are no names, in tables in memory and on disk."""

import re

import numpy as np
import pandas as pd
import pytest

from ckts import Panel, ParquetPanel
from ckts.panel._roles import check_roles

VISITS = pd.DataFrame(
    {"who": np.repeat([7, 8], 3), "day": np.tile([0.0, 1.5, 4.0], 2), "x": range(6)}
)
ONE = ("instance", "time", "channel", "value")
SEVERAL = ("values", "static")


@pytest.fixture(params=["frame", "csv", "parquet", "on disk"])
def read(request, tmp_path):
    """What reads a table."""
    if request.param == "frame":
        return lambda **roles: Panel.from_long(VISITS, **roles)
    if request.param == "csv":
        path = tmp_path / "visits.csv"
        VISITS.to_csv(path, index=False)
        return lambda **roles: Panel.read(path, **roles)
    pytest.importorskip("pyarrow")
    path = tmp_path / "visits.parquet"
    VISITS.to_parquet(path)
    make = ParquetPanel if request.param == "on disk" else Panel.read
    return lambda **roles: make(path, **roles)


def cases():
    yield from ((name, None) for name in ONE[:2])
    yield from ((name, bad) for name in ONE for bad in (["who"], {"a": 1}, ([],)))
    bad = (5, 2.5, True, b"x", [["x"]], [{}])
    yield from ((name, one) for name in SEVERAL for one in bad)


@pytest.mark.parametrize(("argument", "bad"), list(cases()))
def test_roles_that_are_no_names_are_refused(read, argument, bad):
    rule = "the name of a column" + ", or a list of such" * (argument in SEVERAL)
    with pytest.raises(
        TypeError,
        match=rf"`{argument}` must be {rule}; got {re.escape(repr(bad))}\. "
        rf"Write for example `{argument}=",
    ):
        read(**{"instance": "who", "time": "day", argument: bad})


@pytest.mark.parametrize("names", ["x", ["x"], ("x",), np.array(["x"]), {"x": 1}])
def test_names_are_one_or_several(read, names):
    panel = read(instance="who", time="day", values=names)
    assert panel.channels == ("x",)


def test_an_iterator_of_names_is_read_once():
    names = iter(["x"])
    check_roles("who", "day", {"values": names})
    panel = Panel.from_long(VISITS, instance="who", time="day", values=names)
    assert panel.channels == ("x",)


def test_columns_of_frames_may_be_numbers_and_tuples():
    frame = VISITS.set_axis([0, ("day", 1), 2.5], axis=1)
    panel = Panel.from_long(frame, instance=0, time=("day", 1), values=[2.5])
    assert panel.channels == ("2.5",)


def test_a_format_of_dates_is_text(tmp_path):
    VISITS.to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(TypeError, match=r"`date_format` must be text or None; got 3\."):
        Panel.read(tmp_path / "visits.csv", instance="who", time="day", date_format=3)

"""Tables of polars and arrow are read as the frames of pandas that they are."""

from __future__ import annotations

import datetime
import sys

import numpy as np
import pandas as pd
import pytest

from ckts import CKRocketClassifier
from ckts.panel import Panel
from ckts.panel._convert import as_panel
from ckts.panel._tables import is_foreign_table, to_pandas

START = datetime.datetime(2024, 3, 30, 20, tzinfo=datetime.UTC)
NAMES = {"instance": "who", "time": "when"}


def make_table(make, **changes):
    hours = [START + datetime.timedelta(hours=i) for i in (0, 9, 4)]
    columns = {
        "who": ["ann", "bob", "bob"],
        "when": hours,
        "x": [1.0, None, 3.0],
        "n": [1, None, 2**40],
    }
    return make({**columns, **changes})


def expected(**changes):
    frame = make_table(pd.DataFrame, **changes)
    return Panel.from_long(frame, **NAMES, values=["x", "n"])


def polars():
    return pytest.importorskip("polars").DataFrame


def lazy_polars():
    return pytest.importorskip("polars").LazyFrame


def arrow():
    return pytest.importorskip("pyarrow").table


MAKERS = [polars, lazy_polars, arrow]


@pytest.fixture(params=[True, False], ids=["pyarrow", "without pyarrow"])
def pyarrow_or_not(request, monkeypatch):
    if request.param:
        pytest.importorskip("pyarrow")
    else:
        monkeypatch.setitem(sys.modules, "pyarrow", None)


@pytest.mark.parametrize("maker", MAKERS)
def test_long_tables_of_other_libraries_are_read_as_those_of_pandas(maker):
    table = make_table(maker())
    panel = Panel.from_long(table, **NAMES, values=["x", "n"])
    assert panel.equals(expected())
    assert panel.times[0] == pd.Timestamp(START).value


@pytest.mark.parametrize("lazy", [False, True])
def test_polars_needs_no_pyarrow(lazy, pyarrow_or_not):
    table = make_table(lazy_polars() if lazy else polars())
    assert Panel.from_long(table, **NAMES, values=["x", "n"]).equals(expected())


def test_clocks_and_categories_of_polars_are_kept(pyarrow_or_not):
    pl = pytest.importorskip("polars")
    table = make_table(polars()).with_columns(
        pl.col("when").dt.convert_time_zone("Europe/Berlin").alias("zoned"),
        pl.col("when").dt.replace_time_zone(None).alias("naive"),
        (pl.col("when") - pl.col("when").min()).alias("elapsed"),
        pl.Series("what", ["b", "a", "b"], dtype=pl.Enum(["c", "b", "a"])),
        pl.col("x").fill_null(2.0),
    )
    panels = {
        name: Panel.from_long(
            table, instance="who", time=name, channel="what", value="x"
        )
        for name in ("zoned", "naive", "elapsed")
    }
    hours = np.array([0, 4, 9]) * 3_600_000_000_000
    assert panels["elapsed"].times.tolist() == hours.tolist()
    for name in ("zoned", "naive"):
        assert (
            panels[name].times.tolist() == (hours + pd.Timestamp(START).value).tolist()
        )
    assert panels["zoned"].channels == ("c", "b", "a")
    observed = panels["zoned"].values
    np.testing.assert_array_equal(observed[:, 0], [np.nan] * 3)
    np.testing.assert_array_equal(observed[:, 1], [1.0, 3.0, np.nan])


def test_the_order_of_rows_decides_nothing_of_categories_of_polars(pyarrow_or_not):
    pl = pytest.importorskip("polars")
    table = make_table(polars(), what=["b", "a", "b"], x=[1.0, 2.0, 3.0])
    table = table.with_columns(pl.col("what").cast(pl.Categorical))
    for rows in (table, table[::-1]):
        panel = Panel.from_long(rows, **NAMES, channel="what", value="x")
        assert panel.channels == ("a", "b")


@pytest.mark.parametrize("maker", [polars, arrow])
def test_lists_of_tables_are_indexed_by_their_column_of_times(maker):
    make = maker()
    columns = [
        {"x": [1.0, 2.0], "time": [0.0, 0.5]},
        {"time": [0.25], "x": [None]},
    ]
    frames = [pd.DataFrame(one).set_index("time").astype(float) for one in columns]
    panel = as_panel([make(one) for one in columns])
    assert panel.equals(as_panel(frames))
    # the model knows an estimator's input by the same rules
    model = CKRocketClassifier(random_state=0).fit(
        [make(c) for c in columns] * 4, [0, 1] * 4
    )
    assert model.feature_names_in_.tolist() == ["x"]


@pytest.mark.parametrize(
    "names",
    [
        {"taken": [START], "x": [1.0]},  # by its type
        {"hours_since": [0.5], "x": [1.0]},  # by a word
    ],
)
def test_the_column_of_times_is_told_by_name_or_type(names):
    panel = as_panel([polars()(names), polars()(names)])
    assert panel.channels == ("x",)
    assert panel.lengths.tolist() == [1, 1]


@pytest.mark.parametrize(
    "columns", [{"x": [1.0], "y": [2.0]}, {"day": [1], "hour": [2], "x": [1.0]}]
)
def test_lists_of_tables_without_one_column_of_times_raise(columns):
    tables = [polars()(columns)] * 2
    with pytest.raises(
        ValueError, match=r"one column of times.*\.set_index\(\"time\"\)"
    ):
        as_panel(tables)
    mended = [t.to_pandas().set_index(next(iter(columns))) for t in tables]
    assert len(as_panel(mended)) == 2


def test_lists_of_tables_of_several_libraries_raise():
    table = polars()({"time": [0.5], "x": [1.0]})
    with pytest.raises(
        TypeError, match=r"series of one type; got DataFrame, polars Dat"
    ):
        as_panel([table, pd.DataFrame({"x": [1.0]})])


def test_wide_and_long_tables_are_told_apart_as_those_of_pandas():
    wide = polars()({"step_0": [1.0, 2.0], "step_1": [3.0, 4.0]})
    assert as_panel(wide).equals(as_panel(wide.to_pandas()))
    with pytest.raises(ValueError, match=r"look like a long table.*Panel\.from_long"):
        as_panel(polars()({"id": [1], "time": [0.5], "x": [1.0]}))


def test_an_index_that_arrow_keeps_is_read():
    panel = as_panel([([0.0, 0.5], [1.0, 2.0]), ([0.25], [3.0])])
    pa = pytest.importorskip("pyarrow")
    assert as_panel(pa.Table.from_pandas(panel.to_frame())).equals(panel)
    frames = [pa.Table.from_pandas(one) for one in panel.to_sktime("df-list")]
    assert as_panel(frames).equals(panel)


class Table:
    """A table of some library that converts only if another one is there."""

    columns = ("x",)

    def to_pandas(self):
        raise ModuleNotFoundError("No module named 'other'")


def test_tables_that_cannot_be_converted_raise():
    with pytest.raises(
        TypeError, match=r"turns into one of pandas; got .*Table: No mod"
    ):
        to_pandas(Table(), "X")


def test_frames_of_pandas_are_no_foreign_tables():
    assert is_foreign_table(Table())
    assert not is_foreign_table(pd.DataFrame())
    assert to_pandas([1], "X") == [1]


@pytest.mark.parametrize("arrow", [True, False])
def test_categories_of_polars_are_labels_even_of_digits(arrow, monkeypatch):
    pl = pytest.importorskip("polars")
    if arrow:
        pytest.importorskip("pyarrow")
    else:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    table = pl.DataFrame(
        {"who": [1, 1, 2], "day": [0, 1, 0], "stage": ["2", None, "1"]}
    )
    kinds = {"Categorical": pl.Categorical, "Enum": pl.Enum(["3", "2", "1"])}
    expected = {"Categorical": ("1", "2"), "Enum": ("3", "2", "1")}
    for name, kind in kinds.items():
        cast = table.with_columns(pl.col("stage").cast(kind))
        panel = Panel.from_long(cast, instance="who", time="day")
        assert panel.categories == {"stage": expected[name]}
        codes = [expected[name].index("2"), np.nan, expected[name].index("1")]
        np.testing.assert_array_equal(panel.values[:, 0], codes)

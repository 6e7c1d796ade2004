"""What the fuzz found: odd cells, stamps and labels raise, or are what they are."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._convert import as_panel

SECONDS = np.timedelta64(5, "s")


def objects(*items):
    array = np.empty(len(items), object)
    for place, item in enumerate(items):
        array[place] = item
    return array


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (np.datetime64("2020-01-01", "s"), "datetime"),
        (SECONDS, "timedelta"),
        (bytearray(b"2"), "bytearray"),
        (memoryview(b"2"), "memory"),
        (b"2", "b'2'"),
    ],
)
def test_what_float_takes_and_is_no_number_raises(cell, found):
    """Python's `float` makes 1577836800.0 of a date, and 2.0 of bytes."""
    message = rf"`X` must be numeric; got .*{found}"
    with pytest.raises(TypeError, match=message):
        as_panel([([0, 1], objects(1.5, cell))])


def test_missing_dates_among_numbers_are_not_observed():
    panel = as_panel([([0, 1, 2], objects(1.5, np.datetime64("NaT"), pd.NaT))])
    np.testing.assert_array_equal(panel.values[:, 0], [1.5, np.nan, np.nan])


def test_masked_constants_in_an_object_array_are_not_observed():
    """Without the warning with which numpy makes NaN of them."""
    panel = as_panel([([0, 1], objects(1.5, np.ma.masked))])
    np.testing.assert_array_equal(panel.values[:, 0], [1.5, np.nan])


@pytest.mark.parametrize("cell", [10**400, Decimal("sNaN")], ids=["long", "sNaN"])
def test_numbers_that_no_float_holds_raise(cell):
    message = r"`X` must hold numbers that fit into float64; got .* Convert it first"
    with pytest.raises(ValueError, match=message):
        as_panel([([0, 1], objects(1.5, cell))])


@pytest.mark.parametrize(
    "stamps", [[0.5, 10**400], [0, -(2**70)], [Decimal(1), Decimal("sNaN")]]
)
def test_times_that_fit_nowhere_raise(stamps):
    message = r"`times` must fit into int64 or float64; got .*Subtract an origin first"
    with pytest.raises(ValueError, match=message):
        as_panel([(stamps, [1.0, 2.0])])


def test_a_very_long_time_is_cut_in_the_message():
    with pytest.raises(ValueError, match=r"fit into int64; got 10{39}\. Subtract"):
        as_panel([([0, 10**400], [1.0, 2.0])])


def test_times_of_one_kind_may_be_arrays_and_indexes():
    pairs = [(pd.Index([Decimal(1)]), [1.0]), (objects(Decimal(2)), [2.0])]
    assert as_panel(pairs).times.tolist() == [1.0, 2.0]
    stamps = pd.date_range("2020", periods=2, tz="Asia/Tokyo")
    pairs = [(stamps, [1.0, 2.0]), (objects(*stamps), [1.0, 2.0])]
    expected = stamps.as_unit("ns").asi8.tolist()
    assert as_panel(pairs).times.tolist() == 2 * expected
    naive = objects(*stamps.tz_localize(None))
    with pytest.raises(ValueError, match=r"`times` must be of one kind.*with and with"):
        as_panel([pairs[0], (naive, [1.0, 2.0])])


def test_wide_labels_that_are_decimals_are_times():
    wide = pd.DataFrame([[1.0, 2.0]], columns=[Decimal("0.5"), Decimal(3)])
    assert as_panel(wide).times.tolist() == [0.5, 3.0]


@pytest.mark.parametrize(
    "labels",
    [
        [pd.Timestamp("2020"), 3.0],
        [pd.Timestamp("2020"), "2021-01-01"],
        [pd.Timedelta("1h"), b"x"],
        [Decimal(1), pd.NaT],
        [0.5, None],
        [pd.Timestamp("2020"), object()],
    ],
)
def test_wide_labels_of_which_some_are_times_are_no_steps(labels):
    wide = pd.DataFrame([[1.0, 2.0]], columns=pd.Index(labels, dtype=object))
    with pytest.raises(
        ValueError, match=r"`times` must be (of one kind|finite and no)"
    ):
        as_panel(wide)


@pytest.mark.parametrize(
    "labels", [["a", 1], [None, None], [True, False], ["a", "b"]], ids=str
)
def test_other_wide_labels_are_names_of_steps(labels):
    wide = pd.DataFrame([[1.0, 2.0]], columns=pd.Index(labels, dtype=object))
    assert as_panel(wide).times.tolist() == [0, 1]


def test_a_wide_frame_of_dicts_says_that_it_is_not_numeric():
    with pytest.raises(TypeError, match="`X` must be numeric"):
        as_panel(pd.DataFrame({"a": objects({}, {}), "b": [1.0, 2.0]}))


def test_an_awkward_array_with_text_raises():
    awkward = pytest.importorskip("awkward")
    with pytest.raises(TypeError, match=r"an awkward array of numbers.*got a union"):
        as_panel(awkward.Array([[1.0, "a"], [2.0]]))


def test_polars_integers_of_128_bits_are_read():
    """Neither numpy nor arrow has them."""
    polars = pytest.importorskip("polars")
    columns = {"who": ["a", "a"], "when": [0, 1], "x": [2**70, 1]}
    panel = Panel.from_long(polars.DataFrame(columns), instance="who", time="when")
    assert panel.values[:, 0].tolist() == [2.0**70, 1.0]


@pytest.mark.parametrize("values", [["x"], None])
def test_a_column_of_labels_that_is_there_twice_raises(values):
    frame = pd.DataFrame(
        [["a", 0, "low", "low"], ["a", 1, "high", "low"]],
        columns=["who", "when", "x", "x"],
    )
    message = r"`values` must name columns that are there once; got \['x'\]"
    with pytest.raises(ValueError, match=message):
        Panel.from_long(frame, instance="who", time="when", values=values)


def test_an_empty_object_array_is_a_series_without_rows():
    empty = np.empty((0, 1), object)
    assert as_panel([([0], [[1.5]]), ([], empty)]).lengths.tolist() == [1, 0]
    frame = pd.DataFrame({"who": [], "when": [], "what": [], "x": objects()})
    names = {"instance": "who", "time": "when", "channel": "what", "value": "x"}
    with pytest.raises(ValueError, match="at least one series"):
        Panel.from_long(frame, **names)

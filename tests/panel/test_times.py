from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.panel._times import (
    NANOSECONDS,
    TimeScale,
    join_times,
    parse_times,
    restore_times,
    show_time,
)

NEW_YEAR = 1_577_836_800 * 10**9  # 2020-01-01, UTC
DAY = 86_400 * 10**9
UTC_PLUS_1 = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    "raw",
    [
        np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
        np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[ns]"),
        pd.to_datetime(["2020-01-01", "2020-01-02"]),
        pd.to_datetime(["2020-01-01", "2020-01-02"]).as_unit("s"),
        pd.to_datetime(["2020-01-01 01:00+01:00", "2020-01-02 01:00+01:00"]),
        pd.Series(pd.date_range("2020-01-01", periods=2, tz="UTC")),
        pd.Series(pd.date_range("2020-01-01", periods=2)).array,
        pd.Index([dt.date(2020, 1, 1), dt.date(2020, 1, 2)], dtype=object),
        [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2)],
        [
            dt.datetime(2020, 1, 1, 1, tzinfo=UTC_PLUS_1),
            dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc),  # noqa: UP017
        ],
        [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-02")],
        pd.period_range("2020-01-01", periods=2, freq="D"),
        pd.Series(pd.period_range("2020-01-01", periods=2, freq="D")),
        [pd.Period("2020-01-01", "D"), pd.Period("2020-01-02", "D")],
        pd.Series(pd.date_range("2020-01-01", periods=2)).astype("category"),
    ],
)
def test_datetimes_become_utc_nanoseconds(raw):
    times, scale = parse_times(raw)
    assert times.dtype == np.int64
    assert times.tolist() == [NEW_YEAR, NEW_YEAR + DAY]
    assert scale == TimeScale("datetime", "ns")


@pytest.mark.parametrize(
    "raw",
    [
        np.array([0, 24], dtype="timedelta64[h]"),
        pd.to_timedelta([0, 1], unit="D"),
        pd.Series(pd.to_timedelta([0, 1], unit="D")),
        [dt.timedelta(0), dt.timedelta(days=1)],
    ],
)
def test_timedeltas_become_nanoseconds(raw):
    times, scale = parse_times(raw)
    assert times.dtype == np.int64
    assert times.tolist() == [0, DAY]
    assert scale == TimeScale("timedelta", "ns")


def test_months_have_their_real_length():
    times, _ = parse_times(pd.period_range("2020-01", periods=3, freq="M"))
    assert (np.diff(times) // DAY).tolist() == [31, 29]


@pytest.mark.parametrize(
    "raw",
    [
        [3, 1],
        np.array([3, 1], dtype=np.uint8),
        pd.RangeIndex(3, 0, -2),
        pd.Series([3, 1], dtype="Int64"),
        np.array([3, 1], dtype=object),
    ],
)
def test_integers_stay_integers(raw):
    times, scale = parse_times(raw)
    assert times.dtype == np.int64
    assert times.tolist() == [3, 1]
    assert scale == TimeScale("number")


@pytest.mark.parametrize(
    "raw",
    [
        [0.5, 2],
        np.array([0.5, 2], dtype=np.float32),
        pd.Series([0.5, 2], dtype="Float64"),
        np.array([0.5, 2], dtype=object),
        [Decimal("0.5"), Decimal(2)],
    ],
)
def test_floats_become_float64(raw):
    times, scale = parse_times(raw)
    assert times.dtype == np.float64
    assert times.tolist() == [0.5, 2.0]
    assert scale == TimeScale("number")


@pytest.mark.parametrize("raw", [[], np.empty(0), pd.Index([]), pd.DatetimeIndex([])])
def test_no_times_are_times(raw):
    times, _ = parse_times(raw)
    assert len(times) == 0


def test_parsed_times_are_a_copy():
    for raw in (np.arange(3), np.arange(3.0), np.arange(3).astype("M8[ns]")):
        times, _ = parse_times(raw)
        assert not np.shares_memory(times, raw)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ([0.0, np.nan], "got nan in row 1"),
        ([0.0, 1.0, -np.inf], "got -inf in row 2"),
        (pd.to_datetime(["2020-01-01", None]), "got NaT in row 1"),
        (np.array(["NaT", "2020"], dtype="M8[D]"), "got NaT in row 0"),
        (pd.to_timedelta([None, 1]), "got NaT in row 0"),
        (pd.PeriodIndex(["2020-01", None], freq="M"), "missing value in row 1"),
        (pd.Series([1, None], dtype="Int64"), "missing value in row 1"),
        (pd.Series([1.0, None], dtype="Float64"), "got nan in row 1"),
        (np.array([1, None], dtype=object), "missing value in row 1"),
    ],
)
def test_missing_times_raise(raw, found):
    with pytest.raises(ValueError, match=f"`times` must be finite.*{found}.*Drop"):
        parse_times(raw)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (["2020-01-01"], "strings, e.g. .*2020-01-01"),
        (pd.Series(["2020-01-01"]), "strings, e.g. '2020-01-01'"),
        (np.array(["x"], dtype=object), "strings, e.g. 'x'"),
        ([True], "booleans"),
        (pd.Series([True], dtype="boolean"), "booleans"),
        (np.array([True], dtype=object), "boolean"),
        ([1j], "complex numbers"),
    ],
)
def test_what_is_no_time_raises(raw, found):
    with pytest.raises(TypeError, match=f"`times` must be num.*got {found}.*pandas.to"):
        parse_times(raw)


@pytest.mark.parametrize(
    "raw",
    [
        [dt.datetime(2020, 1, 1), 3],
        [dt.datetime(2020, 1, 1), dt.timedelta(1)],
        [dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=UTC_PLUS_1)],
    ],
)
def test_mixed_kinds_of_time_raise(raw):
    with pytest.raises(ValueError, match=r"`times` must be of one kind.*got.*Convert"):
        parse_times(raw)


@pytest.mark.parametrize(
    "raw",
    [
        np.array(["3000-01-01"], dtype="M8[D]"),
        pd.PeriodIndex(["3000-01"], freq="M"),
        [dt.datetime(3000, 1, 1)],
        np.array([10**6], dtype="m8[D]"),
    ],
)
def test_times_out_of_64_bits_raise(raw):
    with pytest.raises(ValueError, match=r"between the years 1678 and 2261.*numbers"):
        parse_times(raw)


def test_durations_without_a_fixed_length_raise():
    with pytest.raises(ValueError, match=r"fixed unit; got timedelta64\[M\].*days"):
        parse_times(np.array([1], dtype="m8[M]"))


def test_huge_unsigned_integers_raise():
    with pytest.raises(ValueError, match=r"must fit into int64.*Subtract an origin"):
        parse_times(np.array([2**63], dtype=np.uint64))
    with pytest.raises(ValueError, match=r"must fit into int64.*Subtract an origin"):
        parse_times([2**70, 0])


def test_two_dimensional_times_raise():
    with pytest.raises(ValueError, match=r"`times` must be 1-D.*got shape \(2, 2\)"):
        parse_times(np.zeros((2, 2)))


def test_joined_times_are_parsed_like_one():
    parts = [pd.date_range("2020-01-01", periods=2), pd.DatetimeIndex(["2020-01-05"])]
    times, scale = join_times(parts)
    assert times.tolist() == [NEW_YEAR, NEW_YEAR + DAY, NEW_YEAR + 4 * DAY]
    assert scale.kind == "datetime"


def test_joined_times_may_differ_in_type_but_not_in_kind():
    zones = [
        pd.DatetimeIndex(["2020-01-01 01:00+01:00"]),
        pd.DatetimeIndex(["2020-01-01"], tz="UTC").as_unit("s"),
    ]
    assert join_times(zones)[0].tolist() == [NEW_YEAR, NEW_YEAR]
    assert join_times([[1, 2], [0.5]])[0].tolist() == [1.0, 2.0, 0.5]
    assert join_times([[], pd.to_timedelta([1], unit="D")])[0].tolist() == [DAY]
    assert join_times([[], []])[1] == TimeScale("number")


def test_joined_times_of_several_kinds_raise():
    dates = pd.date_range("2020-01-01", periods=2)
    with pytest.raises(ValueError, match=r"one kind.*got datetime and number"):
        join_times([dates, [0, 1]])
    with pytest.raises(ValueError, match=r"one kind.*with and without a time zone"):
        join_times([dates, dates.tz_localize("Europe/Paris")])


@given(st.lists(st.integers(-(2**62), 2**62)))
def test_nanoseconds_survive_the_way_to_pandas_and_back(nanoseconds):
    times = np.array(nanoseconds, dtype=np.int64)
    for scale in (TimeScale("datetime", "ns"), TimeScale("timedelta", "ns")):
        back, found = parse_times(restore_times(times, scale))
        np.testing.assert_array_equal(back, times)
        assert found == scale


def test_times_are_shown_as_what_they_are():
    assert show_time(NEW_YEAR, TimeScale("datetime", "ns")) == "2020-01-01 00:00:00"
    assert show_time(1.5, TimeScale("number", "h")) == "1.5"


def test_known_units_convert_whatever_the_kind():
    hours, days = TimeScale("number", "h"), TimeScale("number", "D")
    assert days.factor_to(hours) == 24.0
    assert days.factor_to(TimeScale("datetime", "ns")) == DAY
    assert TimeScale("timedelta", "ns").factor_to(TimeScale("datetime", "ns")) == 1.0
    assert TimeScale().factor_to(TimeScale()) == 1.0


@given(st.sampled_from(sorted(NANOSECONDS)), st.sampled_from(sorted(NANOSECONDS)))
def test_units_convert_there_and_back(one, other):
    one, other = TimeScale("number", one), TimeScale("number", other)
    there_and_back = one.factor_to(other) * other.factor_to(one)
    np.testing.assert_allclose(there_and_back, 1.0, rtol=1e-15)  # two roundings


def test_unknown_units_do_not_convert():
    for one, other in [
        (TimeScale(), TimeScale("datetime", "ns")),
        (TimeScale("number", "D"), TimeScale()),
    ]:
        with pytest.raises(ValueError, match=r"convertible to .*; got .*time_unit='D'"):
            one.factor_to(other)


def test_a_scale_says_what_it_is():
    assert str(TimeScale()) == "number"
    assert str(TimeScale("datetime", "ns")) == "datetime[ns]"


def test_wrong_scales_raise():
    with pytest.raises(ValueError, match=r"`kind` must be one of .*; got 'clock'"):
        TimeScale("clock")
    with pytest.raises(ValueError, match=r"`time_unit` must be .*got 'months'.*days"):
        TimeScale("number", "months")
    with pytest.raises(ValueError, match=r"`unit` must be 'ns' for datetime.*got 's'"):
        TimeScale("datetime", "s")


def test_only_plain_numbers_take_a_unit():
    assert TimeScale().with_unit("h") == TimeScale("number", "h")
    assert TimeScale("datetime", "ns").with_unit(None).kind == "datetime"
    with pytest.raises(ValueError, match=r"`time_unit` must be None for datetime.*'h'"):
        TimeScale("datetime", "ns").with_unit("h")


def test_a_unit_must_be_a_name():
    with pytest.raises(ValueError, match=r"`time_unit` must be .*; got \['D'\]"):
        TimeScale("number").with_unit(["D"])

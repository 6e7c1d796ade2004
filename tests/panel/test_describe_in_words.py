"""What a panel and its description print."""

import datetime

import numpy as np
import pytest

from ckts import Panel
from ckts.panel._describe import readable_unit
from ckts.panel._times import TimeScale


def test_a_regular_panel_says_so():
    panel = Panel(np.zeros((6, 1)), np.tile([0.0, 0.1, 0.2], 2), [0, 3, 6])
    assert repr(panel.describe()).splitlines() == [
        "series   2, 3 rows, 6 in all",
        "span     0.2",
        "gaps     0.1, variation 0.00",
        "lattice  steps of 0.1, all equal",
        "values   1 channel, 0 % missing",
    ]


def test_dates_are_shown_in_a_unit_that_fits():
    start = datetime.datetime(2020, 2, 28)
    days = [0, 1, 2, 2, 30]
    dates = [start + datetime.timedelta(days=day) for day in days]
    values = np.full((5, 2), 1.0)
    values[1:, 1] = np.nan
    panel = Panel(values, dates, [0, 5, 5], channels=["a", "b"])
    assert repr(panel.describe()).splitlines() == [
        "series   2, 0 to 5 rows (median 2.5), 5 in all, 1 series without any",
        "span     30 days",
        "gaps     0 to 28 days (median 1), variation 1.58, 25 % of them 0 (ties)",
        "lattice  multiples of 1 day, 13 % of the points have a row",
        "values   2 channels, 40 % missing (most: b, 80 %), asynchrony 40 %",
    ]


@pytest.mark.parametrize("n_series", [0, 1, 2])
def test_a_panel_without_rows_prints(n_series):
    empty = Panel(np.empty((0, 2)), np.empty(0), [0, 0, 0])[:n_series]
    found = empty.describe()
    assert found.n_empty == n_series
    assert np.isnan([found.missing, found.asynchrony, found.ties, found.occupied]).all()
    assert repr(found).splitlines() == [
        f"series   {n_series}, without rows",
        "span     none",
        "gaps     none",
        "lattice  none, there is no common step",
        "values   2 channels",
    ]
    assert found.to_frame().shape == (2, 3)


def test_small_shares_are_not_rounded_to_none_and_large_ones_not_to_all():
    values = np.full((1000, 2), np.nan)
    values[0, 0] = values[:, 1][:999] = 1.0
    text = repr(Panel(values, np.arange(1000), [0, 1000]).describe())
    assert "(most: channel_0, over 99 %)" in text
    values = np.ones((1000, 1))
    values[0] = np.nan
    text = repr(Panel(values, np.arange(1000), [0, 1000]).describe())
    assert text.endswith("1 channel, under 1 % missing")


@pytest.mark.parametrize(
    ("scale", "time", "expected"),
    [
        (TimeScale(), 5.0, (1, "")),
        (TimeScale("number", "D"), 5000.0, (1, "days")),
        (TimeScale("number", "us"), 5.0, (1, "µs")),
        (TimeScale("timedelta", "ns"), 0.0, (1, "ns")),
        (TimeScale("timedelta", "ns"), 59e9, (10**9, "s")),
        (TimeScale("datetime", "ns"), 90 * 86400e9, (86400 * 10**9, "days")),
    ],
)
def test_units_are_readable(scale, time, expected):
    assert readable_unit(scale, time) == expected


def test_large_numbers_are_written_out():
    panel = Panel(np.zeros((3, 1)), [0, 12_345, 2_000_000], [0, 3])
    lines = repr(panel.describe()).splitlines()
    assert lines[1] == "span     2,000,000"
    assert lines[2].startswith("gaps     12,345 to 1,987,655 (median 1,000,000)")


def test_a_panel_that_observes_nothing_prints():
    panel = Panel(np.full((2, 2), np.nan), [0, 1], [0, 2])
    assert repr(panel.describe()).endswith("100 % missing (most: channel_0, 100 %)")


def test_channels_of_labels_are_counted():
    panel = Panel(
        [[1.0, 2.0], [0.0, 3.0]],
        [0, 1],
        [0, 2],
        channels=["drug", "x"],
        categories={"drug": ("a", "b")},
    )
    found = panel.describe()
    assert "values   2 channels (1 of labels), 0 % missing" in repr(found)
    assert [one.labels for one in found.channels] == [("a", "b"), ()]
    assert found.to_frame().columns.tolist() == ["missing", "n_series", "gap"]

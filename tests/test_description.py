import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckts import Panel
from ckts.description import Spread, readable_unit
from ckts.times import TimeScale


@st.composite
def panels(draw):
    """Integer stamps with ties, missing values, empty series."""
    lengths = draw(st.lists(st.integers(0, 8), min_size=1, max_size=5))
    n_channels = draw(st.integers(1, 3))
    steps = [draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)) for n in lengths]
    values = draw(arrays(float, (sum(lengths), n_channels), elements=st.just(1.0)))
    hidden = draw(arrays(bool, values.shape))
    return Panel(
        np.where(hidden, np.nan, values),
        np.concatenate([np.cumsum(one) for one in steps]).astype(int),
        np.cumsum([0, *lengths]),
    )


def all_gaps(panel):
    return [gap for one in panel for gap in np.diff(one.times).tolist()]


def spread_of(numbers):
    if not numbers:
        return pytest.approx((np.nan,) * 3, nan_ok=True)
    return (min(numbers), np.median(numbers), max(numbers))


def share(part, whole):
    return pytest.approx(part / whole if whole else np.nan, nan_ok=True)


@given(panels())
def test_sizes_and_times_equal_those_counted_series_by_series(panel):
    found = panel.describe()
    lengths = [len(one.times) for one in panel]
    gaps = all_gaps(panel)
    assert (found.n_series, found.n_rows) == (len(panel), sum(lengths))
    assert (found.in_channels, found.n_empty) == (panel.in_channels, lengths.count(0))
    assert found.lengths == spread_of(lengths)
    assert found.durations == spread_of(
        [one.times[-1] - one.times[0] for one in panel if len(one.times)]
    )
    assert found.gaps == spread_of(gaps)
    assert found.ties == share(gaps.count(0), len(gaps))
    assert found.time_scale == panel.time_scale
    if sum(gaps):
        assert found.gap_variation == pytest.approx(np.std(gaps) / np.mean(gaps))
    else:
        assert np.isnan(found.gap_variation)


@given(panels())
def test_the_lattice_is_the_one_that_all_stamps_are_found_on(panel):
    found = panel.describe()
    if sum(all_gaps(panel)) == 0:
        assert found.step is None
        assert np.isnan(found.occupied)
        return
    points, stamps = [], []
    for number, one in enumerate(panel):
        if len(one.times):
            step = int(found.step)
            grid = range(one.times[0], one.times[-1] + 1, step)
            points += [(number, time) for time in grid]
            stamps += [(number, time) for time in set(one.times.tolist())]
    assert set(stamps) <= set(points)
    assert found.occupied == share(len(stamps), len(points))


@given(panels())
def test_what_is_missing_equals_what_loops_count(panel):
    found = panel.describe()
    missing = cells = asked = answered = 0
    for one in panel:
        observed = ~np.isnan(one.values)
        missing += int((~observed).sum())
        cells += observed.size
        ever = observed.any(axis=0)
        for row in observed:
            if row.any():
                asked += int(ever.sum())
                answered += int(row.sum())
    assert found.missing == share(missing, cells)
    assert found.asynchrony == share(asked - answered, asked)


@given(panels())
def test_each_channel_is_described_as_if_it_were_alone(panel):
    for channel, found in enumerate(panel.describe().channels):
        assert found.name == panel.channels[channel]
        times = [one.times[~np.isnan(one.values[:, channel])] for one in panel]
        n_seen = sum(map(len, times))
        assert found.missing == share(len(panel.times) - n_seen, len(panel.times))
        assert found.n_series == sum(len(one) > 0 for one in times)
        gaps = np.concatenate([np.diff(one) for one in times])
        expected = np.median(gaps) if len(gaps) else np.nan
        assert found.gap == pytest.approx(expected, nan_ok=True)


def test_channels_measured_apart_are_fully_asynchronous_pairs():
    apart = np.array([[1, np.nan], [np.nan, 1], [1, np.nan], [np.nan, 1]])
    # Each row has one of two channels.
    assert Panel(apart, range(4), [0, 4]).describe().asynchrony == 0.5
    # The same rows in two series, of which each knows one channel only.
    alone = apart[[0, 2, 1, 3]]
    assert Panel(alone, [0, 1, 0, 1], [0, 2, 4]).describe().asynchrony == 0
    # A row that observes nothing is missing, not asynchronous.
    blank = Panel([[1.0, 1.0], [np.nan, np.nan]], [0, 1], [0, 2]).describe()
    assert (blank.missing, blank.asynchrony) == (0.5, 0)


def test_the_view_in_pandas_has_a_line_per_channel():
    panel = Panel(
        [[1.0, np.nan], [2.0, 7.0], [3.0, np.nan]],
        [0, 2, 6],
        [0, 3],
        channels=["HR", "Temp"],
    )
    expected = pd.DataFrame(
        {"missing": [0, 2 / 3], "n_series": [1, 1], "gap": [3.0, np.nan]},
        index=pd.Index(["HR", "Temp"], name="channel"),
    )
    pd.testing.assert_frame_equal(panel.describe().to_frame(), expected)


# What it prints


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
        "series   2, 0 to 5 rows (median 2), 5 in all, 1 series without any",
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


def test_a_spread_of_nothing_is_not_a_number():
    nothing = Panel(np.empty((0, 1)), np.empty(0), [0, 0])[[]].describe().lengths
    assert isinstance(nothing, Spread)
    assert np.isnan(nothing).all()

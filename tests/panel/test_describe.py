import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckts import Panel
from ckts.panel._describe import Spread


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
    missing = cells = expected = measured = 0
    for one in panel:
        observed = ~np.isnan(one.values)
        missing += int((~observed).sum())
        cells += observed.size
        ever = observed.any(axis=0)
        for row in observed:
            if row.any():
                expected += int(ever.sum())
                measured += int(row.sum())
    assert found.missing == share(missing, cells)
    assert found.asynchrony == share(expected - measured, expected)


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


def test_a_spread_of_nothing_is_not_a_number():
    nothing = Panel(np.empty((0, 1)), np.empty(0), [0, 0])[[]].describe().lengths
    assert isinstance(nothing, Spread)
    assert np.isnan(nothing).all()

import re

import numpy as np
import pandas as pd
import pytest

from ckts import Panel
from ckts.estimators import Attribution
from ckts.estimators.attribution.result import telling_window


def attribution(values, times=None, indptr=None, **options):
    values = np.asarray(values, dtype=float)
    times = np.arange(len(values)) if times is None else times
    indptr = [0, len(values)] if indptr is None else indptr
    panel = Panel(values, times, indptr, **options)
    zeros = np.zeros(len(panel))
    static = np.empty((len(panel), 0)) if panel.static is None else panel.static
    return Attribution(panel, static, zeros + 5, zeros + 1, zeros)


def slow_window(times, contributions):
    """Try all windows between edges of observations."""
    mass = np.clip(np.sign(np.sum(contributions)) * np.asarray(contributions), 0, None)
    edges = [times[0], *(np.add(times[1:], times[:-1]) / 2), times[-1]]
    best, found = -1.0, None
    for a in range(len(edges)):
        for b in range(a, len(edges)):
            share = mass[a:b].sum() / mass.sum()
            excess = share - (edges[b] - edges[a]) / (edges[-1] - edges[0])
            if excess > best + 1e-12:
                best, found = excess, (edges[a], edges[b])
    return best, found


def test_windows_of_dates_are_exact_to_the_nanosecond():
    times = np.datetime64("2024-10-07T19:01:58.303207351", "ns") + np.array([0, 3, 7])
    (window,) = attribution([[0.0], [2.0], [1.0]], times).windows(0)
    expected = ["2024-10-07T19:01:58.303207353", "2024-10-07T19:01:58.303207358"]
    np.testing.assert_array_equal(window, np.array(expected, "datetime64[ns]"))


@pytest.mark.parametrize("seed", range(8))
def test_window_is_the_best_of_all_windows(seed):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.random(25))
    contributions = rng.normal(size=25) + 3 * ((times > 0.4) & (times < 0.6))
    start, end = telling_window(times, contributions)
    best, (first, last) = slow_window(times, contributions)
    assert best > 0
    assert (start, end) == pytest.approx((first, last))


def test_window_of_negative_contributions_is_that_of_positive_ones():
    times, contributions = np.arange(9.0), np.array([0, 1, -2, 5, 5, 4, -1, 0, 0.0])
    window = telling_window(times, contributions)
    assert telling_window(times, -contributions) == window
    assert telling_window(times, 1e-3 * contributions) == window


def test_nothing_tells_no_window():
    assert telling_window(np.arange(3.0), np.zeros(3)) is None
    assert telling_window(np.empty(0), np.empty(0)) is None
    assert telling_window(np.zeros(1), np.ones(1)) == (0.0, 0.0)


def test_windows_are_stamps_of_their_kind():
    values = np.array([[0.0], [0], [4], [4], [0], [0], [np.nan]])
    hours = pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(7), "h")
    found = attribution(values, hours, [0, 6, 7]).windows("channel_0")
    expected = np.array(["2024-03-01T01:30", "2024-03-01T03:30"], "M8[ns]")
    assert (found[0] == expected).all()
    assert np.isnat(found[1]).all()
    numbers = attribution(values, 10.0 + np.arange(7), [0, 6, 7]).windows(0)
    np.testing.assert_array_equal(numbers, [[11.5, 13.5], [np.nan, np.nan]])


def test_sums_over_time_are_by_series_channel_and_static_feature():
    found = attribution(
        [[1.0, np.nan], [2, 4], [np.nan, 8]],
        indptr=[0, 2, 3],
        channels=["a", "b"],
        instances=["x", "y"],
        static=np.array([[0.5], [0.25]]),
        static_names=["age"],
    )
    table = found.by_channel()
    assert table.to_dict("list") == {"a": [3, 0], "b": [4, 8], "age": [0.5, 0.25]}
    assert table.index.tolist() == ["x", "y"]
    np.testing.assert_allclose(found.residual, [5 - 1 - 7.5, 5 - 1 - 8.25])


@pytest.mark.parametrize("channel", ["b", -1, 1, True, None])
def test_channels_that_are_not_there_are_named(channel):
    message = f"`channel` must be one of ['channel_0'], or its number; got {channel!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        attribution([[1.0]]).windows(channel)

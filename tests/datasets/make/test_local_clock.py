import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score

from ckts.datasets import make_local_clock
from ckts.datasets.make.local_clock import _draw_windows

HALF = 14  # gaps in a half of the default window: 59 gaps, half of them in it


def find_window(gaps, half, speed):
    """Find the window in the gaps: (first gap, 1 if it is dense first, else -1)."""
    windows = np.lib.stride_tricks.sliding_window_view(gaps, 2 * half)
    opposite = windows[:, : half - 1 : -1] / windows[:, :half]
    power = np.log(opposite) / np.log(speed)
    found = [
        (int(start), sign)
        for sign in (1, -1)
        for start in np.flatnonzero(np.abs(power - sign).max(axis=1) < 1e-7)
    ]
    (window,) = found
    return window


def reverse_gaps(times, start, stop):
    """The times if the gaps start, ..., stop - 1 came in the opposite order."""
    gaps = np.diff(times)
    gaps[start:stop] = gaps[start:stop][::-1].copy()
    return np.concatenate([[0], np.cumsum(gaps)])


def misfit(values, clock):
    """What a sinusoid of period 10 and amplitude 1 leaves of (rows, channels)."""
    angles = 2 * np.pi * clock / 10
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    weights = np.linalg.lstsq(waves, values, rcond=None)[0]
    wrong = np.abs(waves @ weights - values).max()
    return max(wrong, np.abs(np.sum(weights**2, axis=0) - 1).max())


def test_the_clock_is_the_time_or_runs_fast_and_slow_in_a_window():
    X, y = make_local_clock(40, n_channels=2, noise=0, random_state=0)
    assert y.tolist() == [0, 1] * 20
    for one, label in zip(X, y, strict=True):
        start, sign = find_window(np.diff(one.times), HALF, 4.0)
        stop = start + 2 * HALF
        clock = reverse_gaps(one.times, start, stop) if label else one.times
        # Rounding of a well-conditioned fit.
        assert misfit(one.values, clock) < 1e-9
        np.testing.assert_allclose(clock[[start, stop]], one.times[[start, stop]])
        speeds = np.diff(clock) / np.diff(one.times)
        expected = np.ones(59)
        expected[start : start + HALF] = 4.0 ** (sign * label)
        expected[start + HALF : stop] = 4.0 ** (-sign * label)
        np.testing.assert_allclose(speeds, expected, rtol=1e-9)


def test_reversing_the_gaps_of_the_window_exchanges_the_classes():
    X, y = make_local_clock(40, noise=0, random_state=1)
    for one, label in zip(X, y, strict=True):
        start, _ = find_window(np.diff(one.times), HALF, 4.0)
        times = reverse_gaps(one.times, start, start + 2 * HALF)
        # The sinusoid that class 0 is, to rounding, and class 1 is far from.
        assert (misfit(one.values, one.times) < 1e-9) == (label == 0)
        assert (misfit(one.values, times) < 1e-9) == (label == 1)
        assert times[-1] == pytest.approx(one.times[-1], rel=1e-12)
        ours, theirs = np.sort(np.diff(times)), np.sort(np.diff(one.times))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_place_and_order_of_the_window_are_random_in_both_classes():
    X, y = make_local_clock(2000, length=12, random_state=0)
    windows = np.array([find_window(np.diff(one.times), 2, 4.0) for one in X])
    for label in (0, 1):
        starts, signs = windows[y == label].T
        places = np.bincount(starts, minlength=8) / 1000
        # 1000 draws: standard errors of 0.0105 of a place, and 0.016 of the coin.
        np.testing.assert_allclose(places, 1 / 8, atol=0.042)
        assert np.mean(signs == 1) == pytest.approx(0.5, abs=0.063)


def test_whoever_does_not_join_values_and_times_is_at_chance():
    X, y = make_local_clock(1000, random_state=0)
    values = X.values.reshape(1000, -1)
    gaps = np.diff(X.times.reshape(1000, -1), axis=1)
    steps = np.abs(np.diff(values, axis=1))
    joint = np.hstack([steps, np.sort(gaps, axis=1), X.times.reshape(1000, -1)[:, -1:]])
    for features in (values, gaps, joint):
        boosting = HistGradientBoostingClassifier(max_iter=20, random_state=0)
        accuracy = cross_val_score(boosting, features, y, cv=3).mean()
        # 1000 coins: a standard error of 0.016.
        assert abs(accuracy - 0.5) < 0.05


def test_whoever_knows_the_values_at_their_times_is_right():
    X, y = make_local_clock(400, random_state=0)
    # Noise of 0.1 stays below 0.5 everywhere; the other class leaves the sinusoid.
    guess = [misfit(one.values, one.times) > 0.5 for one in X]
    assert np.mean(guess == y) > 0.98


@given(
    st.lists(st.integers(3, 40), min_size=1, max_size=6),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 2**32 - 1),
)
def test_windows_are_whole_and_mirrored(lengths, width, seed):
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    halves, mirror = _draw_windows(indptr, width, np.random.RandomState(seed))
    for start, n in zip(indptr[:-1], lengths, strict=True):
        half = max(1, int(width * (n - 1) / 2))
        own = halves[start : start + n].tolist()
        first = own.index(-1)
        assert first > 0  # no gap precedes the first row
        last = n - first - 2 * half
        assert own == [0] * first + [-1] * half + [1] * half + [0] * last
        there = list(range(first + half))
        there += there[first:][::-1] + list(range(n - last, n))
        assert (mirror[start : start + n] - start).tolist() == there


@pytest.mark.parametrize("speed", [1 + 1e-9, 1000.0])
def test_times_increase_at_every_speed(speed):
    X, _ = make_local_clock(2000, speed=speed, length=(3, 200), random_state=0)
    gaps = np.diff(X.times)
    inside = np.diff(np.repeat(np.arange(2000), X.lengths)) == 0
    # The shortest gap, and the rounding of sums up to 1e6.
    assert gaps[inside].min() > 0.2 / np.sqrt(speed) - 1e-9
    assert (X.times[X.indptr[:-1]] == 0).all()


@pytest.mark.parametrize("width", [0, 0.3, 0.999])
def test_width_is_the_share_of_the_gaps_in_the_window(width):
    X, _ = make_local_clock(5, width=width, length=41, speed=16.0, random_state=0)
    half = max(1, int(20 * width))
    starts = [find_window(np.diff(one.times), half, 16.0)[0] for one in X]
    assert max(starts) <= 40 - 2 * half


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"length": (2, 9)}, ValueError, r"`length` must be at least 3.*got \(2, 9\)"),
        ({"length": 1}, ValueError, r"`length` must be .*got 1\. Use e\.g\. 60"),
        ({"speed": 1}, ValueError, "`speed` must be above 1 and at most 1000; got 1"),
        ({"speed": 1001.0}, ValueError, "`speed` must be above 1 .*got 1001.0. Use"),
        ({"speed": np.nan}, ValueError, "`speed` must be finite; got nan"),
        ({"speed": "4"}, TypeError, "`speed` must be a number; got '4'"),
        ({"width": 1.0}, ValueError, r"`width` must be in \[0, 1\); got 1\.0"),
        ({"width": None}, TypeError, "`width` must be a number; got None"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_local_clock(**arguments)

import numpy as np
import pytest

from ckts.datasets import make_speed

MANY = {"n_channels": 3, "noise": 0.3, "missing": 0.2}


def test_all_series_have_bitwise_the_same_values():
    X, y = make_speed(50, n_channels=3, random_state=0)
    assert y.tolist() == [0, 1] * 25
    assert len({one.values.tobytes() for one in X}) == 1
    assert len({one.times.tobytes() for one in X}) == 50


def test_shorter_series_are_beginnings_of_the_longer_ones():
    X, _ = make_speed(20, length=(5, 30), random_state=0)
    longest = X[int(X.lengths.argmax())].values
    for one in X:
        np.testing.assert_array_equal(one.values, longest[: len(one.values)])


def test_values_lengths_and_holes_do_not_depend_on_the_class():
    slow, y = make_speed(40, speed=2.0, length=(5, 30), random_state=0, **MANY)
    fast, _ = make_speed(40, speed=9.0, length=(5, 30), random_state=0, **MANY)
    np.testing.assert_array_equal(slow.values, fast.values)  # NaN where NaN
    np.testing.assert_array_equal(slow.indptr, fast.indptr)
    assert (slow[y == 0].times == fast[y == 0].times).all()


def test_whatever_reads_the_clock_is_right():
    X, y = make_speed(200, random_state=0)
    gap = np.array([np.median(np.diff(one.times)) for one in X])
    assert np.mean((gap < 0.075) == y) > 0.95


def test_steps_are_irregular_and_positive():
    X, _ = make_speed(2, length=1000, random_state=0)
    gaps = np.diff(X[0].times)
    assert gaps.min() >= 0.02 - 1e-12
    assert gaps.max() <= 0.18 + 1e-12
    assert np.std(gaps) == pytest.approx(0.16 / np.sqrt(12), rel=0.1)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"`speed` must not be 1.*got 1\.0"):
        make_speed(speed=1.0)
    with pytest.raises(ValueError, match="`speed` must be positive and finite; got 0"):
        make_speed(speed=0)

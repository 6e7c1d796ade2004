import numpy as np
import pytest

from ckts.datasets import make_speed

MANY = {"n_channels": 3, "noise": 0.3, "missing": 0.2}


@pytest.mark.parametrize("options", [{}, MANY])
def test_a_pair_has_the_same_values_and_another_clock(options):
    X, y = make_speed(50, speed=2.0, random_state=0, **options)
    assert y.tolist() == [0, 1] * 25
    for slow, fast in zip(X[::2], X[1::2], strict=True):
        np.testing.assert_array_equal(slow.values, fast.values)  # NaN where NaN
        np.testing.assert_array_equal(slow.times, 2 * fast.times)


def test_whatever_ignores_time_is_right_on_exactly_half():
    X, y = make_speed(40, random_state=0, **MANY)
    # A function of the values alone, as wild as can be: a hash of their bytes.
    blind = np.array([hash(one.values.tobytes()) % 2 for one in X])
    assert np.mean(blind == y) == 0.5


def test_whatever_reads_the_clock_is_right():
    X, y = make_speed(200, random_state=0)
    gap = np.array([np.median(np.diff(one.times)) for one in X])
    assert np.mean((gap < 0.075) == y) > 0.95


def test_pairs_differ_from_each_other():
    X, _ = make_speed(40, length=10, random_state=0)
    assert len({one.values.tobytes() for one in X}) == 20


def test_steps_are_irregular_and_positive():
    X, _ = make_speed(2, length=1000, random_state=0)
    gaps = np.diff(X[0].times)
    assert gaps.min() >= 0.02 - 1e-12
    assert gaps.max() <= 0.18 + 1e-12
    assert np.std(gaps) == pytest.approx(0.16 / np.sqrt(12), rel=0.1)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"`n_series` must be even.*got 5. Use 6"):
        make_speed(5)
    with pytest.raises(ValueError, match=r"`speed` must not be 1.*got 1\.0"):
        make_speed(speed=1.0)
    with pytest.raises(ValueError, match="`speed` must be finite and above 0; got 0"):
        make_speed(speed=0)

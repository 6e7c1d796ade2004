"""The contract of every generator: a new one joins by one line."""

import re

import numpy as np
import pytest

from ckts import Panel
from ckts.datasets import (
    make_irregular_regression,
    make_irregular_sinusoids,
    make_local_clock,
    make_speed,
    make_telling_window,
)

ALL_GENERATORS = [
    make_irregular_regression,
    make_irregular_sinusoids,
    make_local_clock,
    make_speed,
    make_telling_window,
]
generators = pytest.mark.parametrize("make", ALL_GENERATORS)


@generators
def test_it_gives_a_panel_and_one_target_per_series(make):
    X, y = make(12, n_channels=2, length=(4, 9), random_state=0)
    assert isinstance(X, Panel)
    assert isinstance(y, np.ndarray)
    assert X.shape == y.shape == (12,)
    assert X.in_channels == 2
    assert X.lengths.min() >= 4
    assert X.lengths.max() <= 9
    assert np.isfinite(y).all()
    assert not np.isnan(X.values).any()


@generators
def test_every_length_of_the_range_occurs(make):
    X, _ = make(400, length=(4, 9), random_state=0)
    assert np.unique(X.lengths).tolist() == [4, 5, 6, 7, 8, 9]
    assert np.unique(make(10, length=7, random_state=0)[0].lengths).tolist() == [7]


@generators
def test_times_are_irregular_and_increase(make):
    X, _ = make(20, random_state=0)
    for one in X:
        gaps = np.diff(one.times)
        assert (gaps > 0).all()
        assert gaps.std() > 0.2 * gaps.mean()


@generators
def test_the_seed_decides(make):
    first, again = make(10, random_state=1), make(10, random_state=1)
    assert first[0].equals(again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not make(10, random_state=2)[0].equals(first[0])
    generator = np.random.RandomState(1)
    assert make(10, random_state=generator)[0].equals(first[0])
    assert not make(10, random_state=generator)[0].equals(first[0])


@generators
def test_the_global_generator_is_left_alone(make):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make(10, random_state=0)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@generators
def test_missing_is_the_share_of_nan(make):
    X, _ = make(300, n_channels=3, missing=0.3, random_state=0)
    # Some ten thousand values: three standard errors are 0.015 (values of `make_speed`
    # come twice).
    assert np.isnan(X.values).mean() == pytest.approx(0.3, abs=0.02)


@generators
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_series": 0}, ValueError, "`n_series` must be at least"),
        ({"n_series": 2.5}, TypeError, "`n_series` must be an integer; got 2.5"),
        ({"n_channels": 0}, ValueError, "`n_channels` must be at least 1; got 0"),
        ({"noise": -1}, ValueError, "`noise` must be finite and at least 0; got -1"),
        (
            {"noise": np.inf},
            ValueError,
            "`noise` must be finite and at least 0; got inf",
        ),
        ({"missing": 1}, ValueError, "`missing` must be in [0, 1); got 1"),
        ({"length": (9, 4)}, ValueError, "must have the shortest before the longest"),
        ({"length": 0}, ValueError, "`length` must be at least 1; got 0"),
        ({"length": 3.5}, TypeError, "`length` must be an integer or a pair (shortest"),
        ({"length": (3, 4, 5)}, TypeError, "must be an integer or a pair (shortest"),
        ({"length": (3, 4.5)}, TypeError, "`length` must be an integer; got 4.5"),
    ],
)
def test_bad_arguments_are_named(make, arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        make(**arguments)

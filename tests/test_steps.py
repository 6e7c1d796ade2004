from fractions import Fraction
from functools import reduce
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.steps import common_step


def step_of(times):
    times = np.asarray(times)
    return common_step(times, np.diff(times))


counts = st.lists(st.integers(0, 1000), min_size=1, max_size=12)


@given(counts.filter(any), st.integers(1, 10**15))
def test_integers_have_their_greatest_common_divisor(gaps, unit):
    times = np.cumsum([0, *gaps]) * unit
    assert step_of(times) == reduce(gcd, gaps) * unit


@given(counts.filter(any), st.sampled_from(["1/10", "1/3", "0.00625", "7", "1/1440"]))
def test_rounded_multiples_have_the_step_that_fractions_have(gaps, unit):
    exact = Fraction(unit)
    times = np.array([float(n * exact) for n in np.cumsum([0, *gaps]).tolist()])
    expected = float(reduce(gcd, gaps) * exact)
    assert step_of(times) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_random_times_have_no_step(seed, n_gaps):
    gaps = np.random.default_rng(seed).exponential(size=n_gaps)
    assert step_of(np.cumsum([0, *gaps])) is None


def test_short_gaps_sharpen_the_step_for_long_ones():
    # Milliseconds over eleven days, counted in seconds: a billion steps.
    times = np.round(np.geomspace(0.001, 1e6, 80), 3)
    assert step_of(np.r_[0, times]) == 0.001


def test_one_gap_is_its_own_step_and_ties_do_not_matter():
    assert step_of([2.5, 2.5, 3.75, 3.75]) == 1.25
    assert step_of([5, 5, 12]) == 7


@pytest.mark.parametrize("times", [[], [3.0], [3, 3, 3], [3.0, 3.0]])
def test_without_gaps_there_is_no_step(times):
    assert step_of(np.array(times)) is None


def test_a_stamp_beside_the_lattice_is_seen():
    times = np.arange(100) / 10
    assert step_of(times) == 0.1
    times[50] += 1e-5
    assert step_of(times) == pytest.approx(1e-5)
    times[50] += np.pi * 1e-7
    assert step_of(times) is None

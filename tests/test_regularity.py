from fractions import Fraction
from functools import reduce
from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.convolution.methods.base import Batch
from ckts.convolution.methods.lattice import find_lattice
from ckts.convolution.stamps import sort_stamps
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.panel import Panel
from ckts.regularity import ROUNDING, Step, count_steps, snap, stamp_rounding


def find_step(*series):
    """Find the common step of series of one rounding."""
    parts = [np.asarray(times) for times in series]
    elapsed = np.concatenate([times - times[:1] for times in parts])
    gaps = np.concatenate([np.diff(times, prepend=times[:1]) for times in parts])
    firsts = np.concatenate([np.arange(len(times)) == 0 for times in parts])
    error = stamp_rounding(parts[0], np.array([0, len(parts[0])])).max()
    found = count_steps(gaps, elapsed, firsts, np.full(len(gaps), error))
    return None if found is None else found[0]


def step_of(times):
    found = find_step(times)
    return None if found is None else found.shortest


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


def test_many_rounded_gaps_tell_the_step_that_one_does_not():
    # One gap of a tenth of a second near 1.7e9 is off by 2e-7 of a second.
    found = find_step(1.7e9 + np.arange(20_000) * 0.1)
    assert found.shortest == 0.1
    assert found.size == pytest.approx(0.1, rel=1e-8)
    assert abs(found.size - 0.1) <= found.error < 1e-9


def test_series_count_together():
    one = 1.7e9 + np.arange(50) * 0.1
    assert find_step(*[one] * 400).shortest == 0.1


def test_sums_of_steps_have_the_step_though_the_last_is_off():
    times = np.cumsum(np.full(20_000, 0.1))
    assert abs(times[-1] - 2000) > 4e-10
    assert step_of(times) == 0.1


def _added(n_steps, step=0.1):
    """Add up steps, as clocks do: the sum drifts away from the product."""
    return np.cumsum(np.full(n_steps, step))


_KEPT = np.sort(np.random.default_rng(0).choice(20_000, 5000, replace=False))
_JITTER = np.random.default_rng(1).random(20_000)


@pytest.mark.parametrize(
    ("series", "regular"),
    [
        ([np.arange(20_000) * 0.1], True),
        ([_added(20_000)], True),
        ([1.7e9 + _added(20_000)], True),
        # a short series holds the step to fewer digits than sums leave it
        ([_added(20_000), _added(20_000) + 1, _added(2)], True),
        ([_added(20_000), _added(34)], True),
        ([_added(1_000_000)], True),
        ([np.arange(-400, 400) * 0.7], True),
        ([1.7e9 + _KEPT * 0.1], False),
        ([_added(20_000)[_KEPT]], False),
        ([_KEPT / 3], False),
        ([np.arange(20_000) * 0.1 + 1e-11 * _JITTER], None),
        ([np.arange(20_000) * 0.1, _JITTER[:2]], None),
        ([np.sort(_JITTER[:500])], None),
    ],
)
def test_describe_calls_regular_what_a_layer_has_a_lattice_for(series, regular):
    lengths = [len(times) for times in series]
    times, indptr = np.concatenate(series), np.cumsum([0, *lengths])
    panel = Panel(np.zeros((len(times), 1)), times, indptr)
    description = panel.describe()
    tensors = PanelDataset(panel, time_factor=1 / 60)
    stamps = tensors.batch(range(len(panel)))["times"]
    stamps = sort_stamps(stamps, stamps, tensors.rounding)
    lattice = find_lattice(Batch(stamps=stamps))
    if regular is None:
        assert description.step is None
        assert lattice is None
        return
    assert lattice.step * 60 == pytest.approx(description.step, rel=1e-8)
    assert (description.occupied == 1) == regular
    assert (lattice.length == max(lengths)) == regular


@pytest.mark.parametrize(
    ("size", "error", "shortest"),
    [(0.0999999, 1e-6, 0.1), (1 / 3, 1e-4, 0.3333), (1 / 3, 0.0, 1 / 3), (7, 0.0, 7)],
)
def test_the_shortest_number_is_within_the_error(size, error, shortest):
    assert Step(size, error).shortest == shortest


@given(st.floats(1e-9, 1e9), st.floats(1e-18, 1))
def test_the_shortest_number_is_as_good_as_the_step(size, share):
    found = Step(size, size * share).shortest
    assert abs(found - size) <= size * max(share, 2.0**-36)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=8),
    st.lists(st.floats(0, 100), max_size=8),
    st.sampled_from([0.0, ROUNDING, 0.5]),
)
def test_stamps_move_onto_a_grid_within_their_rounding_only(grid, times, slack):
    grid, times = np.sort(grid), np.array(times)
    found = snap(times, grid, slack)
    for before, after in zip(times, found, strict=True):
        near = np.abs(grid - before) <= slack
        assert after in grid[near] if near.any() else after == before

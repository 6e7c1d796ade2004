"""Units of time: what one burst, one stamp or one odd series cannot decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts import Panel
from ckts.estimators._time import learn_time_units, set_apart


def panel_of(times, values=None):
    """Panel of some series, by default of one channel that is always observed."""
    lengths = [len(part) for part in times]
    stacked = np.concatenate(times)
    values = np.ones((len(stacked), 1)) if values is None else values
    return Panel(values, stacked, np.r_[0, np.cumsum(lengths)])


def learn(times, values=None, weight=None):
    weight = np.ones(len(times)) if weight is None else weight
    return learn_time_units(panel_of(times, values), weight)


def draw(seed, n_series=20, n_rows=15):
    rng = np.random.default_rng(seed)
    return [np.sort(rng.uniform(0, 10, n_rows)) for _ in range(n_series)]


def test_on_a_grid_step_and_resolution_are_its_gap_and_the_horizon_its_span():
    units = learn([3 + 0.5 * np.arange(n) for n in (5, 9, 12)])
    assert units.row_time_step == units.row_resolution == units.resolution == 0.5
    assert units.time_step == [0.5]
    assert units.horizon == 5.5
    assert units.bursts is None


@given(seed=st.integers(0, 10**6), factor=st.sampled_from([1e-9, 1 / 24, 3600, 1e15]))
def test_all_units_follow_the_unit_of_the_stamps(seed, factor):
    rng = np.random.default_rng(seed)
    times = [np.sort(rng.choice([0, 1, 2, 7, 50, 51], 4) * 1.0) for _ in range(9)]
    values = np.where(rng.random((36, 3)) < 0.5, 1.0, np.nan)
    before = learn(times, values)
    after = learn([factor * part for part in times], values)
    if not before.known:
        assert not after.known
        return
    for name in ("time_step", "row_time_step", "resolution", "horizon"):
        expected = factor * np.asarray(getattr(before, name))
        np.testing.assert_allclose(getattr(after, name), expected, rtol=1e-9)


@given(seed=st.integers(0, 10**6), factor=st.floats(1e-6, 1e6))
def test_a_weight_is_a_repetition_and_a_common_factor_changes_nothing(seed, factor):
    rng = np.random.default_rng(seed)
    times = [np.sort(rng.integers(0, 40, 6)) * 1.0 for _ in range(7)]
    weight = rng.integers(1, 4, 7)
    repeated = learn([t for t, n in zip(times, weight, strict=True) for _ in range(n)])
    assert learn(times, weight=weight.astype(float)) == repeated
    assert learn(times, weight=factor * weight) == repeated


@pytest.mark.parametrize("inner", [60.0, 1.0, 1e-3, 1e-9])
def test_bursts_do_not_make_the_step_small(inner):
    rng = np.random.default_rng(0)
    visits = np.sort(rng.uniform(0, 8 * 3600, (30, 8)), axis=1)
    inside = np.sort(rng.uniform(0, inner, (30, 8, 5)), axis=2)
    units = learn(list(np.sort((visits[..., None] + inside).reshape(30, 40))))
    assert 2600 < units.row_time_step < 3800  # 8 visits in 8 hours at random
    assert 0.25 <= units.row_resolution / units.row_time_step <= 1
    assert units.bursts.time_step == pytest.approx(inner / 6, rel=0.4)
    assert 0.5 * inner < units.bursts.horizon <= inner


def test_random_times_and_dropped_rows_are_no_bursts():
    rng = np.random.default_rng(0)
    assert learn(draw(0, 200, 50)).bursts is None
    grid = [np.flatnonzero(rng.random(100) < 0.3) * 1.0 for _ in range(50)]
    units = learn(grid)
    assert units.bursts is None
    assert units.row_time_step == pytest.approx(1 / 0.3, rel=0.1)
    assert units.row_resolution == 2  # the median gap


def test_bursts_of_one_channel_leave_the_others_and_the_rows_alone():
    visits = [60.0 * np.arange(9)] * 12
    bursts = [(v[:, None] + 1e-3 * np.arange(20)).ravel() for v in visits]
    values = np.full((12 * 180, 2), np.nan)
    values[::20, 0] = values[:, 1] = 1.0
    units = learn(bursts, values)
    assert units.time_step == pytest.approx([60, 60], rel=1e-3)
    assert units.row_time_step == pytest.approx(60, rel=1e-3)
    assert units.bursts.time_step == pytest.approx(1e-3)


@pytest.mark.parametrize("n_series", [2, 3, 5, 10])
@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_a_wrong_stamp_in_a_small_panel_is_one_gap(n_series, place):
    times = draw(1, n_series, 25)
    clean = learn(times)
    wrong = times[0].copy()
    wrong[place] = -1.7e9 if place == 0 else 1e13
    units = learn([wrong, *times[1:]])
    assert units.horizon < 4 * clean.horizon
    assert units.row_time_step < 4 * clean.row_time_step
    assert units.bursts is None


def test_wrong_stamps_in_a_third_of_the_series_are_gaps_too():
    times = draw(0, 30, 25)
    clean = learn(times)
    times = [
        np.append(t[:-1], 1e4 * t[-1]) if i % 3 == 0 else t for i, t in enumerate(times)
    ]
    assert learn(times).horizon < 4 * clean.horizon


@pytest.mark.parametrize("factor", [1e2, 1e4, 1e12])
def test_one_wrong_stamp_is_one_gap(factor):
    times = draw(0)
    clean = learn(times)
    times[3] = np.append(times[3][:-1], factor * times[3][-1])
    units = learn(times)
    assert units.horizon < 4 * clean.horizon  # ten long gaps more, at most
    assert units.row_time_step == pytest.approx(clean.row_time_step, rel=0.05)


def test_long_series_count_in_full():
    times = [np.arange(20.0)] * 38 + [np.arange(400.0)] * 2
    assert learn(times).horizon == 399


@pytest.mark.parametrize("n_series", [1, 2, 3])
def test_few_series_have_their_span_as_horizon(n_series):
    rng = np.random.default_rng(n_series)
    times = [np.sort(rng.uniform(0, 1, 30)) for _ in range(n_series)]
    assert learn(times).horizon == max(np.ptp(part) for part in times)


def test_seasons_without_observations_are_part_of_the_horizon():
    rng = np.random.default_rng(0)
    seasons = 365 * np.arange(5)[:, None]
    times = [np.sort((seasons + rng.uniform(0, 200, 40)).ravel()) for _ in range(20)]
    longest = max(np.ptp(part) for part in times)
    assert learn(times).horizon == pytest.approx(longest)


def test_channels_that_few_series_hold_twice_borrow_from_the_rows():
    values = np.full((80, 3), np.nan)
    values[:, 0] = 1.0
    values[::4, 1] = 1.0  # once in every series of four rows
    values[:2, 2] = 1.0  # twice in one series, once in the others
    values[4::4, 2] = 1.0
    times = [np.array([0.0, 10.0, 20.0, 30.0])] * 20
    times[0] = np.array([0.0, 1e-5, 20.0, 30.0])
    units = learn(times, values)
    assert units.time_step.tolist() == [10.0, 10.0, 10.0]


def test_series_of_one_stamp_tell_nothing_of_time():
    units = learn([[5.0], [1e9], [2.0, 2.0]])
    assert not units.known
    assert units.horizon == units.row_time_step == 1


def test_stamps_are_set_apart_farther_than_kernels_reach():
    panel = panel_of([[1.0, 1.0, 1.0 + 1e-9], [5.0], [7.0, 8.0]])
    times = set_apart(panel).times
    gaps = np.diff(times)
    assert gaps[[0]] == 0
    assert (gaps[[1, 4]] >= 1.25).all()

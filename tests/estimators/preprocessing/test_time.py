"""Units of time, which no burst, stamp or odd series decides; units that changed."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts import Panel, as_panel
from ckts.estimators import CKCNNClassifier, CKCNNRegressor
from ckts.estimators.preprocessing.time import Clock, learn_time_units, set_apart


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


# --- the clock of fit ------------------------------------------------------------

N = 40
Y = np.arange(N) % 2


def series(seed=0, n_series=N, n_times=12, span=500.0):
    """Irregular series: (times, values), times over about `span`."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(span / n_times, size=(n_series, n_times))
    times = np.cumsum(gaps, axis=1)
    return [(t, np.sin(t)) for t in times]


def scaled(pairs, factor, shift=0.0):
    return [(shift + factor * t, v) for t, v in pairs]


def fitted(X, estimator=CKCNNClassifier):
    return estimator(max_epochs=1, hidden_channels=4, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def model():
    return fitted(series())


MESSAGE = (
    r"on the clock of fit; got typical gaps of \S+ and spans of \S+, where fit had"
)


@pytest.mark.parametrize("factor", [24.0, 1 / 24, 60.0, 1 / 60, 1e9])
def test_another_unit_is_warned_of_with_both_figures(model, factor):
    X = scaled(series(seed=1), factor)
    with pytest.warns(UserWarning, match=MESSAGE) as caught:
        model.predict(X)
    assert caught[0].filename == __file__
    gaps = [np.diff(t).mean() for t, _ in series()]
    assert f"fit had {np.median(gaps):.4g} and" in str(caught[0].message)
    with pytest.warns(UserWarning, match=MESSAGE) as caught:
        model.predict_proba(X[:1])  # a single series has twelve stamps
    assert caught[0].filename == __file__


def test_the_regressor_warns_too():
    with pytest.warns(UserWarning, match=MESSAGE):
        fitted(series(), CKCNNRegressor).predict(scaled(series(1), 24))


def test_what_the_warning_advises_is_silent_and_right(model):
    hours = scaled(series(seed=1), 24.0)
    expected = model.predict_proba(series(seed=1))
    multiplied = scaled(hours, 1 / 24)
    np.testing.assert_allclose(model.predict_proba(multiplied), expected, atol=1e-6)
    named = fitted(as_panel(series(), time_unit="D"))
    found = named.predict_proba(as_panel(hours, time_unit="h"))
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounds at 1e-7


def test_labels_of_time_do_not_matter(model):
    model.predict(scaled(series(seed=1), 1.0, shift=1e6))  # next month's dates
    dated = fitted(
        [(pd.Timestamp("2020") + pd.to_timedelta(t, "D"), v) for t, v in X()]
    )
    later = pd.Timestamp("2026")
    dated.predict([(later + pd.to_timedelta(t, "D"), v) for t, v in X()])


def X():
    return series(seed=1)


def test_units_that_are_known_are_never_warned_of():
    dated = fitted(as_panel(series(), time_unit="D"))
    dated.predict(as_panel(scaled(series(1), 24), time_unit="D"))  # real and slow


@pytest.mark.parametrize("n_times", [0, 1, 2, 3, 5])
def test_short_series_are_not_warned_of(model, n_times):
    for seed in range(20):
        pairs = series(seed=seed, n_series=1)
        model.predict([(t[:n_times], v[:n_times]) for t, v in pairs])


def test_the_beginning_of_a_record_and_a_sparser_one_are_not_warned_of(model):
    long = series(seed=3, n_series=N, n_times=400, span=20_000.0)
    on_long = fitted(long)
    on_long.predict([(t[:20], v[:20]) for t, v in long])  # a twentieth of the span
    model.predict([(t[::4], v[::4]) for t, v in series(seed=1)])


def test_spans_that_are_far_too_long_are_warned_of(model):
    long = series(seed=3, n_times=400, span=20_000.0)
    with pytest.warns(UserWarning, match=r"spans of 1\S+e\+04, where fit had"):
        model.predict(long)


def test_odd_series_and_bursts_change_no_verdict(model):
    odd = series(seed=1)
    odd[0] = (odd[0][0] * 1e6, odd[0][1])
    model.predict(odd)  # one of forty
    bursts = [
        (np.sort(np.r_[t, t + 1e-3, t + 2e-3]), np.repeat(v, 3)) for t, v in series(1)
    ]
    model.predict(bursts)
    contaminated = fitted(odd)
    with pytest.warns(UserWarning, match=MESSAGE):
        contaminated.predict(scaled(series(2), 24))


def test_series_without_gaps_say_nothing():
    points = as_panel([([float(i)], [1.0 * i]) for i in range(N)])
    clock = Clock.of(points)
    assert np.isnan(clock.gaps).all()
    assert not clock.disagrees(Clock.of(as_panel(series())))
    assert not Clock.of(as_panel(series())).disagrees(clock)


def test_a_long_first_series_takes_no_memory_of_all():
    """As many stamps as the first has, times all series, would be 8 terabytes."""
    lengths = np.r_[10**6, np.ones(10**6, int)]
    times = np.zeros(lengths.sum())
    times[: lengths[0]] = np.arange(lengths[0])
    panel = Panel(np.zeros((len(times), 1)), times, np.r_[0, np.cumsum(lengths)])
    assert Clock.of(panel).stamps is None


def test_rows_without_observation_and_ties_do_not_count():
    pairs = [([0.0, 1.0, 1.0, 5.0, 9.0], [1.0, 2.0, 2.0, np.nan, 4.0])] * 3
    clock = Clock.of(as_panel(pairs, duplicates="keep"))
    assert clock.gaps.tolist() == [4.5, 4.5, 4.5]
    assert clock.spans.tolist() == [9.0, 9.0, 9.0]
    assert clock.n_gaps == 6


def test_a_wide_frame_that_lost_its_labels_is_warned_of():
    rng = np.random.default_rng(0)
    labels = [0.0, 1.0, 5.0, 30.0, 31.0, 90.0]
    wide = pd.DataFrame(rng.normal(size=(N, 6)), columns=labels)
    model = fitted(wide)
    relabelled = wide.set_axis(range(6), axis=1)
    with pytest.warns(
        UserWarning, match=MESSAGE + r".*columns the times of fit as lab"
    ):
        model.predict(relabelled)
    with pytest.warns(UserWarning, match=MESSAGE):
        model.predict(wide.to_numpy())
    expected = model.predict_proba(wide)
    assert np.array_equal(
        model.predict_proba(relabelled.set_axis(labels, axis=1)), expected
    )


def test_a_wide_frame_of_dates_is_compared_too_but_not_its_month():
    rng = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=6, freq="D")
    wide = pd.DataFrame(rng.normal(size=(N, 6)), columns=days)
    model = fitted(wide)
    model.predict(wide.set_axis(days + pd.Timedelta(31, "D"), axis=1))
    model.predict(wide.set_axis(days - days[0], axis=1))
    with pytest.warns(UserWarning, match=MESSAGE):
        model.predict(wide.set_axis(days[0] + (days - days[0]) / 24, axis=1))


def test_units_of_which_one_is_unknown_raise_and_are_not_compared(model):
    with pytest.raises(ValueError, match="`times` must be convertible to number; got"):
        model.predict(as_panel(scaled(series(), 24), time_unit="D"))


def test_steps_of_arrays_are_on_one_clock():
    array = np.random.default_rng(0).normal(size=(N, 2, 30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fitted(array)
        for X in (array[:1], array[:, :, :4], array[:, :, :2]):
            assert model.predict(X).shape == (len(X),)
        missing = np.where(
            np.random.default_rng(1).random(array.shape) < 0.7, np.nan, 1
        )
        model.predict(missing)


def test_a_refit_learns_its_own_clock():
    model = fitted(series())
    hours = scaled(series(), 24.0)
    assert model.fit(hours, Y).predict(hours).shape == (N,)
    with pytest.warns(UserWarning, match=MESSAGE):
        model.predict(series())


def test_single_panels_may_be_predicted_one_by_one(model):
    for one in as_panel(series(seed=5)):
        assert isinstance(one, Panel)
        model.predict(one)


@pytest.mark.parametrize(
    "convert", [pd.DataFrame, np.asarray, lambda X: np.asarray(X)[:, None]]
)
def test_equal_stamps_are_on_one_clock_where_few_are_observed(convert):
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(N, 79)))
    model = fitted(convert(wide))
    thin = wide.copy()
    thin.loc[:, wide.columns % 13 > 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(model.predict_proba(convert(thin))).all()

"""Times at predict that cannot be on the clock of fit are warned of, others are not."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ckts import Panel, as_panel
from ckts.estimators import CKCNNClassifier, CKCNNRegressor
from ckts.estimators._clock import Clock

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


def test_ways_out_are_silent_and_right(model):
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


def test_units_of_which_one_is_unknown_are_refused_and_not_compared(model):
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

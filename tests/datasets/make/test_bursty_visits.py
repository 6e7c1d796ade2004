import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score

from ckts.datasets import make_bursty_visits
from ckts.estimators import summarize


def cubes(X, n_visits=8, n_readings=5):
    """Values and times of shape (series, visits, readings)."""
    shape = (len(X), n_visits, n_readings)
    return X.values.reshape(shape), X.times.reshape(shape)


@pytest.mark.parametrize("inner_gap", [60.0, 1.0, 1e-3, 1e-6])
@pytest.mark.parametrize("signal", ["between", "within"])
def test_readings_are_inner_gaps_apart_and_visits_do_not_overlap(inner_gap, signal):
    X, y = make_bursty_visits(300, inner_gap=inner_gap, signal=signal, random_state=0)
    _, times = cubes(X)
    assert y.tolist() == [0, 1] * 150
    assert np.unique(times[:, 0, 0]).tolist() == [0.0]
    gaps = np.diff(times, axis=2)
    # Times up to 2**16 s are rounded to 2**-37 s.
    assert gaps.min() >= 0.8 * inner_gap - 2**-36
    assert gaps.max() <= 1.2 * inner_gap + 2**-36
    pauses = times[:, 1:, 0] - times[:, :-1, -1]
    assert pauses.min() > 0
    bursts = 1.2 * 5 * inner_gap
    # Eight uniform times in 8 hours are 8 / 9 hours apart; 3 standard errors.
    assert pauses.mean() == pytest.approx(3200 + bursts - 4 * inner_gap, rel=0.06)


@pytest.mark.parametrize("signal", ["between", "within"])
def test_the_clock_does_not_know_the_class(signal):
    X, y = make_bursty_visits(400, signal=signal, random_state=0)
    _, times = cubes(X)
    for figure in (times[:, -1, -1], np.median(np.diff(times[:, :, 0]), axis=1)):
        assert ks_2samp(figure[y == 0], figure[y == 1]).pvalue > 0.01


@pytest.mark.parametrize("signal", ["between", "within"])
def test_another_inner_gap_changes_the_times_only(signal):
    coarse, _ = make_bursty_visits(9, inner_gap=60, signal=signal, random_state=1)
    fine, _ = make_bursty_visits(9, inner_gap=1e-3, signal=signal, random_state=1)
    np.testing.assert_array_equal(coarse.values, fine.values)


@pytest.mark.parametrize("n_readings", [5, 7, 8, 9, 10, 12])
def test_bursts_within_hold_the_same_numbers_in_another_order(n_readings):
    X, y = make_bursty_visits(
        400, n_readings=n_readings, signal="within", noise=0, random_state=0
    )
    values, _ = cubes(X, n_readings=n_readings)
    # Closed form: n equally spaced points of a circle, whatever the phase and order.
    np.testing.assert_allclose(values.mean(axis=2), 0, atol=1e-12)
    np.testing.assert_allclose((values**2).mean(axis=2), 0.5, atol=1e-12)
    power = np.abs(np.fft.rfft(values, axis=2)).mean(axis=1)
    strongest = power.argmax(axis=1)
    assert np.unique(strongest[y == 0]).tolist() == [1]
    (other,) = np.unique(strongest[y == 1])
    assert 1 < other < n_readings / 2
    circle = 2 * np.pi * np.arange(n_readings) / n_readings
    for first in (0, 1):
        burst = values[first, 0]
        waves = np.cos(circle[:, None] + np.linspace(0, 2 * np.pi, 20001))
        distance = np.abs(np.sort(waves, axis=0) - np.sort(burst)[:, None]).max(axis=0)
        assert distance.min() < 1e-3


def test_summaries_and_means_of_visits_are_at_chance_within():
    X, y = make_bursty_visits(600, signal="within", random_state=0)
    values, _ = cubes(X)
    per_visit = np.dstack([values.mean(axis=2), values.std(axis=2)]).reshape(600, -1)
    for features in (summarize(X), per_visit, np.sort(values, axis=2).reshape(600, -1)):
        boosting = HistGradientBoostingClassifier(max_iter=30, random_state=0)
        accuracy = cross_val_score(boosting, features, y, cv=5).mean()
        # 600 coins: a standard error of 0.02.
        assert abs(accuracy - 0.5) < 0.06
    order = np.abs(np.fft.rfft(values, axis=2)).mean(axis=1)
    assert np.mean((order[:, 2] > order[:, 1]) == y) > 0.99


def test_a_single_visit_is_at_chance_between():
    X, y = make_bursty_visits(2000, signal="between", random_state=0)
    values, _ = cubes(X)
    for visit in (0, 3, 7):
        one = values[:, visit]
        for figure in (one.mean(axis=1), one.std(axis=1), one[:, -1] - one[:, 0]):
            assert ks_2samp(figure[y == 0], figure[y == 1]).pvalue > 0.01
    boosting = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    accuracy = cross_val_score(boosting, values[:, 3], y, cv=5).mean()
    assert abs(accuracy - 0.5) < 0.04  # 2000 coins: a standard error of 0.011


def test_the_trend_over_the_visits_tells_the_class_between():
    X, y = make_bursty_visits(200, signal="between", random_state=0)
    values, times = cubes(X)
    visits = times[:, :, 0] / (8 * 3600.0)

    def misfit(one, when, cycles):
        waves = [np.sin(2 * np.pi * cycles * when), np.cos(2 * np.pi * cycles * when)]
        return np.linalg.lstsq(np.transpose(waves), one, rcond=None)[1][0]

    means = values.mean(axis=2)
    guess = [
        misfit(one, when, 1.0) < misfit(one, when, 1.8)
        for one, when in zip(means, visits, strict=True)
    ]
    assert np.mean(guess == y) > 0.97


def test_the_seed_decides():
    first, again = (make_bursty_visits(5, random_state=1)[0] for _ in range(2))
    assert first.equals(again)
    assert not make_bursty_visits(5, random_state=2)[0].equals(first)


def test_a_single_visit_or_reading_is_possible():
    assert make_bursty_visits(3, n_visits=1)[0].lengths.tolist() == [5, 5, 5]
    assert make_bursty_visits(3, n_readings=1)[0].lengths.tolist() == [8, 8, 8]


@pytest.mark.parametrize("n_readings", [1, 2, 3, 4, 6])
def test_readings_without_a_second_order_raise(n_readings):
    rule = r"`n_readings` must be 5, or 7 or more.*got \d\. Other readings.*use 5"
    with pytest.raises(ValueError, match=rule):
        make_bursty_visits(n_readings=n_readings, signal="within")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_series": 0}, "`n_series` must be at least 1; got 0"),
        ({"n_visits": 0}, "`n_visits` must be at least 1; got 0"),
        ({"n_readings": 0}, "`n_readings` must be at least 1; got 0"),
        ({"inner_gap": 0}, "`inner_gap` must be positive and finite; got 0"),
        ({"outer_gap": -1.0}, "`outer_gap` must be positive and finite; got -1"),
        ({"noise": -1}, "`noise` must be finite and at least 0; got -1"),
        ({"signal": "both"}, "`signal` must be one of 'between', 'within'; got 'both'"),
        ({"inner_gap": 1e-12}, r"`inner_gap` must be at least 2\*\*-45 of all visits"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_bursty_visits(**arguments)


def test_the_smallest_inner_gap_keeps_the_readings_apart():
    smallest = 2**-45 * 8 * 3600.0
    _, times = cubes(make_bursty_visits(50, inner_gap=smallest, random_state=0)[0])
    assert (np.diff(times, axis=2) > 0).all()

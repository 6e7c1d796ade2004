"""Periods are found between the stamps, and told wherever and whenever they begin."""

import numpy as np
import pytest

from ckts import CKRocketClassifier, Panel
from ckts.datasets import make_light_curves
from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.rocket import periods
from ckts.estimators.rocket.base import observed_rows
from ckts.estimators.rocket.kernel_time import learn_kernel_time
from ckts.estimators.rocket.periods import Periods
from ckts.estimators.rocket.scales import learn_limits
from ckts.estimators.rocket.views import CenteredViews


class Learned:
    """Periods of a panel, and tables of others."""

    def __init__(self, panel):
        panel, weight = observed_rows(panel), np.ones(len(panel))
        self.statistics = learn_statistics(panel, weight)
        self.time_scale, self.channels = panel.time_scale, panel.channels
        dataset = self.statistics.dataset(panel, panel.time_scale)
        time = learn_kernel_time(panel, weight, self.statistics.time)
        self.views = CenteredViews(time, learn_limits(dataset, weight))
        self.periods = Periods.learn(dataset, weight, self.views)

    def __call__(self, panel, n_together=4):
        dataset = self.statistics.dataset(observed_rows(panel), self.time_scale)
        numbers = np.arange(len(panel))
        batches = np.split(numbers, numbers[n_together::n_together])
        return self.periods.compute(dataset, self.views, batches, "cpu")

    def column(self, panel, what, channel=None):
        channel = self.channels[0] if channel is None else channel
        names = self.periods.names(self.channels)
        return self(panel)[:, names.index((what, channel))]


@pytest.fixture(scope="module")
def stars():
    return make_light_curves(20, random_state=0)[0]


@pytest.fixture(scope="module")
def learned(stars):
    return Learned(stars)


def wave(period, n_rows=60, span=100.0, seed=0, noise=0.1):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, span, n_rows))
    values = np.sin(2 * np.pi * times / period) + noise * rng.normal(size=n_rows)
    return times, values


@pytest.mark.parametrize("period", [0.3, 1.0, 7.0, 40.0])
def test_a_period_is_found_between_stamps_farther_apart(period):
    curves = [wave(period, seed=seed) for seed in range(6)]
    X = Panel(
        np.concatenate([values for _, values in curves])[:, None],
        np.concatenate([times for times, _ in curves]),
        60 * np.arange(7),
    )
    learned = Learned(X)
    found = np.exp(-learned.column(X, "peak frequency"))
    # a frequency is known to a fraction of one over the span
    np.testing.assert_allclose(1 / found, 1 / period, atol=0.1 / 100)
    assert (learned.column(X, "peak power") > 0.9).all()
    inside = [
        what
        for what, _ in learned.periods.names(X.channels)
        if what.startswith("power at")
        and float(what.split()[2]) <= 1 / period < float(what.split()[4])
    ]
    assert (learned.column(X, inside[0]) > 0.9).all()


@pytest.mark.parametrize("gap", [100.0, 1e6])
def test_a_wave_goes_on_in_a_gap_and_an_odd_stamp_does_not_hide_it(gap):
    curves = [wave(0.7, seed=seed) for seed in range(7)]
    times, values = (np.array(parts) for parts in zip(*curves, strict=True))
    learned = Learned(Panel(values.reshape(-1, 1), times.ravel(), 60 * np.arange(8)))
    last, of_last = times[0].copy(), values[0].copy()
    if gap == 100:  # a season without any look at it
        last[30:] += gap
        of_last = np.sin(2 * np.pi * last / 0.7)
    else:
        last[-1] += gap
    X = Panel(of_last[:, None], last, [0, 60])
    assert learned.column(X, "peak power")[0] > 0.9
    found = np.exp(-learned.column(X, "peak frequency")[0])
    assert found == pytest.approx(0.7, abs=0.002)


def test_a_series_has_the_same_in_whatever_company(stars, learned, monkeypatch):
    table = learned(stars)
    monkeypatch.setattr(periods, "MOST_POINTS", 1)
    for number in range(len(stars)):
        np.testing.assert_array_equal(learned(stars[[number]])[0], table[number])


def test_origin_and_unit_of_values_and_the_time_of_day_do_not_matter(stars, learned):
    table = learned(stars)
    names = [what for what, _ in learned.periods.names(stars.channels)]
    free = np.array([what != "amplitude" for what in names])
    later = stars.with_times(stars.times + 1000.5)
    np.testing.assert_allclose(learned(later), table, atol=1e-3, rtol=1e-3)
    # values that are bounded are no longer a multiple
    lower = stars.with_values(18 + 0.5 * (stars.values - 18))
    np.testing.assert_allclose(learned(lower)[:, free], table[:, free], atol=0.02)


def test_a_regular_grid_tells_half_a_period_a_step():
    times = np.tile(np.arange(50.0), 5)
    X = Panel(np.random.default_rng(0).normal(size=(250, 1)), times, 50 * np.arange(6))
    highest = Learned(X).periods.edges[-1]
    assert highest == pytest.approx(0.5)
    dropped = X.keep_rows(np.random.default_rng(1).random(250) < 0.6)
    assert Learned(dropped).periods.edges[-1] == pytest.approx(0.5)


def test_bands_rise_and_hold_every_frequency_in_between(learned):
    edges = learned.periods.edges
    assert (np.diff(edges) > 0).all()
    assert len(edges) <= periods.MOST_BANDS + 1


def test_too_short_series_have_no_periods():
    X = Panel(np.zeros((60, 1)), np.tile(np.arange(15.0), 4), 15 * np.arange(5))
    assert Learned(X).periods is None


def test_series_with_too_little_are_unknown(stars, learned):
    few = Panel(np.arange(15.0)[:, None], np.arange(15.0), [0, 15, 15])
    assert np.isnan(learned(few)).all()


def test_channels_of_few_observations_are_told_together():
    X, _ = make_light_curves(20, n_bands=6, length=60, random_state=0)
    learned = Learned(X)
    assert len(learned.periods.single) == 0
    assert {channel for _, channel in learned.periods.names(X.channels)} == {None}
    assert not np.isnan(learned(X)).all()


def test_the_level_of_a_band_does_not_matter():
    X, _ = make_light_curves(20, n_bands=3, length=100, random_state=0)
    learned = Learned(X)
    names = learned.periods.names(X.channels)
    pooled = np.array([channel is None for _, channel in names])
    moved = X.with_values(X.values + np.array([0.3, -0.3, 0.0]))
    expected = learned(X)[:, pooled]
    np.testing.assert_allclose(learned(moved)[:, pooled], expected, atol=0.05)


def test_columns_have_names_of_their_own(stars, learned):
    names = learned.periods.names(stars.channels)
    assert len(set(names)) == len(names) == learned(stars).shape[1]


def test_the_order_within_a_period_tells_the_class():
    train, test = (make_light_curves(200, random_state=seed) for seed in (0, 1))
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(*train)
    assert model.score(*test) > 0.85  # .91; without periods .49
    assert model.ridge_.shares[-1] > 0
    table = model.attribute(test[0][:3])
    assert "periods" in set(table["block"])
    total = table.groupby(["series", "output"])["value"].sum().unstack().to_numpy()
    raw = model.ridge_.predict(model._features(test[0][:3]))
    np.testing.assert_allclose(total, raw, atol=1e-6)


@pytest.mark.parametrize(
    "options", [{"lengths": False}, {"causal": True}, {"summaries": False}]
)
def test_what_needs_the_whole_span_has_no_periods(options):
    X, y = make_light_curves(24, length=20, random_state=0)
    model = CKRocketClassifier(n_kernels=84, random_state=0, **options).fit(X, y)
    assert model._periods is None


def test_periods_without_a_share_are_not_computed_again(monkeypatch):
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    X = Panel(
        (rng.normal(size=(80, 20)) + 3 * y[:, None]).reshape(-1, 1),
        np.tile(np.arange(20.0), 80),
        20 * np.arange(81),
    )
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X, y)
    assert model._periods is None
    assert len(model.ridge_.shares) == len(model._codings) + 2 == 4
    monkeypatch.setattr(Periods, "compute", None)
    assert model.score(X, y) == 1

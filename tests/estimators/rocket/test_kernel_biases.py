"""Biases of kernels: which series they are learned from, and how much each counts."""

import numpy as np
import pytest

from ckts import Panel
from irregular import irregular_panel
from kernel_learning import Learned, standardize


@pytest.fixture(scope="module")
def features(panel, learned):
    return learned(panel)


def test_another_unit_of_time_draws_the_same_series(panel, features):
    other = panel.with_times(panel.times * 2)
    np.testing.assert_allclose(Learned(other)(other), features, atol=1e-6)


def test_another_scale_of_values_draws_the_same_series(panel, features):
    other = panel.with_values(panel.values * 3 + 1)
    np.testing.assert_allclose(Learned(other)(other), features, atol=1e-6)


def test_the_order_of_training_series_changes_no_bit(panel, features):
    order = np.random.default_rng(0).permutation(len(panel))
    np.testing.assert_array_equal(Learned(panel[order])(panel), features)


def test_the_order_of_training_series_of_equal_statistics_changes_no_bit(
    panel, learned, features
):
    order = np.random.default_rng(0).permutation(len(panel))
    other = Learned(panel[order], statistics=learned.statistics)
    np.testing.assert_array_equal(other(panel), features)


def test_a_weight_of_2_is_the_series_twice():
    panel = irregular_panel(12)[0]
    panel = panel.with_values(np.round(4 * panel.values))
    weight = np.r_[np.full(4, 2.0), np.ones(8)]
    repeated = panel[np.r_[0:4, 0:12]]
    np.testing.assert_array_equal(
        Learned(panel, weight)(panel), Learned(repeated)(panel)
    )
    assert (Learned(panel)(panel) != Learned(panel, weight)(panel)).any()


def test_responses_to_sampled_series_are_those_at_their_times(panel, learned):
    rng = np.random.default_rng(0)
    sample, at = rng.integers(0, 24, 10), rng.random((16, 10, 5))
    dataset = standardize(panel, learned.statistics)
    at = at[: len(learned.kernels.groups)]
    found = learned.kernels._responses(dataset, sample, at)
    for number, (clock, scale, group) in enumerate(learned.kernels.groups):
        for place, series in enumerate(sample):
            signal = learned.signals(panel, series)[clock, scale]
            responses, lasting = group.responses(signal)
            times = (at[number, place] * int(lasting.sum())).astype(int)
            own = found[number].reshape(10, 5, 84)[place]
            np.testing.assert_array_equal(own, responses[0][times])


def test_a_series_counts_by_its_weight_and_not_by_its_length():
    """A long flat series beside a short steep one: half of the biases are of each."""
    rng = np.random.default_rng(0)
    times = np.r_[np.arange(400.0), np.arange(40.0)]
    values = np.r_[1e-3 * rng.normal(size=400), rng.normal(size=40)][:, None]
    panel = Panel(values, times, [0, 400, 440])
    learned = Learned(panel, n_kernels=6000)
    signals = learned.signals(panel)
    large = []
    for clock, scale, group in learned.kernels.groups:
        if (clock, scale) == ("absolute", "common"):
            flat = group.responses(signals[clock, scale])[0].abs().amax(1)
            large.append((group.biases.abs() > flat).double().mean())
    assert 0.35 < np.mean(large) < 0.65

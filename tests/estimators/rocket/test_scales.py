"""Bounds of values: extremes keep their order, and decide nothing."""

import numpy as np
import pytest
import torch

from ckts import Panel
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.rocket.scales import bound, learn_limits


def test_bounds_keep_the_order_and_what_is_small():
    values = [-1e4, -7, -3.1, -0.5, 0, 3, 3.1, 7, 1e4]
    values = torch.tensor(values).double().view(1, -1, 1)
    bounded = bound(values, (3.0,)).flatten()
    assert torch.equal(bounded[3:6], values.flatten()[3:6])
    assert (bounded.diff() > 0).all()
    assert bounded[-1] == -bounded[0] == pytest.approx(5.0)
    # no kink: the line goes on for a while
    assert bounded[-3] == pytest.approx(3.1, abs=1e-3)


def test_each_channel_has_a_bound_of_its_own():
    values = torch.tensor([[[4.0, 4.0, 20.0], [-9.0, -9.0, -1e9]]]).double()
    found = bound(values, (3.0, 9.0, 30.0))
    assert found[0, 0, 1] == 4
    assert found[0, 1, 1] == -9
    assert found[0, 0, 2] == pytest.approx(10 * (1 + np.log(2)))  # slower beyond 10
    assert found[0, 0, 0] == pytest.approx(3 + 2 * np.tanh(0.5))
    assert found[0, 1, 2] == pytest.approx(-32)


def limits_of(values, weight=None):
    """Limits of series of one row each, which are standardized already."""
    n_series = len(values)
    panel = Panel(values, np.zeros(n_series), np.arange(n_series + 1))
    dataset = PanelDataset(
        panel, static=None, observations=panel.observations, dtype=torch.float64
    )
    return learn_limits(dataset, np.ones(n_series) if weight is None else weight)


def test_limits_are_what_nearly_all_values_reach():
    shares = (np.arange(1000) + 0.5) / 1000
    values = np.c_[4 * shares, 8 * shares, -40 * shares, np.full(1000, np.nan)]
    values[500:, 1] = np.nan
    slowed = 10 * (1 + np.log(39.8 / 10))
    assert limits_of(values) == pytest.approx((3.98, 3.98, slowed, 3.0), abs=0.01)


def test_one_odd_value_moves_no_limit():
    values = 0.9 * np.random.default_rng(0).normal(size=(1000, 1))
    odd = values.copy()
    odd[7] = 1e4
    assert limits_of(odd) == limits_of(values) == (3.0,)


def test_a_weight_of_2_is_the_value_twice_in_limits():
    rng = np.random.default_rng(0)
    values, weight = 9 * rng.normal(size=(300, 2)), rng.integers(1, 4, 300)
    expected = limits_of(np.repeat(values, weight, axis=0))
    assert limits_of(values, weight.astype(float)) == pytest.approx(expected)

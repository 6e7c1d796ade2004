"""Scales of values: extremes are bounded, and few values are shrunk."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts import Panel
from ckts.estimators._batches import PanelDataset
from ckts.estimators._scales import bound, expanding_scale, learn_limits, own_scale


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


def test_the_own_scale_is_that_of_two_more_common_values():
    rng = np.random.default_rng(0)
    values = torch.from_numpy(rng.normal(3.0, 7.0, size=(1, 9, 2)))
    observed = torch.from_numpy(rng.random((1, 9, 2)) < 0.7)
    found = own_scale(values, observed)
    for channel in range(2):
        seen = values[0, observed[0, :, channel], channel].numpy()
        scale = np.sqrt((len(seen) * seen.var() + 2) / (len(seen) + 2))
        np.testing.assert_allclose(
            found[0, observed[0, :, channel], channel], (seen - seen.mean()) / scale
        )
    level = torch.full((1, 9, 2), 0.1, dtype=torch.float64)
    constant = own_scale(level, observed)
    assert constant.abs().max() < 1e-15


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_the_expanding_scale_is_the_own_scale_of_what_came_before(seed):
    rng = np.random.default_rng(seed)
    values = torch.from_numpy(rng.normal(3.0, 2.0, size=(2, 9, 2)))
    observed = torch.from_numpy(rng.random((2, 9, 2)) < 0.7)
    found = expanding_scale(values, observed)
    for row in range(9):
        until = own_scale(values[:, : row + 1], observed[:, : row + 1])[:, -1]
        expected = torch.where(observed[:, row], until, 0.0)
        np.testing.assert_allclose(found[:, row], expected, atol=1e-12)


def test_a_scale_that_does_not_count_is_the_same_for_a_series_twice():
    rng = np.random.default_rng(0)
    values = torch.from_numpy(rng.normal(size=(1, 7, 1)))
    observed = torch.ones(1, 7, 1, dtype=torch.bool)
    twice = values.repeat(1, 2, 1), observed.repeat(1, 2, 1)
    once = own_scale(values, observed, counted=False)
    found = own_scale(*twice, counted=False)
    np.testing.assert_allclose(found[:, :7], once, atol=1e-12)
    np.testing.assert_allclose(found[:, 7:], once, atol=1e-12)
    counted = own_scale(values, observed)
    assert (own_scale(*twice)[:, :7] - counted).abs().max() > 0.01

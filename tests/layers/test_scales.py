"""Values in the scale of their series, and of what came before."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.layers import expanding_scale, own_scale


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


def test_the_common_deviation_may_be_small():
    values = torch.tensor([[[1.0], [1.001], [1.002]]], dtype=torch.float64)
    observed = torch.ones(1, 3, 1, dtype=torch.bool)
    variance = (2e-6 + 2 * 0.01**2) / 5
    found = own_scale(values, observed, common=0.01).flatten()
    expected = np.array([-0.001, 0.0, 0.001]) / np.sqrt(variance)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_float32_stays_and_what_is_not_observed_is_0():
    values = torch.tensor([[[4.0], [torch.nan], [5.0]]])
    observed = torch.tensor([[[True], [False], [True]]])
    for scale in (own_scale, expanding_scale):
        found = scale(values, observed)
        assert found.dtype == torch.float32
        assert found[0, 1, 0] == 0
        assert found.isfinite().all()


def test_rows_of_one_stamp_are_scaled_together_in_any_order():
    values = torch.tensor([[[1.0], [5.0], [3.0], [2.0]]], dtype=torch.float64)
    observed = torch.ones(1, 4, 1, dtype=torch.bool)
    last = torch.tensor([[2, 2, 2, 3]])  # three rows of one stamp, then one
    found = expanding_scale(values, observed, last=last)
    together = own_scale(values[:, :3], observed[:, :3])
    np.testing.assert_allclose(found[:, :3], together, atol=1e-12)
    turned = [2, 0, 1, 3]
    again = expanding_scale(values[:, turned], observed, last=last)
    np.testing.assert_allclose(again, found[:, turned], atol=1e-12)
    apart = expanding_scale(values, observed)
    assert apart[0, 0, 0] == 0
    assert found[0, 0, 0] == pytest.approx(-2 / np.sqrt((8 + 2) / 5))

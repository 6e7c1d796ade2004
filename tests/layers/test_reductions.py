"""Reductions over time: masked ones, pool and summaries against numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.layers import (
    N_SUMMARIES,
    ChannelSummary,
    TimePool,
)
from ckts.layers.reductions import (
    expanding_max,
    expanding_mean,
    masked_max,
    masked_mean,
)
from quadratures import gap_weights, make_weights

# --- masked reductions ----------------------------------------------------------------


def test_a_masked_mean_is_the_mean_of_what_counts():
    values = torch.tensor([[[1.0, 10.0], [3.0, 20.0], [9.0, 60.0]]])
    weights = torch.tensor([[[1.0], [3.0], [0.0]]])
    assert masked_mean(values, weights).tolist() == [[2.5, 17.5]]
    weights = torch.tensor([[[1.0, 0], [0, 1], [0, 1]]])
    assert masked_mean(values, weights).tolist() == [[1, 40]]


def test_a_masked_maximum_is_the_maximum_of_what_counts():
    values = torch.tensor([[[-1.0, 10.0], [-3.0, 20.0], [9.0, 60.0]]])
    mask = torch.tensor([[[True], [True], [False]]])
    assert masked_max(values, mask).tolist() == [[-1, 20]]
    mask = torch.tensor([[[False, True], [True, False], [False, False]]])
    assert masked_max(values, mask).tolist() == [[-3, 10]]


@pytest.mark.parametrize("length", [0, 3])
def test_reductions_of_nothing_are_zero(length):
    values = torch.ones(2, length, 3, requires_grad=True)
    mask = torch.zeros(2, length, 1, dtype=torch.bool)
    for reduced in (masked_mean(values, mask.float()), masked_max(values, mask)):
        assert torch.equal(reduced, torch.zeros(2, 3))
        if length:
            (gradient,) = torch.autograd.grad(reduced.sum(), values)
            assert torch.equal(gradient, torch.zeros_like(values))


# --- the pool -------------------------------------------------------------------------


def test_the_pool_is_a_weighted_mean_and_a_maximum():
    values = torch.tensor([[[1.0, -1.0], [4.0, -5.0], [100.0, 100.0]]])
    weights = torch.tensor([[[3.0], [1.0], [0.0]]])
    assert TimePool()(values, weights).tolist() == [[1.75, -2, 4, -1]]


def test_a_burst_counts_for_the_time_that_it_covers():
    # a ramp measured densely at its end has the mean of the ramp
    times = torch.cat([torch.arange(11) / 10, torch.linspace(0.9, 1, 500)])
    times = times.double().sort().values.unsqueeze(0)
    values = times.unsqueeze(-1)
    mean, largest = TimePool()(values, gap_weights(times))[0]
    assert abs(mean - 0.5) < 0.06  # half a step at the first stamp
    assert largest == 1
    assert values.mean() > 0.9


def test_padding_and_unobserved_rows_are_never_read():
    values = torch.randn(2, 6, 3)
    weights = torch.rand(2, 6, 1, dtype=torch.float64) + 0.1
    expected = TimePool()(values[:, :4], weights[:, :4])
    weights[:, 4:] = 0
    values[:, 4:] = 1e30
    values.requires_grad_()
    pooled = TimePool()(values, weights)
    torch.testing.assert_close(pooled, expected)
    pooled.sum().backward()
    assert (values.grad[:, 4:] == 0).all()


def test_a_series_without_rows_gives_zeros():
    values, weights = torch.randn(2, 4, 3), torch.ones(2, 4, 1)
    weights[1] = 0
    assert TimePool()(values, weights)[1].tolist() == [0] * 6
    assert TimePool()(values[:, :0], weights[:, :0]).tolist() == [[0] * 6] * 2


def test_the_scale_of_the_weights_does_not_matter():
    values, weights = torch.randn(2, 5, 3).double(), torch.rand(2, 5, 1).double()
    expected = TimePool()(values, weights)
    torch.testing.assert_close(TimePool()(values, 1e9 * weights), expected)


# --- summaries ------------------------------------------------------------------------


def _random(seed=0, shape=(4, 9, 3)):
    rng = np.random.default_rng(seed)
    observed = rng.random(shape) < 0.5
    observed[0, :, 1] = False  # a channel without observations
    values = np.where(observed, rng.normal(size=shape), 0.0)
    return torch.from_numpy(values), torch.from_numpy(observed)


def test_summaries_are_what_numpy_says():
    values, observed = _random()
    result = ChannelSummary()(values, observed).unflatten(1, (N_SUMMARIES, 3))
    for series in range(4):
        for channel in range(3):
            seen = values[series, observed[series, :, channel], channel].numpy()
            if len(seen) == 0:
                continue
            expected = [seen.mean(), np.sqrt(seen.var() + 1e-6), seen.min(), seen.max()]
            expected += [seen[0], seen[-1], np.log1p(len(seen))]
            np.testing.assert_allclose(result[series, :, channel], expected)


def test_a_channel_without_observations_gives_zeros():
    values, observed = _random()
    result = ChannelSummary()(values, observed).unflatten(1, (N_SUMMARIES, 3))
    torch.testing.assert_close(
        result[0, :, 1], torch.zeros(N_SUMMARIES, dtype=values.dtype), atol=1e-3, rtol=0
    )


def test_what_is_not_observed_is_not_read():
    values, observed = _random()
    rubbish = torch.where(observed, values, 1e3)
    expected = ChannelSummary()(values, observed)
    torch.testing.assert_close(ChannelSummary()(rubbish, observed), expected)


def test_gradients_are_finite_where_nothing_varies():
    values = torch.ones(2, 3, 1, requires_grad=True)
    ChannelSummary()(values, torch.ones(2, 3, 1, dtype=torch.bool)).sum().backward()
    assert values.grad.isfinite().all()


# --- what was known at each row -------------------------------------------------------


def _tied(seed):
    """Values at few stamps, some of them never observed; first and next row of each."""
    rng = np.random.default_rng(seed)
    times = torch.from_numpy(np.sort(rng.integers(0, 6, (3, 11)) / 4.0, 1))
    observed = torch.from_numpy(rng.random((3, 11, 2)) < 0.4)
    observed[0, :, 0] = False
    values = torch.from_numpy(rng.normal(size=(3, 11, 2)))
    ties = (
        torch.searchsorted(times, times),
        torch.searchsorted(times, times, right=True),
    )
    return values, times, observed, ties


def _each_end(times):
    """Yield series, row and the slice of rows up to the stamp of the row."""
    for series, row in np.ndindex(times.shape):
        end = int((times[series] <= times[series, row]).sum())
        yield series, row, (slice(series, series + 1), slice(end))


seeds = st.integers(0, 10**6)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_an_expanding_pool_is_the_pool_of_what_was_known(seed):
    values, times, observed, ties = _tied(seed)
    seen = observed.any(2, keepdim=True)
    weigh = make_weights(times, seen, time_step=0.3)
    parts = weigh.pooling_weights(), weigh.latest_weights(), ties
    found = TimePool().expanding(values, *parts)
    for series, row, known in _each_end(times):
        weights = gap_weights(times[known], seen[known], time_step=0.3)
        expected = TimePool()(values[known], weights)[0]
        torch.testing.assert_close(found[series, row], expected)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_expanding_summaries_are_those_of_what_was_known(seed):
    values, times, observed, ties = _tied(seed)
    found = ChannelSummary().expanding(values, observed, ties)
    for series, row, known in _each_end(times):
        parts = values[known], observed[known], times[known]
        expected = ChannelSummary()(*parts)[0]
        torch.testing.assert_close(found[series, row], expected)


def test_expanding_reductions_by_hand():
    values = torch.tensor([[[5.0], [1.0], [3.0], [-9.0]]])
    weights = torch.tensor([[[0.0], [1.0], [3.0], [1.0]]])
    latest = torch.tensor([[[0.0], [2.0], [1.0], [4.0]]])
    ties = torch.tensor([[0, 1, 2, 3]]), torch.tensor([[1, 2, 3, 4]])
    mean = expanding_mean(values, weights, latest, ties)
    # 0 of nothing; 1; (1 + 3) / 2; (1 + 9 - 36) / (1 + 3 + 4)
    assert mean.flatten().tolist() == [0, 1, 2, -3.25]
    largest = expanding_max(values, weights > 0, ties)
    assert largest.flatten().tolist() == [0, 1, 3, 3]
    assert mean.dtype == largest.dtype == torch.float32


def test_expanding_reductions_of_long_series_lose_no_digits():
    # sums of a million float32 numbers, of which the last are told apart
    values = 9.0 + torch.randn(1, 10**6, 1, generator=torch.Generator().manual_seed(0))
    values[:, -1] = 2.0
    rows = torch.arange(10**6).unsqueeze(0)
    observed = torch.ones(1, 10**6, 1, dtype=torch.bool)
    found = ChannelSummary().expanding(values, observed, (rows, rows + 1))[0, -1]
    exact = values.double()
    expected = [exact.mean(), exact.std(correction=0), exact.min(), exact.max()]
    expected += [exact[0, 0, 0], 2.0, np.log1p(10**6)]
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-6)


def test_expanding_reductions_read_nothing_that_is_not_observed():
    values, _, observed, ties = _tied(0)
    rubbish = torch.where(observed, values, 1e30)
    expected = ChannelSummary().expanding(values, observed, ties)
    assert torch.equal(ChannelSummary().expanding(rubbish, observed, ties), expected)
    weights = observed[..., :1].double()
    rubbish = torch.where(observed[..., :1], values, 1e30)
    expected = TimePool().expanding(values, weights, weights, ties)
    found = TimePool().expanding(rubbish, weights, weights, ties)
    assert torch.equal(found, expected)

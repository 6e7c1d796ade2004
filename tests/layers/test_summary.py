"""Summaries of channels against numpy, and what they must not read."""

import numpy as np
import torch

from ckts.layers import N_SUMMARIES, ChannelSummary


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

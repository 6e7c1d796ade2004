"""Gaps and counts around each row, from their definition."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.plan import layer_geometry
from ckts.convolution.quadrature.neighbors import find_neighbors
from references import TIME_KINDS, draw_times

draws = settings(deadline=None, max_examples=40)


def naive_neighbors(times, observed):
    """Previous and following gap, count and ties of each row, one after the other."""
    result = np.zeros((4, *observed.shape))
    for series, row, channel in np.ndindex(observed.shape):
        now = times[series, row]
        seen = times[series, observed[series, :, channel]]
        result[:, series, row, channel] = (
            now - max(seen[seen < now], default=-np.inf),
            min(seen[seen > now], default=np.inf) - now,
            np.sum(seen <= now),
            np.sum(seen == now),
        )
    return result


@draws
@given(st.sampled_from(TIME_KINDS), st.integers(0, 2**31), st.integers(0, 12))
def test_neighbors_meet_their_definition(kind, seed, length):
    generator = torch.Generator().manual_seed(seed)
    times = draw_times(kind, 2, length, generator)
    observed = torch.rand(2, length, 3, generator=generator) < 0.5
    geometry = layer_geometry(times, method="pairwise")
    found = find_neighbors(geometry, observed)
    got = torch.stack([found.previous, found.following, found.counts, found.ties])
    expected = naive_neighbors(geometry.times.numpy(), observed.numpy())
    np.testing.assert_array_equal(got.numpy(), expected)


@pytest.mark.parametrize("channels", [slice(-1), slice(-1, None)])
def test_some_channels_are_those_of_their_masks(channels):
    observed = torch.rand(2, 7, 4) < 0.5
    times = torch.rand(2, 7, dtype=torch.float64).sort().values
    geometry = layer_geometry(times)
    selected = find_neighbors(geometry, observed).select(channels)
    alone = find_neighbors(geometry, observed[..., channels])
    for name, part in vars(alone).items():
        assert torch.equal(getattr(selected, name), part)

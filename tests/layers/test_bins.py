"""Bins of the relative clock against numpy."""

import numpy as np
import pytest
import torch

from ckts.convolution.quadrature.neighbors import find_neighbors
from ckts.layers import RelativeBins, layer_geometry


def neighbors_of(times, seen):
    geometry = layer_geometry(times, method="pairwise")
    return find_neighbors(geometry, seen.unsqueeze(2))


def bins_of(values, times, seen, n_bins):
    return RelativeBins(n_bins)(values, times, seen, neighbors_of(times, seen))


def naive_bins(values, times, n_bins, per_bin=4000):
    """Average over a fine grid what was observed at the nearest stamp."""
    stamps = np.unique(times)
    means = np.array([values[times == stamp].mean(0) for stamp in stamps])
    places = (np.arange(n_bins * per_bin) + 0.5) / (n_bins * per_bin)
    grid = times[0] + (times[-1] - times[0]) * places
    nearest = np.abs(grid[:, None] - stamps).argmin(1)
    return means[nearest].reshape(n_bins, per_bin, -1).mean(1)


@pytest.mark.parametrize("n_bins", [1, 3, 16])
@pytest.mark.parametrize("seed", range(3))
def test_bins_are_means_over_what_is_nearest(n_bins, seed):
    rng = np.random.default_rng(seed)
    times = torch.from_numpy(np.sort(rng.integers(0, 30, (2, 14)) / 7.0 + 100, 1))
    values = torch.from_numpy(rng.normal(size=(2, 14, 3)))
    seen = torch.from_numpy(rng.random((2, 14)) < 0.7)
    found = bins_of(values, times, seen, n_bins)
    for series in range(2):
        kept = seen[series].numpy()
        expected = naive_bins(
            values[series].numpy()[kept], times[series].numpy()[kept], n_bins
        )
        np.testing.assert_allclose(found[series], expected, atol=3e-3)


def test_bins_are_on_the_clock_of_their_series():
    rng = np.random.default_rng(0)
    times = torch.from_numpy(np.sort(rng.uniform(0, 9, (1, 12)), 1))
    values, seen = torch.from_numpy(rng.normal(size=(1, 12, 2))), torch.ones(1, 12)
    seen = seen.bool()
    found = bins_of(values, times, seen, 8)
    slow = bins_of(values, 1e6 * times + 5e8, seen, 8)
    np.testing.assert_allclose(slow, found, atol=1e-6)
    order = torch.tensor([1, 0, *range(2, 12)])
    times[0, 1] = times[0, 0]  # one stamp: the order of its rows does not matter
    turned = bins_of(values[:, order], times, seen, 8)
    np.testing.assert_allclose(turned, bins_of(values, times, seen, 8), atol=1e-14)


def test_bins_of_a_single_stamp_and_of_no_row():
    times = torch.tensor([[3.0, 3.0, 3.0], [1.0, 2.0, 4.0]], dtype=torch.float64)
    values = torch.arange(6.0).view(2, 3, 1).requires_grad_()
    seen = torch.tensor([[True, True, False], [False] * 3])
    found = bins_of(values, times, seen, 4)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found[0, :, 0].detach(), 0.5)
    assert torch.equal(found[1], torch.zeros(4, 1))
    (gradient,) = torch.autograd.grad(found.sum(), values)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_bins_of_half_precision_are_those_of_float32_rounded(dtype):
    times = torch.rand(2, 200, generator=torch.Generator().manual_seed(0)).double()
    times, seen = times.sort().values, torch.ones(2, 200, dtype=torch.bool)
    values = times.sin().unsqueeze(-1).to(dtype)
    found = bins_of(values, times, seen, 64)
    assert found.dtype == dtype
    expected = bins_of(values.float(), times, seen, 64)
    # one rounding, of the result
    assert (found.float() - expected).abs().max() <= torch.finfo(dtype).eps / 2

"""Sums over pairs are made of the very terms that the methods sum."""

import pytest
import torch

from ckts.convolution.methods.base import FactoredKernel, Pairs
from ckts.convolution.plan import layer_geometry
from references import TIME_KINDS, draw_times, relative_error

REACH = 4.0


def waves(lags):
    """Three smooth features that end at the reach."""
    rates = torch.tensor([0.5, 2.0, 5.0], dtype=lags.dtype)
    inside = (lags.abs() < REACH).unsqueeze(-1)
    window = torch.exp(-((lags / REACH) ** 2)).unsqueeze(-1)
    return torch.where(inside, torch.sin(lags.unsqueeze(-1) * rates + 1) * window, 0)


@pytest.mark.parametrize("method", ["mesh", "pairwise"])
@pytest.mark.parametrize("kind", TIME_KINDS)
def test_a_sum_over_the_past_is_the_convolution(kind, method):
    generator = torch.Generator().manual_seed(0)
    times = draw_times(kind, 2, 12, generator)
    queries = times[:, :1] + 10 * torch.rand(2, 5, generator=generator).double()
    values = torch.randn(2, 12, 2, generator=generator, dtype=torch.float64)
    mixing = torch.randn(3, 2, 3, generator=generator, dtype=torch.float64)
    mixing.requires_grad_()
    kernel = FactoredKernel(waves, mixing, reach=REACH)
    # a mesh so coarse that its kernel is not the exact one
    geometry = layer_geometry(times, queries, method=method, mesh_step=0.4)
    expected = geometry.method.convolve(values, kernel)
    outputs = torch.arange(10)
    sources = (torch.arange(2).repeat_interleave(5) * 12).unsqueeze(1)
    sources = sources + torch.arange(12)
    past = geometry.times.flatten()[sources] <= geometry.query_times.view(-1, 1)
    weights = torch.where(past.unsqueeze(2), values.flatten(0, 1)[sources], 0)
    lags = geometry.query_times.view(-1, 1) - geometry.times.flatten()[sources]
    add = geometry.method.pair_sums(kernel)
    sums = add(weights, Pairs(outputs, sources, lags.max().item()))
    got = torch.einsum("ncf,ocf->no", sums, mixing).view(2, 5, 3)
    assert relative_error(got, expected) < 1e-12


def test_the_kernel_of_a_coarse_mesh_is_not_the_exact_one():
    times = torch.linspace(0, 3, 7).double().unsqueeze(0)
    sums = []
    for method in ("mesh", "pairwise"):
        geometry = layer_geometry(times, method=method, mesh_step=0.4)
        add = geometry.method.pair_sums(
            FactoredKernel(waves, torch.ones(1, 1, 3), reach=REACH)
        )
        weights = torch.ones(1, 6, 1, dtype=torch.float64)
        pairs = Pairs(torch.tensor([6]), torch.arange(6).unsqueeze(0), 3.0)
        sums.append(add(weights, pairs))
    assert 1e-4 < relative_error(*sums) < 0.1

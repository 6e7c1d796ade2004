"""The convolution of a plan, without a layer."""

import numpy as np
import pytest
import torch

from ckts.convolution.plan import make_geometry
from quadratures import plan_of
from references import relative_error


def gaussians(lags):
    """Three features whose sum over lags is easily done by hand."""
    centers = torch.tensor([0.0, 0.5, 1.0], dtype=lags.dtype)
    return torch.exp(-((lags.unsqueeze(-1) - centers) ** 2))


def by_hand(values, mixing, times, queries, causal):
    """``sum_j psi(t_i - tau_j) x_j``, one number at a time."""
    output = np.zeros((len(queries), len(mixing)))
    for i, query in enumerate(queries):
        for j, time in enumerate(times):
            if causal and time > query:
                continue
            psi = mixing @ gaussians(torch.tensor(query - time).double()).numpy()
            output[i] += psi @ values[j]
    return output


@pytest.mark.parametrize("method", ["lattice", "pairwise"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_both_methods_are_the_sum_by_hand(method, causal):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(1, 6, 2, generator=generator, dtype=torch.float64)
    mixing = torch.randn(4, 2, 3, generator=generator, dtype=torch.float64)
    times = torch.tensor([[0, 1, 1, 2.5, 4, 4.5]], dtype=torch.float64)
    queries = torch.tensor([[4, -1, 1, 2, 9]], dtype=torch.float64)
    geometry = make_geometry(times, queries, method=method)
    plan = plan_of(geometry, quadrature="none", causal=causal)
    got = plan.convolve(values, gaussians, mixing)
    stamps = times[0].tolist(), queries[0].tolist()
    expected = by_hand(values[0].numpy(), mixing.numpy(), *stamps, causal)
    assert relative_error(got[0], torch.from_numpy(expected)) < 1e-13


@pytest.mark.parametrize("method", ["lattice", "pairwise"])
def test_what_is_not_observed_does_not_enter_through_ties(method):
    values = torch.randn(1, 4, 2, dtype=torch.float64)
    times = torch.tensor([[0, 1, 1, 3]], dtype=torch.float64)
    observed = torch.ones(1, 4, 2, dtype=torch.bool)
    observed[0, 2, 0] = False
    mixing = torch.randn(4, 2, 3, dtype=torch.float64)
    plan = plan_of(make_geometry(times, method=method), observed)
    expected = plan.convolve(values, gaussians, mixing)
    spoiled = torch.where(observed, values, 77)
    assert relative_error(plan.convolve(spoiled, gaussians, mixing), expected) < 1e-13

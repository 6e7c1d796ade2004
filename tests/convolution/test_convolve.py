"""The methods on their own, and the masked reductions."""

import numpy as np
import pytest
import torch

from ckts.convolution.convolve import convolve, masked_max, masked_mean
from ckts.convolution.geometry import make_geometry
from ckts.convolution.quadrature.weights import make_quadrature
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
    got = convolve(
        values,
        gaussians,
        mixing,
        make_geometry(times, queries, method=method),
        make_quadrature(times, query_times=queries, density="none"),
        causal=causal,
    )
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
    plan = make_geometry(times, method=method), make_quadrature(times, observed)
    expected = convolve(values, gaussians, mixing, *plan)
    spoiled = torch.where(observed, values, 77)
    assert relative_error(convolve(spoiled, gaussians, mixing, *plan), expected) < 1e-13


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

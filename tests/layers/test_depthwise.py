"""One kernel per channel: as many convolutions of one channel, side by side."""

import copy

import pytest
import torch

from ckconv_cases import FLOAT64, HORIZON, MESH, TIME_STEPS, make_batch
from ckts.convolution.methods import METHODS
from ckts.kernels import AbstractKernel
from ckts.layers import CKConv
from references import direct_sum, relative_error


def make_depthwise(kernel="bands", **params):
    torch.manual_seed(0)
    params = {"horizon": HORIZON, "time_step": TIME_STEPS, **params}
    return CKConv(3, 3, kernel=kernel, depthwise=True, **params).double()


class Repeated(AbstractKernel):
    """The kernels of a depth-wise convolution, for every input channel alike."""

    def __init__(self, kernel):
        n_out = kernel.out_channels
        super().__init__(
            n_out, n_out, n_features=kernel.n_features, causal=kernel.causal
        )
        self.kernel = kernel

    def basis(self, lags):
        return self.kernel.basis(lags)

    def mixing(self):
        return self.kernel.mixing().expand(-1, self.in_channels, -1)


def repeated_sum(conv, values, times, observed):
    """The direct sum of a full convolution whose inputs share their kernels."""
    full = CKConv(
        3,
        3,
        kernel=Repeated(conv.kernel),
        causal=conv.causal,
        horizon=conv.horizon,
        time_step=conv.time_step.tolist(),
        bias=False,
    ).double()
    return direct_sum(full, values, times, observed)[0]


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("method", METHODS)
def test_channels_do_not_see_each_other(method, causal):
    conv = make_depthwise(causal=causal)
    values, times, observed = make_batch("lattice" if method == "lattice" else "random")
    plan = conv.plan(times, observed, method=method)
    got = conv(values, plan=plan)
    changed = torch.where(torch.arange(3) == 1, 7 - values, values)
    moved = (conv(changed, plan=plan) - got).abs().amax((0, 1))
    assert moved[1] > 0.1
    assert moved[[0, 2]].max() == 0


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", ["bands", "siren"])
def test_it_is_the_diagonal_of_a_full_convolution(kernel, method, causal):
    conv = make_depthwise(kernel, causal=causal)
    values, times, observed = make_batch("lattice" if method == "lattice" else "random")
    values.requires_grad_()
    got = conv(values, plan=conv.plan(times, observed, method=method))
    expected = []
    for channel in range(3):
        alone = torch.zeros_like(values)
        alone[..., channel] = values[..., channel]
        expected.append(repeated_sum(conv, alone, times, observed)[..., channel])
    expected = torch.stack(expected, 2)
    bound = MESH if method == "mesh" else FLOAT64
    assert relative_error(got, expected) < bound
    weights = torch.randn_like(got)
    (gradient,) = torch.autograd.grad((got * weights).sum(), values, retain_graph=True)
    (wanted,) = torch.autograd.grad((expected * weights).sum(), values)
    assert relative_error(gradient, wanted) < bound


def test_the_numbers_of_channels_must_be_equal():
    with pytest.raises(ValueError, match=r"`out_channels` must be `in_channels` if"):
        CKConv(3, 2, depthwise=True)
    with pytest.raises(TypeError, match="`depthwise` must be True or False; got 'yes'"):
        CKConv(3, 3, depthwise="yes")


# --- the norm of the kernels ----------------------------------------------------------


@pytest.mark.parametrize("depthwise", [True, False])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("kernel", ["bands", "siren"])
def test_the_norm_is_that_of_the_kernels_when_they_are_built(kernel, causal, depthwise):
    torch.manual_seed(0)
    conv = CKConv(
        4, 4, kernel=kernel, causal=causal, depthwise=depthwise, time_step=0.01
    ).double()
    first, count = (0, 101) if causal else (-1, 201)
    lags = torch.linspace(first, 1, count, dtype=torch.float64)
    for squared, power in ((True, 2), (False, 1)):
        conv.zero_grad()
        got = conv.kernel_norm(squared=squared)
        got.backward()
        gradients = [p.grad.clone() for p in conv.kernel.parameters()]
        conv.zero_grad()
        expected = conv.kernel(lags).norm() ** power
        expected.backward()
        assert relative_error(got, expected) < FLOAT64
        wanted = [p.grad for p in conv.kernel.parameters()]
        largest = max(gradient.abs().max() for gradient in wanted)
        for gradient, other in zip(gradients, wanted, strict=True):
            assert (gradient - other).abs().max() < FLOAT64 * largest


def test_the_norm_in_float32_is_accumulated_in_float64():
    torch.manual_seed(0)
    conv = CKConv(8, 8, kernel="siren", time_step=1e-4)
    double = copy.deepcopy(conv).double()
    assert relative_error(conv.kernel_norm(), double.kernel_norm()) < 1e-5
    assert conv.kernel_norm(n_lags=1).isfinite()
    with pytest.raises(ValueError, match="`n_lags` must be at least 1; got 0"):
        conv.kernel_norm(n_lags=0)

"""Convolution, norm and block of Fig. 8, against means, sums and torch's own layers."""

import numpy as np
import pytest
import torch
from torch import nn

from ckts.networks import PaperCKCNN
from ckts.networks.paper.block import PaperBlock, PaperConv, PaperNorm, drop
from ckts.networks.paper.rate import Rate

CONV = {
    "horizon": 9.0,
    "quadrature": "gap",
    "initialization": "published",
    "odd_lengths": "exact",
    "weight_dropout": 0.0,
    "kernel_params": {"omega_0": 30.0},
    "generator": None,
}


def make_conv(n_in=2, n_out=3, **options):
    torch.manual_seed(0)
    options = {"time_step": 1.0, "grid_step": 1.0, **CONV, **options}
    return PaperConv(n_in, n_out, **options).double()


def test_the_norm_over_time_is_group_norm():
    torch.manual_seed(0)
    values, twin = torch.randn(3, 7, 4), nn.GroupNorm(1, 4, eps=1e-12)
    norm = PaperNorm(4, "channels_time")
    for own, other in zip(norm.parameters(), twin.parameters(), strict=True):
        own.data = other.data = torch.randn(4)
    torch.testing.assert_close(norm(values), twin(values.mT).mT)
    rows = torch.ones(3, 7, 1, dtype=torch.bool)
    torch.testing.assert_close(norm(values, rows), twin(values.mT).mT)


def test_the_norm_over_time_leaves_out_padding():
    torch.manual_seed(0)
    norm, values = PaperNorm(4, "channels_time"), torch.randn(2, 7, 4)
    rows = torch.ones(2, 7, 1, dtype=torch.bool)
    rows[1, 3:] = False
    expected = norm(values[1:, :3])
    torch.testing.assert_close(norm(values, rows)[1:, :3], expected)
    rows[1] = False
    assert norm(values, rows).isfinite().all()


def test_the_norm_over_channels_is_layer_norm():
    torch.manual_seed(0)
    norm, values = PaperNorm(4, "channels"), torch.randn(2, 7, 4)
    torch.testing.assert_close(norm(values), nn.LayerNorm(4)(values))


@pytest.mark.parametrize("omega_0", [1.0, 300.0])
def test_published_weights_begin_the_same_whatever_omega_0_is(omega_0):
    conv = make_conv(30, 30, kernel_params={"omega_0": omega_0})
    kernel = conv.kernel
    bounds = [(kernel.first, 1.0), (kernel.second, 32**-0.5), (kernel.last, 32**-0.5)]
    for layer, bound in bounds:
        assert 0.8 * bound < layer.weight.abs().max() <= bound * (1 + 1e-6)
        assert 0.8 < layer.bias.abs().max() <= 1.0
    other = make_conv(30, 30).kernel
    torch.testing.assert_close(kernel.second.weight, other.second.weight)


def test_siren_weights_begin_smaller_the_larger_omega_0_is():
    for omega_0 in (1.0, 300.0):
        params = {"omega_0": omega_0}
        conv = make_conv(30, 30, initialization="siren", kernel_params=params)
        bound = (6 / 32) ** 0.5 / omega_0
        largest = conv.kernel.last.weight.abs().max().item()
        assert 0.9 * bound < largest <= bound * (1 + 1e-6)
        assert (conv.kernel.last.bias == 0).all()


def test_stamps_on_a_grid_and_the_grid_give_the_same():
    conv, values = make_conv(), torch.randn(2, 10, 2, dtype=torch.float64)
    times = torch.arange(10.0, dtype=torch.float64).repeat(2, 1)
    at_stamps = conv.convolve(values, conv.plan(times))
    torch.testing.assert_close(at_stamps, conv.convolve(values, None))


def test_a_rate_moves_the_lags_and_weighs_all_the_same():
    torch.manual_seed(1)
    conv, values = make_conv(quadrature="none"), torch.randn(1, 4, 2).double()
    times = torch.tensor([[0.0, 1.0, 2.5, 3.0]], dtype=torch.float64)
    expected = conv.bias.detach().repeat(4, 1)
    for one in range(4):
        for other in range(one + 1):
            lag = (1.25 * (times[0, one] - times[0, other]) + 0.7) / 9.0
            expected[one] += 2.5 * conv.kernel(lag) @ values[0, other]
    numbers = torch.tensor([0.7, 1.25, 2.5], dtype=torch.float64)
    rate = Rate(*numbers, ((torch.ones(1, 1, 1).bool(), 1),))
    found = conv.convolve(values, conv.plan(times), rate=rate)[0]
    torch.testing.assert_close(found, expected)


def test_weight_dropout_drops_numbers_of_the_sampled_kernel_in_training():
    conv = make_conv(1, 1, weight_dropout=0.5)
    impulse = torch.zeros(1, 10, 1, dtype=torch.float64)
    impulse[0, 0] = 1
    conv.eval()
    kernel = conv.convolve(impulse, None)[0, :, 0]
    conv.train()
    generator = torch.Generator().manual_seed(0)
    dropped = conv.convolve(impulse, None, generator=generator)[0, :, 0]
    ratio = (dropped / kernel).detach().numpy()
    assert set(np.round(ratio, 9)) == {0.0, 2.0}


def test_dropout_takes_single_numbers_and_keeps_the_mean():
    values, generator = torch.ones(50, 20, 10), torch.Generator().manual_seed(0)
    dropped = drop(values, 0.3, True, generator)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert dropped.mean().item() == pytest.approx(1, abs=0.03)
    assert not (dropped == dropped[:, :1]).all()
    assert drop(values, 0.3, False, generator) is values


def test_equal_widths_have_no_linear_shortcut():
    torch.manual_seed(0)
    options = {"norm": "channels", "dropout": 0.0, "time_step": 1.0, "grid_step": 1.0}
    equal = PaperBlock(3, 3, **options, **CONV)
    assert isinstance(equal.shortcut, nn.Identity)
    assert isinstance(PaperBlock(2, 3, **options, **CONV).shortcut, nn.Linear)
    for norm in (equal.norm1, equal.norm2):
        nn.init.zeros_(norm.weight)
    values = torch.randn(2, 5, 3)
    torch.testing.assert_close(equal(values, (None, None)), values.relu())


@pytest.mark.parametrize("nonlinearity", ["relu", "leaky_relu", "swish"])
def test_other_nonlinearities_are_those_of_the_kernels_by_name(nonlinearity):
    options = {"horizon": 9.0, "kernel_params": {"hidden_features": 5}}
    network = PaperCKCNN(2, 3, nonlinearity=nonlinearity, **options)
    kernel = network.blocks[1].conv2.kernel
    assert kernel.activation == nonlinearity
    assert kernel.second.weight.shape == (5, 5)
    with pytest.raises(ValueError, match=r"`kernel_params` must only hold"):
        PaperCKCNN(2, 3, nonlinearity=nonlinearity, kernel_params={"omega_0": 3.0})

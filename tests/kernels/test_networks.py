"""Weight normalization, the sine network of the paper, and uniform knots (B, E.1)."""

import math

import numpy as np
import pytest
import torch

from ckts.kernels import (
    SirenKernel,
    make_kernel,
)
from ckts.kernels.networks import ACTIVATIONS, WeightNormLinear
from kernel_cases import make, some_lags


def test_weight_normalization_keeps_the_weight_it_began_with():
    weight, bias = torch.randn(5, 3), torch.randn(5)
    layer = WeightNormLinear(weight, bias)
    inputs = torch.randn(7, 3)
    torch.testing.assert_close(layer.weight, weight)
    torch.testing.assert_close(layer(inputs), inputs @ weight.T + bias)


def test_weight_normalization_separates_length_and_direction():
    layer = WeightNormLinear(torch.randn(5, 3), torch.zeros(5)).double()
    before = layer.weight.detach()
    with torch.no_grad():
        layer.direction.mul_(3)
    torch.testing.assert_close(layer.weight, before)
    with torch.no_grad():
        layer.magnitude.mul_(2)
    torch.testing.assert_close(layer.weight, 2 * before)


@pytest.mark.parametrize("omega_0", [1.0, 30.0])
def test_the_siren_initialization_survives_weight_normalization(omega_0):
    kernel = make("siren", omega_0=omega_0, hidden_features=256)
    kernel(some_lags(3))  # in the authors' code the first pass discards it
    bound = math.sqrt(6 / 256) / omega_0
    for layer in (kernel.second, kernel.last):
        assert layer.weight.abs().max() <= bound * (1 + 1e-6)
        rms = layer.weight.square().mean().sqrt().item()
        assert rms == pytest.approx(bound / math.sqrt(3), rel=0.02)  # uniform
    assert kernel.first.weight.abs().max() <= 1
    assert kernel.first.weight.abs().mean().item() == pytest.approx(0.5, abs=0.06)
    assert (kernel.last.bias == 0).all()


def test_siren_weights_are_as_small_as_the_formula_says():
    # measured in the authors' code: 0.1034, where the formula says 0.0083
    weights = [make("siren", seed=seed).second.weight for seed in range(10)]
    rms = torch.stack(weights).square().mean().sqrt().item()
    assert rms == pytest.approx(0.00833, rel=0.02)


def test_siren_is_the_network_of_the_paper():
    kernel = make("siren", omega_0=7.0)
    lag = torch.tensor(0.3, dtype=torch.float64)
    hidden = torch.tensor([1 - 2 * 0.3], dtype=torch.float64)  # present +1, oldest -1
    for layer in (kernel.first, kernel.second):
        hidden = torch.sin(7.0 * (layer.weight @ hidden + layer.bias))
    expected = kernel.last.weight @ hidden + kernel.last.bias
    torch.testing.assert_close(kernel(lag).flatten(), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (0,)])
def test_the_fused_siren_is_its_plain_twin(shape, causal):
    kernel = make("siren", omega_0=7.0, causal=causal)
    lags = some_lags(*shape, low=-1.25, high=1.25)
    parameters = (*kernel.first.parameters(), *kernel.second.parameters())
    sensitivity = torch.randn(*shape, 33, dtype=torch.float64)
    results = []
    for basis in (kernel.basis, super(SirenKernel, kernel).basis):
        values = basis(lags)
        gradients = torch.autograd.grad((values * sensitivity).sum(), parameters)
        results.append((values, *gradients))
    for got, expected in zip(*results, strict=True):
        assert got.shape == expected.shape
        scale = expected.abs().max().item() if expected.numel() else 1.0
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-12 * max(scale, 1))


@pytest.mark.parametrize("bias_init", ["period", "fan_in"])
def test_siren_biases_are_those_of_their_formula(bias_init):
    omega_0, width = 30.0, 4000
    torch.manual_seed(0)
    kernel = make_kernel("siren", 1, 1, omega_0=omega_0, bias_init=bias_init)
    # the same draws
    torch.manual_seed(0)
    weights = torch.empty(32, 1).uniform_(-1, 1)
    draw = 2 * torch.rand(32) - 1
    bias = kernel.first.bias.detach().double()
    if bias_init == "fan_in":
        assert torch.equal(bias, draw.double())  # fan_in is 1
    else:
        literal = math.pi / weights.norm(dim=1).double() * draw
        turns = omega_0 * (literal - bias) / (2 * math.pi)
        # whole turns are the same sine; float32 holds the literal phase to 1e-3 or so
        assert (turns - turns.round()).abs().max() < 1e-3
        assert bias.abs().max() <= math.pi / omega_0 * (1 + 1e-6)
    wide = make_kernel(
        "siren", 1, 1, omega_0=omega_0, bias_init=bias_init, hidden_features=width
    )
    bound = 1.0 if bias_init == "fan_in" else math.pi / omega_0
    rms = wide.first.bias.square().mean().sqrt().item()
    assert rms == pytest.approx(bound / math.sqrt(3), rel=0.03)  # uniform
    bound = 1 / math.sqrt(width) if bias_init == "fan_in" else math.pi / omega_0
    rms = wide.second.bias.square().mean().sqrt().item()
    assert rms == pytest.approx(bound / math.sqrt(3), rel=0.03)


def test_few_oscillations_keep_the_biases_of_the_paper():
    # at a small omega_0 the interval of B.2 is less than a period: nothing to cut
    torch.manual_seed(0)
    kernel = make_kernel("siren", 1, 1, omega_0=1.0)
    norms = kernel.second.weight.norm(dim=1)
    inside = math.pi / norms <= math.pi
    assert inside.any()
    assert (kernel.second.bias.abs() <= math.pi / norms + 1e-6)[inside].all()


def bends(function, n_points=40_001):
    """Places in (-1, 1) where the slope of a piecewise linear function changes."""
    points = torch.linspace(-1, 1, n_points, dtype=torch.float64)
    slopes = function(points.unsqueeze(-1)).diff(dim=0)
    change = slopes.diff(dim=0).abs()
    return points[1:-1], change


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_neurons_of_the_first_layer_bend_at_uniform_places(name):
    kernel = make(name, hidden_features=4000)
    weight, bias = kernel.first.weight.squeeze(1), kernel.first.bias
    knots = (-bias / weight).detach()
    assert knots.abs().max() <= 1 + 1e-6
    quantiles = torch.quantile(knots, torch.tensor([0.1, 0.5, 0.9]).double())
    np.testing.assert_allclose(quantiles, [-0.8, 0, 0.8], atol=0.06)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_neuron_of_the_second_layer_is_zero_at_its_own_uniform_place(name):
    kernel = make(name, hidden_features=300)
    # the points where the first layer was evaluated are its knots, in another order
    knots = -kernel.first.bias / kernel.first.weight.squeeze(1)
    hidden = ACTIVATIONS[name](kernel.first(knots.unsqueeze(-1)))
    inputs = kernel.second(hidden)  # (knot, neuron)
    nearest = inputs.abs().min(dim=0)
    scale = inputs.abs().mean()
    assert (nearest.values < 1e-5 * scale).all()
    assert len(nearest.indices.unique()) == 300  # each neuron has its own


def test_a_relu_kernel_bends_all_over_the_horizon():
    kernel = make("relu", dtype=torch.float64)
    lags, change = bends(lambda points: kernel.basis((1 - points.squeeze(-1)) / 2))
    places = lags[(change > 1e-8).any(dim=1)]
    # not around the origin only, as with zero biases: every tenth has its knots
    counts = torch.histc(places, bins=10, min=-1, max=1)
    assert (counts > 0).all()

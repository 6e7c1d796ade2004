"""Kernels with uniform knots (paper, B.1)."""

import numpy as np
import pytest
import torch

from ckts.kernels.piecewise import ACTIVATIONS
from kernel_cases import make


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

"""Weight normalization."""

import torch

from ckts.kernels.mlp import WeightNormLinear


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

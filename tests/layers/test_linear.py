"""Linear layers drawn from a generator."""

import pytest
import torch
from torch import nn

from ckts.layers import make_linear


@pytest.mark.parametrize("sizes", [(1, 1), (3, 8), (33, 7), (200, 5)])
def test_a_linear_layer_begins_bit_for_bit_as_that_of_torch(sizes):
    torch.manual_seed(4)
    expected = nn.Linear(*sizes)
    before = torch.get_rng_state()
    given = make_linear(*sizes, generator=torch.Generator().manual_seed(4))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(4)
    for layer in (given, make_linear(*sizes)):
        assert type(layer) is nn.Linear
        assert layer.weight.requires_grad
        assert torch.equal(layer.weight, expected.weight)
        assert torch.equal(layer.bias, expected.bias)
    assert torch.equal(torch.get_rng_state(), before)


def test_defaults_of_torch_hold():
    with torch.device("meta"):
        assert make_linear(2, 3).weight.device.type == "meta"
    torch.set_default_dtype(torch.float64)
    try:
        assert make_linear(2, 3).weight.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)

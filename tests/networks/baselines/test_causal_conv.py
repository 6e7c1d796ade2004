"""The convolution against torch's, with torch's weight normalization."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm

from ckts.networks.baselines.causal_conv import CausalConv


def make_conv(*sizes):
    torch.manual_seed(0)
    conv = CausalConv(*sizes).double()
    with torch.no_grad():
        conv.gain.uniform_(0.5, 2)
        conv.bias.normal_()
    return conv


@pytest.mark.parametrize("dilation", [1, 3])
def test_it_is_the_normalized_convolution_of_torch(dilation):
    conv, values = make_conv(2, 4, 3), torch.randn(5, 2, 9, dtype=torch.float64)
    plain = weight_norm(nn.Conv1d(2, 4, 3, dilation=dilation, dtype=torch.float64))
    with torch.no_grad():
        plain.parametrizations.weight.original0.copy_(conv.gain)
        plain.parametrizations.weight.original1.copy_(conv.direction)
        plain.bias.copy_(conv.bias)
    expected = plain(F.pad(values, (2 * dilation, 0)))
    torch.testing.assert_close(conv(values, dilation), expected)


def test_an_impulse_echoes_after_multiples_of_the_dilation():
    conv = make_conv(1, 1, 3)
    impulse = torch.zeros(1, 1, 10, dtype=torch.float64)
    impulse[0, 0, 2] = 1
    echo = (conv(impulse, 3) - conv.bias).flatten()
    assert echo.nonzero().flatten().tolist() == [2, 5, 8]
    assert torch.isclose(echo.norm(), conv.gain.abs().squeeze())


def test_it_begins_as_a_plain_convolution_of_torch():
    torch.manual_seed(0)
    conv = CausalConv(2, 4, 3)
    torch.manual_seed(0)
    weight = nn.Conv1d(2, 4, 3).weight
    expected = F.conv1d(F.pad(torch.ones(1, 2, 5), (2, 0)), weight)
    torch.testing.assert_close(conv(torch.ones(1, 2, 5)), expected)

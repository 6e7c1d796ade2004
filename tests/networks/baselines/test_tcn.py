"""The TCN against plain layers of torch, and how far it sees."""

import pytest
import torch
from torch.nn import functional as F

from ckts.networks.baselines import TCN
from row_batches import make_network, make_rows


def convolve(conv, values, dilation):
    """Convolve with the normalized weight, as torch computes it."""
    weight = torch._weight_norm(conv.direction, conv.gain, 0)
    past = dilation * (weight.shape[2] - 1)
    return F.conv1d(F.pad(values, (past, 0)), weight, conv.bias, dilation=dilation)


def test_states_follow_the_published_block():
    network, rows = make_network(TCN, n_blocks=3, kernel_size=2), make_rows()
    values = rows.inputs.transpose(1, 2)
    for dilation, block in zip([1, 2, 4], network.blocks, strict=True):
        hidden = convolve(block.first, values, dilation).relu()
        hidden = convolve(block.second, hidden, dilation).relu()
        if dilation == 1:  # four channels become five
            shortcut = block.shortcut
            values = F.conv1d(values, shortcut.weight, shortcut.bias)
        values = (hidden + values).relu()
    torch.testing.assert_close(network.encode(rows), values.transpose(1, 2))


@pytest.mark.parametrize(("n_blocks", "kernel_size"), [(1, 2), (2, 3), (3, 4), (2, 7)])
def test_the_last_row_sees_the_receptive_field(n_blocks, kernel_size):
    sizes = {"n_blocks": n_blocks, "kernel_size": kernel_size}
    network, rows = make_network(TCN, **sizes), make_rows(n_rows=60)
    for parameter in network.parameters():  # so that no ReLU hides a path
        parameter.data.abs_()
    rows.values.abs_().requires_grad_()
    network.encode(rows)[0, -1].sum().backward()
    seen = rows.values.grad[0].abs().sum(1) > 0
    assert seen.nonzero()[0] == 60 - network.receptive_field


def test_dropout_is_within_the_blocks_too():
    network, rows = make_network(TCN, dropout=0.5).train(), make_rows()
    torch.manual_seed(0)
    first = network.encode(rows)
    assert not torch.equal(first, network.encode(rows))

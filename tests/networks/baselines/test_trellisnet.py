"""TrellisNet against its equations, row by row in float64."""

import pytest
import torch

from ckts.networks.baselines import TrellisNet
from row_batches import make_network, make_rows


def apply_once(network, inputs, hidden, cell, dilation):
    """One level for one series, by the equations."""
    conv = network.conv
    norm = conv.direction.flatten(1).norm(dim=1).reshape(-1, 1, 1)
    weight = conv.gain * conv.direction / norm
    nothing = torch.zeros(9, dtype=torch.float64), torch.zeros(5, dtype=torch.float64)
    joined, hiddens, cells = torch.cat([inputs, hidden], 1), [], []
    for row in range(len(inputs)):
        before = row - dilation
        past, kept = (joined[before], cell[before]) if before >= 0 else nothing
        # torch's convolutions are correlations: the last tap is the present.
        gates = weight[:, :, 0] @ past + weight[:, :, 1] @ joined[row] + conv.bias
        keep, write, candidate, read = gates.split(5)
        new = torch.sigmoid(write) * torch.tanh(candidate)
        cells.append(torch.sigmoid(keep) * kept + new)
        hiddens.append(torch.sigmoid(read) * torch.tanh(cells[-1]))
    return torch.stack(hiddens), torch.stack(cells)


def test_states_follow_the_equations():
    network, rows = make_network(TrellisNet, n_levels=3), make_rows()
    states = network.encode(rows)
    for inputs, result in zip(rows.inputs, states, strict=True):
        hidden = cell = torch.zeros(7, 5, dtype=torch.float64)
        for dilation in (1, 2, 4):
            hidden, cell = apply_once(network, inputs, hidden, cell, dilation)
        torch.testing.assert_close(result, hidden)


def test_levels_share_their_weights():
    few, many = (make_network(TrellisNet, n_levels=n) for n in (1, 9))
    assert [p.shape for p in few.parameters()] == [p.shape for p in many.parameters()]
    rows = make_rows()
    assert not torch.allclose(few.encode(rows), many.encode(rows))


@pytest.mark.parametrize(("n_levels", "kernel_size"), [(1, 2), (3, 2), (3, 3)])
def test_the_last_row_sees_as_far_as_the_docstring_says(n_levels, kernel_size):
    sizes = {"n_levels": n_levels, "kernel_size": kernel_size}
    network, rows = make_network(TrellisNet, **sizes), make_rows(n_rows=40)
    rows.values.requires_grad_()
    network.encode(rows)[0, -1].sum().backward()
    seen = (rows.values.grad[0] != 0).any(1)
    assert seen.nonzero()[0] == 40 - (1 + (kernel_size - 1) * (2**n_levels - 1))

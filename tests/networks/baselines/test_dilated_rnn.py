"""The dilated RNN against cells of torch, row by row."""

import pytest
import torch
from torch import nn

from ckts.networks.baselines import DilatedRNN
from row_batches import make_network, make_rows


@pytest.mark.parametrize("n_rows", [1, 7, 8])
def test_a_state_follows_from_the_one_of_as_many_rows_before(n_rows):
    network, rows = make_network(DilatedRNN, n_blocks=3), make_rows(n_rows=n_rows)
    hidden = rows.inputs
    for dilation, layer in zip([1, 2, 4], network.layers, strict=True):
        cell = nn.GRUCell(hidden.shape[2], 5, dtype=torch.float64)
        weights = {k.removesuffix("_l0"): v for k, v in layer.state_dict().items()}
        cell.load_state_dict(weights)
        states = [torch.zeros(2, 5, dtype=torch.float64)] * dilation
        for row in hidden.unbind(1):
            states.append(cell(row, states[-dilation]))
        hidden = torch.stack(states[dilation:], 1)
    torch.testing.assert_close(network.encode(rows), hidden)

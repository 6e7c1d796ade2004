"""The LSTM against its equations, written out in float64."""

import torch

from ckts.networks.baselines import LSTM
from row_batches import make_network, make_rows


def test_states_follow_the_equations():
    network, rows = make_network(LSTM), make_rows()
    weights = dict(network.lstm.named_parameters())
    states = network.encode(rows)
    state = cell = torch.zeros(2, 5, dtype=torch.float64)
    for number, row in enumerate(rows.inputs.unbind(1)):
        own = row @ weights["weight_ih_l0"].T + weights["bias_ih_l0"]
        past = state @ weights["weight_hh_l0"].T + weights["bias_hh_l0"]
        write, keep, candidate, read = (own + past).chunk(4, 1)
        new = torch.sigmoid(write) * torch.tanh(candidate)
        cell = torch.sigmoid(keep) * cell + new
        state = torch.sigmoid(read) * torch.tanh(cell)
        torch.testing.assert_close(states[:, number], state)

"""The IndRNN against its equation, and the bound of its memory."""

import pytest
import torch

from ckts.networks.baselines import IndRNN
from ckts.networks.baselines.indrnn import scan
from row_batches import UNIT, make_network, make_rows


def test_states_follow_the_equation():
    network, rows = make_network(IndRNN, n_blocks=3), make_rows()
    hidden = rows.inputs
    for layer, recurrent in zip(network.maps, network.recurrent, strict=True):
        state, states = torch.zeros(2, 5, dtype=torch.float64), []
        for row in hidden.unbind(1):
            state = torch.relu(row @ layer.weight.T + recurrent * state + layer.bias)
            states.append(state)
        hidden = torch.stack(states, 1)
    n_rows = 100 / UNIT + 1  # of the horizon: the scale of the last states
    torch.testing.assert_close(network.encode(rows) * n_rows, hidden)


def test_a_constant_adds_up_to_a_geometric_series():
    recurrent = torch.tensor([0.0, 0.5, 1.0, 1.1], dtype=torch.float64)
    states = scan(torch.ones(1, 20, 4, dtype=torch.float64), recurrent)
    expected = [sum(u**k for k in range(20)) for u in recurrent.tolist()]
    torch.testing.assert_close(states[0, -1].tolist(), expected)


def test_over_the_horizon_a_memory_at_most_doubles():
    network = make_network(IndRNN, horizon=30 * UNIT)
    clipped = network.clip(torch.tensor([-9.0, 0.25, 1.0, 9.0], dtype=torch.float64))
    expected = torch.tensor([-2.0, 0.25**31, 1.0, 2.0], dtype=torch.float64)
    torch.testing.assert_close(clipped**31, expected)


def test_clipped_weights_still_learn():
    network = make_network(IndRNN)
    weight = torch.tensor([3.0, 0.5], requires_grad=True)
    network.clip(weight).sum().backward()
    assert weight.grad.tolist() == [1, 1]


def test_the_last_layer_begins_with_long_memories():
    network = make_network(IndRNN, horizon=9 * UNIT, hidden_channels=500)
    first, last = (one.detach() for one in network.recurrent)
    assert first.min() < 0.1
    assert last.min() ** 10 >= 0.5 - 1e-9
    assert max(first.max(), last.max()) ** 10 <= 2 + 1e-9


@pytest.mark.parametrize("factor", [0.1, 1000.0])
def test_the_unit_of_time_does_not_matter(factor):
    params = {"horizon": 20.0 * factor, "row_time_step": 0.5 * factor}
    bound = make_network(IndRNN, **params).bound
    assert bound == pytest.approx(2 ** (1 / 41))


@pytest.mark.parametrize("n_rows", [10, 182, 1000])
def test_outputs_begin_near_unit_size_however_long_series_are(n_rows):
    torch.manual_seed(0)
    network = IndRNN(3, 20, horizon=n_rows - 1.0).eval()
    times = torch.arange(n_rows, dtype=torch.float64).repeat(16, 1)
    phases = torch.rand(16, 1, 3) * 6
    values = torch.sin(9 * times.unsqueeze(2).float() / n_rows + phases)
    outputs = network(values, times, torch.ones_like(values, dtype=torch.bool))
    assert 0.05 < outputs.std() < 5

"""GRU-D against the equations of Che et al. (2018), row by row in float64."""

import torch

from ckts.networks.baselines.gru_d import GRUD
from recurrent import make_series

HIDDEN = 3


def make_network(seed=0, **options):
    torch.manual_seed(seed)
    network = GRUD(2, 1, hidden_channels=HIDDEN, dtype=torch.float64, **options)
    for parameter in network.parameters():  # biases of 0 would hide that they are used
        parameter.data += 0.3 * torch.rand_like(parameter)
    return network.eval()


def decay(rates):
    return torch.exp(-torch.clamp(rates, min=0))


def states_by_the_paper(network, values, times, observed):
    """Yield the state after each row of one series; times in typical gaps."""
    own, bias = network.own.weight.split(HIDDEN), network.own.bias.split(HIDDEN)
    own = [one.split(2, dim=1) for one in own]  # W of the values, V of the masks
    recurrent = [*network.gates.weight.split(HIDDEN), network.candidate.weight]
    state = torch.zeros(HIDDEN, dtype=torch.float64)
    last, since = torch.zeros(2).double(), torch.zeros(2).double()
    for row, value in enumerate(values):
        if row:
            gap = times[row] - times[row - 1]
            since = gap + torch.where(observed[row - 1], 0, since)
        mask = observed[row].double()
        kept = decay(network.value_rates * since + network.value_bias) * last
        filled = mask * torch.nan_to_num(value) + (1 - mask) * kept
        state = decay(network.state_rates(since)) * state
        sums = [w @ filled + v @ mask + b for (w, v), b in zip(own, bias, strict=True)]
        reset = torch.sigmoid(sums[0] + recurrent[0] @ state)
        update = torch.sigmoid(sums[1] + recurrent[1] @ state)
        candidate = torch.tanh(sums[2] + recurrent[2] @ (reset * state))
        state = (1 - update) * state + update * candidate
        last = torch.where(observed[row], value, last)
        yield state


def test_states_follow_the_equations():
    network, (values, times, observed) = make_network(row_time_step=0.5), make_series()
    states = states_by_the_paper(network, values[0], times[0] / 0.5, observed[0])
    path = network.forward_path(values, times, observed)[0]
    torch.testing.assert_close(path, torch.stack([*map(network.head, states)]))


def test_without_decay_the_last_value_and_the_state_stay():
    network, (values, times, observed) = make_network(), make_series()
    rates = [network.value_rates, network.value_bias, *network.state_rates.parameters()]
    for one in rates:
        one.data.fill_(-1.0)
    expected = network(values, times, observed)
    torch.testing.assert_close(network(values, 9 * times, observed), expected)


def test_after_long_gaps_nothing_is_left_of_the_past():
    network, (values, times, observed) = make_network(horizon=1e6), make_series()
    gap = torch.where(torch.arange(7) == 6, 1e5, 0.0)
    path = network.forward_path(values, times + gap, observed)
    # Che et al. start with h = 0 and mean values: as the last row would alone.
    observed[0, :6] = False
    rates = network.value_bias, network.state_rates.bias
    for one in rates:
        one.data.fill_(0)
    torch.testing.assert_close(path[:, -1], network(values, times, observed))

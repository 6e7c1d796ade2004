"""GRU-ODE against scipy, a closed form and the bounds of its state."""

import numpy as np
import torch
from scipy.integrate import solve_ivp
from scipy.special import expit

from ckts.networks.baselines.gru_ode import GRUODE, GRUField
from recurrent import gru_step, make_series, rows_of


def make_slope(field):
    """Write the equation of De Brouwer et al. (2019) in numpy."""
    gates, bias = (p.detach().numpy() for p in field.gates.parameters())
    last, last_bias = (p.detach().numpy() for p in field.candidate.parameters())

    def slope(_, state):
        n = len(state)
        reset = expit(gates[:n] @ state + bias[:n])
        update = expit(gates[n:] @ state + bias[n:])
        candidate = np.tanh(last @ (reset * state) + last_bias)
        return (1 - update) * (candidate - state)

    return slope


def test_the_state_flows_and_jumps():
    torch.manual_seed(0)
    time = {"row_time_step": 8.0, "n_steps": 1}  # gaps far below 1: precise steps
    network = GRUODE(2, 1, hidden_channels=3, dtype=torch.float64, **time).eval()
    slope = make_slope(network.field)
    values, times, observed = make_series()
    state = torch.zeros(3, dtype=torch.float64)
    gaps = np.diff(times[0].numpy(), prepend=times[0, 0]) / 8
    for row, gap in zip(rows_of(values, observed), gaps, strict=True):
        start = state.detach().numpy()
        solved = solve_ivp(slope, (0, gap), start, rtol=1e-10, atol=1e-12)
        state = gru_step(network.jump, row, torch.from_numpy(solved.y[:, -1]))
    result = network(values, times, observed)[0]
    torch.testing.assert_close(result, network.head(state), atol=1e-7, rtol=0)


def test_without_weights_the_state_halves_its_distance_in_known_time():
    """With z = 1/2 and g = 0 the state falls as ``exp(-t / 2)``."""
    field = GRUField(3)
    for parameter in field.parameters():
        parameter.data.zero_()
    state = torch.tensor([[0.4, -1.0, 0.1]])
    torch.testing.assert_close(field(state), -state / 2)


def test_the_state_stays_within_one():
    torch.manual_seed(0)
    network = GRUODE(2, 1, hidden_channels=3, dtype=torch.float64).eval()
    for parameter in network.parameters():
        parameter.data *= 20
    values, times, observed = make_series(n_rows=50)
    states = network._path(values, 3 * times, observed)
    assert 0.9 < states.abs().max() <= 1

"""ODE-RNN against scipy between the rows and the equations of the GRU at them."""

import numpy as np
import torch
from scipy.integrate import solve_ivp

from ckts.networks.baselines.ode_rnn import ODERNN
from recurrent import gru_step, make_series, rows_of


def test_the_state_flows_and_jumps():
    torch.manual_seed(0)
    time = {"row_time_step": 8.0, "n_steps": 1}  # gaps far below 1: precise steps
    network = ODERNN(2, 1, hidden_channels=3, dtype=torch.float64, **time).eval()
    inner, _, outer = (one for one in network.field)
    weights = [p.detach().numpy() for p in [*inner.parameters(), *outer.parameters()]]

    def slope(_, state):
        return weights[2] @ np.tanh(weights[0] @ state + weights[1]) + weights[3]

    values, times, observed = make_series()
    state = torch.zeros(3, dtype=torch.float64)
    gaps = np.diff(times[0].numpy(), prepend=times[0, 0]) / 8
    for row, gap in zip(rows_of(values, observed), gaps, strict=True):
        start = state.detach().numpy()
        solved = solve_ivp(slope, (0, gap), start, rtol=1e-10, atol=1e-12)
        state = gru_step(network.jump, row, torch.from_numpy(solved.y[:, -1]))
    result = network(values, times, observed)[0]
    torch.testing.assert_close(result, network.head(state), atol=1e-7, rtol=0)

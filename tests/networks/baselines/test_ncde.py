"""NCDE against scipy along the path of the data, and where its field is constant."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from ckts.networks.baselines.base import take_rows
from ckts.networks.baselines.ncde import NCDE
from recurrent import make_series

HORIZON = 8.0  # 16 typical gaps


def make_network(**options):
    torch.manual_seed(0)
    options = {"row_time_step": 0.5, "horizon": HORIZON, **options}
    return NCDE(2, 1, hidden_channels=3, dtype=torch.float64, **options).eval()


def control_of(values, times, observed):
    """Write shares of the horizon, last values and counts of one series by a loop."""
    control, last, count = [], np.zeros(2), np.zeros(2)
    for value, time, mask in zip(values, times, observed, strict=True):
        last, count = np.where(mask, value, last), count + mask
        control.append([(time - times[0]) / HORIZON, *last, *count / 16])
    return np.array(control)


def test_the_control_is_what_was_known_so_far():
    series = make_series()
    control = make_network().make_control(take_rows(*series, 0.5))
    expected = control_of(*(one[0].numpy() for one in series))
    torch.testing.assert_close(control[0], torch.from_numpy(expected))


def test_states_follow_the_equation_along_straight_lines():
    network, series = make_network(), make_series()
    for parameter in network.field.parameters():
        parameter.data /= 4  # a slow field: steps of 1 are precise
    control = control_of(*(one[0].numpy() for one in series))
    inner, outer = network.field[0], network.field[2]
    weights = [p.detach().numpy() for p in [*inner.parameters(), *outer.parameters()]]

    def slope(when, state):
        hidden = np.maximum(weights[0] @ state + weights[1], 0)
        fields = np.tanh(weights[2] @ hidden + weights[3]).reshape(3, 5)
        return fields @ (control[int(when) + 1] - control[int(when)])

    state = network.start(torch.from_numpy(control[0, 1:])).detach().numpy()
    for row in range(len(control) - 1):
        inside = (row, row + 1 - 1e-12)  # the slope jumps at the rows
        state = solve_ivp(slope, inside, state, rtol=1e-10, atol=1e-12).y[:, -1]
    expected = network.head(torch.from_numpy(state))
    torch.testing.assert_close(network(*series)[0], expected, atol=1e-5, rtol=0)


def test_a_constant_field_sees_where_the_path_ends_only():
    network, series = make_network(), make_series()
    network.field[2].weight.data.zero_()
    control = control_of(*(one[0].numpy() for one in series))
    fields = torch.tanh(network.field[2].bias).reshape(3, 5)
    start = network.start(torch.from_numpy(control[0, 1:]))
    state = start + fields @ torch.from_numpy(control[-1] - control[0])
    torch.testing.assert_close(network(*series)[0], network.head(state))


@pytest.mark.parametrize("n_rows", [10, 182, 1000])
def test_outputs_begin_near_unit_size_however_long_series_are(n_rows):
    torch.manual_seed(0)
    network = NCDE(3, 20, horizon=n_rows - 1.0).eval()
    # Smooth values: what a path of noise adds up to is no fault of the network.
    times = torch.arange(n_rows, dtype=torch.float64).repeat(16, 1)
    phases = torch.rand(16, 1, 3) * 6
    values = torch.sin(9 * times.unsqueeze(2).float() / n_rows + phases)
    outputs = network(values, times, torch.ones_like(values, dtype=torch.bool))
    assert 0.05 < outputs.std() < 3

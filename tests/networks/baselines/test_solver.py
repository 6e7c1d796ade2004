"""Solvers against scipy's, a closed form, and the order of their convergence."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from ckts.networks.baselines.solver import SOLVERS, count_steps, integrate

ORDERS = {"euler": 1, "midpoint": 2, "rk4": 4}
STATE = torch.tensor([[1.0, 0.5], [0.3, -0.2], [-1.2, 0.8]], dtype=torch.float64)
GAPS = torch.tensor([[0.7], [3.0], [0.0]], dtype=torch.float64)


def pendulum(state):
    angle, speed = state.unbind(1)
    return torch.stack([speed, -torch.sin(angle) - 0.1 * speed], 1)


def scaled(state):
    return GAPS * pendulum(state)


def solve_by_scipy():
    def slope(_, state):
        return pendulum(torch.from_numpy(state)[None])[0].numpy()

    pairs = zip(STATE.numpy(), GAPS[:, 0].tolist(), strict=True)
    done = [solve_ivp(slope, (0, t), h, rtol=1e-12, atol=1e-12) for h, t in pairs]
    return torch.from_numpy(np.stack([one.y[:, -1] for one in done]))


def test_gaps_of_each_series_own_are_those_of_scipy():
    states = integrate(scaled, STATE, torch.tensor([50, 200, 0]))
    torch.testing.assert_close(states, solve_by_scipy(), atol=1e-7, rtol=0)
    assert (states[2] == STATE[2]).all()


@pytest.mark.parametrize("name", SOLVERS)
def test_errors_fall_with_the_order_of_the_solver(name):
    expected, errors = solve_by_scipy(), []
    for count in (32, 64):
        counts = torch.full((3,), count)
        states = integrate(scaled, STATE, counts, SOLVERS[name])
        errors.append((states - expected).abs().max().item())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[name], abs=0.2)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_step_along_a_line_is_the_series_of_the_exponential(name):
    """``h' = a h`` multiplies by ``1 + a + ... + a**order / order!`` in one step."""
    states = integrate(lambda h: 0.3 * h, STATE, torch.ones(3), SOLVERS[name])
    powers = np.arange(ORDERS[name] + 1)
    factor = (0.3**powers / np.cumprod(np.maximum(powers, 1))).sum()
    torch.testing.assert_close(states, factor * STATE)


def test_batch_mates_with_more_steps_change_nothing():
    counts = torch.tensor([2, 9, 5])
    expected = integrate(pendulum, STATE, counts)
    for number in range(3):
        alone = integrate(pendulum, STATE[[number]], counts[[number]])
        torch.testing.assert_close(alone, expected[[number]], atol=1e-14, rtol=1e-14)


def test_gradients_are_those_of_finite_differences():
    start = STATE.clone().requires_grad_()
    counts = torch.tensor([2, 3, 0])
    assert torch.autograd.gradcheck(lambda h: integrate(pendulum, h, counts), start)


def test_a_step_is_at_most_one_long_but_for_rounding():
    lengths = torch.tensor([0.0, 1e-9, 0.3, 1.0, 1 + 1e-6, 1.5, 2.0, 8.1, 1e9])
    assert count_steps(lengths, 8).tolist() == [0, 1, 1, 1, 1, 2, 2, 8, 8]

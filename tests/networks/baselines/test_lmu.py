"""The LMU against its equations, scipy's discretization, and the past it holds."""

import numpy as np
import pytest
import torch
from scipy.signal import cont2discrete
from scipy.special import eval_legendre

from ckts.networks.baselines import LMU
from ckts.networks.baselines.lmu import window_system
from row_batches import UNIT, make_network, make_rows


def published_system(order):
    """A and B of Eq. 2, entry by entry."""
    system, entry = np.empty((order, order)), np.empty((order, 1))
    for i in range(order):
        entry[i] = (2 * i + 1) * (-1.0) ** i
        for j in range(order):
            sign = -1.0 if i < j else (-1.0) ** (i - j + 1)
            system[i, j] = (2 * i + 1) * sign
    return system, entry


@pytest.mark.parametrize(("order", "window"), [(1, 3.0), (6, 10.0), (32, 182.0)])
def test_a_step_is_the_zero_order_hold_of_scipy(order, window):
    system, entry = (one / window for one in published_system(order))
    output = np.eye(order), np.zeros((order, 1))
    expected = cont2discrete((system, entry, *output), 1.0, "zoh")[:2]
    result = window_system(order, window)
    np.testing.assert_allclose(result[0], expected[0], atol=1e-12)
    np.testing.assert_allclose(result[1], expected[1][:, 0], atol=1e-12)


def test_states_follow_the_equations():
    order, window = 4, 11
    params = {"order": order, "horizon": 10 * UNIT}
    network, rows = make_network(LMU, **params), make_rows()
    with torch.no_grad():
        network.state_encoder.weight.normal_()
    system, entry = window_system(order, window)
    states = network.encode(rows)
    encode_h, encode_m = network.state_encoder.weight.split([5, order], 1)
    kernel_h, kernel_m = network.state_kernel.weight.split([5, order], 1)
    for inputs, result in zip(rows.inputs, states, strict=True):
        h, m = torch.zeros(5).double(), torch.zeros(order).double()
        for row, x in enumerate(inputs):
            u = network.encoder.weight @ x + encode_h @ h + encode_m @ m
            m = system @ m + entry * u
            h = torch.tanh(network.kernel.weight @ x + kernel_h @ h + kernel_m @ m)
            torch.testing.assert_close(result[row], h)


def test_the_memory_tells_a_slow_signal_of_the_window():
    order, window = 12, 50
    system, entry = (one.numpy() for one in window_system(order, window))
    signal = np.sin(np.arange(400) * 2 * np.pi / 40)
    memory = np.zeros(order)
    for value in signal:
        memory = system @ memory + entry * value
    # A value lasts for the step before its row, so the end of it is half a step late.
    delays = np.arange(0.5, window)
    degrees = np.arange(order)[:, None]
    told = eval_legendre(degrees, 2 * delays / window - 1).T @ memory
    past = np.sin((399 - delays + 0.5) * 2 * np.pi / 40)
    # The Pade approximation of the delay, and steps of 1/40 of a wave.
    np.testing.assert_allclose(told, past, atol=0.05)


def test_the_memory_begins_without_a_say_in_what_enters_it():
    network = make_network(LMU)
    assert (network.state_encoder.weight[:, 5:] == 0).all()
    assert (network.state_encoder.weight[:, :5] != 0).all()

"""The window that kernels end in."""

import math

import numpy as np
import torch

from ckts.kernels.base import fade


def test_the_window_is_the_smooth_step_of_degree_seven():
    lags = torch.tensor([-2, -1.25, -1.125, -0.3, 0, 1, 1.0625, 1.125, 1.1875, 1.25])
    lost = 4.0**-4 * (35 - 84 / 4 + 70 / 16 - 20 / 64)
    expected = [0, 0, 0.5, 1, 1, 1, 1 - lost, 0.5, lost, 0]
    np.testing.assert_allclose(fade(lags.double()), expected, atol=1e-15)


def test_three_derivatives_of_the_window_are_continuous():
    for joint in (1.0, 1.25):
        lags = torch.tensor(joint, dtype=torch.float64, requires_grad=True)
        sides = (fade(lags * (1 + side)) for side in (-1e-9, 1e-9))
        derivatives = [[side] for side in sides]
        for _ in range(3):
            for side in derivatives:
                side += torch.autograd.grad(side[-1], lags, create_graph=True)
        for before, after in zip(*derivatives, strict=True):
            assert (before - after).abs() < 1e-2


def test_the_window_of_an_infinite_lag_is_zero():
    assert fade(torch.tensor([math.inf, -math.inf])).tolist() == [0, 0]

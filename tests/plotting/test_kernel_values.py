"""What is measured of kernels."""

import numpy as np
import pytest
import torch
from scipy.special import erfinv

from ckts.layers import CKConv
from ckts.plotting._kernel_values import (
    DrawnKernel,
    bandwidth,
    effective_reach,
    evaluate,
)


@pytest.mark.parametrize("width", [0.3, 2.0])
def test_reach_and_bandwidth_of_a_gaussian_have_a_closed_form(width):
    distances = np.linspace(-10 * width, 10 * width, 4001)
    values = np.exp(-((distances / width) ** 2) / 2)
    share = erfinv(0.95)  # squares of a Gaussian and of its transform are Gaussians
    assert effective_reach(values, distances) == pytest.approx(width * share, rel=5e-3)
    step = distances[1] - distances[0]
    expected = share / (2 * np.pi * width)
    assert bandwidth(values, step) == pytest.approx(expected, rel=5e-3)


def test_reach_and_bandwidth_of_a_decay_have_a_closed_form():
    layer = CKConv(1, 1, kernel="recurrent", horizon=40.0, time_step=0.01)
    with torch.no_grad():
        layer.kernel.rates.fill_(-0.5 * 40.0 / layer.kernel.n_steps)  # exp(-t / 2)
        layer.kernel.weight.fill_(3.0)
    distances, features, mixing = evaluate(layer)
    kernel = DrawnKernel.of("decay", features @ mixing[0, 0], distances)
    assert kernel.reach == pytest.approx(-np.log(0.05), rel=1e-2)
    # |1 / (1/2 + 2 pi i f)|^2 integrates to an arctangent
    expected = 0.5 * np.tan(0.95 * np.pi / 2) / (2 * np.pi)
    assert kernel.bandwidth == pytest.approx(expected, rel=2e-2)


def test_a_pure_oscillation_has_the_bandwidth_of_its_frequency():
    distances = np.linspace(0, 100, 5001)
    values = np.sin(2 * np.pi * distances / 5) * np.hanning(5001)
    assert bandwidth(values, distances[1]) == pytest.approx(1 / 5, rel=0.06)
    assert (bandwidth(0 * values, 1.0), effective_reach(0 * values, distances)) == (
        0,
        0,
    )

"""The sum is an estimate of the integral of Eq. 8."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from ckts.kernels import AbstractKernel
from ckts.layers import CKConv


class Decay(AbstractKernel):
    """``psi(lag) = amplitude exp(-rate lag)``: its integral has a closed form."""

    def __init__(self, rate, amplitude):
        super().__init__(1, 1, n_features=1, causal=True)
        self.rate = rate
        self.amplitude = nn.Parameter(
            torch.full((1, 1, 1), amplitude, dtype=torch.float64)
        )

    def basis(self, lags):
        return torch.exp(-self.rate * lags).unsqueeze(-1)

    def mixing(self):
        return self.amplitude


def integral_error(times, *, quadrature, time_step, span, horizon=20.0, rate=9.0):
    """Relative RMS error of the causal integral of cos(w tau) exp(-c (t - tau))."""
    wave, decay = 2 * math.pi * 3 / span, rate / horizon
    conv = CKConv(
        1,
        1,
        kernel=Decay(rate, 1.7),
        horizon=horizon,
        time_step=time_step,
        quadrature=quadrature,
        bias=False,
    )
    values = torch.cos(wave * times).unsqueeze(-1)
    with torch.no_grad():
        got = time_step * conv(values, times).squeeze(-1)

    def antiderivative(tau):
        swing = decay * torch.cos(wave * tau) + wave * torch.sin(wave * tau)
        return torch.exp(-decay * (times - tau)) * swing / (decay**2 + wave**2)

    truth = 1.7 * (antiderivative(times) - antiderivative(torch.zeros(())))
    late = times > 0.3 * span
    error, truth = (got - truth)[late], truth[late]
    return (error.square().mean() / truth.square().mean()).sqrt().item()


def mean_error(length, *, quadrature, warp=1.0, span=18.0):
    """Error over 10 draws whose quadrature is uneven if `warp` is not 1."""
    generator = torch.Generator().manual_seed(length)
    errors = []
    for _ in range(10):
        uniform = torch.rand(1, length, generator=generator, dtype=torch.float64)
        times = span * uniform.sort(1).values ** warp
        step = span / length
        errors.append(
            integral_error(times, quadrature=quadrature, time_step=step, span=span)
        )
    return float(np.median(errors))


@pytest.mark.parametrize("warp", [1.0, 1.6], ids=["uniform", "uneven"])
def test_gap_weights_converge_to_the_integral(warp):
    coarse, fine = (mean_error(n, quadrature="gap", warp=warp) for n in (128, 2048))
    order = math.log(coarse / fine) / math.log(16)
    assert order > 0.9  # as N^-1, a plain Monte Carlo sum as N^-1/2
    assert fine < 0.02  # and to the right number: no factor is lost


def test_plain_sums_do_not_converge_to_the_integral():
    uniform = [mean_error(n, quadrature="none") for n in (128, 2048)]
    assert math.log(uniform[0] / uniform[1]) / math.log(16) < 0.7
    assert mean_error(2048, quadrature="none", warp=1.6) > 0.15


def test_the_unit_of_the_weights_is_the_time_step():
    times = torch.linspace(0, 18, 512, dtype=torch.float64).unsqueeze(0)
    for time_step in (0.01, 1.0, 30.0):
        error = integral_error(times, quadrature="gap", time_step=time_step, span=18.0)
        assert error < 0.03  # half a step of 512 at the mirrored end

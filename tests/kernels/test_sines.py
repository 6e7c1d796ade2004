"""Band-spaced sines under windows, and random Fourier features."""

import math

import pytest
import torch

from ckts.kernels.sines import _WindowedSines, windowed_sines
from kernel_cases import make, some_lags


def test_band_features_are_windowed_sines():
    kernel = make("bands", n_features=5)
    lag = 0.37
    for k, feature in enumerate(kernel.features(torch.tensor(lag).double())):
        angle = 2 * math.pi * kernel.frequencies[k] * lag + kernel.phases[k]
        window = torch.exp(-((lag / kernel.log_widths[k].exp()) ** 2) / 2)
        expected = kernel.gain[k] * window * angle.sin()
        assert torch.isclose(feature, expected, rtol=1e-6)


@pytest.mark.parametrize("n_steps", [0.5, 2.0, 60.0, 10_000.0, 1e9])
def test_bands_begin_between_half_a_cycle_and_half_of_nyquist(n_steps):
    kernel = make("bands", n_steps=n_steps)
    n_steps = min(n_steps, 2**16)  # what a mesh can follow
    low, high = kernel.frequencies.min().item(), kernel.frequencies.max().item()
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(max(n_steps / 4, 1))
    ratios = kernel.frequencies[1:] / kernel.frequencies[:-1]
    torch.testing.assert_close(ratios, ratios[:1].expand(31), rtol=1e-4, atol=0)
    widths = kernel.log_widths.exp()
    assert widths.max().item() == pytest.approx(1)
    assert widths.min().item() == pytest.approx(min(2 / n_steps, 0.5))


@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (0,)])
def test_the_fused_band_kernel_is_its_plain_twin(shape):
    kernel = make("bands")
    lags = some_lags(*shape, low=-1.25, high=1.25)
    parameters = kernel.frequencies, kernel.phases, kernel.log_widths
    sensitivity = torch.randn(*shape, 32, dtype=torch.float64)
    results = []
    for function in (_WindowedSines.apply, windowed_sines):
        values = function(lags, *parameters, kernel.gain)
        gradients = torch.autograd.grad((values * sensitivity).sum(), parameters)
        results.append((values, *gradients))
    for got, expected in zip(*results, strict=True):
        assert got.shape == expected.shape
        scale = expected.abs().max().item() if expected.numel() else 1.0
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-13 * max(scale, 1))


def test_narrow_windows_are_zero_beyond_them():
    # exponents are clipped at -40: no denormals, and nothing that a sum could notice
    kernel = make("bands")
    with torch.no_grad():
        kernel.log_widths.fill_(math.log(1e-3))
    values = kernel.features(torch.tensor([0.5, 1.0], dtype=torch.float64))
    assert values.abs().max() < 1e-17 * kernel.gain.max()
    values.sum().backward()
    assert kernel.log_widths.grad.isfinite().all()


def test_bands_give_gradients_to_lags_when_asked():
    kernel = make("bands")
    lags = some_lags(5, high=0.9).requires_grad_()
    values = kernel(lags)
    (gradient,) = torch.autograd.grad(values.sum(), lags)
    eps = 1e-6
    with torch.no_grad():
        moved = kernel(lags + eps) - kernel(lags - eps)
    expected = moved.sum((1, 2)) / (2 * eps)
    torch.testing.assert_close(gradient, expected, rtol=1e-6, atol=1e-6)


def test_fourier_features_are_cosines_and_sines_of_fixed_frequencies():
    kernel = make("fourier", n_steps=80.0, n_frequencies=2000)
    assert "frequencies" not in dict(kernel.named_parameters())
    frequencies = kernel.frequencies
    assert frequencies.std().item() == pytest.approx(10.0, rel=0.05)  # 80 / 8
    lag = torch.tensor(0.37, dtype=torch.float64)
    phases = 2 * math.pi * 0.37 * frequencies
    expected = torch.cat([phases.cos(), phases.sin()])
    torch.testing.assert_close(kernel.features(lag), expected)

"""Random Fourier features."""

import math

import pytest
import torch

from kernel_cases import make


def test_fourier_features_are_cosines_and_sines_of_fixed_frequencies():
    kernel = make("fourier", n_steps=80.0, n_frequencies=2000)
    assert "frequencies" not in dict(kernel.named_parameters())
    frequencies = kernel.frequencies
    assert frequencies.std().item() == pytest.approx(10.0, rel=0.05)  # 80 / 8
    lag = torch.tensor(0.37, dtype=torch.float64)
    phases = 2 * math.pi * 0.37 * frequencies
    expected = torch.cat([phases.cos(), phases.sin()])
    torch.testing.assert_close(kernel.features(lag), expected)

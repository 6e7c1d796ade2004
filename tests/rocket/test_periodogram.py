"""Spectra at irregular times meet least squares, a frequency at a time."""

import numpy as np
import pytest
import torch

from ckts.rocket import fit_harmonics, power_spectrum
from ckts.rocket.periodogram import wave_sums


def draw_phases(kind, n_rows, rng):
    if kind == "random":
        return np.sort(rng.random(n_rows))
    if kind == "clusters":
        return np.sort(rng.choice([0.1, 0.5, 0.9], n_rows) + 1e-3 * rng.random(n_rows))
    if kind == "tied":
        return np.sort(rng.choice(rng.random(n_rows // 2), n_rows))
    return np.arange(n_rows) / (n_rows - 1)


KINDS = ["random", "clusters", "tied", "grid"]


@pytest.mark.parametrize("n", [1, 7, 48, 300])
@pytest.mark.parametrize("kind", KINDS)
def test_sums_meet_direct_ones(kind, n):
    rng = np.random.default_rng(n)
    phases = draw_phases(kind, 80, rng)
    values = rng.normal(size=80)
    found = wave_sums(torch.tensor(phases)[None], torch.tensor(values)[None], n)[0]
    direct = np.exp(2j * np.pi * np.outer(np.arange(n), phases)) @ values
    np.testing.assert_allclose(found, direct, atol=2e-6 * np.abs(values).sum())


def explained_by(columns, values):
    """Return the share of the variance that least squares explains, and the fit."""
    found, *_ = np.linalg.lstsq(columns, values, rcond=None)
    rest = np.square(values - columns @ found).sum()
    return 1 - rest / np.square(values - values.mean()).sum(), found


def waves(phases, *orders):
    angles = 2 * np.pi * np.outer(phases, orders)
    return np.hstack([np.ones((len(phases), 1)), np.cos(angles), np.sin(angles)])


def spectrum_of(phases, values, observed, n):
    series = torch.tensor(phases)[None], torch.tensor(values)[None]
    return power_spectrum(*series, observed, n)


@pytest.mark.parametrize("kind", ["random", "clusters", "tied"])
def test_power_is_what_a_wave_with_a_free_mean_explains(kind):
    rng = np.random.default_rng(0)
    phases, n = draw_phases(kind, 60, rng) / 4, 120
    values = 3 + np.sin(2 * np.pi * 37 * phases) + rng.normal(size=60)
    every = torch.ones(1, 60, dtype=torch.bool)
    found = spectrum_of(phases, values, every, n)[0].numpy()
    columns = [waves(phases, k) for k in range(n)]
    expected = np.array([explained_by(each, values)[0] for each in columns])
    # what of a wave is nearly constant at the stamps tells nothing
    sizes = np.array([np.linalg.eigvalsh(np.cov(each[:, 1:].T)) for each in columns])
    clear = (sizes > 1e-3).all(axis=1)
    assert clear.sum() >= n / 3
    np.testing.assert_allclose(found[clear], expected[clear], atol=1e-4)
    assert (found <= expected + 1e-4).all()
    assert found[0] == 0


def test_what_is_not_observed_does_not_matter():
    rng = np.random.default_rng(1)
    phases, values = np.sort(rng.random(50)) / 4, rng.normal(size=50)
    seen = rng.random(50) < 0.6
    full = spectrum_of(phases, values, torch.tensor(seen)[None], 64)
    every = torch.ones(1, seen.sum(), dtype=torch.bool)
    alone = spectrum_of(phases[seen], values[seen], every, 64)
    np.testing.assert_allclose(full, alone, atol=1e-12)


def test_constant_values_and_equal_times_have_no_power():
    every = torch.ones(2, 20, dtype=torch.bool)
    phases = torch.linspace(0, 0.25, 20).double().repeat(2, 1)
    phases[1] = 0.1
    values = torch.ones(2, 20).double()
    values[1] = torch.arange(20)
    assert (power_spectrum(phases, values, every, 32) == 0).all()


def test_harmonics_are_those_of_least_squares():
    rng = np.random.default_rng(2)
    phases, values = rng.uniform(0, 9, 40), 5 + rng.normal(size=40)
    every = torch.ones(1, 40, dtype=torch.bool)
    amplitudes, share = fit_harmonics(
        torch.tensor(phases)[None], torch.tensor(values)[None], every, 3
    )
    expected, fit = explained_by(waves(phases, 1, 2, 3), values)
    assert share.item() == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(amplitudes[0].real, fit[1:4], atol=1e-6)
    np.testing.assert_allclose(amplitudes[0].imag, -fit[4:], atol=1e-6)


def test_harmonics_of_too_few_values_are_finite():
    phases, values = torch.zeros(1, 3).double(), torch.ones(1, 3).double()
    seen = torch.tensor([[True, False, False]])
    for found in fit_harmonics(phases, values, seen, 3):
        assert found.isfinite().all()

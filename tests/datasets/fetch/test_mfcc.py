"""The cepstrum coefficients against the definition, in loops, and against torch."""

import numpy as np
import pytest
import torch

from ckts.datasets.fetch._mfcc import mel_triangles, mfcc


def slow_mfcc(audio):
    """One recording (n_samples,), every sum written out."""
    mirrored = [*audio[100:0:-1], *audio, *audio[-2:-102:-1]]
    mel_of = lambda hertz: 2595 * np.log10(1 + hertz / 700)  # noqa: E731
    hertz_of = lambda mel: 700 * (10 ** (mel / 2595) - 1)  # noqa: E731
    corners = [hertz_of(i * mel_of(8000) / 65) for i in range(66)]
    found = []
    for start in range(0, len(audio) + 1, 100):
        frame = [
            (0.5 - 0.5 * np.cos(2 * np.pi * n / 200)) * mirrored[start + n]
            for n in range(200)
        ]
        n = np.arange(200)
        power = [
            abs(np.sum(frame * np.exp(-2j * np.pi * k * n / 200))) ** 2
            for k in range(101)
        ]
        logs = []
        for low, peak, high in zip(corners, corners[1:], corners[2:], strict=False):
            energy = 0.0
            for k in range(101):
                hertz = 80 * k
                if low < hertz <= peak:
                    energy += power[k] * (hertz - low) / (peak - low)
                elif peak < hertz < high:
                    energy += power[k] * (high - hertz) / (high - peak)
            logs.append(np.log(energy + 1e-6))
        found.append(
            [
                np.sqrt((1 if k == 0 else 2) / 64)
                * sum(logs[m] * np.cos(np.pi * k * (m + 0.5) / 64) for m in range(64))
                for k in range(20)
            ]
        )
    return np.array(found)


@pytest.mark.parametrize("n_samples", [101, 300, 431, 1000])
def test_the_coefficients_are_those_of_the_definition(n_samples):
    audio = np.random.default_rng(n_samples).uniform(-1, 1, n_samples)
    (found,) = mfcc(audio[None])
    assert found.shape == (1 + n_samples // 100, 20)
    np.testing.assert_allclose(found, slow_mfcc(audio), rtol=1e-9, atol=1e-9)


def test_the_spectrum_is_that_of_torch():
    """torchaudio's MFCC is torch.stft, triangles, a logarithm and a cosine matrix."""
    audio = np.random.default_rng(0).normal(size=(3, 16_000)) / 10
    spectrum = torch.stft(
        torch.from_numpy(audio),
        n_fft=200,
        hop_length=100,
        window=torch.hann_window(200, dtype=torch.float64),
        center=True,
        pad_mode="reflect",
        return_complex=True,
    )
    mels = mel_triangles() @ (spectrum.abs() ** 2).numpy()
    k, m = np.arange(20)[:, None], np.arange(64)
    cosines = np.cos(np.pi / 64 * (m + 0.5) * k) * np.sqrt(2 / 64)
    cosines[0] /= np.sqrt(2)
    expected = (cosines @ np.log(mels + 1e-6)).transpose(0, 2, 1)
    assert expected.shape == (3, 161, 20)  # the size that the paper gives
    np.testing.assert_allclose(mfcc(audio), expected, rtol=1e-9, atol=1e-9)


def test_triangles_peak_at_one_and_add_up_to_one_between_the_first_and_the_last_peak():
    triangles = mel_triangles()
    assert triangles.shape == (64, 101)
    assert triangles.max() <= 1
    total = triangles.sum(axis=0)
    inside = triangles.argmax(axis=0) < 63
    np.testing.assert_allclose(
        total[1:-2], np.where(inside, 1, total)[1:-2], atol=1e-12
    )


def test_silence_is_the_logarithm_of_the_offset():
    found = mfcc(np.zeros((1, 16_000)))
    np.testing.assert_allclose(found[..., 0], np.log(1e-6) * 8)
    np.testing.assert_allclose(found[..., 1:], 0, atol=1e-12)

"""Mel-frequency cepstrum coefficients, as torchaudio computes them by default."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

RATE = 16_000
WINDOW = 200  # samples, of the periodic Hann window and the Fourier transform
HOP = 100  # samples from a frame to the next
N_MELS = 64
N_COEFFICIENTS = 20
LOG_OFFSET = 1e-6


def mfcc(audio: np.ndarray) -> np.ndarray:
    r"""Compute the mel-frequency cepstrum coefficients of recordings.

    A frame is centered every 100 samples, and the recording mirrored at its ends. With
    the power spectrum :math:`P_k` of the Hann-windowed frame, 101 frequencies from 0 to
    8 kHz, and triangles :math:`B_{mk}` at 64 mel frequencies,

    .. math:: c = \text{DCT} \log(B P + 10^{-6}),

    of which the first 20 are kept (orthonormal DCT-II). That is the recipe of the
    CKConv paper, after Kidger et al. (2020): ``torchaudio.transforms.MFCC(n_mfcc=20,
    log_mels=True, melkwargs={"n_fft": 200, "n_mels": 64})``.

    Parameters
    ----------
    audio : ndarray of shape (n_recordings, n_samples)
        From -1 to 1, 16,000 samples per second, more than 100 samples.

    Returns
    -------
    ndarray of float64 of shape (n_recordings, 1 + n_samples // 100, 20)
        Frame i is centered at i / 160 seconds.
    """
    half = WINDOW // 2
    mirrored = np.pad(audio.astype(np.float64), [(0, 0), (half, half)], mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(mirrored, WINDOW, axis=1)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    power = np.abs(np.fft.rfft(frames[:, ::HOP] * hann)) ** 2
    mels = np.log(power @ mel_triangles().T + LOG_OFFSET)
    return dct(mels, type=2, norm="ortho")[..., :N_COEFFICIENTS]


def mel_triangles() -> np.ndarray:
    """Return the triangles of the mel scale, each 1 at its peak.

    Peaks are equally spaced on the scale ``2595 log10(1 + f / 700)`` between 0 and half
    the sampling rate; a triangle ends at the peaks beside it. The two narrowest fall
    between two frequencies of the transform and are 0.

    Returns
    -------
    ndarray of shape (64, 101)
    """
    frequencies = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    highest = 2595 * np.log10(1 + RATE / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, highest, N_MELS + 2) / 2595) - 1)
    lower, peak, upper = (corners[i : i + N_MELS, None] for i in range(3))
    rising = (frequencies - lower) / (peak - lower)
    falling = (upper - frequencies) / (upper - peak)
    return np.maximum(0, np.minimum(rising, falling))

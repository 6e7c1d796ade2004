"""Speech Commands: spoken words, as sound or as cepstrum coefficients."""

import io
import os
import wave
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ckts._checks import check_choice, check_some_of
from ckts.datasets._archives import read_members
from ckts.datasets._cache import Cache
from ckts.panel import Panel, TimeScale

RATE = 16_000
WINDOW = 200  # samples, of the periodic Hann window and the Fourier transform
HOP = 100  # samples from a frame to the next
N_MELS = 64
N_COEFFICIENTS = 20
LOG_OFFSET = 1e-6
# Ten of the 35 words, in the order in which the paper's code numbers its classes.
PAPER_WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
# fmt: off
WORDS = (
    "backward", "bed", "bird", "cat", "dog", "down", "eight", "five", "follow",
    "forward", "four", "go", "happy", "house", "learn", "left", "marvin", "nine", "no",
    "off", "on", "one", "right", "seven", "sheila", "six", "stop", "three", "tree",
    "two", "up", "visual", "wow", "yes", "zero",
)
# fmt: on
_LISTS = {"validation_list.txt": "validation", "testing_list.txt": "test"}
_FEATURES = {
    "raw": "One channel, the sound at 16 kHz, from -1 to 1.",
    "mfcc": "20 mel-frequency cepstrum coefficients, of frames 6.25 ms apart.",
}


def fetch_speech_commands(
    *,
    features: str = "raw",
    words: str | Sequence[str] = PAPER_WORDS,
    split: str | None = None,
    full_length: bool = True,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
    return_X_y: bool = False,
) -> Any:
    """Fetch Speech Commands 0.02: recordings of spoken words; 2.4 GB to download.

    The defaults are SC_raw of the CKConv paper, ``features="mfcc"`` is its SC: 34,975
    recordings of ten words. Both are split there by `paper_split`, which mixes the
    speakers; since the paper's code takes files in the order of the directory, and we
    sort them, the parts differ from its parts.

    Parameters
    ----------
    features : {"raw", "mfcc"}, default "raw"
        The sound, 16,000 rows of one channel; or its cepstrum coefficients, 161 rows
        of 20 channels, by the recipe of the paper, which has them after Kidger et al.
        [2]_: 64 mels of windows of 200 samples, 100 samples apart.
    words : str or sequence of str, default the ten words of the paper
        Some of the 35 words; all ten as raw sound take 7 GB, and twice that while they
        are read.
    split : {None, "train", "validation", "test"}
        The official split, in which no speaker is in two parts. None gives all.
    full_length : bool, default True
        Leave out recordings of less than one second, as the paper does.
    data_home : path, optional
        The cache; by default `CKTS_DATA` or the folder of the operating system.
    download_if_missing : bool, default True
        If False, raise an error where the file is not in the cache.
    verbose : bool, default False
        Draw progress bars.
    return_X_y : bool, default False
        Return (data, target) only.

    Returns
    -------
    Bunch
        data : Panel of shape (n_series,)
            float32; times in seconds. Sorted by word, in the order of `words`, and by
            the name of the file.
        target : ndarray of str of shape (n_series,)
            The word.
        speakers : ndarray of str of shape (n_series,)
            Who speaks, for `groups=` of scikit-learn's splitters.
        DESCR, license, citation, version : str
            Texts about the set.

    Notes
    -----
    Warden [1]_ counts 105,829 recordings of all words; the CKConv paper (Appendix C)
    has 105,809 and calls all of them one second long.

    References
    ----------
    .. [1] P. Warden (2018). Speech Commands: a dataset for limited-vocabulary speech
       recognition. arXiv:1804.03209.
    .. [2] P. Kidger, J. Morrill, J. Foster and T. Lyons (2020). Neural controlled
       differential equations for irregular time series. NeurIPS.
    """
    check_choice("features", features, tuple(_FEATURES))
    check_choice("split", split, (None, "train", "validation", "test"))
    words = check_some_of("words", words, WORDS)
    cache = Cache(data_home, download_if_missing, verbose)
    dataset, paths = cache.fetch("speech_commands")
    (path,) = paths.values()
    sounds, parts = _read_archive(path, words)
    if split:
        sounds = {name: sounds[name] for name in sounds if parts[name] == split}
    full = {name: sound for name, sound in sounds.items() if len(sound) >= RATE}
    n_short = len(sounds) - len(full)
    if full_length:
        sounds = full
    counts = dict(
        features=_FEATURES[features],
        counts=f"{len(sounds):,} recordings; {n_short:,} shorter than a second",
        short="left out" if full_length else "among them",
    )
    return dataset.as_bunch(
        _make_panel(sounds, features),
        np.array([name.partition("/")[0] for name in sounds]),
        counts,
        return_X_y=return_X_y,
        speakers=np.array(
            [PurePosixPath(name).name.partition("_nohash_")[0] for name in sounds]
        ),
    )


def _read_archive(
    path: Path, words: Sequence[str]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read the sounds of some words, sorted, and the part that each belongs to."""

    def is_wanted(name: str) -> bool:
        path = PurePosixPath(name)
        return path.parent.name in words or path.name in _LISTS

    # Some names begin with "./".
    members = read_members(path, is_wanted)
    files = {str(PurePosixPath(name)): content for name, content in members}
    part = {
        name: split
        for text, split in _LISTS.items()
        for name in files.pop(text).decode("ascii").split()
    }
    order = {word: number for number, word in enumerate(words)}
    names = sorted(files, key=lambda name: (order[name.partition("/")[0]], name))
    sounds = {name.removesuffix(".wav"): _read_wave(files.pop(name)) for name in names}
    return sounds, {name: part.get(f"{name}.wav", "train") for name in sounds}


def _read_wave(content: bytes) -> np.ndarray:
    """Read 16-bit samples, of shape (n_samples,)."""
    with wave.open(io.BytesIO(content)) as recording:
        return np.frombuffer(recording.readframes(recording.getnframes()), "<i2")


def _make_panel(sounds: dict[str, np.ndarray], features: str) -> Panel:
    """Make a panel of recordings by name, each an int16 array of shape (n_samples,)."""
    scale = np.float32(2**15)
    if features == "raw":
        values = np.concatenate(list(sounds.values()))[:, None] / scale
        lengths = [len(sound) for sound in sounds.values()]
        channels, step = ["sound"], 1
    else:
        cepstra = [mfcc(sound[None] / scale)[0] for sound in sounds.values()]
        values = np.concatenate(cepstra).astype(np.float32)
        lengths = [len(cepstrum) for cepstrum in cepstra]
        channels, step = [f"mfcc_{i}" for i in range(N_COEFFICIENTS)], HOP
    clock = np.arange(max(lengths)) * step / RATE
    return Panel(
        values,
        np.concatenate([clock[:length] for length in lengths]),
        np.cumsum([0, *lengths]),
        channels=channels,
        instances=list(sounds),
        time_scale=TimeScale("number", "s"),
        copy=False,
    )


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
    from scipy.fft import dct

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

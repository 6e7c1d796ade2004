"""Speech Commands; the coefficients against the definition and against torch."""

import io
import wave

import numpy as np
import pytest
import torch

from ckts.datasets import fetch_speech_commands
from ckts.datasets.fetch.speech_commands import PAPER_WORDS, WORDS, mel_triangles, mfcc
from ckts.panel._times import TimeScale
from http_server import tar_of


def recording(samples):
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


@pytest.fixture
def sounds(publish):
    """Six recordings of three words, in the layout and disorder of the archive."""
    rng = np.random.default_rng(0)
    lengths = {
        "no/b2_nohash_0": 16_000,
        "yes/c3_nohash_1": 16_000,
        "yes/a1_nohash_0": 16_000,
        "bed/a1_nohash_0": 16_000,
        "yes/c3_nohash_0": 9_000,
        "no/a1_nohash_0": 16_000,
    }
    sounds = {
        name: rng.integers(-(2**15), 2**15, length) for name, length in lengths.items()
    }
    files = {f"./{name}.wav": recording(sound) for name, sound in sounds.items()}
    files["./_background_noise_/pink_noise.wav"] = recording(np.zeros(20))
    files["./README.md"] = "# Speech Commands"
    files["./validation_list.txt"] = "yes/c3_nohash_0.wav\nyes/c3_nohash_1.wav\n"
    files["./testing_list.txt"] = "no/b2_nohash_0.wav\n"
    publish("speech_commands", {"speech_commands_v0.02.tar.gz": tar_of(files)})
    return sounds


def test_recordings_are_sorted_and_exact(sounds):
    bunch = fetch_speech_commands()
    names = ["yes/a1_nohash_0", "yes/c3_nohash_1", "no/a1_nohash_0", "no/b2_nohash_0"]
    assert bunch.data.instances.tolist() == names
    assert bunch.target.tolist() == ["yes", "yes", "no", "no"]
    assert bunch.speakers.tolist() == ["a1", "c3", "a1", "b2"]
    assert bunch.data.values.dtype == np.float32
    assert bunch.data.time_scale == TimeScale("number", "s")
    for one, name in zip(bunch.data, names, strict=True):
        np.testing.assert_array_equal(one.values.ravel(), sounds[name] / 2**15)
        np.testing.assert_array_equal(one.times, np.arange(16_000) / 16_000)
    assert "4 recordings; 1 shorter than a second are left out." in bunch.DESCR


def test_coefficients_stand_at_the_middle_of_their_frames(sounds):
    bunch = fetch_speech_commands(features="mfcc")
    assert bunch.data.in_channels == 20
    assert bunch.data.lengths.tolist() == [161] * 4
    assert bunch.target.tolist() == ["yes", "yes", "no", "no"]
    first = bunch.data[0]
    np.testing.assert_allclose(first.times, np.arange(161) * 0.00625, atol=1e-15)
    expected = mfcc(sounds["yes/a1_nohash_0"][None] / 2**15)[0]
    np.testing.assert_allclose(first.values, expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize(("features", "n_rows"), [("raw", 9_000), ("mfcc", 91)])
def test_short_recordings_are_kept_on_demand(sounds, features, n_rows):
    bunch = fetch_speech_commands(features=features, full_length=False)
    assert bunch.data.instances[1] == "yes/c3_nohash_0"
    assert bunch.data.lengths[1] == n_rows
    assert "5 recordings; 1 shorter than a second are among them." in bunch.DESCR


def test_the_official_split_is_that_of_the_lists(sounds):
    parts = {
        split: fetch_speech_commands(split=split, full_length=False).data.instances
        for split in ("train", "validation", "test")
    }
    assert {name: part.tolist() for name, part in parts.items()} == {
        "train": ["yes/a1_nohash_0", "no/a1_nohash_0"],
        "validation": ["yes/c3_nohash_0", "yes/c3_nohash_1"],
        "test": ["no/b2_nohash_0"],
    }


def test_any_words_are_read_in_their_order(sounds):
    X, y = fetch_speech_commands(words=["no", "bed"], return_X_y=True)
    assert y.tolist() == ["no", "no", "bed"]
    assert len(X) == 3
    assert set(PAPER_WORDS) < set(WORDS)
    assert len(set(WORDS)) == 35


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": "mel"}, "`features` must be one of 'raw', 'mfcc'; got 'mel'"),
        ({"split": "valid"}, "`split` must be one of None, 'train', 'validation', 'te"),
        ({"words": ["yes", "ja"]}, "`words` must be one of 'backward', .* got 'ja'"),
        ({"words": "ja"}, "`words` must be one of 'backward', .* got 'ja'"),
        ({"words": []}, r"`words` must name each choice once and at least one; got \["),
        ({"words": ["no", "no"]}, "`words` must name each choice once and at least"),
    ],
)
def test_bad_arguments_are_named_before_the_download(arguments, message, server):
    with pytest.raises(ValueError, match=message):
        fetch_speech_commands(**arguments)
    assert server.paths() == []


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

import numpy as np
import pytest

from ckts.datasets import make_irregular_sinusoids


def test_each_series_is_a_sinusoid_of_the_frequency_of_its_class():
    frequencies = (1.5, 3.0, 7.0)
    X, y = make_irregular_sinusoids(
        30, frequencies=frequencies, n_channels=2, noise=0, random_state=0
    )
    for one, label in zip(X, y, strict=True):
        angles = 2 * np.pi * frequencies[label] * one.times
        waves = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        weights = np.linalg.lstsq(waves, one.values, rcond=None)[0]
        # Amplitude one and nothing else: rounding of a well-conditioned fit.
        np.testing.assert_allclose(waves @ weights, one.values, atol=1e-10)
        np.testing.assert_allclose(np.sum(weights**2, axis=0), 1, atol=1e-10)


def test_classes_are_balanced_and_shuffled():
    _, y = make_irregular_sinusoids(101, frequencies=(1, 2, 3), random_state=0)
    assert sorted(np.bincount(y).tolist()) == [33, 34, 34]
    assert (np.diff(y) < 0).any()


def test_noise_has_the_given_size():
    clean, _ = make_irregular_sinusoids(200, noise=0, random_state=3)
    noisy, _ = make_irregular_sinusoids(200, noise=0.5, random_state=3)
    np.testing.assert_array_equal(noisy.times, clean.times)
    # About 8000 values: the standard error of the standard deviation is 0.004.
    assert np.std(noisy.values - clean.values) == pytest.approx(0.5, abs=0.02)


def test_wrong_frequencies_raise():
    with pytest.raises(
        ValueError, match="`frequencies` must have one number per class"
    ):
        make_irregular_sinusoids(frequencies=())
    with pytest.raises(TypeError, match="`frequencies` must be a number; got 'fast'"):
        make_irregular_sinusoids(frequencies=("fast",))
    with pytest.raises(ValueError, match="`n_series` must be at least 3; got 2"):
        make_irregular_sinusoids(2, frequencies=(1, 2, 3))

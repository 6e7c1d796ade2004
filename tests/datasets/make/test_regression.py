import numpy as np
import pytest

from ckts.datasets import make_irregular_regression


def harmonics(one, n_harmonics, duration):
    """Fit cosine and sine weights (2, n_harmonics, channels) to a clean series."""
    omega = 2 * np.pi * np.arange(1, n_harmonics + 1) / duration
    angles = one.times[:, None] * omega
    waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    weights, *_ = np.linalg.lstsq(waves, one.values, rcond=None)
    return weights.reshape(2, n_harmonics, -1), omega


def filtered_power(weights, omega, time_constant, duration, n_steps=4000):
    """Mean square behind tau z' + z = x, by integrating the equation step by step."""
    step = duration / n_steps
    times = (np.arange(8 * n_steps) + 0.5) * step  # seven windows to settle, one to use
    angles = times[:, None] * omega
    signal = np.cos(angles) @ weights[0] + np.sin(angles) @ weights[1]
    decay = np.exp(-step / time_constant)
    state, outputs = np.zeros(signal.shape[1]), []
    for value in signal:
        state = decay * state + (1 - decay) * value
        outputs.append(state)
    return np.mean(np.square(outputs[-n_steps:]))


@pytest.mark.parametrize("duration", [1.0, 24.0])
def test_the_target_is_the_power_of_the_filtered_signal(duration):
    X, y = make_irregular_regression(
        3,
        n_channels=2,
        length=60,
        noise=0,
        duration=duration,
        time_constant=0.1 * duration,
        random_state=0,
    )
    for one, target in zip(X, y, strict=True):
        weights, omega = harmonics(one, 3, duration)
        power = filtered_power(weights, omega, 0.1 * duration, duration)
        # 4000 steps of first order in time: an error of the order of 1 / 4000.
        assert power == pytest.approx(target, rel=1e-3)


def test_without_filter_the_target_is_the_mean_square():
    X, y = make_irregular_regression(
        300, length=400, noise=0, time_constant=0, random_state=1
    )
    mean_square = np.array([np.mean(one.values**2) for one in X])
    # 400 random times estimate the mean of a bounded function within a few percent.
    assert np.corrcoef(mean_square, y)[0, 1] > 0.98
    assert np.mean(mean_square) == pytest.approx(np.mean(y), rel=0.02)


def test_the_mean_square_alone_does_not_explain_the_target():
    X, y = make_irregular_regression(500, noise=0, random_state=1)
    mean_square = np.array([np.mean(one.values**2) for one in X])
    assert np.corrcoef(mean_square, y)[0, 1] ** 2 < 0.9


def test_noise_is_in_the_values_only():
    clean, y_clean = make_irregular_regression(50, noise=0, random_state=2)
    noisy, y_noisy = make_irregular_regression(50, noise=0.3, random_state=2)
    np.testing.assert_array_equal(y_clean, y_noisy)
    assert np.std(noisy.values - clean.values) == pytest.approx(0.3, rel=0.05)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="`n_harmonics` must be at least 1; got 0"):
        make_irregular_regression(n_harmonics=0)
    with pytest.raises(
        ValueError, match="`time_constant` must be finite and at least 0"
    ):
        make_irregular_regression(time_constant=-1)

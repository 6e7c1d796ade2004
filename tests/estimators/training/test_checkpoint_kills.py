"""What is left of a fit that kill -9 ended is enough for the same weights."""

import time

import numpy as np
import pytest

from killed_fits import QUICK, Fits


@pytest.fixture(scope="module")
def fits():
    return Fits()


def kill_at_random(fits, folder, n_kills, params):
    """Kill a fit at random moments until it was killed so often, then let it end."""
    begin = time.monotonic()
    expected = fits.weights_at_end(folder, **params)
    lasts = time.monotonic() - begin
    rng, killed = np.random.default_rng(0), 0
    for _ in range(20 * n_kills):
        if killed == n_kills:
            break
        killed += fits.kill(folder, rng.uniform(0, lasts) / 2, **params)
    assert killed == n_kills
    np.testing.assert_array_equal(fits.weights_at_end(folder, **params), expected)
    assert list(folder.iterdir()) == []


def test_kill_9_at_three_moments_changes_no_weight(fits, tmp_path):
    params = {**QUICK, "max_epochs": 20, "early_stopping": True, "rocket": False}
    kill_at_random(fits, tmp_path, 3, params)


@pytest.mark.slow
@pytest.mark.parametrize(("causal", "n_kills"), [(False, 20), (True, 8)])
def test_kill_9_at_many_moments_changes_no_weight(fits, tmp_path, causal, n_kills):
    params = {**QUICK, "max_epochs": 60, "early_stopping": True, "causal": causal}
    kill_at_random(fits, tmp_path, n_kills, params)


def test_kill_9_in_a_write_leaves_the_file_before(fits, tmp_path):
    expected = fits.weights_at_end(tmp_path, **QUICK, global_seed=1)
    assert fits.weights_at_end(tmp_path, **QUICK, die_at=4) is None
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [
        *(".ckpt", ".lock", ".tmp"),
    ]
    np.testing.assert_array_equal(fits.weights_at_end(tmp_path, **QUICK), expected)
    assert list(tmp_path.iterdir()) == []


def test_two_processes_share_a_folder(fits, tmp_path):
    params = {**QUICK, "max_epochs": 30}
    expected = fits.weights_at_end(tmp_path, **params)
    running = [fits.start(tmp_path, **params) for _ in range(2)]
    files = set()
    while not all(results.poll() for _, results in running):
        files.update(tmp_path.glob("*.ckpt"))
        time.sleep(0.01)
    assert len(files) == 2
    for _, results in running:
        np.testing.assert_array_equal(results.recv(), expected)
    assert list(tmp_path.iterdir()) == []

"""Threads of torch: chosen by the size of a batch, restored whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import joblib
import pytest
import torch

from ckts.estimators._threads import NUMBERS_PER_THREAD, limit_threads


@pytest.fixture(autouse=True)
def four_threads():
    """Begin with a setting that nothing chooses by itself."""
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("n_jobs", "share", "expected"),
    [
        (None, 0, 1),
        (None, 1.9, 1),
        (None, 2, 2),
        (None, 1000, 4),  # never more than torch is set to
        (1, 1000, 1),
        (3, 0, 3),
        (-1, 0, joblib.cpu_count()),
    ],
)
def test_the_size_of_a_batch_or_n_jobs_decides(n_jobs, share, expected):
    with limit_threads(n_jobs, share * NUMBERS_PER_THREAD) as n_threads:
        assert n_threads == torch.get_num_threads() == expected
    assert torch.get_num_threads() == 4


def test_the_setting_is_restored_after_an_error():
    with pytest.raises(KeyboardInterrupt), limit_threads(None, 0):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 4


def test_the_setting_is_restored_after_overlapping_uses():
    """The second begins while the first limits, and ends after it."""
    first_limits, second_limits, first_left = Event(), Event(), Event()

    def first():
        with limit_threads(1, 0):
            first_limits.set()
            assert second_limits.wait(timeout=60)
        first_left.set()
        return torch.get_num_threads()

    def second():
        assert first_limits.wait(timeout=60)
        assert torch.get_num_threads() == 1  # as the process was set by the first
        with limit_threads(None, 3 * NUMBERS_PER_THREAD) as n_threads:
            second_limits.set()
            assert first_left.wait(timeout=60)
        return n_threads, torch.get_num_threads()

    with ThreadPoolExecutor(2) as pool:
        results = pool.submit(first), pool.submit(second)
        assert results[0].result(60) == 4
        assert results[1].result(60) == (3, 4)
    with ThreadPoolExecutor(1) as pool:  # what a new thread begins with
        assert pool.submit(torch.get_num_threads).result(60) == 4
    assert torch.get_num_threads() == 4


class Witness:
    """Scores a model, and keeps how many threads torch had."""

    def __init__(self):
        self.seen = set()

    def __call__(self, *args):
        self.seen.add(torch.get_num_threads())
        return 0.0

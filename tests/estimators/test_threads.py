"""Threads of torch: chosen by the size of a batch, restored whatever happens."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import joblib
import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from ckts.estimators import CKCNNClassifier, _threads
from ckts.estimators._threads import NUMBERS_PER_THREAD, idle_cores, limit_threads
from irregular import irregular_panel


@pytest.fixture(autouse=True)
def four_threads(monkeypatch):
    """Begin with a setting that nothing chooses by itself, on an idle machine."""
    monkeypatch.setattr(_threads, "idle_cores", lambda: 64)
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
        (-1, 0, 1),  # all cores, as far as they pay
        (-1, 1000, joblib.cpu_count()),
    ],
)
def test_the_size_of_a_batch_or_n_jobs_decides(n_jobs, share, expected):
    with limit_threads(n_jobs, share * NUMBERS_PER_THREAD) as n_threads:
        assert n_threads == torch.get_num_threads() == expected
    assert torch.get_num_threads() == 4


def test_all_cores_are_those_of_this_machine_not_of_a_cluster(monkeypatch):
    monkeypatch.setattr(_threads, "effective_n_jobs", lambda n_jobs: 1000)
    with limit_threads(-1, 1000 * NUMBERS_PER_THREAD) as n_threads:
        assert n_threads == joblib.cpu_count()


@pytest.mark.parametrize(
    ("n_jobs", "n_processes", "expected"),
    [(None, 2, 4), (None, 4, 2), (None, 99, 1), (-1, 2, 4), (-1, 8, 1), (3, 8, 3)],
)
def test_processes_that_work_in_step_share_the_cores(
    n_jobs, n_processes, expected, monkeypatch
):
    """None is the 4 that torch is set to, at most; cores do not look idle."""
    monkeypatch.setattr(_threads, "idle_cores", lambda: 1)
    monkeypatch.setattr(_threads, "cpu_count", lambda: 8)
    numbers = 1000 * NUMBERS_PER_THREAD
    with limit_threads(n_jobs, numbers, n_processes) as n_threads:
        assert n_threads == expected


def test_only_idle_cores_are_used_unless_n_jobs_says_so(monkeypatch):
    monkeypatch.setattr(_threads, "idle_cores", lambda: 2)
    with limit_threads(None, 1000 * NUMBERS_PER_THREAD) as n_threads:
        assert n_threads == 2
    with limit_threads(3, 0) as n_threads:
        assert n_threads == 3


@pytest.mark.parametrize(("running", "idle"), [(1, 8), (3, 6), (8, 1), (99, 1)])
def test_what_can_run_besides_takes_a_core_each(running, idle, monkeypatch):
    texts = iter(f"0.2 0.1 0.1 {n}/80 11206" for n in (99, 1, *3 * [running]))
    monkeypatch.setattr(_threads.Path, "read_text", lambda *a, **k: next(texts))
    monkeypatch.setattr(_threads, "cpu_count", lambda: 8)
    assert idle_cores() == idle


def test_where_the_system_does_not_tell_all_cores_count_as_idle(monkeypatch):
    def missing(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr(_threads.Path, "read_text", missing)
    assert idle_cores() == joblib.cpu_count()


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


def test_a_use_within_another_returns_to_it():
    with limit_threads(3, 0):
        with limit_threads(2, 0):
            assert torch.get_num_threads() == 2
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == 4


class Witness(Callback):
    """Keeps how many threads torch had while a net trained, and while it predicted."""

    def __init__(self):
        self.seen = []

    def on_epoch_begin(self, net, **kwargs):
        self.seen.append(torch.get_num_threads())
        net.module_.register_forward_pre_hook(
            lambda *args: self.seen.append(torch.get_num_threads())
        )


@pytest.mark.parametrize(("n_jobs", "expected"), [(None, {1}), (2, {2}), (-1, {1})])
def test_fit_and_predict_limit_the_threads(n_jobs, expected):
    X, y = irregular_panel()
    witness = Witness()
    model = CKCNNClassifier(
        max_epochs=1, n_jobs=n_jobs, callbacks=[witness], rocket=False
    )
    model.fit(X, y)
    assert set(witness.seen) == expected
    assert torch.get_num_threads() == 4
    witness.seen.clear()
    model.net_.module_.register_forward_pre_hook(
        lambda *args: witness.seen.append(torch.get_num_threads())
    )
    model.predict(X)
    assert set(witness.seen) == expected
    assert torch.get_num_threads() == 4


def test_long_series_use_the_threads_that_torch_is_set_to():
    witness = Witness()
    values = np.zeros((8, 1, 8192))  # 2 x 2**20 numbers in 32 channels
    CKCNNClassifier(max_epochs=1, callbacks=[witness]).fit(values, np.arange(8) % 2)
    assert set(witness.seen) == {2}


def test_the_setting_is_restored_after_fits_that_fail():
    X, y = irregular_panel()
    with pytest.raises(ValueError, match="`batch_size` must"):
        CKCNNClassifier(batch_size=0).fit(X, y)
    failing = CKCNNClassifier(max_epochs=1, callbacks=[Failing()])
    with pytest.raises(RuntimeError, match="out of luck"):
        failing.fit(X, y)
    assert torch.get_num_threads() == 4


class Failing(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise RuntimeError("out of luck")

"""Batches from disk: all series, in small windows, by a thread that ends."""

import threading
from itertools import chain

import numpy as np
import pytest
import torch

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.on_disk import SeriesOnDisk
from ckts.estimators.preprocessing.windows import DiskDataset, draw_windows
from ckts.randomness import make_generator
from irregular import irregular_panel
from series_on_disk import allow_numbers, on_disk_of

N = 60
PANEL, Y = irregular_panel(N)


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    allow_numbers(monkeypatch)


@pytest.fixture
def dataset(tmp_path):
    opened = on_disk_of(PANEL, tmp_path)
    series = SeriesOnDisk(opened, lambda part: part, opened.lengths)
    # Targets say which series it is.
    target, weight = torch.arange(N), np.arange(1.0, N + 1)
    return DiskDataset(series, PanelDataset, target=target, weight=weight)


def readers():
    return [one for one in threading.enumerate() if "read-ahead" in one.name]


def numbers_of(loader):
    return [target.tolist() for _, (target, _) in loader]


@pytest.mark.parametrize("most_rows", [1, 50, 500, 10**6])
def test_every_series_is_in_one_window(most_rows):
    lengths = np.random.default_rng(0).integers(0, 30, 200)
    windows = draw_windows(lengths, most_rows)
    np.testing.assert_array_equal(np.sort(np.concatenate(windows)), np.arange(200))
    part = max(most_rows / 16, 1) + 30
    assert max(np.maximum(lengths[w], 1).sum() for w in windows) <= most_rows + part


def test_windows_of_a_sorted_table_are_mixed():
    windows = draw_windows(np.full(10_000, 5), 5_000)
    means = [window.mean() for window in windows]  # of a target that the table sorts
    assert len(windows) == 10
    assert np.std(means) < 1_200  # 2,900 of windows of successive series
    runs = [np.count_nonzero(np.diff(window) > 1) + 1 for window in windows]
    assert max(runs) <= 18  # parts of successive series: as many looks into the file


def test_an_epoch_has_every_series_once_and_small_batches(dataset):
    assert len(dataset.windows) > 3
    loader = dataset.training_batches(8, make_generator(1), 0)
    batches = numbers_of(loader)
    assert len(batches) == len(loader) == dataset.n_batches(8)
    assert max(map(len, batches)) <= 8
    assert sorted(chain(*batches)) == list(range(N))


def test_a_batch_is_that_of_the_panel_in_memory(dataset):
    whole = PanelDataset(PANEL, target=dataset.target, weight=np.arange(1.0, N + 1))
    for inputs, (target, weight) in dataset.training_batches(8, make_generator(1), 0):
        expected, (_, weights) = whole.__getitems__(target.tolist())
        assert inputs.keys() == expected.keys()
        for name, tensor in inputs.items():
            assert torch.equal(tensor, expected[name])
        assert torch.equal(weight, weights)  # of a mean of 1 over all, not of a window


def test_epochs_differ_and_come_again(dataset):
    first, again = (dataset.training_batches(8, make_generator(1), 0) for _ in range(2))
    epochs = [numbers_of(first) for _ in range(3)]
    assert epochs[0] != epochs[1]
    assert [numbers_of(again) for _ in range(3)] == epochs
    later = dataset.training_batches(8, make_generator(1), 2)
    assert numbers_of(later) == epochs[2]


def test_to_continue_reads_nothing_of_the_epochs_before(dataset, monkeypatch):
    read = []
    monkeypatch.setattr(dataset, "read", read.append)
    dataset.training_batches(8, make_generator(1), 100)
    assert not read


def test_predictions_come_in_one_order(dataset):
    loader = dataset.prediction_batches(8)
    first, second = numbers_of(loader), numbers_of(loader)
    assert first == second
    assert sorted(chain(*first)) == list(range(N))


def test_a_thread_reads_one_window_ahead(dataset, monkeypatch):
    read, threads = DiskDataset.read, []

    def watched(self, window):
        threads.append(threading.current_thread())
        return read(self, window)

    monkeypatch.setattr(DiskDataset, "read", watched)
    for n_windows, _ in enumerate(dataset.training_batches(N, make_generator(1), 0), 1):
        assert len(threads) <= n_windows + 1
    assert len(threads) == len(dataset.windows)
    assert threading.main_thread() not in threads
    assert not readers()


@pytest.mark.parametrize("failing", [0, 1, -1])
def test_what_reading_raises_arrives_and_no_thread_stays(dataset, monkeypatch, failing):
    read, order = DiskDataset.read, []

    def fail(self, window):
        order.append(window)
        if len(order) - 1 == failing % len(dataset.windows):
            raise OSError("the disk is gone")
        return read(self, window)

    monkeypatch.setattr(DiskDataset, "read", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        list(dataset.training_batches(8, make_generator(1), 0))
    assert not readers()


def test_a_loop_that_is_interrupted_leaves_no_thread(dataset):
    def interrupted():
        for _ in dataset.training_batches(8, make_generator(1), 0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for one in readers():  # what is being read is read to its end
        one.join(10)
    assert not readers()

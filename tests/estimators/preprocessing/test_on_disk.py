"""What is learned in passes over series on disk, against the same in memory."""

import numpy as np
import pytest

from ckts import Panel
from ckts.estimators.preprocessing import on_disk
from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.preprocessing.categories import OneHot
from ckts.estimators.preprocessing.on_disk import (
    SeriesOnDisk,
    fits_in_memory,
    learn_statistics_on_disk,
    scan,
)
from irregular import irregular_panel
from series_on_disk import allow_numbers, on_disk_of


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    allow_numbers(monkeypatch)


def unchanged(panel):
    return panel


def series_of(panel, folder):
    opened = on_disk_of(panel, folder)
    return SeriesOnDisk(opened, unchanged, opened.lengths)


def labeled_panel():
    """Labels that occur in some of the series only, and rows without observation."""
    panel, _ = irregular_panel(30)
    values = panel.values.copy()
    values[:, 0] = np.repeat(np.arange(30) // 10, panel.lengths)  # by parts of ten
    values[::3] = np.nan
    return Panel(
        values,
        panel.times,
        panel.indptr,
        channels=["drug", "pulse"],
        categories={"drug": ("none", "z", "y", "never")},
    )


def test_a_panel_fits_if_its_numbers_do(monkeypatch, tmp_path):
    panel, _ = irregular_panel()
    opened = on_disk_of(panel, tmp_path)
    n_numbers = 3 * len(panel.times)  # two channels, and times
    monkeypatch.setattr(on_disk, "MOST_NUMBERS", n_numbers)
    assert fits_in_memory(opened)
    monkeypatch.setattr(on_disk, "MOST_NUMBERS", n_numbers - 1)
    assert not fits_in_memory(opened)


def test_parts_are_prepared_and_small_and_all_there(tmp_path):
    panel, _ = irregular_panel(60)
    opened = on_disk_of(panel, tmp_path)
    series = SeriesOnDisk(opened, lambda part: part.with_times(2 * part.times), opened)
    parts = list(series.partitions())
    assert (
        max(len(part.times) for _, part in parts) <= 200 // 3 == series.rows_at_a_time
    )
    assert len(parts) > 3
    whole = Panel.concat([part for _, part in parts])
    np.testing.assert_array_equal(whole.times, 2 * panel.times)
    numbers = np.concatenate([np.arange(60)[one] for one, _ in parts])
    np.testing.assert_array_equal(numbers, np.arange(60))


def test_a_scan_counts_rows_and_finds_labels(tmp_path):
    panel = labeled_panel()
    found = scan(series_of(panel, tmp_path), unchanged)
    observed = panel.observations.row_counts() > 0
    expected = np.bincount(panel.series_of_rows[observed], minlength=30)
    np.testing.assert_array_equal(found.lengths, expected)
    np.testing.assert_array_equal(found.n_rows, panel.lengths)
    np.testing.assert_array_equal(found.durations, panel.elapsed[panel.indptr[1:] - 1])
    assert found.one_hot == OneHot.learn(panel)
    assert found.one_hot.labels == {"drug": ("none", "z", "y")}


def test_a_scan_does_not_see_what_is_hidden(tmp_path):
    panel = labeled_panel()
    found = scan(
        series_of(panel, tmp_path),
        lambda part: part.with_values(
            np.where(part.values[:, :1] == 0, part.values, np.nan)
        ),
    )
    assert len(panel.times) > found.lengths.sum() > 0
    assert found.one_hot.labels == {"drug": ("none",)}


def test_too_many_labels_in_all_parts_are_refused(tmp_path, monkeypatch):
    panel = labeled_panel()
    monkeypatch.setattr("ckts.estimators.preprocessing.categories.MOST_LABELS", 2)
    with pytest.raises(ValueError, match=r"at most 2 labels.*got 3 in channel 'drug'"):
        scan(series_of(panel, tmp_path), unchanged)


def learn(panel, weight, sample, folder):
    return learn_statistics_on_disk(
        series_of(panel, folder), weight, panel[sample], weight[sample]
    )


def test_statistics_of_all_series_are_those_in_memory(tmp_path):
    panel, _ = irregular_panel(300, static=True)
    weight = np.random.default_rng(0).uniform(0.5, 2, 300)
    found = learn(panel, weight, np.arange(300), tmp_path)
    exact = learn_statistics(panel, weight)
    for name, value in vars(exact.time).items():
        np.testing.assert_array_equal(getattr(found.time, name), value)
    for name in ("values", "static"):
        ours, theirs = getattr(found, name), getattr(exact, name)
        np.testing.assert_allclose(ours.scale, theirs.scale, rtol=0.01)
        np.testing.assert_allclose(ours.center, theirs.center, atol=0.01)
        np.testing.assert_array_equal(ours.known, theirs.known)
    np.testing.assert_array_equal(found.static_missing, exact.static_missing)


def test_the_horizon_and_what_is_unknown_are_of_all_series(tmp_path):
    panel, _ = irregular_panel(100, static=True)
    weight = np.ones(100)
    known = np.flatnonzero(~np.isnan(panel.static).any(axis=1))
    spans = panel.elapsed[panel.indptr[1:] - 1]
    short = known[spans[known] < 8]
    exact = learn_statistics(panel, weight)
    found = learn(panel, weight, short, tmp_path)
    of_sample = learn_statistics(panel[short], weight[short])
    assert not of_sample.static_missing.any()
    np.testing.assert_array_equal(found.static_missing, exact.static_missing)
    assert of_sample.time.horizon < found.time.horizon
    assert found.time.horizon == pytest.approx(exact.time.horizon, rel=0.05)


def test_a_code_of_the_sample_is_told_of_and_left_out(tmp_path):
    panel, _ = irregular_panel(100)
    values = panel.values.copy()
    values[::5, 0] = -999.0
    coded = panel.with_values(values)
    with pytest.warns(UserWarning, match=r"values of channel 'channel_0' are -999"):
        found = learn(coded, np.ones(100), np.arange(50), tmp_path)
    assert abs(found.values.center[0]) < 3
    assert found.values.scale[0] < 5


def test_without_two_stamps_nothing_is_known_of_time(tmp_path):
    panel = Panel(np.arange(20.0)[:, None], np.zeros(20), np.arange(21))
    found = learn(panel, np.ones(20), np.arange(5), tmp_path)
    assert not found.time.known
    assert found.time.horizon == 1.0

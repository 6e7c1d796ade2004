"""From a panel to padded tensors."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.panel import DenseObservations, Panel

NAN = np.nan


def make_panel():
    """Four series: 3 rows, none, 2 rows of which one is all NaN, only NaN."""
    values = [[1.0, NAN], [NAN, NAN], [3, 4], [NAN, NAN], [7, 8], [NAN, NAN]]
    times = [10, 11, 13, 5, 6, 0]
    return Panel(np.array(values), np.array(times), [0, 3, 3, 5, 6])


def test_a_batch_is_padded_to_its_longest_series():
    batch = PanelDataset(make_panel(), dtype=torch.float64).batch([0, 2])
    assert set(batch) == {"values", "times", "observed", "rounding", "lead"}
    assert batch["values"].tolist() == [[[1, 0], [3, 4]], [[7, 8], [0, 0]]]
    assert batch["times"].tolist() == [[0, 3], [0, 0]]  # repeats the last
    observed = [[[True, False], [True, True]], [[True, True], [False, False]]]
    assert batch["observed"].tolist() == observed


def test_rows_without_any_observation_are_dropped():
    tensors = PanelDataset(make_panel())
    assert len(tensors) == 4
    assert tensors.lengths.tolist() == [2, 0, 1, 0]


@pytest.mark.parametrize("series", [[1], [3], [1, 3]])
def test_series_without_any_observation_have_one_row_of_padding(series):
    batch = PanelDataset(make_panel()).batch(series)
    assert batch["values"].tolist() == [[[0, 0]]] * len(series)
    assert batch["times"].tolist() == [[0]] * len(series)
    assert not batch["observed"].any()


def test_a_panel_without_any_observation_makes_batches():
    panel = Panel(np.full((2, 3), NAN), np.arange(2), [0, 1, 2])
    batch = PanelDataset(panel).batch([0, 1])
    assert batch["values"].shape == (2, 1, 3)
    assert not batch["observed"].any()
    panel = Panel(np.empty((0, 3)), np.empty(0), [0, 0])
    assert PanelDataset(panel).batch([0])["values"].shape == (1, 1, 3)


def test_a_batch_of_no_series_is_empty():
    batch = PanelDataset(make_panel()).batch(np.arange(0))
    assert batch["values"].shape == (0, 1, 2)


def test_values_are_standardized_and_zero_where_not_observed():
    mean, scale = np.array([1.0, 10.0]), np.array([2.0, 0.5])
    panel = make_panel()
    scaled = DenseObservations((panel.values - mean) / scale)
    tensors = PanelDataset(panel, observations=scaled)
    values = tensors.batch([0])["values"]
    assert values.dtype == torch.float32
    assert values.tolist() == [[[0, 0], [1, -12]]]


def test_times_are_counted_from_the_first_observation_before_any_rounding():
    epoch = 1_700_000_000_000_000_000  # ns; float64 would lose 256 of them
    times = np.array([epoch - 9, epoch, epoch + 1, epoch + 3600 * 10**9])
    values = np.array([[NAN], [1.0], [2.0], [3.0]])
    tensors = PanelDataset(Panel(values, times, [0, 4]), time_factor=1e-9)
    batch = tensors.batch([0])
    assert batch["times"].dtype == torch.float64
    assert batch["times"].tolist() == [[0, 1e-9, 3600]]


def test_the_rounding_of_the_original_stamps_is_known():
    times = 1.7e9 + np.array([0.0, 1.0, 5.0])
    panel = Panel(np.ones((3, 1)), times, [0, 2, 2, 3])
    rounding = PanelDataset(panel, time_factor=1 / 60).rounding
    expected = [2.0**-48 * times[1] / 60, 0, 2.0**-48 * times[2] / 60]
    np.testing.assert_allclose(rounding, expected, rtol=1e-15)
    whole = Panel(np.ones((3, 1)), times.astype(int), [0, 2, 2, 3])
    assert PanelDataset(whole).rounding.tolist() == [0, 0, 0]


def test_time_before_the_first_observation_is_kept():
    values = [[NAN], [NAN], [1.0], [NAN], [2.0], [3.0], [NAN]]
    times = np.array([5, 6, 9, 11, 1, 2, 4]) + 10**18  # no float64 tells them apart
    panel = Panel(np.array(values), times, [0, 4, 6, 6, 7])
    data = PanelDataset(panel, time_factor=0.5)
    assert data.lead.tolist() == [2, 0, 0, 0]  # nothing before, no row, nothing at all
    batch = data.batch([1, 0])
    assert batch["lead"].tolist() == [0, 2]
    assert batch["times"].tolist() == [[0, 0.5], [0, 0]]


def test_static_features_follow_their_series():
    static = np.arange(8.0).reshape(4, 2)
    tensors = PanelDataset(make_panel(), static=static)
    batch = tensors.batch([3, 0])
    assert batch["static"].dtype == torch.float32
    assert batch["static"].tolist() == [[6, 7], [0, 1]]


def test_batches_own_their_memory():
    panel = make_panel()
    tensors = PanelDataset(panel, dtype=torch.float64)
    for part in tensors.batch([0, 2]).values():
        part.zero_()
    assert tensors.batch([0])["values"].tolist() == [[[1, 0], [3, 4]]]
    assert panel.values[0, 0] == 1


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=6),
    st.integers(0, 2**31),
    st.data(),
)
def test_a_batch_holds_what_the_panel_holds(lengths, seed, data):
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    n_rows = indptr[-1]
    values = np.where(rng.random((n_rows, 2)) < 0.5, NAN, rng.normal(size=(n_rows, 2)))
    times = np.concatenate([np.sort(rng.random(n)) for n in lengths])
    panel = Panel(values, times, indptr)
    order = data.draw(st.permutations(range(len(lengths))))
    batch = PanelDataset(panel, dtype=torch.float64).batch(order)
    for row, series in enumerate(order):
        own = slice(indptr[series], indptr[series + 1])
        kept = ~np.isnan(values[own]).all(axis=1)
        expected = values[own][kept]
        n_kept = len(expected)
        observed = batch["observed"][row].numpy()
        assert (observed[:n_kept] == ~np.isnan(expected)).all()
        assert not observed[n_kept:].any()
        got = np.where(observed, batch["values"][row], NAN)[:n_kept]
        np.testing.assert_array_equal(got, expected)
        stamps = batch["times"][row].numpy()
        if n_kept:
            elapsed = times[own][kept] - times[own][kept][0]
            np.testing.assert_array_equal(stamps[:n_kept], elapsed)
            assert (stamps[n_kept:] == elapsed[-1]).all()
    for part in batch.values():
        assert part.is_contiguous()


def test_one_series_is_a_batch_of_its_own():
    """Callbacks of users look at single items."""
    dataset = PanelDataset(Panel(np.ones((5, 1)), np.arange(5), [0, 2, 5]))
    batch, (target, weight) = dataset[1]
    assert batch["values"].shape == (1, 3, 1)
    assert target.tolist() == [0]
    assert weight.tolist() == [1]

"""Rows on a grid, and dense convolutions, against loops."""

import numpy as np
import pytest
import torch

from ckts.networks.paper.grid import convolve_dense, place_on_grid
from published_network import direct_sum, published_fft


def test_rows_stand_at_their_points_and_those_of_one_point_are_averaged():
    times = torch.tensor([[5.0, 5.5, 5.6, 6.5, 6.5]], dtype=torch.float64)
    values = torch.tensor([[1.0, 2.0, 4.0, 8.0, 99.0]]).reshape(1, 5, 1)
    observed = torch.tensor([[1, 1, 1, 1, 0]]).bool().reshape(1, 5, 1)
    grid = place_on_grid(values, times, observed, step=0.5, length=6)
    assert grid.values[0, :, 0].tolist() == [1, 3, 0, 8, 0, 0]
    assert grid.observed[0, :, 0].tolist() == [True, True, False, True, False, False]
    assert grid.last.tolist() == [3]
    options = {"step": 0.5, "length": 6, "repeat_last": True}
    grid = place_on_grid(values, times, observed, **options)
    assert grid.values[0, :, 0].tolist() == [1, 3, 0, 8, 8, 8]
    assert grid.observed[0, :, 0].tolist() == [True, True, False, True, True, True]


def test_a_grid_may_begin_before_the_first_row():
    times = torch.tensor([[5.0, 6.0], [5.0, 7.0]], dtype=torch.float64)
    values = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
    options = {"step": 1.0, "length": 4}
    lead = torch.tensor([0.0, 2.0], dtype=torch.float64)
    grid = place_on_grid(values, times, values.bool(), lead=lead, **options)
    assert grid.values[..., 0].tolist() == [[1, 2, 0, 0, 0], [0, 0, 3, 0, 4]]
    assert grid.last.tolist() == [1, 4]


def test_a_longer_series_makes_the_grid_longer():
    times = torch.tensor([[0.0, 9.0], [0.0, 2.0]], dtype=torch.float64)
    values = torch.ones(2, 2, 1)
    grid = place_on_grid(values, times, values.bool(), step=1.0, length=3)
    assert grid.values[..., 0].sum(1).tolist() == [2, 2]
    assert grid.values.shape == (2, 10, 1)
    assert grid.last.tolist() == [9, 2]


@pytest.mark.parametrize("length", [1, 2, 7, 8, 23])
def test_the_dense_convolution_is_the_sum_over_lags(length):
    rng = np.random.default_rng(length)
    series = rng.normal(size=(3, length))
    kernel = rng.normal(size=(4, 3, length))
    tensors = (
        torch.from_numpy(series.T)[None],
        torch.from_numpy(kernel[..., ::-1].copy()),
    )
    values, samples = tensors[0], tensors[1].permute(2, 0, 1)
    found = convolve_dense(values, samples)[0].T.numpy()
    np.testing.assert_allclose(found, direct_sum(series, kernel), atol=1e-12)


@pytest.mark.parametrize("length", [3, 7, 23, 91])
def test_the_warped_one_is_that_of_the_published_code(length):
    rng = np.random.default_rng(length)
    series = rng.normal(size=(3, length))
    kernel = rng.normal(size=(4, 3, length))
    samples = torch.from_numpy(kernel[..., ::-1].copy()).permute(2, 0, 1)
    values = torch.from_numpy(series.T)[None]
    found = convolve_dense(values, samples, warped=True)[0].T.numpy()
    expected = published_fft(series, kernel)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    exact = direct_sum(series, kernel)
    assert np.abs(expected - exact).max() > 0.1 * np.abs(exact).max()


def test_the_published_convolution_is_exact_at_even_lengths():
    rng = np.random.default_rng(0)
    series, kernel = rng.normal(size=(3, 8)), rng.normal(size=(4, 3, 8))
    expected = direct_sum(series, kernel)
    np.testing.assert_allclose(published_fft(series, kernel), expected, atol=1e-12)

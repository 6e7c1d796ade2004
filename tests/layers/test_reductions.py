"""Pooling over the rows that exist."""

import torch

from ckts.convolution.quadrature.weights import gap_weights
from ckts.layers import TimePool


def test_the_pool_is_a_weighted_mean_and_a_maximum():
    values = torch.tensor([[[1.0, -1.0], [4.0, -5.0], [100.0, 100.0]]])
    weights = torch.tensor([[[3.0], [1.0], [0.0]]])
    assert TimePool()(values, weights).tolist() == [[1.75, -2, 4, -1]]


def test_a_burst_counts_for_the_time_that_it_covers():
    # a ramp measured densely at its end has the mean of the ramp
    times = torch.cat([torch.arange(11) / 10, torch.linspace(0.9, 1, 500)])
    times = times.double().sort().values.unsqueeze(0)
    values = times.unsqueeze(-1)
    mean, largest = TimePool()(values, gap_weights(times))[0]
    assert abs(mean - 0.5) < 0.06  # half a step at the first stamp
    assert largest == 1
    assert values.mean() > 0.9


def test_padding_and_unobserved_rows_are_never_read():
    values = torch.randn(2, 6, 3)
    weights = torch.rand(2, 6, 1, dtype=torch.float64) + 0.1
    expected = TimePool()(values[:, :4], weights[:, :4])
    weights[:, 4:] = 0
    values[:, 4:] = 1e30
    values.requires_grad_()
    pooled = TimePool()(values, weights)
    torch.testing.assert_close(pooled, expected)
    pooled.sum().backward()
    assert (values.grad[:, 4:] == 0).all()


def test_a_series_without_rows_gives_zeros():
    values, weights = torch.randn(2, 4, 3), torch.ones(2, 4, 1)
    weights[1] = 0
    assert TimePool()(values, weights)[1].tolist() == [0] * 6
    assert TimePool()(values[:, :0], weights[:, :0]).tolist() == [[0] * 6] * 2


def test_the_scale_of_the_weights_does_not_matter():
    values, weights = torch.randn(2, 5, 3).double(), torch.rand(2, 5, 1).double()
    expected = TimePool()(values, weights)
    torch.testing.assert_close(TimePool()(values, 1e9 * weights), expected)

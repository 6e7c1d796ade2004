"""The near field: moments of an interval, and who is joined with whom."""

import math

import numpy as np
import pytest
import torch
from scipy.interpolate import BarycentricInterpolator

from ckts.convolution.methods.mesh import near_terms as near
from ckts.convolution.methods.mesh.near_field import AROUND, LAGS
from ckts.convolution.methods.mesh.near_terms import (
    MOMENTS,
    chebyshev_weights,
    moment_response,
    moment_weights,
)
from ckts.convolution.methods.mesh.splines import NODES
from ckts.convolution.plan import layer_geometry
from time_patterns import draw_pattern, pad_series

PLACES = torch.rand(50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


# --- moments --------------------------------------------------------------------------


def response_through_moments(kernel, places, query_places):
    """Kernel between all stamps of an interval, from its values at some lags."""
    terms = moment_response(query_places) @ moment_weights(places).T
    lags = near_field_of(torch.zeros(1, 99).double()).intervals.lags
    return torch.einsum("qls,l->qs", terms, kernel(lags))


@pytest.mark.parametrize("count", [2, 5, 6, 8])
def test_chebyshev_weights_are_lagrange_polynomials(count):
    points = (
        1 - torch.cos(torch.pi * (torch.arange(count).double() + 0.5) / count)
    ) / 2
    places = torch.cat([PLACES, points, torch.tensor([0.0, 1.0]).double()])
    twin = BarycentricInterpolator(points.numpy(), np.eye(count))
    np.testing.assert_allclose(
        chebyshev_weights(places, count), twin(places.numpy()), atol=1e-13
    )


def test_moment_weights_sum_to_one():
    weights = moment_weights(PLACES)
    assert weights.shape == (50, MOMENTS)
    torch.testing.assert_close(weights.sum(1), torch.ones(50).double())


@pytest.mark.parametrize("degree", range(MOMENTS))
def test_polynomials_below_the_number_of_moments_are_exact(degree):
    def kernel(lags):
        return (lags / 2 + 0.3) ** degree

    got = response_through_moments(kernel, PLACES, PLACES[:20])
    lags = PLACES[:20].unsqueeze(1) - PLACES
    torch.testing.assert_close(got, kernel(lags), atol=1e-13, rtol=0)


@pytest.mark.parametrize(
    ("points_per_period", "bound"), [(8, 3e-4), (10, 5e-5), (16, 3e-6), (32, 1e-7)]
)
def test_a_wave_is_right_to_the_tolerance_of_the_mesh(points_per_period, bound):
    def kernel(lags):
        return torch.sin(2 * math.pi * lags / points_per_period + 0.7)

    got = response_through_moments(kernel, PLACES, PLACES)
    exact = kernel(PLACES.unsqueeze(1) - PLACES)
    assert (got - exact).abs().max() < bound


# --- the two kinds --------------------------------------------------------------------


def near_field_of(times, queries=None, step=0.05):
    options = {"method": "mesh", "mesh_step": step}
    return layer_geometry(times, queries, **options).method.near


@pytest.mark.parametrize(("points", "kind"), [(40, "stamps"), (1000, "intervals")])
def test_crowded_stamps_are_joined_by_interval(points, kind):
    # 15 intervals of 0.05 around a stamp hold 3 of 4 stamps
    times = draw_pattern("uniform", points).unsqueeze(0)
    expected = kind == "intervals"
    assert (near_field_of(times).intervals is not None) == expected


def test_one_crowd_does_not_count_as_crowded_stamps():
    times = torch.linspace(0, 1000, 2000, dtype=torch.float64).unsqueeze(0)
    times[0, 100:120] = times[0, 100]
    assert near_field_of(times).intervals is None


def test_padding_to_a_long_series_costs_an_interval():
    times, _ = pad_series(draw_pattern("uniform", 3), draw_pattern("uniform", 4000))
    terms = near_field_of(times, step=0.002).terms[0]
    assert terms.by_row.columns.numel() < 300 * 600


@pytest.mark.parametrize("neighbors", [-1, math.inf])
def test_nothing_joins_one_series_with_another(neighbors, monkeypatch):
    monkeypatch.setattr(near, "NEIGHBORS", neighbors)
    one, other = (draw_pattern("uniform", 30, seed).unsqueeze(0) for seed in (1, 2))
    alone = near_field_of(one)
    both = near_field_of(torch.cat([one, other]))
    for part in ("columns", "entries"):
        first = getattr(alone.terms[0].by_row, part)
        together = getattr(both.terms[0].by_row, part)
        assert torch.equal(together[: len(first)], first)
    rows, columns = coordinates(both.terms[0])
    if neighbors == -1:
        n_own = int(both.intervals.segments[29]) + 1
        assert ((rows < n_own * AROUND) == (columns < n_own * NODES)).all()
    else:
        assert ((rows < 30 * LAGS) == (columns < 30)).all()


def coordinates(matrix):
    counts = matrix.by_row.starts.diff()
    return torch.repeat_interleave(counts), matrix.by_row.columns


def test_stamps_far_apart_have_a_near_field_of_their_own_alone():
    times = torch.arange(8).double().unsqueeze(0)
    rows, columns = coordinates(near_field_of(times).terms[0])
    assert torch.equal(rows // LAGS, columns)


def test_an_interval_knows_the_last_observation_up_to_an_output(monkeypatch):
    monkeypatch.setattr(near, "NEIGHBORS", -1)
    times = torch.tensor([[0.0, 0.1, 0.2, 0.2, 2.4, 5.0], [0, 0, 0, 0, 0, 0]]).double()
    queries = torch.tensor([[0.15, 0.2, 0.9, 1.5, 2.3, 9.0], [-1, 0, 0.5, 1, 2, 0]])
    found = layer_geometry(
        times, queries.double(), method="mesh", mesh_step=1.0
    ).method.near.intervals
    none = times.numel()
    # the second series begins at its first query, one step before its stamps
    expected = [[1, 3, 3, none, none, none], [none, 11, 11, none, none, 11]]
    assert found.past.view(2, 6).tolist() == expected
    assert found.segments.tolist() == [0, 0, 0, 0, 1, 2, *[3] * 6]

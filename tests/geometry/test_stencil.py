"""Interpolation from the mesh points around a stamp."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ckts.geometry import NODES, lagrange_weights
from ckts.geometry.stencil import make_stencil, polynomials

PLACES = torch.linspace(0, 1, 41, dtype=torch.float64)
POINTS = torch.arange(NODES, dtype=torch.float64) - (NODES // 2 - 1)


def test_weights_sum_to_one():
    sums = lagrange_weights(PLACES).sum(-1)
    torch.testing.assert_close(sums, torch.ones_like(sums), atol=1e-14, rtol=0)


@pytest.mark.parametrize("degree", range(NODES))
def test_polynomials_below_the_number_of_points_are_exact(degree):
    places = torch.linspace(-1, 2, 31, dtype=torch.float64)  # up to one step off, too
    got = lagrange_weights(places) @ POINTS**degree
    torch.testing.assert_close(got, places**degree, atol=1e-11, rtol=1e-11)


def test_the_next_degree_is_not_exact():
    got = lagrange_weights(PLACES) @ POINTS**NODES
    assert (got - PLACES**NODES).abs().max() > 1


def test_a_stamp_on_a_mesh_point_takes_its_value():
    assert torch.equal(lagrange_weights(POINTS), torch.eye(NODES, dtype=torch.float64))


def test_the_error_falls_with_the_eighth_power_of_the_step():
    errors = []
    for step in (0.2, 0.1):
        exact = torch.sin(step * PLACES + 1.3)
        got = lagrange_weights(PLACES) @ torch.sin(step * POINTS + 1.3)
        errors.append((got - exact).abs().max())
    assert errors[0] / errors[1] == pytest.approx(2**NODES, rel=0.1)


def test_weights_of_any_shape_are_taken():
    table = PLACES[:40].view(2, 4, 5)
    weights = lagrange_weights(table)
    assert weights.shape == (2, 4, 5, NODES)
    assert torch.equal(weights.flatten(0, 2), lagrange_weights(PLACES[:40]))


def test_float32_places_give_float64_weights():
    weights = lagrange_weights(torch.tensor([0.25]))
    assert weights.dtype == torch.float64


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=9, unique=True))
def test_lagrange_polynomials_are_one_at_their_own_node_alone(nodes):
    nodes = torch.tensor(nodes, dtype=torch.float64)
    values = polynomials(nodes, nodes)
    torch.testing.assert_close(values, torch.eye(len(nodes), dtype=torch.float64))


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.integers(1, 10**6))
def test_a_stencil_says_where_a_stamp_lies(positions, length):
    table = torch.tensor([positions, positions[::-1]], dtype=torch.float64)
    stencil = make_stencil(table, length)
    assert ((stencil.places >= 0) & (stencil.places < 1)).all()
    series = torch.arange(2).repeat_interleave(len(positions))
    found = stencil.first - series * length + stencil.places
    assert torch.equal(found, table.flatten())


def test_the_matrix_interpolates_every_series_from_its_own_mesh():
    positions = torch.tensor([[0.0, 1.5, 1.75], [0.25, 0.25, 2.0]]).double()
    length = 11
    matrix = make_stencil(positions, length).matrix(2 * length)
    # mesh point k of a series lies at k - 3: its first stamp is amid the first eight
    points = torch.arange(length, dtype=torch.float64) - (NODES // 2 - 1)
    table = torch.cat([points**3, 5 - points]).unsqueeze(1)
    got = (matrix @ table).view(2, 3)
    expected = torch.stack([positions[0] ** 3, 5 - positions[1]])
    torch.testing.assert_close(got, expected)

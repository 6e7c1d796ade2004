"""Splines around a stamp, and the filter that makes them interpolate."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline, make_interp_spline

from ckts.convolution.methods.mesh.splines import (
    AT_NODES,
    NODES,
    make_stencil,
    spline_taps,
    spline_weights,
)

PLACES = torch.linspace(0, 1, 41, dtype=torch.float64)
POINTS = torch.arange(NODES, dtype=torch.float64) - (NODES // 2 - 1)


def interpolate(samples, places):
    """Values in the middle of samples at whole steps, the place between two of them."""
    middle = len(samples) // 2
    coefficients = torch.from_numpy(np.convolve(samples, spline_taps(1), "same"))
    around = middle + POINTS.long()
    return spline_weights(places) @ coefficients[around]


def test_weights_are_the_basis_splines_of_scipy():
    splines = BSpline.basis_element(np.arange(NODES + 1), extrapolate=False)
    distances = PLACES.unsqueeze(1) - POINTS
    expected = np.nan_to_num(splines((distances + NODES / 2).numpy()))
    np.testing.assert_allclose(spline_weights(PLACES), expected, atol=1e-15)


def test_weights_are_positive_and_sum_to_one():
    weights = spline_weights(PLACES)
    assert (weights >= 0).all()
    torch.testing.assert_close(
        weights.sum(1), torch.ones(41).double(), atol=1e-15, rtol=0
    )


@pytest.mark.parametrize("order", [1, 2])
def test_the_filter_undoes_the_splines_at_the_mesh_points(order):
    whole = spline_taps(order).numpy()
    for _ in range(order):
        whole = np.convolve(whole, np.array(AT_NODES) / 5040)
    impulse = np.zeros(len(whole))
    impulse[len(whole) // 2] = 1
    np.testing.assert_allclose(whole, impulse, atol=1e-13)


def test_interpolation_is_that_of_scipy():
    samples = np.random.default_rng(0).normal(size=401)
    spline = make_interp_spline(np.arange(401.0), samples, k=NODES - 1)
    expected = spline(200 + PLACES.numpy())
    np.testing.assert_allclose(interpolate(samples, PLACES), expected, atol=1e-11)


@pytest.mark.parametrize("degree", range(4))
def test_polynomials_are_exact(degree):
    steps = np.arange(-150.0, 151)
    got = interpolate(steps**degree, PLACES)
    torch.testing.assert_close(got, PLACES**degree, atol=1e-8, rtol=0)


@pytest.mark.parametrize("points", [4, 6, 9])
def test_the_error_of_a_wave_falls_with_the_eighth_power(points):
    # a wave of `points` samples per period is mixed with one of (points - 1) times its
    # frequency, the nearest that has the same samples
    steps = np.arange(-150, 151)
    speed = 2 * math.pi / points
    got = torch.complex(
        interpolate(np.cos(speed * steps), PLACES),
        interpolate(np.sin(speed * steps), PLACES),
    )
    error = (got - torch.exp(1j * speed * PLACES)).abs().max().item()
    assert error == pytest.approx(2 * (points - 1) ** -NODES, rel=0.35)


def test_weights_of_any_shape_are_taken():
    table = PLACES[:40].view(2, 4, 5)
    weights = spline_weights(table)
    assert weights.shape == (2, 4, 5, NODES)
    assert torch.equal(weights.flatten(0, 2), spline_weights(PLACES[:40]))


def test_float32_places_give_float64_weights():
    weights = spline_weights(torch.tensor([0.25]))
    assert weights.dtype == torch.float64


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
    # a spline has variance 2 / 3, so these are the coefficients of a cubic
    table = torch.cat([points**3 - 2 * points, 5 - points]).unsqueeze(1)
    got = (matrix @ table).view(2, 3)
    expected = torch.stack([positions[0] ** 3, 5 - positions[1]])
    torch.testing.assert_close(got, expected)

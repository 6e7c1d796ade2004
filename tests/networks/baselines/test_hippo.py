"""HiPPO-LegS against its differential equation and against the projection."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.linalg import expm
from scipy.special import eval_legendre

from ckts.networks.baselines import HiPPO, hippo
from ckts.networks.baselines.hippo import gauss_rule, legendre, legs_steps
from row_batches import UNIT, make_network, make_rows

ORDER = 6


def published_system(order):
    """A and B of Theorem 2, for ``c' = -A c / t + B f / t``, entry by entry."""
    system, entry = np.zeros((order, order)), np.empty(order)
    for n in range(order):
        entry[n] = (2 * n + 1) ** 0.5
        system[n, n] = n + 1
        for k in range(n):
            system[n, k] = (2 * n + 1) ** 0.5 * (2 * k + 1) ** 0.5
    return system, entry


def published_step(share, order):
    """Solve it from ``r t`` to t, for a constant f: in log t it is linear."""
    system, entry = published_system(order)
    carry = expm(system * np.log(share))
    return carry, np.linalg.solve(system, entry - carry @ entry)


def project(levels, ends, order):
    """Integrate a staircase over [0, last end] against each polynomial, slowly."""
    last, nodes = ends[-1], np.polynomial.legendre.leggauss(20)
    coefficients = np.zeros(order)
    for start, end, level in zip([0, *ends[:-1]], ends, levels, strict=True):
        places = start + (end - start) * (nodes[0] + 1) / 2
        weights = nodes[1] * (end - start) / 2
        for n in range(order):
            basis = (2 * n + 1) ** 0.5 * eval_legendre(n, 2 * places / last - 1)
            coefficients[n] += level * (weights @ basis) / last
    return coefficients


def shares_of(ends):
    return torch.from_numpy(np.array([[0.0, *ends[:-1]]]) / ends)


@pytest.mark.parametrize("share", [1e-3, 0.3, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("order", [1, ORDER, 16])
def test_a_step_solves_the_published_equation(share, order):
    carry, entry = legs_steps(torch.tensor([[share]], dtype=torch.float64), order)
    expected = published_step(share, order)
    np.testing.assert_allclose(carry[0, 0], expected[0], atol=1e-9)
    np.testing.assert_allclose(entry[0, 0], expected[1], atol=1e-9)


def test_the_memory_is_the_projection_of_the_staircase():
    ends = [1.0, 1.7, 1.9, 40.0, 41.0, 45.5]
    levels = [0.3, -2.0, 5.0, 1.0, -1.0, 0.5]
    carry, entry = (one[0].numpy() for one in legs_steps(shares_of(ends), ORDER))
    memory = np.zeros(ORDER)
    for row, level in enumerate(levels):
        memory = carry[row] @ memory + entry[row] * level
        expected = project(levels[: row + 1], ends[: row + 1], ORDER)
        np.testing.assert_allclose(memory, expected, atol=1e-12)


def test_a_projection_never_grows_what_it_carries():
    shares = torch.rand(1, 50, dtype=torch.float64)
    carry, _ = legs_steps(shares, 64)
    norms = torch.linalg.matrix_norm(carry[0], ord=2)
    assert (norms <= shares[0].sqrt() + 1e-9).all()


@pytest.mark.parametrize("order", [1, 2, 7, 64])
def test_the_rule_is_that_of_numpy(order):
    expected = np.polynomial.legendre.leggauss(order)
    np.testing.assert_allclose(gauss_rule(order), expected, atol=1e-13)


def test_polynomials_are_those_of_scipy():
    points = torch.linspace(-1, 1, 21, dtype=torch.float64)
    expected = [eval_legendre(n, points.numpy()) for n in range(9)]
    np.testing.assert_allclose(legendre(points, 9).T, expected, atol=1e-13)
    assert legendre(points, 1).shape == (21, 1)


def test_states_follow_the_equations():
    network, rows = make_network(HiPPO, order=ORDER), make_rows()
    states, ends = network.encode(rows), rows.times - rows.times[:, :1] + UNIT
    drive, update = network.drive, network.update.weight
    for number, inputs in enumerate(rows.inputs):
        h, c = torch.zeros(5).double(), torch.zeros(ORDER).double()
        for row in range(rows.lengths[number]):
            both = update @ torch.cat([h, c]) + drive.weight @ inputs[row] + drive.bias
            gate, candidate = both.split(5)
            h = h + torch.sigmoid(gate) * (torch.tanh(candidate) - h)
            f = network.signal.weight @ h + network.signal.bias
            if row:
                share = float(ends[number, row - 1] / ends[number, row])
                carry, entry = map(torch.tensor, published_step(share, ORDER))
                c = carry @ c + entry * f
            else:  # a constant so far
                c[0] = f
            torch.testing.assert_close(states[number, row], h)


def test_time_counts_in_its_unit():
    network, rows = make_network(HiPPO, order=ORDER), make_rows()
    expected = network.encode(rows)
    stretched = replace(rows, times=rows.times * 60 + 5)
    assert not torch.allclose(network.encode(stretched), expected)
    other = make_network(HiPPO, order=ORDER, row_time_step=60 * UNIT)
    torch.testing.assert_close(other.encode(stretched), expected)


def test_long_series_are_prepared_in_parts(monkeypatch):
    network, rows = make_network(HiPPO, order=ORDER), make_rows(n_rows=11)
    expected = network.encode(rows)
    monkeypatch.setattr(hippo, "ROWS_AT_A_TIME", 4)
    torch.testing.assert_close(network.encode(rows), expected, rtol=1e-12, atol=1e-12)


def test_a_row_at_the_stamp_before_leaves_no_trace_in_the_memory():
    carry, entry = legs_steps(torch.ones(1, 1, dtype=torch.float64), ORDER)
    torch.testing.assert_close(carry[0, 0], torch.eye(ORDER, dtype=torch.float64))
    assert entry.abs().max() < 1e-15


def test_a_wild_stamp_gives_finite_states():
    rows = make_rows()
    rows.times[0, 3:] += 1e9
    assert make_network(HiPPO).encode(rows).isfinite().all()

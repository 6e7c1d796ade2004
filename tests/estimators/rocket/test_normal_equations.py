"""Ridge regression from sums over parts, held to least squares on all rows."""

import numpy as np
import pytest
import torch

from ckts.estimators.rocket import normal_equations
from ckts.estimators.rocket.normal_equations import (
    NormalEquations,
    factorize,
    substitute,
)
from refits import refit


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(normal_equations, "TILE", 8)


def draw(n_features, n_series=60, seed=0):
    rng = np.random.default_rng(seed)
    table = (0.2 + rng.normal(size=(n_series, n_features))).astype(np.float32)
    target = table[:, :1] + rng.normal(size=(n_series, 2))
    return table, target, rng.uniform(0.5, 2, n_series)


def add_in_parts(equations, table, target, weight, size=17):
    for start in range(0, len(table), size):
        part = slice(start, start + size)
        equations.add(table[part].copy(), target[part], weight[part])
    return equations


@pytest.mark.parametrize("n_features", [1, 7, 8, 9, 16, 30])
def test_sums_over_parts_solve_the_ridge_regression_of_all_rows(n_features):
    table, target, weight = draw(n_features)
    equations = add_in_parts(NormalEquations(n_features, 2), table, target, weight)
    coefficients, intercept, penalty = equations.solve(0.3)
    assert penalty == 0.3
    exact = table.astype(np.float64)
    expected = refit(exact, target, weight, 0.3, exact)
    # products are float32
    np.testing.assert_allclose(exact @ coefficients + intercept, expected, atol=5e-6)


def test_where_features_are_fewer_than_their_directions_the_penalty_decides():
    table, target, weight = draw(30, n_series=10)
    equations = add_in_parts(NormalEquations(30, 2), table, target, weight)
    coefficients, intercept, _ = equations.solve(0.1)
    exact = table.astype(np.float64)
    expected = refit(exact, target, weight, 0.1, exact)
    np.testing.assert_allclose(exact @ coefficients + intercept, expected, atol=1e-5)


def test_rounding_does_not_grow_with_the_number_of_parts():
    """One part of 10,000 times the weight has the rounding of one product."""
    table, target, weight = draw(9)
    many, one = NormalEquations(9, 2), NormalEquations(9, 2)
    for _ in range(10_000):
        many.add(table.copy(), target, weight)
    one.add(table.copy(), target, 10_000 * weight)
    found, expected = many.solve(1.0), one.solve(1.0)
    np.testing.assert_allclose(found[0], expected[0], rtol=2e-6, atol=2e-7)
    np.testing.assert_allclose(found[1], expected[1], rtol=2e-6)


def test_a_penalty_that_rounding_would_drown_is_raised():
    table = np.array([[1e3], [-1e3]], np.float32)
    equations = NormalEquations(1, 1)
    equations.add(table, np.array([[1.0], [-1.0]]), np.ones(2))
    *_, penalty = equations.solve(1e-9)
    assert penalty == pytest.approx(2e-3)


def test_a_column_of_zeros_has_no_coefficient():
    table, target, weight = draw(9)
    table[:, 4] = 0
    solved = add_in_parts(NormalEquations(9, 2), table, target, weight).solve(0.5)
    assert not solved[0][4].any()
    assert solved[0][3].all()


@pytest.mark.parametrize("size", [3, 8, 20])
def test_the_factor_in_tiles_is_that_of_numpy(size):
    rng = np.random.default_rng(size)
    root = rng.normal(size=(size, size))
    matrix = root @ root.T + np.eye(size)
    stops = [*range(8, size, 8), size]
    rows = [slice(stop - (stop - 1) % 8 - 1, stop) for stop in stops]
    tiles = [torch.from_numpy(matrix[own, : own.stop].copy()) for own in rows]
    factorize(tiles, rows)
    expected = np.linalg.cholesky(matrix)
    for own, tile in zip(rows, tiles, strict=True):
        np.testing.assert_allclose(tile, expected[own, : own.stop], atol=1e-12)
    right = rng.normal(size=(size, 3))
    found = substitute(tiles, rows, torch.from_numpy(right))
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), atol=1e-9)

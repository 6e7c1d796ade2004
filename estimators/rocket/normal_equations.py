"""Ridge regression from sums over series: none of them need be in memory at once."""

from __future__ import annotations

import numpy as np
import torch

# Rows of a tile of the matrix.
TILE = 1024
# Products are float32: a penalty below this share of the trace is drowned by them.
LEAST_PENALTY = 1e-9


class NormalEquations:
    r"""Sums from which a weighted ridge regression with intercept is solved.

    With features :math:`Z`, targets :math:`Y` and weights :math:`W` they are
    :math:`Z^T W Z`, :math:`Z^T W Y`, and the sums of features, targets and weights. The
    products of a call of `add` are float32, the sums float64: so it does not matter how
    many series there are. Of the matrix only the lower triangle is stored, in rows of
    tiles, and it is solved where it stands: ``4 * n_features**2`` bytes in all.

    Parameters
    ----------
    n_features, n_outputs : int
    """

    def __init__(self, n_features: int, n_outputs: int) -> None:
        stops = [*range(TILE, n_features, TILE), n_features]
        starts = [0, *stops[:-1]]
        self._rows = [slice(*ends) for ends in zip(starts, stops, strict=True)]
        self._matrix = [
            torch.zeros(stop - start, stop, dtype=torch.float64)
            for start, stop in zip(starts, stops, strict=True)
        ]
        # products with targets, and with 1
        self._cross = torch.zeros(n_features, n_outputs + 1, dtype=torch.float64)
        self._total = np.zeros(n_outputs + 1)

    def add(self, table: np.ndarray, target: np.ndarray, weight: np.ndarray) -> None:
        """Add some series.

        Parameters
        ----------
        table : ndarray of shape (n_series, n_features)
            float32, and nearly centered; it is changed.
        target : ndarray of shape (n_series, n_outputs)
        weight : ndarray of shape (n_series,)
        """
        root = np.sqrt(weight)[:, None]
        extended = np.column_stack([target, np.ones(len(target))])
        self._total += weight @ extended
        right = torch.from_numpy(root * extended)
        table *= root.astype(np.float32)
        scaled = torch.from_numpy(table)
        for rows, matrix in zip(self._rows, self._matrix, strict=True):
            part = scaled[:, rows]
            matrix += part.T @ scaled[:, : rows.stop]
            self._cross[rows] += part.double().T @ right

    def solve(self, penalty: float) -> tuple[np.ndarray, np.ndarray, float]:
        """Solve for coefficients; nothing can be added afterwards.

        Parameters
        ----------
        penalty : float
            What is added to the diagonal, at least 1e-9 of the trace.

        Returns
        -------
        coefficients : ndarray of shape (n_features, n_outputs)
        intercept : ndarray of shape (n_outputs,)
        penalty : float
            What was added.
        """
        total = self._total[-1]
        mean = torch.from_numpy(self._total[:-1] / total)
        center = self._cross[:, -1] / total
        # centered by the weights: the intercept bears no penalty
        right = self._cross[:, :-1] - total * torch.outer(center, mean)
        diagonals = []
        for rows, matrix in zip(self._rows, self._matrix, strict=True):
            matrix.addr_(center[rows], center[: rows.stop], alpha=-total)
            diagonals.append(matrix[:, rows].diagonal())
        trace = sum(float(one.sum()) for one in diagonals)
        penalty = max(penalty, LEAST_PENALTY * trace)
        for one in diagonals:
            one += penalty
        factorize(self._matrix, self._rows)
        coefficients = substitute(self._matrix, self._rows, right)
        return coefficients.numpy(), (mean - center @ coefficients).numpy(), penalty


def factorize(matrix: list[torch.Tensor], rows: list[slice]) -> None:
    """Replace the lower triangle of a matrix by its Cholesky factor.

    Parameters
    ----------
    matrix : list of Tensor of shape (n_rows, stop)
        Rows of tiles, each up to its diagonal. Above that it may hold anything.
    rows : list of slice
        Which rows they are.
    """
    for place, (own, line) in enumerate(zip(rows, matrix, strict=True)):
        for before, other in zip(rows[:place], matrix[:place], strict=True):
            tile, start = line[:, before], before.start
            tile -= line[:, :start] @ other[:, :start].T
            corner = other[:, before].T
            tile.copy_(
                torch.linalg.solve_triangular(corner, tile, upper=True, left=False)
            )
        tile, left = line[:, own], line[:, : own.start]
        tile -= left @ left.T
        tile.copy_(torch.linalg.cholesky(tile))


def substitute(
    factor: list[torch.Tensor], rows: list[slice], right: torch.Tensor
) -> torch.Tensor:
    """Solve by a Cholesky factor in rows of tiles.

    Parameters
    ----------
    factor : list of Tensor of shape (n_rows, stop)
    rows : list of slice
    right : Tensor of shape (n_features, n_outputs)

    Returns
    -------
    Tensor of shape (n_features, n_outputs)
    """
    found = right.clone()
    for own, line in zip(rows, factor, strict=True):
        rest = found[own] - line[:, : own.start] @ found[: own.start]
        found[own] = torch.linalg.solve_triangular(line[:, own], rest, upper=False)
    for own, line in zip(rows[::-1], factor[::-1], strict=True):
        corner = line[:, own].T
        found[own] = torch.linalg.solve_triangular(corner, found[own], upper=True)
        found[: own.start] -= line[:, : own.start].T @ found[own]
    return found

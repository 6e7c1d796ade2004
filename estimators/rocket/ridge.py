"""Ridge regression on blocks of many features, all of it chosen by leaving out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ckts.estimators.rocket.blocks import AbstractBlock
from ckts.estimators.rocket.leaving_out import (
    PENALTIES,
    LeavingOut,
    LeavingOutOfSets,
    choose_shares,
    draw_groups,
    predict_held,
)
from ckts.estimators.saving.values import savable

# Shares and penalty are chosen on at most so many sets of so many series.
MOST_CHOOSING, MOST_SETS = 768, 4
# Series that are left out of the final model.
MOST_LEFT_OUT = 2048
# More series than this are solved iteratively, in at most so many steps.
MOST_SOLVED, MOST_STEPS = 4096, 300


@savable
@dataclass(frozen=True, eq=False)
class BlockRidge:
    """A linear model of mapped blocks of features.

    Attributes
    ----------
    blocks : list of AbstractBlock
    coefficients : list of ndarray of shape (n_mapped, n_outputs) or None
        None of a block that is left out.
    intercept : ndarray of shape (n_outputs,)
    shares : ndarray of shape (n_blocks,)
        The share of each block in the kernel, 0 of one that is left out.
    penalty : float
    """

    blocks: list[AbstractBlock]
    coefficients: list[np.ndarray | None]
    intercept: np.ndarray
    shares: np.ndarray
    penalty: float

    def predict(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Predict outputs.

        Parameters
        ----------
        features : sequence of ndarray of shape (n_series, n_features)
            As many as blocks.

        Returns
        -------
        ndarray of shape (n_series, n_outputs)
        """
        outputs = np.tile(self.intercept, (len(features[0]), 1))
        for block, coefficients, table in zip(
            self.blocks, self.coefficients, features, strict=True
        ):
            if coefficients is not None:
                outputs += block.map(table) @ coefficients
        return outputs


@dataclass(frozen=True, eq=False)
class ChosenRidge:
    """What is chosen before a ridge regression is solved, and the series that chose.

    Attributes
    ----------
    blocks : list of AbstractBlock
    shares : ndarray of shape (n_blocks,)
    penalty : float
        As a multiple of the mean weight of a series.
    tables : list of ndarray of shape (n_series, n_mapped)
        The mapped features of each block.
    chosen : ndarray of int of shape (n_chosen,)
        Series.
    left_out : ndarray of shape (n_chosen, n_outputs)
        The prediction of each of them without it and those that go with it.
    of_folds : ndarray of shape (n_series, n_outputs) or None
        The prediction of each series without its fold; None if there are no folds.
    kernel : ndarray of shape (n_series, n_series) or None
        That of the shares, if all series chose.
    """

    blocks: list[AbstractBlock]
    shares: np.ndarray
    penalty: float
    tables: list[np.ndarray]
    chosen: np.ndarray
    left_out: np.ndarray
    of_folds: np.ndarray | None
    kernel: np.ndarray | None = None


def choose_ridge(
    features: list[np.ndarray],
    kinds: list[type[AbstractBlock]],
    target: np.ndarray,
    weight: np.ndarray,
    together: np.ndarray,
    rng: np.random.RandomState,
    folds: np.ndarray | None = None,
) -> ChosenRidge:
    """Choose the blocks and the penalty of a ridge regression by leaving out.

    The kernel is a weighted mean of those of the blocks, all of the same size. Their
    shares, and the penalty, are those of the least squared error on series that are
    left out, together with those that they must not be predicted from.

    Parameters
    ----------
    features : list of ndarray of shape (n_series, n_features)
        float32, one of each block; rows in an order that the data decide. The list is
        emptied, as mapped features take as much memory again.
    kinds : list of type of AbstractBlock
        How each block is mapped.
    target : ndarray of shape (n_series, n_outputs)
    weight : ndarray of shape (n_series,)
        Positive; only ratios count. For a given penalty a weight of 2 is the same
        as the series twice; but penalties are multiples of the mean weight, so that
        equal series must have become one of the sum of their weights before.
    together : ndarray of int of shape (n_series,)
        Series of the same number, those of a patient, are left out together.
    rng : RandomState
        Draws the series that choose, where they are many.
    folds : ndarray of int of shape (n_series,), optional
        The fold of each series, to predict it from the others.

    Returns
    -------
    ChosenRidge
    """
    order = rng.permutation(len(target))
    blocks, tables = [], []
    for kind, table in zip(kinds, take_out(features), strict=True):
        block, mapped = kind.learn_and_map(table, weight, order)
        blocks.append(block)
        tables.append(mapped)
    products = [Products(table) for table in tables]

    def parts(series: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return target[series], weight[series], together[series]

    def leaving_out(series: np.ndarray) -> LeavingOut:
        kernels = [one.among(series) for one in products]
        return LeavingOut.of(kernels, *parts(series))

    drawn = draw_groups(together, MOST_CHOOSING, MOST_SETS, rng)
    best = choose_shares(LeavingOutOfSets([*map(leaving_out, drawn)]), len(blocks))
    shares, penalty = best.shares, float(PENALTIES[best.penalty])
    (chosen,) = draw_groups(together, MOST_LEFT_OUT, 1, rng)
    # one after the other: of many series their kernels are large
    pairs = zip(shares, products, strict=True)
    kernel = sum(share * one.among(chosen) for share, one in pairs if share > 0)
    final = LeavingOut.of([kernel], *parts(chosen))
    left_out = final.try_penalty(np.ones(1), best.penalty).left_out
    few = len(chosen) == len(target)
    found = ChosenRidge(
        *(blocks, shares, penalty, tables, chosen, left_out, None),
        kernel=kernel if few else None,
    )
    if folds is None:
        return found
    if few:
        kernels = [one.among(chosen) for one in products]
        of_folds = _predict_folds(kernels, *parts(chosen), folds, rng)
    else:
        of_folds = _predict_many(found, target, weight, folds)
    return replace(found, of_folds=of_folds)


def _predict_folds(
    kernels: list[np.ndarray],
    target: np.ndarray,
    weight: np.ndarray,
    together: np.ndarray,
    folds: np.ndarray,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Predict each fold from the others, which alone choose shares and penalty.

    Chosen on all series, predictions of labels of chance look better than they are: a
    log-loss of .59 for .67 (60 series).
    """
    predicted = np.empty_like(target)
    for fold in np.unique(folds):
        held = folds == fold
        others = np.flatnonzero(~held)
        (drawn,) = draw_groups(together[others], MOST_CHOOSING, 1, rng)
        few = others[drawn]
        some = [kernel[np.ix_(few, few)] for kernel in kernels]
        chosen = LeavingOut.of(some, target[few], weight[few], together[few])
        best = choose_shares(chosen, len(kernels))
        kernel = sum(s * k for s, k in zip(best.shares, kernels, strict=True))
        predicted[held] = predict_held(kernel, target, weight, held, best.penalty)
    return predicted


def _predict_many(
    found: ChosenRidge, target: np.ndarray, weight: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    """Predict each fold from the others, of many series, by what all have chosen.

    A choice among few dozens by thousands of series tells next to nothing of any. Some
    of the series alone would choose worse, and learn less than the model that is joined
    with networks of all: of 8,000 patients these had a share of .82, for which the
    joined model was worse than without them.
    """
    predicted = np.empty_like(target)
    for fold in np.unique(folds):
        held = folds == fold
        # the penalty is a multiple of the mean weight: of those that are learned from
        multiple = found.penalty / (~held).mean()
        part = replace(found, penalty=multiple)
        solved = solve_ridge(part, target, weight * ~held, most_solved=0)
        predicted[held] = solved.intercept
        for table, coefficients in zip(found.tables, solved.coefficients, strict=True):
            if coefficients is not None:
                predicted[held] += table[held] @ coefficients
    return predicted


def take_out(tables: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the tables of a list, which keeps none of them."""
    tables.reverse()
    while tables:
        yield tables.pop()


def solve_ridge(
    found: ChosenRidge,
    target: np.ndarray,
    weight: np.ndarray,
    *,
    most_solved: int = MOST_SOLVED,
) -> BlockRidge:
    """Solve for the coefficients of each block, and the intercept.

    Parameters
    ----------
    found : ChosenRidge
        Of the same series.
    target : ndarray of shape (n_series, n_outputs)
    weight : ndarray of shape (n_series,)
        A series of weight 0 is not learned from.
    most_solved : int
        More series than this are solved iteratively.

    Returns
    -------
    BlockRidge
    """
    tables, shares = found.tables, found.shares
    root, mean = np.sqrt(weight)[:, None], weight @ target / weight.sum()
    right = root * (target - mean)
    penalty = found.penalty * weight.mean()
    used = [(s, t) for s, t in zip(shares, tables, strict=True) if s > 0]

    def kernel(vectors: np.ndarray) -> np.ndarray:
        """Multiply by the kernel, without making it."""
        scaled = (root * vectors).astype(np.float32)
        products = sum(s * (t @ (t.T @ scaled)).astype(np.float64) for s, t in used)
        return root * products + penalty * vectors

    if len(target) <= most_solved:
        matrix = found.kernel
        if matrix is None:
            matrix = sum(s * gram_of(t) for s, t in used)
        matrix = matrix * (root * root.T)
        matrix.flat[:: len(matrix) + 1] += penalty
        factor = torch.linalg.cholesky(torch.from_numpy(matrix))
        dual = torch.cholesky_solve(torch.from_numpy(right), factor).numpy()
    else:
        dual = conjugate_gradients(kernel, right)
    coefficients = [
        s * (t.T @ (root * dual).astype(np.float32)).astype(np.float64)
        if s > 0
        else None
        for s, t in zip(shares, tables, strict=True)
    ]
    return BlockRidge(found.blocks, coefficients, mean, shares, penalty)


class Products:
    """Products of pairs of mapped series, computed once if the series are few.

    Parameters
    ----------
    table : ndarray of shape (n_series, n_mapped)
        float32.
    """

    def __init__(self, table: np.ndarray) -> None:
        self._table = table
        self._all: np.ndarray | None = None

    def among(self, series: np.ndarray) -> np.ndarray:
        """Return those of some series, float64, shape (n_some, n_some)."""
        if len(self._table) > MOST_LEFT_OUT:
            return gram_of(self._table[series])
        if self._all is None:
            self._all = _multiply(self._table)
        return self._all[np.ix_(series, series)].astype(np.float64)


def gram_of(table: np.ndarray) -> np.ndarray:
    """Return the products of all pairs of rows of a float32 table, as float64."""
    return _multiply(table).astype(np.float64)


def _multiply(table: np.ndarray) -> np.ndarray:
    rows = torch.from_numpy(table)  # faster than NumPy, on threads that are limited
    return (rows @ rows.T).numpy()


def conjugate_gradients(
    multiply: Callable[[np.ndarray], np.ndarray], right: np.ndarray
) -> np.ndarray:
    """Solve positive definite systems that differ in their right side only.

    Parameters
    ----------
    multiply : callable
        From an ndarray of shape (n, n_outputs) to the product with the matrix.
    right : ndarray of shape (n, n_outputs)

    Returns
    -------
    ndarray of shape (n, n_outputs)
        The residuals are at most 1e-5 of the right sides, or as small as 300 steps
        make them.
    """
    solution = np.zeros_like(right)
    residual, direction = right.copy(), right.copy()
    squares = np.square(residual).sum(0)
    wanted = 1e-10 * squares
    for _ in range(MOST_STEPS):
        if (squares <= wanted).all():
            break
        product = multiply(direction)
        curvature = (direction * product).sum(0)
        step = squares / np.where(curvature > 0, curvature, np.inf)
        solution += step * direction
        residual -= step * product
        before, squares = squares, np.square(residual).sum(0)
        direction *= squares / np.where(before > 0, before, np.inf)
        direction += residual
    return solution

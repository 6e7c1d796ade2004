"""Ridge regression on blocks of many features, all of it chosen by leaving out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh, solve

# Penalties that are tried, as multiples of the sum of the weights.
PENALTIES = np.logspace(-5, 1, 13)
# Everything is chosen on at most so many series; more of them are solved iteratively.
MOST_CHOOSING, MOST_SOLVED, MOST_STEPS = 768, 4096, 300
# Shares of blocks: one that joins, and the least; how much less the error must be, and
# how often that is tried.
NEW_SHARE, LEAST_SHARE, LEAST_GAIN, MOST_ROUNDS = 0.25, 0.05, 0.002, 3
# What a series keeps at least of its residual: divides by no 0.
TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Block:
    """One block of features, standardized and divided by its size.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,)
        Weighted mean, and the weighted standard deviation times the root of the number
        of features that vary: the squares of a row sum up to about 1. Infinite where a
        feature does not vary.
    """

    center: np.ndarray
    scale: np.ndarray

    @classmethod
    def learn(cls, features: np.ndarray, weight: np.ndarray) -> Block:
        """Learn center and scale.

        Parameters
        ----------
        features : ndarray of shape (n_series, n_features)
            float32.
        weight : ndarray of shape (n_series,)
        """
        share = weight / weight.sum()
        center = share @ features
        variance = np.empty_like(center)
        for column, values in enumerate(features.T):  # without a copy in float64
            variance[column] = share @ np.square(values - center[column])
        varies = variance > 1e-12
        size = max(1, np.count_nonzero(varies))
        scale = np.sqrt(np.where(varies, variance, np.inf) * size)
        return cls(center, scale)

    def standardize(self, features: np.ndarray) -> np.ndarray:
        """Return the standardized features, as float32."""
        scaled = features - self.center.astype(np.float32)
        scaled /= self.scale.astype(np.float32)
        return scaled


@dataclass(frozen=True, eq=False)
class BlockRidge:
    """A linear model of blocks of features.

    Attributes
    ----------
    blocks : list of Block
    coefficients : list of ndarray of shape (n_features, n_outputs) or None
        None of a block that is left out.
    intercept : ndarray of shape (n_outputs,)
    shares : ndarray of shape (n_blocks,)
        The share of each block in the kernel, 0 of one that is left out.
    penalty : float
    """

    blocks: list[Block]
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
                outputs += block.standardize(table).astype(np.float64) @ coefficients
        return outputs


@dataclass(frozen=True, eq=False)
class Choice:
    """What leaving out chose, and the predictions that it was chosen by.

    Attributes
    ----------
    shares : ndarray of shape (n_blocks,)
    penalty : float
    left_out : ndarray of shape (n_chosen, n_outputs)
        The prediction of each series by the others.
    error : float
        The weighted mean of its squared errors.
    """

    shares: np.ndarray
    penalty: float
    left_out: np.ndarray
    error: float


def fit_ridge(
    features: list[np.ndarray],
    target: np.ndarray,
    weight: np.ndarray,
    together: np.ndarray,
    rng: np.random.RandomState,
) -> tuple[BlockRidge, np.ndarray, np.ndarray]:
    """Fit a ridge regression whose blocks and penalty are chosen by leaving out.

    The kernel is a weighted mean of those of the blocks, all of the same size. Their
    shares, and the penalty, are those of the least squared error on series that are
    left out, together with those that they must not be predicted from.

    Parameters
    ----------
    features : list of ndarray of shape (n_series, n_features)
        float32, one of each block.
    target : ndarray of shape (n_series, n_outputs)
    weight : ndarray of shape (n_series,)
        Positive. A weight of 2 is the same as the series twice; only ratios count.
    together : ndarray of int of shape (n_series,)
        Series of the same number, those of a patient, are left out together.
    rng : RandomState
        Draws the series that choose, where they are many.

    Returns
    -------
    model : BlockRidge
    chosen : ndarray of int of shape (n_chosen,)
        The series that chose.
    left_out : ndarray of shape (n_chosen, n_outputs)
        The prediction of each of them without it and those that go with it.
    """
    blocks = [Block.learn(table, weight) for table in features]
    tables = [b.standardize(f) for b, f in zip(blocks, features, strict=True)]
    chosen = draw_groups(together, MOST_CHOOSING, rng)
    grams = [table[chosen] @ table[chosen].T for table in tables]

    def choose(shares: np.ndarray) -> Choice:
        gram = sum(s * g.astype(np.float64) for s, g in zip(shares, grams, strict=True))
        found = choose_penalty(gram, target[chosen], weight[chosen], together[chosen])
        return replace(found, shares=shares)

    best = choose_shares(choose, len(blocks))
    coefficients, intercept = _solve(tables, best, target, weight)
    model = BlockRidge(blocks, coefficients, intercept, best.shares, best.penalty)
    return model, chosen, best.left_out


def choose_shares(choose: Callable[[np.ndarray], Choice], n_blocks: int) -> Choice:
    """Look for the shares of blocks that have the least error.

    The best of each block alone and all alike is improved by a quarter or four times
    the share of one block, as long as that helps.

    Parameters
    ----------
    choose : callable
        From shares, whose sum is 1, to what leaving out chooses with them.
    n_blocks : int

    Returns
    -------
    Choice
    """
    starts = [*np.eye(n_blocks), np.full(n_blocks, 1 / n_blocks)]
    best = min(map(choose, starts), key=error_of)
    for _ in range(MOST_ROUNDS):
        others = map(choose, neighbors_of(best.shares))
        found = min(others, key=error_of, default=best)  # a single block has none
        if found.error >= (1 - LEAST_GAIN) * best.error:
            break
        best = found
    return best


def error_of(choice: Choice) -> float:
    """Return the error."""
    return choice.error


def neighbors_of(shares: np.ndarray) -> Iterator[np.ndarray]:
    """Yield other shares, of which one is a quarter or four times as large, or new."""
    for block, share in enumerate(shares):
        for size in (share / 4, share * 4) if share else (NEW_SHARE,):
            changed = shares.copy()
            changed[block] = size
            changed /= changed.sum()
            changed[changed < LEAST_SHARE] = 0.0
            changed /= changed.sum()
            if (changed != shares).any():  # of a single block all sizes are the same
                yield changed


def draw_groups(together: np.ndarray, most: int, rng) -> np.ndarray:
    """Draw whole groups until there are as many series as wanted.

    Parameters
    ----------
    together : ndarray of int of shape (n_series,)
    most : int
        All series if they are no more than this.
    rng : RandomState

    Returns
    -------
    ndarray of int of shape (n_drawn,)
        Increasing.
    """
    numbers, whose = np.unique(together, return_inverse=True)
    rank = rng.permutation(len(numbers))[whose]
    if len(together) <= most:
        return np.arange(len(together))
    order = np.argsort(rank, kind="stable")
    whole = rank < rank[order[most]]  # the group that does not fit in whole is left out
    return np.flatnonzero(whole) if whole.any() else np.sort(order[:most])


def choose_penalty(
    gram: np.ndarray, target: np.ndarray, weight: np.ndarray, together: np.ndarray
) -> Choice:
    r"""Choose the penalty of a kernel ridge regression with intercept by leaving out.

    With :math:`\tilde K = S K S`, :math:`S = \mathrm{diag}(\sqrt w)` and a kernel that
    is centered by the weights, the residuals are :math:`R \tilde y`,

    .. math:: R = I - \tilde K (\tilde K + \alpha)^{-1} - s s^T / s^T s,

    and those of a model without the group `g` are :math:`R_{gg}^{-1} (R \tilde y)_g`.

    Parameters
    ----------
    gram : ndarray of shape (n_series, n_series)
        The kernel of the series, float64.
    target : ndarray of shape (n_series, n_outputs)
    weight : ndarray of shape (n_series,)
    together : ndarray of int of shape (n_series,)

    Returns
    -------
    Choice
        `shares` is empty.
    """
    root = np.sqrt(weight)
    share = weight / weight.sum()
    mean = share @ gram
    centered = gram - mean - mean[:, None] + share @ mean
    values, vectors = eigh(root[:, None] * centered * root, overwrite_a=True)
    mean = share @ target
    rotated = vectors.T @ (root[:, None] * (target - mean))
    groups = several_together(together)
    found = []
    for penalty in PENALTIES * weight.sum():
        kept = penalty / (np.clip(values, 0.0, None) + penalty)
        residual = vectors @ (kept[:, None] * rotated)
        own = np.square(vectors) @ kept - share
        left_out = residual / np.maximum(own, TINY)[:, None]
        for group in groups:
            part = vectors[group]
            block = (part * kept) @ part.T - np.outer(root[group], root[group]) / (
                weight.sum()
            )
            left_out[group] = np.linalg.pinv(block, hermitian=True) @ residual[group]
        error = np.square(left_out).sum() / weight.sum() / target.shape[1]
        predicted = target - left_out / root[:, None]
        found.append(Choice(np.empty(0), penalty, predicted, error))
    return min(found, key=error_of)


def several_together(together: np.ndarray) -> list[np.ndarray]:
    """Return the series of each number that several have, unless all have the same."""
    order = np.argsort(together, kind="stable")
    starts = np.flatnonzero(np.diff(together[order])) + 1
    groups = np.split(order, starts)
    return [group for group in groups if 1 < len(group) < len(together)]


def _solve(
    tables: list[np.ndarray], choice: Choice, target: np.ndarray, weight: np.ndarray
) -> tuple[list[np.ndarray | None], np.ndarray]:
    """Solve for the coefficients of each block, and the intercept."""
    root, mean = np.sqrt(weight)[:, None], weight @ target / weight.sum()
    right = root * (target - mean)
    used = [(s, t) for s, t in zip(choice.shares, tables, strict=True) if s > 0]

    def kernel(vectors: np.ndarray) -> np.ndarray:
        """Multiply by the kernel, without making it."""
        scaled = (root * vectors).astype(np.float32)
        products = sum(s * (t @ (t.T @ scaled)).astype(np.float64) for s, t in used)
        return root * products + choice.penalty * vectors

    if len(target) <= MOST_SOLVED:
        matrix = sum(s * (t @ t.T).astype(np.float64) for s, t in used)
        matrix *= root * root.T
        matrix.flat[:: len(matrix) + 1] += choice.penalty
        dual = solve(matrix, right, assume_a="pos", overwrite_a=True)
    else:
        dual = conjugate_gradients(kernel, right)
    coefficients = [
        s * (t.T @ (root * dual).astype(np.float32)).astype(np.float64)
        if s > 0
        else None
        for s, t in zip(choice.shares, tables, strict=True)
    ]
    return coefficients, mean


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

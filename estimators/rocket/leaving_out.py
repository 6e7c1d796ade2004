"""Ridge regression chosen by leaving out series: its penalty, and shares of kernels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from ckts.estimators.preprocessing.sampling import LEAST_GROUPS, fair_share

# Penalties that are tried, as multiples of the mean weight of a series: more series
# need no larger ones. And the number of the first.
PENALTIES = np.logspace(-3.5, 4, 16)
FIRST_PENALTY = 7
# Shares of kernels: one that joins, and the least; how much less the error must be, and
# how often that is tried.
NEW_SHARE, LEAST_SHARE, LEAST_GAIN, MOST_ROUNDS = 0.25, 0.05, 0.002, 3
# Kernels alone that further penalties are tried of.
N_REFINED = 2
# What a series keeps at least of its residual: divides by no 0.
TINY = 1e-9
# Errors that differ by less than this share are the same.
ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Choice:
    """A ridge regression, and what it says of series that are left out.

    Attributes
    ----------
    shares : ndarray of shape (n_kernels,)
    penalty : int
        A number of `PENALTIES`.
    left_out : ndarray of shape (n_series, n_outputs)
        The prediction of each series by the others.
    error : float
        The weighted mean of its squared errors.
    """

    shares: np.ndarray
    penalty: int
    left_out: np.ndarray
    error: float


def error_of(choice: Choice) -> float:
    """Return the error."""
    return choice.error


def better_of(old: Choice, new: Choice, gain: float) -> Choice:
    """Return the new choice if its error is less by a share of that of the old one."""
    return new if new.error < (1 - gain) * old.error else old


class AbstractLeavingOut(ABC):
    """Series that are to be predicted from each other."""

    @abstractmethod
    def try_penalty(self, shares: np.ndarray, penalty: int) -> Choice:
        """Leave out each series or group.

        Parameters
        ----------
        shares : ndarray of shape (n_kernels,)
        penalty : int
            A number of `PENALTIES`.

        Returns
        -------
        Choice
        """

    def choose_penalty(self, shares: np.ndarray, first: int = FIRST_PENALTY) -> Choice:
        """Go from a first penalty to lower or higher ones while the error falls."""
        return self.refine(self.try_penalty(shares, first))

    def refine(self, best: Choice) -> Choice:
        """Go from a choice to lower or higher penalties while the error falls."""
        first = best.penalty
        for direction in (1, -1):
            penalty = first + direction
            while 0 <= penalty < len(PENALTIES):
                found = self.try_penalty(best.shares, penalty)
                if better_of(best, found, ROUNDING) is best:
                    break
                best, penalty = found, penalty + direction
            if best.penalty != first:
                break
        return best


@dataclass(frozen=True, eq=False)
class LeavingOut(AbstractLeavingOut):
    r"""Kernels and targets of series, to be predicted from each other.

    With :math:`\tilde K = S K S`, :math:`S = \mathrm{diag}(\sqrt w)` and a kernel that
    is centered by the weights, the residuals of a ridge regression with intercept are
    :math:`R \tilde y`,

    .. math:: R = \alpha (\tilde K + \alpha)^{-1} - s s^T / s^T s,

    and those of a model without the group `g` are :math:`R_{gg}^{-1} (R \tilde y)_g`.

    Attributes
    ----------
    kernels : list of ndarray of shape (n_series, n_series)
        float64, see :meth:`of`.
    target : ndarray of shape (n_series, n_outputs)
    weight : ndarray of shape (n_series,)
    groups : list of ndarray of int of shape (n_groups, size)
        The series of the groups of each size above 1.
    """

    kernels: list[np.ndarray]
    target: np.ndarray
    weight: np.ndarray
    groups: list[np.ndarray]

    @classmethod
    def of(
        cls,
        kernels: list[np.ndarray],
        target: np.ndarray,
        weight: np.ndarray,
        together: np.ndarray,
    ) -> LeavingOut:
        """Center kernels, and sort groups.

        Parameters
        ----------
        kernels : list of ndarray of shape (n_series, n_series)
        target : ndarray of shape (n_series, n_outputs)
        weight : ndarray of shape (n_series,)
            Positive; only ratios count. For a given penalty a weight of 2 is the same
            as the series twice; but penalties are multiples of the mean weight, so that
            equal series must have become one of the sum of their weights before.
        together : ndarray of int of shape (n_series,)
            Series of the same number are left out together.

        Returns
        -------
        LeavingOut
        """
        root, share = np.sqrt(weight), weight / weight.sum()
        centered = []
        for kernel in kernels:
            mean = share @ kernel
            moved = kernel - mean - mean[:, None] + share @ mean
            centered.append(root[:, None] * moved * root)
        return cls(centered, target, weight, several_together(together))

    def try_penalty(self, shares, penalty):
        """Leave out each series or group, by one inverse for all of them."""
        root, total = np.sqrt(self.weight), self.weight.sum()
        alpha = PENALTIES[penalty] * self.weight.mean()
        used = [(s, k) for s, k in zip(shares, self.kernels, strict=True) if s > 0]
        matrix = sum(share * kernel for share, kernel in used)
        matrix.flat[:: len(matrix) + 1] += alpha
        matrix = inverse(matrix)
        scaled = root[:, None] * self.target
        # the operator itself would take several passes over its memory
        residual = alpha * (matrix @ scaled) - np.outer(root, root @ scaled / total)
        own = alpha * np.diagonal(matrix) - self.weight / total
        left_out = residual / np.maximum(own, TINY)[:, None]
        for series in self.groups:
            ones, others = series[:, :, None], series[:, None, :]
            blocks = alpha * matrix[ones, others] - root[ones] * root[others] / total
            blocks = np.linalg.pinv(blocks, hermitian=True)
            left_out[series] = blocks @ residual[series]
        error = np.square(left_out).sum() / total / self.target.shape[1]
        predicted = self.target - left_out / root[:, None]
        return Choice(shares, penalty, predicted, float(error))


@dataclass(frozen=True, eq=False)
class LeavingOutOfSets(AbstractLeavingOut):
    """Several sets of series, each to be predicted within itself.

    Attributes
    ----------
    sets : list of LeavingOut
    """

    sets: list[LeavingOut]

    def try_penalty(self, shares, penalty):
        """Leave out within each set; the error is the mean of theirs."""
        found = [one.try_penalty(shares, penalty) for one in self.sets]
        left_out = np.concatenate([choice.left_out for choice in found])
        error = float(np.mean([choice.error for choice in found]))
        return Choice(shares, penalty, left_out, error)


def predict_held(
    kernel: np.ndarray,
    target: np.ndarray,
    weight: np.ndarray,
    held: np.ndarray,
    penalty: int,
) -> np.ndarray:
    """Predict some series from the others.

    Parameters
    ----------
    kernel : ndarray of shape (n_series, n_series)
        Not centered, float64.
    target : ndarray of shape (n_series, n_outputs)
    weight : ndarray of shape (n_series,)
        Positive.
    held : ndarray of bool of shape (n_series,)
        The series that are predicted.
    penalty : int
        A number of `PENALTIES`.

    Returns
    -------
    ndarray of shape (n_held, n_outputs)
    """
    own, share = weight[~held], weight[~held] / weight[~held].sum()
    among, across = kernel[~held][:, ~held], kernel[held][:, ~held]
    mean = share @ among
    centered = among - mean - mean[:, None] + share @ mean
    # A weight of w is a penalty of 1 / w: the systems are the same.
    centered.flat[:: len(own) + 1] += PENALTIES[penalty] * own.mean() / own
    middle = share @ target[~held]
    dual = inverse(centered) @ (target[~held] - middle)
    # the sum of `dual` is 0: what is constant in a row of `across` does not matter
    return (across - mean) @ dual + middle


def choose_shares(sets: AbstractLeavingOut, n_kernels: int) -> Choice:
    """Look for the shares of kernels that have the least error.

    The best of each kernel alone and all alike is improved by a quarter or four times
    the share of one kernel, as long as that helps. Other shares are compared at the
    penalty of the best ones; further penalties are tried of what is best there: of 76
    choices on twelve data sets each was that of all penalties, in half of the time.

    Parameters
    ----------
    sets : AbstractLeavingOut
        Series that are to be predicted from each other.
    n_kernels : int

    Returns
    -------
    Choice
    """
    best = sets.choose_penalty(np.full(n_kernels, 1 / n_kernels))
    alone = [sets.try_penalty(shares, best.penalty) for shares in np.eye(n_kernels)]
    refined = map(sets.refine, sorted(alone, key=error_of)[:N_REFINED])
    best = better_of(best, min(refined, key=error_of), ROUNDING)
    for _ in range(MOST_ROUNDS):
        near = neighbors_of(best.shares)
        others = [sets.try_penalty(shares, best.penalty) for shares in near]
        if not others:  # a single kernel has none
            break
        found = sets.refine(min(others, key=error_of))
        before, best = best, better_of(best, found, LEAST_GAIN)
        if best is before:
            break
    return best


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


def inverse(matrix: np.ndarray) -> np.ndarray:
    """Invert a positive definite matrix, ten times as fast as SciPy."""
    factor = torch.linalg.cholesky(torch.from_numpy(matrix))
    return torch.cholesky_inverse(factor).numpy()


def several_together(together: np.ndarray) -> list[np.ndarray]:
    """Return the series of each number that several have, unless all have the same.

    Parameters
    ----------
    together : ndarray of int of shape (n_series,)

    Returns
    -------
    list of ndarray of int of shape (n_groups, size)
        One for each size.
    """
    order = np.argsort(together, kind="stable")
    starts = np.flatnonzero(np.diff(together[order])) + 1
    groups = np.split(order, starts)
    sizes = {len(group) for group in groups} - {1, len(together)}
    return [
        np.array([group for group in groups if len(group) == size])
        for size in sorted(sizes)
    ]


def draw_groups(
    together: np.ndarray, most: int, n_draws: int, rng: np.random.RandomState
) -> list[np.ndarray]:
    """Draw disjoint sets of series, each of whole groups as far as that is possible.

    Parameters
    ----------
    together : ndarray of int of shape (n_series,)
        Groups of series.
    most : int
        Series in a set. Of a group that is larger than an eighth of it only a part is
        drawn, if the others are enough for a set: one group tells nothing of others.
    n_draws : int
        Sets, at most.
    rng : RandomState

    Returns
    -------
    list of ndarray of int of shape (n_drawn,)
        Increasing. All series, if they are no more than `most`.
    """
    n_series = len(together)
    if n_series <= most:
        return [np.arange(n_series)]
    _, whose = np.unique(together, return_inverse=True)
    sizes = np.bincount(whose)
    quota = max(most // LEAST_GROUPS, fair_share(sizes, most))
    order = np.lexsort((rng.permutation(n_series), rng.permutation(len(sizes))[whose]))
    place = np.arange(n_series)
    starts = np.r_[True, np.diff(whose[order]) != 0]
    within = place - np.maximum.accumulate(np.where(starts, place, 0))
    drawn = order[within < quota]
    n_sets = int(np.clip(len(drawn) // most, 1, n_draws))
    return [np.sort(part) for part in np.array_split(drawn[: n_sets * most], n_sets)]

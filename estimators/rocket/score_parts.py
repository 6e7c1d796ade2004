"""Parts of scores: what kernels add in which channel and when, and what columns add."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ckts.estimators.rocket.blocks import LinearBlock
from ckts.estimators.rocket.kernel_features import KernelFeatures
from ckts.estimators.rocket.ridge import BlockRidge
from ckts.estimators.rocket.summaries import StepCoding
from ckts.rocket import AbstractKernelGroup, Signal

# Steps of a window that differ by much less than this are alike.
FLAT = 1e-6
# What is less of a step is rounding.
TOUCHING = 1e-9


@dataclass(frozen=True, eq=False)
class LinearGroup:
    """Kernels of a group, and what their features add to the outputs.

    Attributes
    ----------
    clock, scale : str
        What the kernels see.
    group : AbstractKernelGroup
    center : Tensor of shape (n_biases, 84)
        Of the features.
    slope : Tensor of shape (n_biases, 84, n_outputs)
        By how much outputs grow with the features.
    """

    clock: str
    scale: str
    group: AbstractKernelGroup
    center: Tensor
    slope: Tensor

    def values(self, signal: Signal, ends: Tensor) -> Tensor:
        r"""Take what the features of a series add apart, by channel and interval.

        With the response :math:`r_k` of kernel `k`, biases :math:`\beta` and slopes
        `a`, each of the times of a series, which is a share `q` of all, adds

        .. math:: q \sum_{k, \beta} a_{k \beta} \left(
                  \mathbb{1}[r_k(t) > \beta] - \text{center}_{k \beta} \right).

        What kernel `k` adds there is divided among its channels `c` and steps `j`
        within the span in proportion to what each contributes to the response,

        .. math:: |p_{kcj} \, (m_{cj} - \bar m_c)|,

        with the mean `m` of the signal over a step, and that over the window: as the
        steps of a pattern add up to 0, the level of a window adds nothing. Where a
        window is constant, all are alike.

        Parameters
        ----------
        signal : Signal
            Of one series.
        ends : Tensor of shape (n_intervals + 1,)
            Those of the intervals, on the clock of the signal, from 0 to its span.

        Returns
        -------
        Tensor of shape (n_outputs, n_used, n_intervals)
            float64.
        """
        windows = self.group.windows(signal.span)
        places = overlaps(windows, ends)
        means = signal.integral(windows.reshape(1, -1), self.group.channels)
        means = means.view(*windows.shape, -1).diff(dim=1) / self.group.dilation
        sizes = (means - means.mean(1, keepdim=True)).abs() + FLAT
        sizes = (sizes * places.any(0).unsqueeze(2)).transpose(1, 2)
        flat, weight = sizes.flatten(1), self.group.weight.abs()
        by_size = self._added(signal) / (flat @ weight).unsqueeze(2)
        divided = flat.unsqueeze(2) * torch.matmul(weight, by_size)
        divided = divided.view(*sizes.shape, -1)
        return torch.einsum("itj,tcjo->oci", places, divided)

    def _added(self, signal: Signal) -> Tensor:
        """Return what each time and kernel adds, (n_times, 84, n_outputs)."""
        (responses,), (lasting,) = self.group.responses(signal)
        responses = responses.float()
        biases = self.group.biases.float()  # what is a tie is the same as in features
        added = self.slope.new_zeros(*responses.shape, self.slope.shape[2])
        for bias, center, slope in zip(biases, self.center, self.slope, strict=True):
            added += ((responses > bias).double() - center).unsqueeze(2) * slope
        return added * (lasting / lasting.sum()).view(-1, 1, 1)


def linear_groups(
    kernels: KernelFeatures, ridge: BlockRidge, device: str
) -> list[LinearGroup]:
    """Join kernels and slopes of their features; blocks left out have no groups."""
    own, used = kernels.is_own(), [c is not None for c in ridge.coefficients]
    centers, slopes = np.zeros(len(own)), np.zeros((len(own), len(ridge.intercept)))
    for block, features in enumerate((~own, own)):
        if used[block]:
            centers[features] = linear_block(ridge, block).center.astype(np.float32)
            slopes[features] = slopes_of(ridge, block)
    sizes = [group.biases.numel() for _, _, group in kernels.groups]
    tables = (
        torch.from_numpy(table).to(device).split(sizes) for table in (centers, slopes)
    )
    return [
        LinearGroup(
            clock,
            scale,
            group.to(device),
            *(part.unflatten(0, group.biases.shape) for part in parts),
        )
        for (clock, scale, group), *parts in zip(kernels.groups, *tables, strict=True)
        if used[scale == "own"]
    ]


def overlaps(windows: Tensor, ends: Tensor) -> Tensor:
    """Tell which share of each step of windows is in which interval of a span.

    Parameters
    ----------
    windows : Tensor of shape (n_times, n_steps + 1)
        The ends of the steps.
    ends : Tensor of shape (n_intervals + 1,)
        Those of the intervals; the span is from the first to the last.

    Returns
    -------
    Tensor of shape (n_intervals, n_times, n_steps)
        Of the part of a step that is within the span: the sum over the intervals is 1,
        or 0 where no part is. A window without any is in the first interval.
    """
    within = windows.clamp(ends[0], ends[-1])
    start, size = within[:, :-1], within.diff(dim=1)
    # a step that ends where the span begins has no part in it, whatever the rounding
    size = torch.where(size > TOUCHING * windows.diff(dim=1), size, 0.0)
    below = (ends.view(-1, 1, 1) - start) / torch.where(size > 0, size, 1.0)
    shares = below.clamp(0.0, 1.0).diff(dim=0) * (size > 0)
    outside = (size == 0).all(1)  # of a causal kernel at time 0, or if the span is 0
    shares[0, outside] = 1.0
    return shares


def slopes_of(ridge: BlockRidge, block: int) -> np.ndarray:
    """Return by how much outputs grow with each feature of a block.

    Returns
    -------
    ndarray of shape (n_features, n_outputs)
    """
    coefficients = ridge.coefficients[block]
    assert coefficients is not None  # nobody asks for blocks that are left out
    scale = linear_block(ridge, block).scale.astype(np.float32)  # as `map` divides
    return coefficients / scale[:, None]


def linear_block(ridge: BlockRidge, block: int) -> LinearBlock:
    """Return a block that is known to be linear: those of kernels are."""
    found = ridge.blocks[block]
    assert isinstance(found, LinearBlock)
    return found


def in_units(ridge: BlockRidge, unit: Any, origin: Any) -> BlockRidge:
    """Return the model with outputs times a unit, plus an origin."""
    coefficients = [None if c is None else c * unit for c in ridge.coefficients]
    intercept = ridge.intercept * unit + origin
    return replace(ridge, coefficients=coefficients, intercept=intercept)


def coded_values(
    coding: StepCoding, ridge: BlockRidge, block: int, table: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tell what each column of a table adds to the outputs, and what their means add.

    Parameters
    ----------
    coding : StepCoding
    ridge : BlockRidge
    block : int
    table : ndarray of shape (n_series, n_columns)

    Returns
    -------
    values : ndarray of shape (n_series, n_outputs, n_columns)
    rest : ndarray of shape (n_outputs,)
    """
    coefficients = ridge.coefficients[block]
    assert coefficients is not None  # nobody asks for blocks that are left out
    values, rest = ridge.blocks[block].divide(coding.code(table), coefficients)
    return np.add.reduceat(values, coding.starts(), axis=2), rest

"""Parts of linear scores: what each kernel adds when, and what each summary adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ckts.estimators._kernel_features import KernelFeatures
from ckts.estimators._ridge import BlockRidge
from ckts.estimators._summaries import StepCoding
from ckts.rocket import N_STEPS, PATTERNS, KernelGroup, Signal


@dataclass(frozen=True, eq=False)
class LinearGroup:
    """Kernels of a group, and what their features add to the outputs.

    Attributes
    ----------
    clock, scale : str
        What the kernels see.
    group : KernelGroup
    center : Tensor of shape (n_biases, 84)
        Of the features.
    slope : Tensor of shape (n_biases, 84, n_outputs)
        By how much outputs grow with the features.
    """

    clock: str
    scale: str
    group: KernelGroup
    center: Tensor
    slope: Tensor

    def values(self, signal: Signal, n_intervals: int) -> Tensor:
        r"""Take the sum over the features apart by channel and interval.

        With a response :math:`r_k` of kernel `k`, its biases :math:`\beta` and slopes
        `a`, an interval `I` of the span `T` has

        .. math:: \sum_{k, \beta} a_{k \beta} \frac{1}{|T|}
                  \int_I \mathbb{1}[r_k(t) > \beta] - \text{center}_{k \beta} \, dt,

        where the integral is that of :meth:`KernelGroup.features`: each of its regular
        times stands for a part of the span.

        Parameters
        ----------
        signal : Signal
            Of one series.
        n_intervals : int

        Returns
        -------
        Tensor of shape (n_outputs, n_used, n_intervals)
            float64.
        """
        parts = spread(self.group.edges(signal.span), n_intervals)
        responses = self.group.responses(signal)[0][0].float()
        biases = self.group.biases.float()  # what is a tie is the same as in features
        values = parts.new_zeros(n_intervals, *self.slope.shape[1:])
        for bias, center, slope in zip(biases, self.center, self.slope, strict=True):
            shares = parts @ (responses > bias).double()
            shares -= parts.sum(1, keepdim=True) * center
            values += shares.unsqueeze(2) * slope
        used = self.group.weight.view(-1, N_STEPS, len(PATTERNS)).any(1).double()
        return torch.einsum("iko,ck->oci", values, used / used.sum(0))


def linear_groups(
    kernels: KernelFeatures, ridge: BlockRidge, device: str
) -> list[LinearGroup]:
    """Join kernels and slopes of their features; blocks left out have no groups."""
    own, n_outputs = kernels.is_own(), len(ridge.intercept)
    centers, slopes = np.empty(len(own)), np.zeros((len(own), n_outputs))
    for block, features in enumerate((~own, own)):
        centers[features] = ridge.blocks[block].center.astype(np.float32)
        if ridge.coefficients[block] is not None:
            slopes[features] = slopes_of(ridge, block)
    groups, first = [], 0
    for clock, scale, group in kernels.groups:
        features = slice(first, first + group.biases.numel())
        first = features.stop
        if ridge.coefficients[int(scale == "own")] is None:
            continue
        center, slope = (
            torch.from_numpy(table[features].reshape(*group.biases.shape, *size))
            for table, size in ((centers, ()), (slopes, (n_outputs,)))
        )
        groups.append(
            LinearGroup(
                clock, scale, group.to(device), center.to(device), slope.to(device)
            )
        )
    return groups


def spread(edges: Tensor, n_intervals: int) -> Tensor:
    """Spread equal masses, one in each part of a span, over equal intervals.

    Parameters
    ----------
    edges : Tensor of shape (n_parts + 1,)
        Of the parts, from 0 to the span.
    n_intervals : int

    Returns
    -------
    Tensor of shape (n_intervals, n_parts)
        The mass that each part has in each interval; the sum is 1. Where the span is 0,
        all of it is in the first interval.
    """
    n_parts = len(edges) - 1
    ends = torch.linspace(0, 1, n_intervals + 1, dtype=edges.dtype, device=edges.device)
    ends = (ends * edges[-1]).unsqueeze(1)
    size = edges.diff()
    below = (ends - edges[:-1]) / torch.where(size > 0, size, 1.0)
    below = below.clamp(0.0, 1.0)
    below[1:] = torch.where(size > 0, below[1:], 1.0)
    return below.diff(dim=0) / n_parts


def slopes_of(ridge: BlockRidge, block: int) -> np.ndarray:
    """Return by how much outputs grow with each feature of a block.

    Returns
    -------
    ndarray of shape (n_features, n_outputs)
    """
    scale = ridge.blocks[block].scale.astype(np.float32)  # as `standardize` divides
    return ridge.coefficients[block] / scale[:, None]


def in_units(ridge: BlockRidge, unit: Any, origin: Any) -> BlockRidge:
    """Return the model with outputs times a unit, plus an origin."""
    coefficients = [None if c is None else c * unit for c in ridge.coefficients]
    intercept = ridge.intercept * unit + origin
    return replace(ridge, coefficients=coefficients, intercept=intercept)


def coded_values(
    coding: StepCoding, ridge: BlockRidge, block: int, table: np.ndarray
) -> np.ndarray:
    """Tell what each column of a table adds to the outputs.

    Parameters
    ----------
    coding : StepCoding
    ridge : BlockRidge
    block : int
    table : ndarray of shape (n_series, n_columns)

    Returns
    -------
    ndarray of shape (n_series, n_outputs, n_columns)
    """
    center = ridge.blocks[block].center.astype(np.float32)
    codes = (coding.code(table) - center).astype(np.float64)
    values = codes[:, None] * np.transpose(slopes_of(ridge, block))
    return np.add.reduceat(values, coding.starts(), axis=2)

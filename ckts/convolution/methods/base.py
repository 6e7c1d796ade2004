"""What a method of convolution is: it offers itself for a batch, and sums."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from ckts._checks import check_positive
from ckts.convolution.stamps import Stamps

# Maps lags of shape (...), float64 in the unit of the time stamps, to
# (..., n_features); 0 at an infinite lag.
Features = Callable[[Tensor], Tensor]
# Distance of two mesh points, or what finds it; None if no mesh serves the kernel.
MeshStep = float | Callable[[], float | None] | None


@dataclass(frozen=True)
class FactoredKernel:
    """A kernel as it is summed, ``psi(lag) = mixing @ features(lag)``.

    Attributes
    ----------
    features, mixing, reach
        As in :meth:`ckts.convolution.plan.Plan.convolve`.
    causal : bool, default=True
        Whether only observations up to the output time enter.
    """

    features: Features
    mixing: Tensor
    causal: bool = True
    reach: float = math.inf

    def respond(self, basis: Tensor, values: Tensor) -> Tensor:
        """Apply the kernel to one value per output and channel.

        Parameters
        ----------
        basis : Tensor of shape (batch, query, in_channels or 1, n_features)
            Features at the lag of each value; (1, 1, 1, n_features) if it is the same
            for all.
        values : Tensor of shape (batch, query, in_channels)
            The values.

        Returns
        -------
        Tensor of shape (batch, query, out_channels)
        """
        mixing = self.mixing
        if mixing.ndim == 2:
            return values * (basis * mixing).sum(-1)
        if basis.shape[2] == basis.shape[1] == basis.shape[0] == 1:
            return values @ (mixing @ basis.flatten()).T
        if basis.shape[2] == 1:
            return torch.einsum("bqf,bqc,ocf->bqo", basis.squeeze(2), values, mixing)
        summed = (basis * values.unsqueeze(-1)).flatten(2)
        return summed @ mixing.flatten(1).T


@dataclass(frozen=True)
class Pairs:
    """Some outputs, and for each of them some sources in its past.

    Attributes
    ----------
    outputs : Tensor of shape (n,)
        As numbered in the batch.
    sources : Tensor of shape (n, m)
        As numbered in the batch; filled up with some that have no weight.
    age : float
        Largest lag between those that have one.
    """

    outputs: Tensor
    sources: Tensor
    age: float


# Maps weights (n, m, channels) of pairs to weighted sums of the features
# (n, channels, n_features).
PairSums = Callable[[Tensor, Pairs], Tensor]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The time stamps of a batch, and the kernels that it is prepared for.

    Attributes
    ----------
    stamps : Stamps
        Observations and outputs.
    method : str
        Name of the method to prepare, or "auto".
    mesh_step : float, callable or None
        See :attr:`step`.
    causal : bool
        Whether the kernels are causal.
    horizon : float
        Longest lag of the training data.
    reach : float
        Lag from which on all kernels are 0.
    reasons : list of str
        Why methods do not serve, for the message of the last one.
    """

    stamps: Stamps
    method: str = "auto"
    mesh_step: MeshStep = None
    causal: bool = True
    horizon: float = math.inf
    reach: float = math.inf
    reasons: list[str] = field(default_factory=list)

    @cached_property
    def step(self) -> float | None:
        """Mesh step that is fine enough for the kernels; found on first use.

        The search evaluates the kernels: it is skipped where no method needs it.
        """
        step = self.mesh_step() if callable(self.mesh_step) else self.mesh_step
        if step is not None and not step > 0:
            check_positive("mesh_step", step)  # raises
        return step


class Offer(NamedTuple):
    """What a method costs for a batch.

    Attributes
    ----------
    cost : float
        Estimated microseconds of forward and backward of one layer, 32 -> 32 channels,
        float32, one thread; docs/benchmarks/costs.py compares them with measurements.
        Other widths change the costs of all methods alike, to first order. A cost of 0
        ends the search.
    prepare : callable
        Prepares the method for the batch.
    margin : float
        A method earlier in the registry is preferred up to so many times this cost.
    """

    cost: float
    prepare: Callable[[], AbstractMethod]
    margin: float = 1.0


@dataclass(frozen=True, kw_only=True)
class AbstractMethod(ABC):
    """A method to compute ``sum_j psi(t_i - tau_j) x_j``, prepared for a batch.

    A subclass is a frozen dataclass of tensors, so that it can be moved to a device,
    and joins by one line in :data:`ckts.convolution.methods.METHODS`.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Observation times since an origin of each series, float64.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` at the observations.
    directions : tuple of bool
        Values of `causal` of the layers that can use what was prepared.
    extra_reach : float
        How far beyond its reach the kernel of this method is not 0.
    """

    times: Tensor
    query_times: Tensor
    directions: tuple[bool, ...] = (True, False)
    extra_reach: float = 0.0

    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def propose(cls, batch: Batch) -> Offer | None:
        """Estimate the cost for a batch; None if the method does not serve it."""

    @classmethod
    @abstractmethod
    def prepare(cls, batch: Batch) -> AbstractMethod:
        """Prepare for a batch, or raise ValueError if the method does not serve it."""

    @abstractmethod
    def convolve(self, weighted: Tensor, kernel: FactoredKernel) -> Tensor:
        """Convolve weighted observations with a kernel.

        Parameters
        ----------
        weighted : Tensor of shape (batch, time, in_channels)
            Observations times their weights.
        kernel : FactoredKernel
            The kernel.

        Returns
        -------
        Tensor of shape (batch, query, out_channels)
        """

    def pair_sums(self, kernel: FactoredKernel) -> PairSums:
        """Return how to sum features over some observations in the past of each output.

        What is subtracted from a convolution must be the very terms that are in it, so
        a method whose kernel is not exact has sums of its own.

        Parameters
        ----------
        kernel : FactoredKernel
            The kernel.

        Returns
        -------
        callable
            Maps weights (n, m, channels) and :class:`Pairs` to (n, channels,
            n_features).
        """
        times, queries = self.times.flatten(), self.query_times.flatten()

        def add(weights: Tensor, pairs: Pairs) -> Tensor:
            lags = queries[pairs.outputs].unsqueeze(1) - times[pairs.sources]
            return weights.transpose(1, 2) @ kernel.features(lags)

        return add

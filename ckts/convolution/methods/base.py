"""What a method of convolution is: it offers itself for a batch, and sums."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, NamedTuple

from torch import Tensor

from ckts._checks import check_positive
from ckts.convolution.stamps import Stamps

# Maps lags of shape (...), float64 in the unit of the time stamps, to
# (..., n_features); 0 at an infinite lag.
Features = Callable[[Tensor], Tensor]
# Maps weights (n, m, channels), outputs (n,) and observations (n, m), as numbered in
# the batch, and the largest lag between those that have a weight, to weighted sums of
# the features (n, channels, n_features).
PairSums = Callable[[Tensor, Tensor, Tensor, float], Tensor]
# Distance of two mesh points, or what finds it; None if no mesh serves the kernel.
MeshStep = float | Callable[[], float | None] | None


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
    reach : float
        Lag from which on all kernels are 0.
    horizon : float
        Longest lag of the training data.
    reasons : list of str
        Why methods do not serve, for the message of the last one.
    """

    stamps: Stamps
    method: str = "auto"
    mesh_step: MeshStep = None
    causal: bool = True
    reach: float = math.inf
    horizon: float = math.inf
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
    def convolve(
        self,
        weighted: Tensor,
        features: Features,
        mixing: Tensor,
        *,
        causal: bool = True,
        reach: float = math.inf,
    ) -> Tensor:
        """Convolve weighted observations with a kernel ``mixing @ features(lag)``.

        Parameters
        ----------
        weighted : Tensor of shape (batch, time, in_channels)
            Observations times their weights.
        features, mixing, reach
            As in :meth:`ckts.convolution.plan.Plan.convolve`.
        causal : bool, default=True
            Whether only observations up to the output time enter.

        Returns
        -------
        Tensor of shape (batch, query, out_channels)
        """

    def pair_sums(self, features: Features, *, reach: float = math.inf) -> PairSums:
        """Return how to sum features over some observations in the past of each output.

        What is subtracted from a convolution must be the very terms that are in it, so
        a method whose kernel is not exact has sums of its own.

        Parameters
        ----------
        features, reach
            As in :meth:`convolve`.

        Returns
        -------
        callable
            Maps weights (n, m, channels), outputs (n,) and observations (n, m), as
            numbered in the batch, and the largest lag between those that have a weight,
            to (n, channels, n_features).
        """
        times, queries = self.times.flatten(), self.query_times.flatten()

        def add(
            weights: Tensor, outputs: Tensor, sources: Tensor, age: float
        ) -> Tensor:
            lags = queries[outputs].unsqueeze(1) - times[sources]
            return weights.transpose(1, 2) @ features(lags)

        return add

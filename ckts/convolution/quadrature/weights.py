"""Inverse-density (quadrature) weights of irregular time stamps (paper, A.1).

The convolution sums over observations; multiplied by the weights of this module
the sum estimates the integral of Eq. 8. A weight is a function of the gaps to an
observation's neighbors *in its own channel*.

On a regular grid at the rate of the training data every weight is 1, at half of that
rate it is 2: the paper's factor sr2/sr1 (A.2) is a consequence.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor
from torch.nn.functional import pad

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import FactoredKernel
from ckts.convolution.quadrature.base import AbstractQuadrature, Sampling
from ckts.convolution.quadrature.neighbors import find_neighbors


@dataclass(frozen=True)
class Latest:
    """What makes the weights causal: the latest observation before each output.

    The two-sided weight of an observation depends on its successor. For an output
    before that successor this is a look ahead, and it concerns one tie group per
    channel only: the latest. Its weight is replaced by the one that the stamps up to
    the output time give.

    Attributes
    ----------
    group : Tensor of shape (batch, time, channels or 1)
        Tie group of every observation within its channel.
    index : Tensor of shape (batch, query, channels or 1)
        The latest group at each output; 0 where there is none.
    change : Tensor of shape (batch, query, channels or 1)
        What to add to the weight of each member of that group; 0 where there is none.
    lag : Tensor of shape (batch, query, channels or 1) or None
        Age of that group at the output, float64; None if it is 0 everywhere, because
        all outputs are observations of all channels.
    """

    group: Tensor
    index: Tensor
    change: Tensor
    lag: Tensor | None


@dataclass(frozen=True)
class AbstractWeights(AbstractQuadrature):
    """A sum over the observations, each with a weight that follows from its gaps.

    Attributes
    ----------
    observed : Tensor of shape (batch, time, channels or 1)
        Which values exist.
    weights : Tensor of shape (batch, time, channels or 1)
        Two-sided weight of every observation, float64; 0 where there is none.
    latest : Latest or None
        The causal correction; None where none is needed.
    ends : Tensor of shape (batch, time, channels or 1) or None
        Weight that an observation in each row had if nothing came after its stamp;
        None where that is no other, or not needed.
    looks_ahead : bool
        Whether a weight depends on the gap after its observation.
    """

    observed: Tensor
    weights: Tensor
    latest: Latest | None
    ends: Tensor | None = None

    looks_ahead: ClassVar[bool] = True

    @staticmethod
    @abstractmethod
    def density(previous: Tensor, following: Tensor, ties: Tensor) -> Tensor:
        """Weigh observations by the gaps around them.

        Parameters
        ----------
        previous, following : Tensor of shape (batch, time, channels)
            Gaps to the neighboring stamps of the channel in units of its time step;
            infinite where there is no neighbor.
        ties : Tensor of shape (batch, time, channels)
            Number of observations of the channel with this very time stamp.

        Returns
        -------
        Tensor of shape (batch, time, channels)
        """

    @classmethod
    def make(cls, sampling: Sampling) -> Self:
        """Weigh the observations of a batch.

        Causal weights at an output time are the weights that the observations up to
        that time alone would have; nothing later enters.
        """
        geometry, observed = sampling.geometry, sampling.observed
        times = geometry.times
        if observed is None:
            observed = torch.ones_like(times, dtype=torch.bool).unsqueeze(-1)
        step = torch.as_tensor(
            sampling.time_step, dtype=times.dtype, device=times.device
        )
        if step.ndim == 1 and observed.shape[2] == 1:
            observed = observed.expand(-1, -1, len(step))
        found = sampling.neighbors or find_neighbors(geometry, observed)
        previous, following = (
            _cap(gaps, sampling.max_gap) / step
            for gaps in (found.previous, found.following)
        )
        weights = torch.where(observed, cls.density(previous, following, found.ties), 0)
        if not (sampling.causal and cls.looks_ahead) or times.shape[1] == 0:
            return cls(weights > 0, weights, None)
        never = torch.full_like(weights, torch.inf)
        ends = cls.density(previous, never, found.ties)  # also where nothing is
        current = sampling.observed is None and geometry.queries_are_observations
        latest = _latest(geometry, observed, ends - weights, current)
        return cls(weights > 0, weights, latest, ends)

    def pooling_weights(self) -> Tensor:
        """Return the weights without the causal correction."""
        return self.weights

    def latest_weights(self) -> Tensor:
        """Return the weights that follow from the gaps before alone."""
        if self.ends is None:
            return self.weights
        return torch.where(self.observed, self.ends, 0)

    def signal(self, values: Tensor) -> Tensor:
        """Return the weighted observations."""
        return values * self.weights.to(values.dtype)

    def correction(self, values: Tensor, kernel: FactoredKernel) -> Tensor | None:
        """Respond to the change of the latest observation's weight, per output."""
        latest = self.latest
        if latest is None:
            return None
        channels = (-1, -1, values.shape[2])
        seen = torch.where(self.observed, values, 0)
        groups = torch.zeros_like(values).scatter_add(
            1, latest.group.expand(channels), seen
        )
        change = latest.change.to(values.dtype)
        moved = groups.gather(1, latest.index.expand(channels)) * change
        lag = latest.change.new_zeros(1, 1, 1) if latest.lag is None else latest.lag
        return kernel.respond(kernel.features(lag), moved)


class GapWeights(AbstractWeights):
    """Voronoi weights: half the gap to the left plus half the gap to the right.

    At an end the one gap there is counts twice (mirrored); an observation without
    neighbors has weight 1; ties share the weight of their group.
    """

    @staticmethod
    def density(previous: Tensor, following: Tensor, ties: Tensor) -> Tensor:
        """Return the mean of the gaps that there are, shared by ties."""
        total = previous.nan_to_num(posinf=0) + following.nan_to_num(posinf=0)
        n_gaps = (previous < torch.inf).to(total.dtype) + (following < torch.inf)
        weights = (total + (n_gaps == 0)) / n_gaps.clamp(min=1)
        return weights / ties.clamp(min=1)


class UnitWeights(AbstractWeights):
    """Weight 1 for every observation: the plain sum, which is right for events."""

    looks_ahead: ClassVar[bool] = False

    @staticmethod
    def density(previous: Tensor, following: Tensor, ties: Tensor) -> Tensor:
        """Return ones."""
        return torch.ones_like(previous)


def _cap(gaps: Tensor, largest: float) -> Tensor:
    """Bound gaps; an infinite one says that there is no neighbor, and stays."""
    return torch.where(gaps < torch.inf, gaps.clamp(max=largest), gaps)


def _latest(
    geometry: Geometry, observed: Tensor, change: Tensor, current: bool
) -> Latest | None:
    """Find the latest tie group at every output, and the change of its weight.

    Both shortcuts are for the CPU: on a device, to know would synchronize it.
    """
    times, queries = geometry.times, geometry.query_times.contiguous()
    batch, n_times, n_channels = observed.shape
    positions = torch.arange(n_times, device=times.device).view(1, -1, 1)
    position = torch.where(observed, positions, -1).cummax(1).values
    starts, ends = geometry.ties
    if not geometry.queries_are_observations:
        ends = torch.searchsorted(times.contiguous(), queries, right=True)
    before = pad(position, (0, 0, 1, 0), value=-1)  # the row before the first one
    latest = before.gather(1, ends.unsqueeze(-1).expand(-1, -1, n_channels))
    exists, at = latest >= 0, latest.clamp(min=0)
    change = torch.where(exists, change.gather(1, at), 0)
    on_cpu = times.device.type == "cpu"
    if on_cpu and not (change.abs() > 1e-12).any():
        return None  # all changes are rounding, as on a regular grid
    group = starts.unsqueeze(-1).expand(batch, n_times, n_channels)
    index = torch.where(exists, group.gather(1, at), 0)
    stamps = times.unsqueeze(-1).expand(-1, -1, n_channels).gather(1, at)
    lag = torch.where(exists, queries.unsqueeze(-1) - stamps, 0)
    # If every output has an observation of its own time, the kernel is needed at lag 0.
    current = current or (on_cpu and not lag.any())
    return Latest(group, index, change, None if current else lag)

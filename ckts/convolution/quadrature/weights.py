"""Inverse-density (quadrature) weights of irregular time stamps (paper, A.1).

The convolution sums over observations; multiplied by the weights of this module
the sum estimates the integral of Eq. 8. A density is a function of the gaps to an
observation's neighbors *in its own channel*; all share one signature, and a new one
joins by one line in :data:`DENSITIES`.

On a regular grid at the rate of the training data every weight is 1, at half of that
rate it is 2: the paper's factor sr2/sr1 (A.2) is a consequence.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ckts._checks import check_choice


def gap(previous: Tensor, following: Tensor, ties: Tensor) -> Tensor:
    """Voronoi weights: half the gap to the left plus half the gap to the right.

    At an end the one gap there is counts twice (mirrored); an observation without
    neighbors has weight 1; ties share the weight of their group.

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
    left = torch.where(previous.isinf(), following, previous)
    right = torch.where(following.isinf(), previous, following)
    weights = torch.where(left.isinf(), 1.0, (left + right) / 2)
    return weights / ties.clamp(min=1)


def none(previous: Tensor, following: Tensor, ties: Tensor) -> Tensor:
    """Weight 1 for every observation: the plain sum, which is right for events.

    Parameters and result are those of :func:`gap`.
    """
    return torch.ones_like(previous)


DENSITIES: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "gap": gap,
    "none": none,
}


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
class Quadrature:
    """Weights of one batch.

    Attributes
    ----------
    weights : Tensor of shape (batch, time, channels or 1)
        Weight of every observation, float64; 0 where there is none.
    latest : Latest or None
        The causal correction; None where none is needed.
    """

    weights: Tensor
    latest: Latest | None

    @property
    def observed(self) -> Tensor:
        """Which values exist: (batch, time, channels or 1)."""
        return self.weights > 0

    def signal(self, values: Tensor) -> Tensor:
        """Return the weighted observations: what is to be convolved."""
        return values * self.weights.to(values.dtype)


@dataclass(frozen=True)
class _Neighbors:
    """Gaps in units of the time step, and index of the group's last member."""

    previous: Tensor
    following: Tensor
    ties: Tensor
    starts: Tensor  # (batch, time): first index with the same stamp


def make_quadrature(
    times: Tensor,
    observed: Tensor | None = None,
    query_times: Tensor | None = None,
    *,
    density: str = "gap",
    causal: bool = True,
    time_step: Tensor | float = 1.0,
    max_gap: float = math.inf,
) -> Quadrature:
    """Return the weights of a batch, causal or two-sided.

    Causal weights at an output time are the weights that the observations up to that
    time alone would have; nothing later enters.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing time stamps, float64; padding repeats the last one.
    observed : Tensor of shape (batch, time, channels), optional
        Which values exist; False on padding. By default every row is one, and all
        channels share the weights of the rows.
    query_times : Tensor of shape (batch, query), optional
        Times of the output; by default `times`.
    density : {"gap", "none"}, default="gap"
        The weight function.
    causal : bool, default=True
        Whether outputs must not depend on later time stamps.
    time_step : float or Tensor of shape (channels,), default=1.0
        Median gap of the training data, the unit of the weights.
    max_gap : float, default=inf
        Longer gaps count as this one, same unit as `times`. A kernel that ends at a
        horizon sees no more of a gap than that.

    Returns
    -------
    Quadrature
    """
    check_choice("density", density, tuple(DENSITIES))
    weigh = DENSITIES[density]
    times = times.double().contiguous()
    current = observed is None and query_times is None
    if observed is None:
        observed = torch.ones_like(times, dtype=torch.bool).unsqueeze(-1)
    step = torch.as_tensor(time_step, dtype=times.dtype, device=times.device)
    if step.ndim == 1 and observed.shape[2] == 1:
        observed = observed.expand(-1, -1, len(step))
    neighbors = _neighbors(times, observed, step, max_gap)
    weights = weigh(neighbors.previous, neighbors.following, neighbors.ties)
    weights = torch.where(observed, weights, 0)
    if not causal or density == "none" or times.shape[1] == 0:
        return Quadrature(weights, None)
    latest = _latest(times, observed, query_times, neighbors, weights, weigh)
    if _is_known_to_change_nothing(latest):
        return Quadrature(weights, None)
    # Every output has an observation of its own time: the kernel is needed at lag 0.
    current = current or _is_known_to_be_current(latest)
    return Quadrature(weights, replace(latest, lag=None) if current else latest)


def gap_weights(
    times: Tensor, observed: Tensor | None = None, *, time_step: Tensor | float = 1.0
) -> Tensor:
    """Two-sided gap (Voronoi) weights.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing time stamps, float64.
    observed : Tensor of shape (batch, time, channels), optional
        Which values exist; by default all rows, in one channel.
    time_step : float or Tensor of shape (channels,), default=1.0
        The gap that has weight 1, same unit as `times`.

    Returns
    -------
    Tensor of shape (batch, time, channels or 1)
        0 where nothing is observed.

    Examples
    --------
    >>> import torch
    >>> times = torch.tensor([[0.0, 1.0, 2.0, 4.0]], dtype=torch.float64)
    >>> gap_weights(times)[0, :, 0].tolist()
    [1.0, 1.0, 1.5, 2.0]
    """
    return make_quadrature(times, observed, causal=False, time_step=time_step).weights


def _is_known_to_be_current(latest: Latest) -> bool:
    """Whether no group is older than its output; no device is awaited."""
    lag = latest.lag
    return lag is None or (lag.device.type == "cpu" and not lag.any())


def _is_known_to_change_nothing(latest: Latest) -> bool:
    """Whether all changes are rounding, as on a regular grid; no device is awaited."""
    change = latest.change
    return change.device.type == "cpu" and not (change.abs() > 1e-12).any()


def _neighbors(
    times: Tensor, observed: Tensor, step: Tensor, max_gap: float
) -> _Neighbors:
    """Find, per channel, the nearest other stamp on either side."""
    starts = torch.searchsorted(times, times)
    ends = torch.searchsorted(times, times, right=True)
    expanded = times.unsqueeze(-1).expand_as(observed)
    seen = torch.where(observed, expanded, -torch.inf).cummax(1).values
    coming = torch.where(observed, expanded, torch.inf).flip(1).cummin(1).values
    coming = coming.flip(1)
    counts = observed.long().cumsum(1)
    last = take_rows(seen, starts - 1, fill=-torch.inf)
    following = take_rows(coming, ends, fill=torch.inf)
    ties = take_rows(counts, ends - 1, fill=0) - take_rows(counts, starts - 1, fill=0)
    previous = _cap(expanded - last, max_gap) / step
    following = _cap(following - expanded, max_gap) / step
    return _Neighbors(previous, following, ties, starts)


def _cap(gaps: Tensor, largest: float) -> Tensor:
    """Bound gaps; an infinite one says that there is no neighbor, and stays."""
    return torch.where(gaps.isinf(), gaps, gaps.clamp(max=largest))


def take_rows(values: Tensor, index: Tensor, *, fill: float) -> Tensor:
    """Gather rows over time.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        The rows.
    index : Tensor of shape (batch, n)
        Which ones.
    fill : float
        What stands where the index is out of range.

    Returns
    -------
    Tensor of shape (batch, n, channels)
    """
    inside = (index >= 0) & (index < values.shape[1])
    safe = index.clamp(0, max(values.shape[1] - 1, 0))
    taken = values.gather(1, safe.unsqueeze(-1).expand(-1, -1, values.shape[2]))
    return torch.where(inside.unsqueeze(-1), taken, fill)


def _latest(
    times: Tensor,
    observed: Tensor,
    query_times: Tensor | None,
    neighbors: _Neighbors,
    weights: Tensor,
    weigh: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Latest:
    """Find the latest tie group at every output and what its weight lacks."""
    queries = times if query_times is None else query_times
    batch, n_times, n_channels = observed.shape
    positions = torch.arange(n_times, device=times.device).view(1, -1, 1)
    position = torch.where(observed, positions, -1).cummax(1).values
    ends = torch.searchsorted(times, queries.contiguous(), right=True)
    latest = take_rows(position, ends - 1, fill=-1)
    exists = latest >= 0
    at = latest.clamp(min=0)
    past = weigh(
        neighbors.previous, torch.full_like(weights, torch.inf), neighbors.ties
    )
    change = torch.where(exists, past.gather(1, at) - weights.gather(1, at), 0)
    group = neighbors.starts.unsqueeze(-1).expand(batch, n_times, n_channels)
    index = torch.where(exists, group.gather(1, at), 0)
    stamps = times.unsqueeze(-1).expand(-1, -1, n_channels).gather(1, at)
    lag = torch.where(exists, queries.unsqueeze(-1) - stamps, 0)
    return Latest(group, index, change, lag)

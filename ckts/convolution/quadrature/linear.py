"""The linearly interpolated signal of each channel, integrated against the kernel.

``y(t) = sum_c 1 / time_step_c  integral psi_c(t - s) x~_c(s) ds``

Where all channels look both ways, ``x~_c`` is linear between the observations of the
channel and ends with them. A channel with one time stamp only has no extent: its
observation counts as one time step, as by gap weights.

Causally, at an output time `t`, ``x~_c`` is linear between the observations up to `t`
and holds the value of the last of them from there to `t`. Until the next observation
the slope after the last one is unknown, so the response to an *open gap*, whose slope
the sources have, is subtracted from each output in it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Self

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import FactoredKernel, Pairs
from ckts.convolution.quadrature.base import AbstractQuadrature, Sampling
from ckts.convolution.quadrature.nodes import place_nodes
from ckts.convolution.quadrature.weights import GapWeights
from ckts.transforms import is_transformed

# Entries (output, source) of open gaps that are held at a time.
PAIRS_PER_BLOCK = 2**14


@dataclass(frozen=True)
class Gap:
    """The observations around some stamps, per channel.

    Attributes
    ----------
    before, after : Tensor of shape (batch, stamp, channels or 1)
        First rows of the tie groups last observed up to the stamp, and next observed
        after it. Any row where there is none.
    begin, length : Tensor of shape (batch, stamp, channels or 1)
        Time of the one before, and from there to the one after: infinite where one of
        them is missing, so that its share is 0 throughout.
    inside : Tensor of shape (batch, stamp, channels or 1)
        Whether the signal is defined there.
    """

    before: Tensor
    after: Tensor
    begin: Tensor
    length: Tensor
    inside: Tensor

    def values(self, means: Tensor) -> tuple[Tensor, Tensor]:
        """Value before, 0 where nothing is defined, and the change to the one after."""
        channels = (-1, -1, means.shape[2])
        before = means.gather(1, self.before.expand(channels))
        change = means.gather(1, self.after.expand(channels)) - before
        return torch.where(self.inside, before, 0), change


@dataclass(frozen=True)
class OpenGaps:
    """Contribution of the still-open gap to each causal output; subtracted later.

    Attributes
    ----------
    gap : Gap
        Around each output.
    times, lengths : Tensor of shape (batch * source,)
        Of the sources.
    blocks : tuple of Pairs
        The outputs that are in a gap, and the sources of all their gaps up to them;
        filled up with the first source of the series, which has no length.
    """

    gap: Gap
    times: Tensor
    lengths: Tensor
    blocks: tuple[Pairs, ...]

    def ramps(self, block: Pairs) -> Tensor:
        """Return what the sources of a block hold of the change over the gap.

        Returns
        -------
        Tensor of shape (n, m, channels or 1)
        """
        begin, length = (
            tensor.flatten(0, 1)[block.outputs].unsqueeze(1)
            for tensor in (self.gap.begin, self.gap.length)
        )
        elapsed = (self.times[block.sources].unsqueeze(-1) - begin).clamp(min=0)
        return elapsed / length * self.lengths[block.sources].unsqueeze(-1)


@dataclass(frozen=True)
class LinearQuadrature(AbstractQuadrature):
    """The linear map from the observations of a batch to its sources.

    Attributes
    ----------
    sampling : Sampling
        Stamps and nodes of the batch, and units of the weights of the observations.
    observed : Tensor of shape (batch, time, channels or 1)
        Which values exist.
    groups : Tensor of shape (batch, time)
        First row with the same stamp.
    shares : Tensor of shape (batch, time, channels or 1)
        Share of each observation in the mean of its tie group, over the time step.
    points : Tensor of shape (batch, time, channels or 1) or None
        Weight of the observations of a channel with one stamp; None if it is held.
    gap : Gap
        Around each interval between cuts.
    left, right : Tensor of shape (batch, cut - 1, channels or 1)
        Elapsed share of the gap at either end of the interval.
    open_gaps : OpenGaps or None
        The causal correction; None where none is needed.
    """

    sampling: Sampling
    observed: Tensor
    groups: Tensor
    shares: Tensor
    points: Tensor | None
    gap: Gap
    left: Tensor
    right: Tensor
    open_gaps: OpenGaps | None

    needs_nodes: ClassVar[bool] = True
    place_nodes = staticmethod(place_nodes)

    @classmethod
    def make(cls, sampling: Sampling) -> Self:
        """Prepare the interpolation between the observations of a batch."""
        geometry, observed = sampling.geometry, sampling.observed
        rows, nodes, causal = geometry.times, geometry.nodes, sampling.causal
        if observed is None:
            observed = torch.ones_like(rows, dtype=torch.bool).unsqueeze(-1)
        groups = torch.searchsorted(rows, rows)
        group = groups.unsqueeze(-1).expand_as(observed)
        ties = torch.zeros_like(observed, dtype=rows.dtype)
        ties = ties.scatter_add(1, group, observed.to(rows.dtype))
        shares = observed / ties.gather(1, group).clamp(min=1)
        lone = (ties > 0).sum(1, keepdim=True) == 1
        gap = _gap(rows, groups, observed, nodes.last_rows[:, :-1], causal)
        cuts = nodes.cuts.unsqueeze(-1)
        return cls(
            sampling=sampling,
            observed=observed,
            groups=groups,
            shares=shares / torch.as_tensor(sampling.time_step, device=rows.device),
            points=None if causal else shares * lone,
            gap=gap,
            left=(cuts[:, :-1] - gap.begin) / gap.length,
            right=(cuts[:, 1:] - gap.begin) / gap.length,
            open_gaps=_open_gaps(geometry, groups, observed) if causal else None,
        )

    def pooling_weights(self) -> Tensor:
        """Return gap weights of the observations."""
        sampling = replace(self.sampling, causal=False)
        return GapWeights.make(sampling).weights

    def latest_weights(self) -> Tensor:
        """Return gap weights that follow from the gaps before alone."""
        return GapWeights.make(self.sampling).latest_weights()

    def means(self, values: Tensor) -> Tensor:
        """Mean of each tie group at its first row, over the time step."""
        groups = self.groups.unsqueeze(-1).expand_as(values)
        shares = values * self.shares.to(values.dtype)
        return torch.zeros_like(values).scatter_add(1, groups, shares)

    def signal(self, values: Tensor) -> Tensor:
        """Return the interpolant at the sources, times their lengths."""
        before, change = self.gap.values(self.means(values))
        shares = (share.to(values.dtype) for share in (self.left, self.right))
        ends = [before + share * change for share in shares]
        if self.points is not None:
            ends.append(values * self.points.to(values.dtype))
        nodes = self.sampling.geometry.nodes
        signal = nodes.spread @ torch.cat(ends, 1).flatten(0, 1)
        return signal.view(*nodes.lengths.shape, values.shape[2])

    def correction(self, values: Tensor, kernel: FactoredKernel) -> Tensor | None:
        """Subtract the response to the slopes of the gaps that outputs lie in."""
        gaps = self.open_gaps
        if gaps is None:
            return None
        add = self.sampling.geometry.method.pair_sums(kernel)
        _, change = gaps.gap.values(self.means(values))
        changes = change.flatten(0, 1)

        def respond_to(block: Pairs) -> Tensor:
            basis = add(gaps.ramps(block).to(values.dtype), block)
            change = changes[block.outputs]
            return kernel.respond(basis.unsqueeze(0), change.unsqueeze(0))[0]

        # Features of pairs are the largest tensors, and recomputed for the gradient;
        # torch takes no hooks where it transforms.
        respond = respond_to if is_transformed() else _checkpointed(respond_to)
        responses = [respond(block) for block in gaps.blocks]
        outputs = torch.cat([block.outputs for block in gaps.blocks])
        total = changes.new_zeros(len(changes), len(kernel.mixing))
        total = total.index_copy(0, outputs, torch.cat(responses))
        return -total.view(*change.shape[:2], -1)


def _checkpointed(function: Callable[[Pairs], Tensor]) -> Callable[[Pairs], Tensor]:
    return partial(checkpoint, function, use_reentrant=False, preserve_rng_state=False)


def _gap(
    rows: Tensor, groups: Tensor, observed: Tensor, last: Tensor, causal: bool
) -> Gap:
    """Look up the observations around stamps with these last rows."""
    n_rows = rows.shape[1]
    position = torch.arange(n_rows, device=rows.device).view(1, -1, 1)
    seen = torch.where(observed, position, -1).cummax(1).values
    coming = torch.where(observed, position, n_rows).flip(1).cummin(1).values.flip(1)
    none = torch.ones_like(observed[:, :1], dtype=torch.int64)
    at = (last + 1).unsqueeze(-1).expand(-1, -1, observed.shape[2])
    before = torch.cat([-none, seen], 1).gather(1, at)
    after = torch.cat([coming, n_rows * none], 1).gather(1, at)
    begun, ended = before >= 0, after < n_rows
    group = groups.unsqueeze(-1).expand_as(observed)
    before = group.gather(1, before.clamp(min=0))
    after = group.gather(1, after.clamp(max=n_rows - 1))
    stamps = rows.unsqueeze(-1).expand_as(observed)
    begin = stamps.gather(1, before)
    length = torch.where(begun & ended, stamps.gather(1, after) - begin, torch.inf)
    return Gap(before, after, begin, length, begun if causal else begun & ended)


def _open_gaps(geometry: Geometry, groups: Tensor, observed: Tensor) -> OpenGaps | None:
    """Find the sources between the observation before an output and the output.

    Their number is read from the device, which synchronizes.
    """
    queries = geometry.query_times
    last = geometry.nodes.last_query_rows
    gap = _gap(geometry.times, groups, observed, last, causal=True)
    is_open = gap.length.isfinite() & (queries.unsqueeze(-1) > gap.begin)
    begin = torch.where(is_open, gap.begin, torch.inf).amin(2)
    reach = geometry.reach + geometry.method.extra_reach
    begin = torch.maximum(begin, queries - reach)
    sources = geometry.method.times
    first = torch.searchsorted(sources, begin)
    counts = torch.searchsorted(sources, queries.contiguous()) - first
    series = torch.arange(len(queries), device=queries.device).unsqueeze(1)
    origins = (series * sources.shape[1]).expand_as(first)
    parts = (first, counts, origins, queries - begin)
    blocks = _blocks(*(part.flatten() for part in parts))
    if not blocks:
        return None
    return OpenGaps(gap, sources.flatten(), geometry.nodes.lengths.flatten(), blocks)


def _blocks(
    first: Tensor, counts: Tensor, origins: Tensor, ages: Tensor
) -> tuple[Pairs, ...]:
    """Gather outputs with similar numbers of sources."""
    outputs = (counts > 0).nonzero().squeeze(1)
    sizes, order = counts[outputs].sort(descending=True)
    outputs, widths = outputs[order], sizes.tolist()
    oldest = ages[outputs].tolist()
    blocks, start = [], 0
    while start < len(widths):
        stop = start + max(1, PAIRS_PER_BLOCK // widths[start])
        block = outputs[start:stop].unsqueeze(1)
        number = torch.arange(widths[start], device=first.device)
        inside = number < counts[block]
        sources = origins[block] + torch.where(inside, first[block] + number, 0)
        blocks.append(Pairs(block.squeeze(1), sources, max(oldest[start:stop])))
        start = stop
    return tuple(blocks)

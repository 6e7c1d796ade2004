"""What stamps and masks of a batch decide for a network, whatever the values are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from ckts.convolution.geometry import Geometry
from ckts.convolution.planner import Planner
from ckts.convolution.quadrature.neighbors import Neighbors, find_neighbors
from ckts.layers import CKConv, Plan, make_plan
from ckts.networks.inputs import describe_elapsed, describe_observations
from ckts.transforms import untraced


class Bins(NamedTuple):
    """Bins of the relative clock.

    Attributes
    ----------
    weights : Tensor of shape (batch, n_bins, time)
        Of the rows in each bin.
    used : Tensor of shape (batch, n_bins, 1)
        False in series without any row.
    plan : Plan
        For layers over the bins.
    """

    weights: Tensor
    used: Tensor
    plan: Plan


class Sampled(NamedTuple):
    """How a batch was sampled, as the default network uses it.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Time stamps, float64.
    observed : Tensor of shape (batch, time, channels)
        Which values exist.
    inputs : Tensor of shape (batch, time, n_inputs)
        What the encoder sees of it, see `ckts.networks.inputs`.
    ties : tuple of Tensor of shape (batch, time)
        First row with the stamp of each row, and the first row after it.
    stem : Plan
        For the convolution of the channels.
    burst_stem : Plan or None
        For the short one, if there are bursts.
    rows : Plan
        For layers over the rows.
    weights : Tensor of shape (batch, time, 1)
        Of the rows in averages over time.
    bins : Bins or None
        The relative clock, if the network has one.
    """

    times: Tensor
    observed: Tensor
    inputs: Tensor
    ties: tuple[Tensor, Tensor]
    stem: Plan
    burst_stem: Plan | None
    rows: Plan
    weights: Tensor
    bins: Bins | None


class Seen(NamedTuple):
    """The rows of a batch at which any channel was observed.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Time stamps, float64.
    rows : Tensor of shape (batch, time, 1)
        Whether anything was observed.
    neighbors : Neighbors of shape (batch, time, 1)
        Those of the rows.
    """

    times: Tensor
    rows: Tensor
    neighbors: Neighbors


class Layers(Protocol):
    """What is asked of a network, such as :class:`ckts.networks.GatedCKCNN`."""

    stem: CKConv
    burst_stem: CKConv | None
    relative: Any  # ckts.networks.relative.RelativeBlocks or None
    own_scale: bool
    causal: bool
    quadrature: str
    row_time_step: float

    def convolutions(self) -> list[list[CKConv]]:
        """Return the layers in groups that share their geometries."""


@untraced
def sample_batch(
    network: Layers,
    times: Tensor,
    observed: Tensor,
    geometries: Sequence[Geometry] | None,
    dtype: torch.dtype,
) -> Sampled:
    """Compute what stamps and masks of a batch decide for a network.

    Parameters
    ----------
    network : GatedCKCNN
        The network.
    times : Tensor of shape (batch, time)
        Time stamps; padding repeats the last.
    observed : Tensor of shape (batch, time, channels)
        Which values exist.
    geometries : sequence of Geometry or None
        Those of `times`, one for each group of convolutions, if they are made already.
    dtype : torch.dtype
        That of the values.

    Returns
    -------
    Sampled
    """
    if geometries is None:
        geometries = Planner(0).geometries(
            network.convolutions(), times, device=times.device
        )
    geometry, seen = geometries[0], observed.any(2, keepdim=True)
    neighbors = find_neighbors(geometry, torch.cat([observed, seen], 2))
    own, both = neighbors.select(slice(-1)), neighbors.select(slice(-1, None))
    inputs = _encoder_inputs(network, geometry.times, observed, own, dtype)
    viewed = observed
    if network.own_scale:
        viewed, own = torch.cat([observed, observed], 2), own.repeat(2)
    burst_stem = bins = None
    if network.burst_stem is not None:
        burst_stem = network.burst_stem.plan(times, viewed, geometry=geometries[1])
    if network.relative is not None:
        bins = network.relative.sample(Seen(geometry.times, seen, both), dtype)
    rows = make_plan(
        times,
        seen,
        causal=network.causal,
        quadrature=network.quadrature,
        time_step=network.row_time_step,
        max_gap=network.stem.horizon,
        geometry=geometry,
        neighbors=both,
    )
    stem = network.stem.plan(times, viewed, geometry=geometry, neighbors=own)
    return Sampled(
        times=geometry.times,
        observed=observed,
        inputs=inputs,
        ties=geometry.ties,
        stem=stem,
        burst_stem=burst_stem,
        rows=rows,
        weights=rows.quadrature.pooling_weights(),
        bins=bins,
    )


def _encoder_inputs(
    network: Layers,
    times: Tensor,
    observed: Tensor,
    neighbors: Neighbors,
    dtype: torch.dtype,
) -> Tensor:
    """Join what the encoder sees besides values: (batch, time, n_inputs)."""
    horizon, steps = network.stem.horizon, network.stem.time_step
    steps = steps[: observed.shape[2]]
    described = describe_observations(neighbors, steps, horizon, dtype=dtype)
    inputs = [observed.to(dtype), described]
    if network.causal:  # the others have a clock of their own, that of the span
        seen, step = observed.any(2, keepdim=True), network.row_time_step
        inputs.append(describe_elapsed(times, seen, step, horizon, dtype=dtype))
    return torch.cat(inputs, 2)

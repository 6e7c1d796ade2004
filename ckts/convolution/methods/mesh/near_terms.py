"""What the near field of a mesh needs of the time stamps, prepared once per batch."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ckts.convolution.methods.mesh.near_field import (
    AROUND,
    LAGS,
    Intervals,
    NearField,
)
from ckts.convolution.methods.mesh.sparse import SparseMatrix, make_sparse_parts
from ckts.convolution.methods.mesh.splines import NODES, Stencil, lag_weights

# With up to so many observations around an output, on average, they are joined one by
# one. There, forward and backward take a third less, and the plan three times as long.
NEIGHBORS = 40
OUTPUTS_PER_PART = 2048
# Moments of the stamps within an interval, and lags within a step that the kernel is
# taken at, both at Chebyshev points. On a mesh of 6 points per period they are right
# to 1e-6.
MOMENTS, INNER = 6, 8


def make_near_field(
    source: Stencil, target: Stencil, times: Tensor, query_times: Tensor
) -> NearField:
    """Prepare the near field.

    Parameters
    ----------
    source, target : Stencil
        The observations, by series and time, and the outputs.
    times, query_times : Tensor of shape (batch, time), (batch, query)
        Their time stamps.

    Returns
    -------
    NearField
    """
    # Observations up to each output, those of earlier series included
    seen = torch.searchsorted(times, query_times.contiguous(), right=True)
    series = torch.arange(len(times), device=times.device).unsqueeze(1)
    seen = (seen + series * times.shape[1]).flatten()
    low = torch.searchsorted(source.first, target.first - (NODES - 1))
    high = torch.searchsorted(source.first, target.first + (NODES - 1))
    if (high - low).sum() <= NEIGHBORS * len(seen):
        return NearField(_stamp_terms(source, target, seen, low, high), None)
    return _interval_near_field(source, target, seen)


def _stamp_terms(
    source: Stencil, target: Stencil, seen: Tensor, low: Tensor, high: Tensor
) -> tuple[SparseMatrix, ...]:
    """Join every output with the observations ``low .. high`` around it."""
    counts = high - low
    outputs = torch.repeat_interleave(counts)
    begins = counts.cumsum(0) - counts
    numbers = torch.arange(len(outputs), device=outputs.device)
    stamps = low[outputs] + numbers - begins[outputs]
    # Within 2 NODES: a byte holds them, and is compared four times as fast.
    distance = (target.first[outputs] - source.first[stamps]).to(torch.int8)
    sums = lag_weights(
        target.weights.index_select(0, outputs), source.weights.index_select(0, stamps)
    )
    around = torch.arange(1 - NODES, NODES, dtype=torch.int8, device=low.device)
    lags = distance.unsqueeze(1) + around
    past = stamps < seen[outputs]
    # The past enters at lags up to 0, the rest leaves at those of 1 and more.
    valid = (past.unsqueeze(1) ^ (lags >= 1)) & (lags.abs() < NODES)
    entry = valid.flatten().nonzero().squeeze(1)
    pair = entry // LAGS
    signs = 2 * past.double() - 1
    return make_sparse_parts(
        outputs[pair] * LAGS + lags.flatten()[entry] + (NODES - 1),
        stamps[pair],
        sums.flatten()[entry] * signs[pair],
        (len(seen) * LAGS, len(source.first)),
        rows_per_part=OUTPUTS_PER_PART * LAGS,
    )


def _interval_near_field(source: Stencil, target: Stencil, seen: Tensor) -> NearField:
    cells, segments = source.first.unique_consecutive(return_inverse=True)
    query_cells, query_segments = target.first.unique(return_inverse=True)
    last = seen - 1
    same = (last >= 0) & (source.first[last.clamp(min=0)] == target.first)
    intervals = Intervals(
        source=replace(source, first=segments * NODES).matrix(len(cells) * NODES),
        target=replace(target, first=query_segments * NODES).matrix(
            len(query_cells) * NODES
        ),
        segments=segments,
        past=torch.where(same, last, len(segments)),
        weights=moment_weights(source.places),
        response=moment_response(target.places),
        lags=2 * _chebyshev_points(INNER) - 1,
    )
    return NearField(_interval_terms(cells, query_cells), intervals)


def _interval_terms(cells: Tensor, query_cells: Tensor) -> tuple[SparseMatrix, ...]:
    """Sum up, at the mesh points from an interval on, what is before it, and the rest.

    Observations of the interval itself count with the rest: what of them is in an
    output's past is added through the moments.
    """
    shifts = torch.arange(1 - NODES, NODES, device=cells.device)
    wanted = query_cells.unsqueeze(1) - shifts
    index = torch.searchsorted(cells, wanted).clamp(max=len(cells) - 1)
    exists = cells[index] == wanted
    places = torch.arange(NODES - 1, device=cells.device)
    shift, place = torch.meshgrid(shifts, places, indexing="ij")
    node = shift + place
    enters = (node >= 0) & (node < NODES)
    shift, place, node = (part[enters] for part in (shift, place, node))
    numbers = torch.arange(len(query_cells), device=cells.device).unsqueeze(1)
    row = torch.where(shift >= 1, place, place + NODES - 1)
    rows = numbers * AROUND + row
    columns = index[:, shift + NODES - 1] * NODES + node
    exists = exists[:, shift + NODES - 1]
    return make_sparse_parts(
        rows[exists],
        columns[exists],
        torch.ones(int(exists.sum()), dtype=torch.float64, device=cells.device),
        (len(query_cells) * AROUND, len(cells) * NODES),
        rows_per_part=OUTPUTS_PER_PART * AROUND,
    )


def moment_weights(places: Tensor) -> Tensor:
    """Weights of an observation in the moments of its interval: (stamp, MOMENTS)."""
    return chebyshev_weights(places, MOMENTS)


def moment_response(places: Tensor) -> Tensor:
    """From the moments of an interval to the terms of an output in it.

    Parameters
    ----------
    places : Tensor of shape (n_stamps,)
        Where in their interval the outputs lie.

    Returns
    -------
    Tensor of shape (n_stamps, INNER, MOMENTS)
        The lags are those of :class:`Intervals`.
    """
    # A polynomial of degree INNER - 1 in the place, known from its values at INNER.
    lags = _chebyshev_points(INNER).unsqueeze(1) - _chebyshev_points(MOMENTS)
    response = chebyshev_weights((lags.flatten() + 1) / 2, INNER)
    response = response.view(INNER, MOMENTS, INNER).transpose(1, 2)
    weights = chebyshev_weights(places, INNER)
    return (weights @ response.flatten(1)).view(-1, INNER, MOMENTS)


def chebyshev_weights(places: Tensor, count: int) -> Tensor:
    """Weights of the Chebyshev points of [0, 1] in the interpolation between them.

    Parameters
    ----------
    places : Tensor of shape (n_stamps,)
        Where to interpolate, in [0, 1].
    count : int
        Number of points.

    Returns
    -------
    Tensor of shape (n_stamps, count)
        Lagrange polynomials: ``(1 + 2 sum_k cos(k a) cos(k b)) / count`` at the angle
        `a` of the place for the angle `b` of the point.
    """
    degrees = torch.arange(count)
    table = 2 / count * torch.cos(degrees.unsqueeze(1) * _angles(count))
    table[0] /= 2
    return torch.cos(torch.acos(1 - 2 * places).unsqueeze(1) * degrees) @ table


def _chebyshev_points(count: int) -> Tensor:
    return (1 - torch.cos(_angles(count))) / 2


def _angles(count: int) -> Tensor:
    return torch.pi * (torch.arange(count).double() + 0.5) / count

"""The near field of a causal mesh: what lies in an output's past, right around it.

The FFT does the lags of one mesh step and more, over all observations. Around an output
that is not what a causal sum needs: later observations must be taken back, and for the
earlier ones the lags of 0 and less are missing. What is to be added is
``sum_l kernel[l] terms[l]`` over the lags ``1 - NODES .. NODES - 1``, and the terms are
a sparse matrix times the values of the observations.

Where stamps are sparse the matrix joins outputs and observations. Where many share a
mesh interval it joins the occupied intervals instead, and pairs within an interval are
summed up through running moments (:class:`Intervals`). Ties and clusters then cost no
more than other stamps.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from ckts.geometry.sparse import SparseMatrix, make_sparse_parts
from ckts.geometry.stencil import NODES, Stencil, lagrange_weights, polynomials

LAGS = 2 * NODES - 1
# With up to so many observations around an output, on average, they are joined one by
# one: forward and backward each costs 30 ns, and an interval as a whole 10 us.
NEIGHBORS = 40
OUTPUTS_PER_PART = 2048
# Moments of the stamps within an interval, at Chebyshev points. On a mesh of 10 points
# per period five are right to 1e-6.
MOMENTS = 5


@dataclass(frozen=True)
class Intervals:
    """Stamps by the mesh interval that they lie in.

    Attributes
    ----------
    source, target : SparseMatrix of shape (n_stamps, n_intervals * NODES)
        Interpolation from the mesh points around each interval, a copy of its own.
    segments : Tensor of shape (n_times,)
        Interval of each observation.
    places, query_places : Tensor of shape (n_times,), (n_targets,)
        Where in its interval a stamp lies, in [0, 1).
    past : Tensor of shape (n_targets,)
        Last observation up to each output in the same interval; `n_times` if none.
    """

    source: SparseMatrix
    target: SparseMatrix
    segments: Tensor
    places: Tensor
    query_places: Tensor
    past: Tensor


@dataclass(frozen=True)
class NearField:
    """What a causal convolution on a mesh adds.

    Attributes
    ----------
    terms : tuple of SparseMatrix
        Rows are (output, lag) and columns observations; with `intervals` rows are
        (interval, node, lag) of the outputs and columns (interval, node). A part holds
        2,048 outputs or nodes: all terms together are never needed.
    intervals : Intervals or None
        The occupied intervals, where stamps are dense.
    """

    terms: tuple[SparseMatrix, ...]
    intervals: Intervals | None


def make_near_field(source: Stencil, target: Stencil, seen: Tensor) -> NearField:
    """Prepare the near field.

    Parameters
    ----------
    source, target : Stencil
        The observations, by series and time, and the outputs.
    seen : Tensor of shape (n_targets,)
        Number of observations up to each output, those of earlier series included.

    Returns
    -------
    NearField
    """
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
    distance = target.first[outputs] - source.first[stamps]
    # c[k] = sum_n L[n + k] M[n], the weight of a lag that is k more than the distance
    weights = pad(lagrange_weights(target.places), (NODES - 1, NODES - 1))[outputs]
    others = lagrange_weights(source.places)[stamps]
    sums = torch.zeros(len(outputs), LAGS, dtype=weights.dtype, device=weights.device)
    for node in range(NODES):
        sums += others[:, node : node + 1] * weights[:, node : node + LAGS]
    lags = distance.unsqueeze(1) + torch.arange(LAGS, device=low.device) - (NODES - 1)
    past = (stamps < seen[outputs]).unsqueeze(1)
    valid = torch.where(past, lags <= 0, lags >= 1) & (lags.abs() < NODES)
    pair, lag = valid.nonzero(as_tuple=True)
    return make_sparse_parts(
        outputs[pair] * LAGS + lags[pair, lag] + (NODES - 1),
        stamps[pair],
        torch.where(past, sums, -sums)[pair, lag],
        (len(seen) * LAGS, len(source.first)),
        rows_per_part=OUTPUTS_PER_PART * LAGS,
    )


def _interval_near_field(source: Stencil, target: Stencil, seen: Tensor) -> NearField:
    cells, segments = source.first.unique_consecutive(return_inverse=True)
    query_cells, query_segments = target.first.unique(return_inverse=True)
    last = seen - 1
    same = (last >= 0) & (source.first[last.clamp(min=0)] == target.first)
    intervals = Intervals(
        source=Stencil(segments * NODES, source.places).matrix(len(cells) * NODES),
        target=Stencil(query_segments * NODES, target.places).matrix(
            len(query_cells) * NODES
        ),
        segments=segments,
        places=source.places,
        query_places=target.places,
        past=torch.where(same, last, len(segments)),
    )
    return NearField(_interval_terms(cells, query_cells), intervals)


def _interval_terms(cells: Tensor, query_cells: Tensor) -> tuple[SparseMatrix, ...]:
    """Join the mesh points around intervals; all of an interval counts as the future.

    What of it is in the past is added through the moments.
    """
    device = cells.device
    shifts = torch.arange(1 - NODES, NODES, device=device)
    wanted = query_cells.unsqueeze(1) - shifts
    index = torch.searchsorted(cells, wanted).clamp(max=len(cells) - 1)
    exists = cells[index] == wanted
    # node of the output = lag + node of the observations - shift of the intervals
    shift, lag, node = torch.meshgrid(
        shifts, shifts, torch.arange(NODES, device=device), indexing="ij"
    )
    query_node = lag + node - shift
    enters = torch.where(shift >= 1, lag <= 0, lag >= 1)
    enters &= (query_node >= 0) & (query_node < NODES)
    shift, lag, node, query_node = (
        part[enters] for part in (shift, lag, node, query_node)
    )
    numbers = torch.arange(len(query_cells), device=device).unsqueeze(1)
    rows = (numbers * NODES + query_node) * LAGS + lag + NODES - 1
    columns = index[:, shift + NODES - 1] * NODES + node
    signs = torch.where(shift >= 1, 1.0, -1.0).double().expand_as(rows)
    exists = exists[:, shift + NODES - 1]
    return make_sparse_parts(
        rows[exists],
        columns[exists],
        signs[exists],
        (len(query_cells) * NODES * LAGS, len(cells) * NODES),
        rows_per_part=OUTPUTS_PER_PART * LAGS,
    )


def moment_weights(places: Tensor) -> Tensor:
    """Weights of an observation in the moments of its interval: (stamp, MOMENTS)."""
    return polynomials(places, _chebyshev(MOMENTS, places))


def moment_response(places: Tensor) -> Tensor:
    """From the moments of an interval to the terms of an output in it.

    Parameters
    ----------
    places : Tensor of shape (n_stamps,)
        Where in their interval the outputs lie.

    Returns
    -------
    Tensor of shape (n_stamps, NODES, MOMENTS)
        The lags are those of :func:`lagrange_weights`, ``1 - NODES // 2`` and on.
    """
    # A polynomial of degree NODES - 1 in the place, known from its values at NODES.
    known = _chebyshev(NODES, places)
    lags = known.unsqueeze(1) - _chebyshev(MOMENTS, places)
    response = lagrange_weights(lags).transpose(1, 2)
    return (polynomials(places, known) @ response.flatten(1)).view(
        -1, *response.shape[1:]
    )


def _chebyshev(count: int, like: Tensor) -> Tensor:
    """Chebyshev points of [0, 1]."""
    angles = (torch.arange(count, device=like.device).double() + 0.5) / count
    return (1 - torch.cos(torch.pi * angles)) / 2

"""The near field of a causal mesh: what lies in an output's past, right around it.

The FFT does the lags of one mesh step and more, over all observations. Around an output
that is not what a causal sum needs: later observations must be taken back, and for the
earlier ones the lags of 0 and less are missing. What is to be added is
``sum_l kernel[l] terms[l]`` over the lags ``1 - NODES .. NODES - 1``, and the terms are
a sparse matrix times the values of the observations.

Where stamps are sparse the matrix joins outputs and observations. Where many share a
mesh interval it joins the occupied intervals instead, see :func:`interval_kernel`, and
pairs within an interval are summed up through running moments (:class:`Intervals`).
Ties and clusters then cost no more than other stamps.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from ckts.convolution.methods.mesh.sparse import SparseMatrix, make_sparse_parts
from ckts.convolution.methods.mesh.splines import NODES, Stencil, spline_weights

LAGS = 2 * NODES - 1
# Terms of an interval: one for each mesh point from it on that it shares with others,
# of the observations before the interval, and of the rest.
AROUND = 2 * (NODES - 1)
# With up to so many observations around an output, on average, they are joined one by
# one. There, forward and backward take a third less, and the plan three times as long.
NEIGHBORS = 40
OUTPUTS_PER_PART = 2048
# Moments of the stamps within an interval, and lags within a step that the kernel is
# taken at, both at Chebyshev points. On a mesh of 6 points per period they are right
# to 1e-6.
MOMENTS, INNER = 6, 8


@dataclass(frozen=True)
class Intervals:
    """Stamps by the mesh interval that they lie in.

    Attributes
    ----------
    source, target : SparseMatrix of shape (n_stamps, n_intervals * NODES)
        Interpolation from the mesh points around each interval, a copy of its own.
    segments : Tensor of shape (n_times,)
        Interval of each observation.
    past : Tensor of shape (n_targets,)
        Last observation up to each output in the same interval; `n_times` if none.
    weights : Tensor of shape (n_times, MOMENTS)
        Weights of an observation in the moments of its interval.
    response : Tensor of shape (n_targets, INNER, MOMENTS)
        From the moments of an output's interval to its terms.
    lags : Tensor of shape (INNER,)
        Lags of the terms, in steps, from -1 to 1: moments reach past the output.
    """

    source: SparseMatrix
    target: SparseMatrix
    segments: Tensor
    past: Tensor
    weights: Tensor
    response: Tensor
    lags: Tensor


@dataclass(frozen=True)
class NearField:
    """What a causal convolution on a mesh adds.

    Attributes
    ----------
    terms : tuple of SparseMatrix
        Rows are (output, lag) and columns observations; with `intervals` rows are
        (interval of outputs, term) and columns (interval, node). A part holds 2,048
        outputs or intervals: all terms together are never needed.
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
    # sum_n B[n + k] C[n] is the weight of a lag that is k more than the distance
    weights = pad(spline_weights(target.places), (NODES - 1, NODES - 1))[outputs]
    others = spline_weights(source.places)[stamps]
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


def interval_kernel(kernel: Tensor) -> Tensor:
    """From a kernel at the lags of the near field to what the terms of intervals need.

    A mesh point `s` after the first around an interval acts on its node `j` at the
    lag ``j - s``. What lies before the interval is missing at lags of 0 and less; of
    the rest, which is later, what the FFT did at lags above 0 is taken back.

    Parameters
    ----------
    kernel : Tensor of shape (LAGS, ...)
        The kernel at the lags ``1 - NODES .. NODES - 1``.

    Returns
    -------
    Tensor of shape (AROUND, NODES, ...)
        From the terms of an interval to its nodes.
    """
    place = torch.arange(NODES - 1, device=kernel.device).unsqueeze(1)
    lags = torch.arange(NODES, device=kernel.device) - place
    values = kernel[lags + NODES - 1]
    missing = (lags <= 0).view(*lags.shape, *(1,) * (kernel.ndim - 1))
    return torch.cat([values * missing, -values * ~missing])


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

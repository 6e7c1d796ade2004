"""The convolution at any stamps by way of a mesh: near-linear in the observations.

Observations are spread onto a regular mesh, convolved there by FFT, and sampled at the
output times, with local interpolation on either side. A causal kernel ends at lag 0
with a jump, which no interpolation survives; so the sum at an output time `t` runs over
the mesh *as it stood at t*, that is with the observations up to `t` only:

    y(t) = sum_n L_n(t) sum_m psi((n - m) step) mesh_t[m]

with `psi` continued smoothly to slightly negative lags. ``mesh_t`` equals the whole
mesh but at the points around `t`, and is 0 after them. So the FFT does the lags above 0
on the whole mesh, and the near field, for the mesh points around `t` alone, puts
``mesh_t`` in its place: ties, clusters and the jump are exact, whatever their density.
"""

import math

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ckts.geometry import (
    LAGS,
    NODES,
    Geometry,
    Intervals,
    NearField,
    SparseMatrix,
    moment_response,
    moment_weights,
)
from ckts.methods.base import Features
from ckts.methods.fourier import convolve_regular, is_depthwise

# Outputs whose response to moments is held at a time; rows per block of running sums.
STAMPS_PER_CHUNK = 2048
BLOCK = 32
BLOCKS_PER_CHUNK = 256


def convolve_mesh(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
    reach: float = math.inf,
) -> Tensor:
    """Convolve arbitrary stamps on a mesh.

    Parameters
    ----------
    weighted, features, mixing, geometry, causal, reach
        As in :func:`ckts.functional.convolve`; `geometry` has a mesh, and the features
        are smooth, also at lags down to ``-NODES`` steps of the mesh.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    mesh = geometry.mesh
    assert mesh is not None
    last = int(min(mesh.length - 1, reach / mesh.step + 1))
    first = 1 - NODES if causal else -last
    counts = torch.arange(first, max(last, NODES - 1) + 1, device=mixing.device)
    samples = features(counts.double() * mesh.step)
    rows = weighted.flatten(0, 1)
    signal = mesh.source.t_matmul(rows).view(len(weighted), mesh.length, -1)
    far, first = (samples[NODES:], 1) if causal else (samples, first)
    output = convolve_regular(signal, far, mixing, first_lag=first)
    output = mesh.target @ output.flatten(0, 1)
    if causal:
        assert mesh.near is not None
        kernel = torch.einsum("lf,ocf->lco", samples[:LAGS], mixing)
        if is_depthwise(weighted, mixing):
            kernel = kernel.squeeze(1)
        output = output + _near_field(rows, kernel, mesh.near)
    return output.view(len(weighted), -1, len(mixing))


def _near_field(rows: Tensor, kernel: Tensor, near: NearField) -> Tensor:
    intervals = near.intervals
    if intervals is None:
        return _MixedTerms.apply(rows, kernel, near.terms)
    moments = intervals.source.t_matmul(rows)
    around = intervals.target @ _MixedTerms.apply(moments, kernel, near.terms)
    start = NODES // 2
    inner = kernel[start : start + NODES]
    return around + _WithinIntervals.apply(rows, inner, intervals)


class _MixedTerms(torch.autograd.Function):
    """Terms of the lags, mixed by the kernel; the terms are not kept."""

    @staticmethod
    def forward(ctx, rows, kernel, terms):
        ctx.save_for_backward(rows, kernel)
        ctx.terms = terms
        return torch.cat([_mix(_terms(rows, part), kernel) for part in terms])

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        rows, kernel = ctx.saved_tensors
        by_kernel = torch.zeros_like(kernel)
        by_rows, start = torch.zeros_like(rows), 0
        for part in ctx.terms:
            terms = _terms(rows, part)
            slopes = gradient[start : start + len(terms)]
            by_terms = _mix_gradient(terms, kernel, slopes, by_kernel)
            by_rows += part.by_column.product(by_terms.flatten(0, 1))
            start += len(terms)
        return by_rows, by_kernel, None


def _terms(rows: Tensor, terms: SparseMatrix) -> Tensor:
    """Terms of shape (output, lag, in)."""
    return terms.by_row.product(rows).view(-1, LAGS, rows.shape[1])


def _mix(terms: Tensor, kernel: Tensor) -> Tensor:
    """Contract (output, lag, in) with the kernel (lag, in, out), or (lag, channel)."""
    if kernel.ndim == 2:
        return (terms * kernel).sum(1)
    return terms.flatten(1) @ kernel.flatten(0, 1)


def _mix_gradient(
    terms: Tensor, kernel: Tensor, gradient: Tensor, by_kernel: Tensor
) -> Tensor:
    """Gradient for the terms; the one for the kernel is added to `by_kernel`."""
    if kernel.ndim == 2:
        by_kernel += (terms * gradient.unsqueeze(1)).sum(0)
        return kernel * gradient.unsqueeze(1)
    by_kernel.flatten(0, 1).addmm_(terms.flatten(1).T, gradient)
    return (gradient @ kernel.flatten(0, 1).T).view_as(terms)


class _WithinIntervals(torch.autograd.Function):
    """Response to the earlier observations of the same interval, through moments.

    The moments of an interval up to each observation are running sums, which the
    backward pass computes anew.
    """

    @staticmethod
    def forward(ctx, rows, kernel, intervals):
        ctx.save_for_backward(rows, kernel)
        ctx.intervals = intervals
        moments = _running_moments(rows, intervals)
        parts = _parts(len(intervals.past))
        terms = (_moment_terms(moments, intervals, part) for part in parts)
        return torch.cat([_mix(term, kernel) for term in terms])

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        rows, kernel = ctx.saved_tensors
        intervals = ctx.intervals
        moments = _running_moments(rows, intervals)
        by_moments, by_kernel = torch.zeros_like(moments), torch.zeros_like(kernel)
        for part in _parts(len(intervals.past)):
            terms = _moment_terms(moments, intervals, part)
            by_terms = _mix_gradient(terms, kernel, gradient[part], by_kernel)
            response = moment_response(intervals.query_places[part]).to(terms.dtype)
            by_part = torch.bmm(response.transpose(1, 2), by_terms).flatten(1)
            by_moments.index_add_(0, intervals.past[part], by_part)
        by_moments = running_sums(by_moments[:-1].flip(0), intervals.segments.flip(0))
        by_moments = by_moments.flip(0).view(len(rows), -1, rows.shape[1])
        weights = moment_weights(intervals.places).to(rows.dtype)
        by_rows = torch.bmm(weights.unsqueeze(1), by_moments).squeeze(1)
        return by_rows, by_kernel, None


def _parts(n_stamps: int) -> list[slice]:
    starts = range(0, n_stamps, STAMPS_PER_CHUNK)
    return [slice(start, start + STAMPS_PER_CHUNK) for start in starts]


def _running_moments(rows: Tensor, intervals: Intervals) -> Tensor:
    """Moments of its interval up to each observation, and a row of zeros at the end."""
    weights = moment_weights(intervals.places).to(rows.dtype)
    moments = (weights.unsqueeze(2) * rows.unsqueeze(1)).flatten(1)
    return pad(running_sums(moments, intervals.segments), (0, 0, 0, 1))


def _moment_terms(moments: Tensor, intervals: Intervals, part: slice) -> Tensor:
    """Terms of shape (output, lag, in) from the moments before each output."""
    past = moments[intervals.past[part]]
    response = moment_response(intervals.query_places[part]).to(past.dtype)
    return torch.bmm(response, past.view(len(past), response.shape[2], -1))


def running_sums(rows: Tensor, segments: Tensor) -> Tensor:
    """Sum rows up from the beginning of their segment.

    Parameters
    ----------
    rows : Tensor of shape (n_rows, channels)
        What to add up.
    segments : Tensor of shape (n_rows,)
        Segment of each row; the rows of a segment stand together.

    Returns
    -------
    Tensor of shape (n_rows, channels)

    Notes
    -----
    Within blocks of 32 rows it is a product with a triangular matrix, and only what a
    segment brings from earlier blocks is a difference of running totals, in float64:
    such a difference in float32 would carry the rounding of all segments before.
    """
    n_rows, channels = rows.shape
    fill = -n_rows % BLOCK
    rows = pad(rows, (0, 0, 0, fill)).view(-1, BLOCK, channels)
    segments = pad(segments, (0, fill), value=-2).view(-1, BLOCK)
    sums = torch.empty_like(rows)
    for start in range(0, len(rows), BLOCKS_PER_CHUNK):
        part = slice(start, start + BLOCKS_PER_CHUNK)
        same = segments[part].unsqueeze(1) == segments[part].unsqueeze(2)
        torch.bmm(same.tril().to(rows.dtype), rows[part], out=sums[part])
    first = segments == segments[:, :1]
    continued = segments[1:, 0] == segments[:-1, -1]
    brought = _brought_along(sums[:, -1], first.all(1), continued)
    brought = brought.to(sums.dtype).unsqueeze(1)
    sums[1:] += brought * (first[1:] & continued.unsqueeze(1)).unsqueeze(2)
    return sums.flatten(0, 1)[:n_rows]


def _brought_along(last: Tensor, single: Tensor, continued: Tensor) -> Tensor:
    """Sum of a segment's rows in the blocks before, for every block but the first.

    It reaches back over the blocks that are all one segment, begun even earlier.
    """
    totals = pad(last.double().cumsum(0), (0, 0, 1, 0))
    number = torch.arange(len(last), device=last.device)
    through = single & pad(continued, (1, 0), value=False)
    begin = torch.where(through, 0, number).cummax(0).values
    return totals[1:-1] - totals[begin[:-1]]

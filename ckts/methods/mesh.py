"""The convolution at any stamps by way of a mesh: near-linear in the observations.

Observations are spread onto a regular mesh, convolved there by FFT, and sampled at the
output times, with splines on either side. A causal kernel ends at lag 0
with a jump, which no interpolation survives; so the sum at an output time `t` runs over
the mesh *as it stood at t*, that is with the observations up to `t` only:

    y(t) = sum_n B_n(t) sum_m psi[n - m] mesh_t[m]

with splines `B_n` and the coefficients of `psi`, which is continued smoothly to
slightly negative lags. ``mesh_t`` equals the whole mesh but at the points around `t`,
and is 0 after them. So the FFT does the lags above 0 on the whole mesh, and the near
field, for the mesh points around `t` alone, puts ``mesh_t`` in its place: ties,
clusters and the jump are exact, whatever their density.
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ckts.geometry import (
    LAGS,
    NODES,
    TAPS,
    Geometry,
    Intervals,
    Mesh,
    NearField,
    SparseMatrix,
    interval_kernel,
)
from ckts.methods.base import Features
from ckts.methods.fourier import convolve_regular, is_depthwise, next_fast_length

# Stamps whose moments are worked on at a time; rows per block of running sums.
STAMPS_PER_CHUNK = 1024
BLOCK = 32


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
    last = int(min(mesh.length - 1, reach / mesh.step + NODES))
    first = 1 - NODES if causal else -last
    samples = mesh_samples(features, mesh, first, max(last, NODES - 1))
    rows = weighted.flatten(0, 1)
    signal = mesh.source.t_matmul(rows).view(len(weighted), mesh.length, -1)
    far, first = (samples[NODES:], 1) if causal else (samples, first)
    output = convolve_regular(signal, far, mixing, first_lag=first)
    output = mesh.target @ output.flatten(0, 1)
    if causal:
        assert mesh.near is not None
        depthwise = is_depthwise(weighted, mixing)
        kernel = _kernel(samples[:LAGS], mixing, depthwise)
        if mesh.near.intervals is None:
            near = _MixedTerms.apply(rows, kernel.unsqueeze(1), mesh.near.terms)
        else:
            inner = features(mesh.near.intervals.lags * mesh.step)
            inner = _kernel(inner, mixing, depthwise)
            near = _near_intervals(rows, kernel, inner, mesh.near)
        output = output + near
    return output.view(len(weighted), -1, len(mixing))


def mesh_samples(features: Features, mesh: Mesh, first: int, last: int) -> Tensor:
    """Return what the features are on a mesh, for the lags ``first .. last`` in steps.

    Parameters
    ----------
    features : callable
        As in :func:`ckts.functional.convolve`.
    mesh : Mesh
        The mesh.
    first, last : int
        The lags, in steps.

    Returns
    -------
    Tensor of shape (last - first + 1, n_features)
        Coefficients of splines: interpolated in the output times and in the times of
        the observations, they have the values of the features at whole steps.

    Notes
    -----
    The filter is an FFT in float64: it raises the highest frequencies, and rounding
    with them, 343 times.
    """
    steps = torch.arange(first - TAPS, last + TAPS + 1, device=mesh.taps.device)
    samples = features(steps.double() * mesh.step)
    n_fft = next_fast_length(len(samples))
    spectrum = torch.fft.rfft(samples.double(), n=n_fft, dim=0)
    spectrum = spectrum * torch.fft.rfft(mesh.taps, n=n_fft).unsqueeze(1)
    filtered = torch.fft.irfft(spectrum, n=n_fft, dim=0)
    return filtered[2 * TAPS : len(samples)].to(samples.dtype)


def _kernel(samples: Tensor, mixing: Tensor, depthwise: bool) -> Tensor:
    """Kernel at some lags: (lag, in, out), or (lag, channel)."""
    kernel = torch.einsum("lf,ocf->lco", samples, mixing)
    return kernel.squeeze(1) if depthwise else kernel


def _near_intervals(
    rows: Tensor, kernel: Tensor, inner: Tensor, near: NearField
) -> Tensor:
    intervals = near.intervals
    assert intervals is not None
    moments = intervals.source.t_matmul(rows)
    around = _MixedTerms.apply(moments, interval_kernel(kernel), near.terms)
    within = _WithinIntervals.apply(rows, inner.unsqueeze(1), intervals)
    return intervals.target @ around + within


class _MixedTerms(torch.autograd.Function):
    """Terms of outputs or intervals, mixed by the kernel; the terms are not kept."""

    @staticmethod
    def forward(ctx, rows, kernel, terms):
        ctx.save_for_backward(rows, kernel)
        ctx.terms = terms
        mixed = (_mix(_terms(rows, part, len(kernel)), kernel) for part in terms)
        return torch.cat(list(mixed))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        rows, kernel = ctx.saved_tensors
        by_kernel = torch.zeros_like(kernel)
        by_rows, start = torch.zeros_like(rows), 0
        for part in ctx.terms:
            terms = _terms(rows, part, len(kernel))
            stop = start + len(terms) * kernel.shape[1]
            by_terms = _mix_gradient(terms, kernel, gradient[start:stop], by_kernel)
            by_rows += part.by_column.product(by_terms.flatten(0, 1))
            start = stop
        return by_rows, by_kernel, None


def _terms(rows: Tensor, terms: SparseMatrix, n_terms: int) -> Tensor:
    """Terms of shape (group, term, in); a group is an output, or a mesh interval."""
    return terms.by_row.product(rows).view(-1, n_terms, rows.shape[1])


def _mix(terms: Tensor, kernel: Tensor) -> Tensor:
    """Mix the terms of each group into the rows of its output.

    Parameters
    ----------
    terms : Tensor of shape (group, term, in)
        The terms.
    kernel : Tensor of shape (term, row, in, out), or (term, row, channel)
        The kernel, or that of a depth-wise convolution.

    Returns
    -------
    Tensor of shape (group * row, out)
    """
    if kernel.ndim == 3:
        return torch.einsum("gtc,trc->grc", terms, kernel).flatten(0, 1)
    return (terms.flatten(1) @ _matrix(kernel)).view(-1, kernel.shape[3])


def _mix_gradient(
    terms: Tensor, kernel: Tensor, gradient: Tensor, by_kernel: Tensor
) -> Tensor:
    """Gradient for the terms; the one for the kernel is added to `by_kernel`."""
    slopes = gradient.view(len(terms), kernel.shape[1], -1)
    if kernel.ndim == 3:
        by_kernel += torch.einsum("gtc,grc->trc", terms, slopes)
        return torch.einsum("grc,trc->gtc", slopes, kernel)
    by_matrix = terms.flatten(1).T @ slopes.flatten(1)
    n_terms, n_rows, n_in, n_out = kernel.shape
    by_kernel += by_matrix.view(n_terms, n_in, n_rows, n_out).transpose(1, 2)
    return (slopes.flatten(1) @ _matrix(kernel).T).view_as(terms)


def _matrix(kernel: Tensor) -> Tensor:
    """From (term, in) to (row, out)."""
    return kernel.transpose(1, 2).flatten(0, 1).flatten(1)


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
            response = intervals.response[part].to(terms.dtype)
            by_part = torch.bmm(response.transpose(1, 2), by_terms).flatten(1)
            by_moments.index_add_(0, intervals.past[part], by_part)
        by_rows = torch.empty_like(rows)
        weights = intervals.weights.to(rows.dtype).unsqueeze(1)
        sums = running_sums(by_moments.__getitem__, intervals.segments, reverse=True)
        for part, later in sums:
            later = later.view(len(later), -1, rows.shape[1])
            by_rows[part] = torch.bmm(weights[part], later).squeeze(1)
        return by_rows, by_kernel, None


def _parts(n_stamps: int) -> list[slice]:
    starts = range(0, n_stamps, STAMPS_PER_CHUNK)
    return [slice(s, min(s + STAMPS_PER_CHUNK, n_stamps)) for s in starts]


def _running_moments(rows: Tensor, intervals: Intervals) -> Tensor:
    """Moments of its interval up to each observation, and a row of zeros at the end."""
    weights = intervals.weights.to(rows.dtype).unsqueeze(2)

    def moments(part: slice) -> Tensor:
        return (weights[part] * rows[part].unsqueeze(1)).flatten(1)

    table = rows.new_empty(len(rows) + 1, weights.shape[1] * rows.shape[1])
    table[-1] = 0
    for part, sums in running_sums(moments, intervals.segments):
        table[part] = sums
    return table


def _moment_terms(moments: Tensor, intervals: Intervals, part: slice) -> Tensor:
    """Terms of shape (output, lag, in) from the moments before each output."""
    past = moments[intervals.past[part]]
    response = intervals.response[part].to(past.dtype)
    return torch.bmm(response, past.view(len(past), response.shape[2], -1))


def running_sums(
    get_rows: Callable[[slice], Tensor], segments: Tensor, *, reverse: bool = False
) -> Iterator[tuple[slice, Tensor]]:
    """Sum rows up from the beginning of their segment.

    Parameters
    ----------
    get_rows : callable
        Returns a part of the rows, (n, channels).
    segments : Tensor of shape (n_rows,)
        Segment of each row; the rows of a segment stand together.
    reverse : bool, default=False
        Whether to sum from the end of the segment instead.

    Yields
    ------
    part : slice
        Rows that are next: those that a core's cache holds.
    sums : Tensor of shape (n, channels)
        Their sums.

    Notes
    -----
    Products with triangular matrices, within blocks of 32 rows and over the blocks of a
    part: no sum contains another segment, from which it would have to be subtracted.
    """
    parts = _parts(len(segments))
    last = 0 if reverse else -1
    before, sum_before = segments.new_full((), -1), None
    for part in reversed(parts) if reverse else parts:
        rows, inside = get_rows(part), segments[part]
        fill = -len(rows) % BLOCK
        around = (fill, 0) if reverse else (0, fill)
        blocks = _blocks(rows, around, value=0)
        numbers = _blocks(inside, around, value=-2)
        if sum_before is None:
            sum_before = rows.new_zeros(rows.shape[1])
        sums = _block_sums(blocks, numbers, before, sum_before, reverse).flatten(0, 1)
        sums = sums[around[0] : around[0] + len(rows)]
        before, sum_before = inside[last], sums[last].clone()
        yield part, sums


def _blocks(rows: Tensor, around: tuple[int, int], *, value: int) -> Tensor:
    """Fill up rows to blocks (block, row, ...), with so many before and after them."""
    if any(around):
        rows = pad(rows, (0, 0) * (rows.ndim - 1) + around, value=value)
    return rows.view(-1, BLOCK, *rows.shape[1:])


def _block_sums(
    rows: Tensor, segments: Tensor, before: Tensor, sum_before: Tensor, reverse: bool
) -> Tensor:
    """Sum (block, row, channels) up along the rows, and what a segment had before."""
    first, last = (-1, 0) if reverse else (0, -1)
    same = segments.unsqueeze(1) == segments.unsqueeze(2)
    up_to = same.triu() if reverse else same.tril()
    sums = torch.bmm(up_to.to(rows.dtype), rows)
    begin, end = segments[:, first], segments[:, last]
    continued = begin.unsqueeze(1) == end
    earlier = continued.triu(1) if reverse else continued.tril(-1)
    brought = earlier.to(rows.dtype) @ sums[:, last]
    brought += (begin == before).unsqueeze(1) * sum_before
    takes = (segments == begin.unsqueeze(1)).to(rows.dtype)
    return sums.addcmul_(takes.unsqueeze(2), brought.unsqueeze(1))

"""The near field of a causal mesh: what lies in an output's past, right around it.

The FFT does the lags of one mesh step and more, over all observations. Around an output
that is not what a causal sum needs: later observations must be subtracted, and for the
earlier ones the lags of 0 and less are missing. What is to be added is
``sum_l kernel[l] terms[l]`` over the lags ``1 - NODES .. NODES - 1``, and the terms are
a sparse matrix times the values of the observations.

Where stamps are sparse the matrix joins outputs and observations. Where many share a
mesh interval it joins the occupied intervals instead, see :func:`interval_kernel`, and
pairs within an interval are summed up through running moments (:class:`Intervals`).
Ties and clusters then cost no more than other stamps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ckts.convolution.methods.mesh.sparse import SparseMatrix
from ckts.convolution.methods.mesh.splines import NODES
from ckts.transforms import AbstractFused, is_transformed

LAGS = 2 * NODES - 1
# Terms of an interval: one for each mesh point from it on that it shares with others,
# of the observations before the interval, and of the rest.
AROUND = 2 * (NODES - 1)
# Stamps whose moments are worked on at a time; rows per block of running sums.
STAMPS_PER_CHUNK = 1024
BLOCK = 32


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

    def respond(
        self,
        rows: Tensor,
        samples: Tensor,
        inner: Tensor | None,
        mixing: Tensor,
    ) -> Tensor:
        """Return what the near field adds to the outputs.

        Parameters
        ----------
        rows : Tensor of shape (n_times, in)
            The weighted observations of the batch.
        samples : Tensor of shape (LAGS, n_features)
            Coefficients of the features at the lags ``1 - NODES .. NODES - 1``.
        inner : Tensor of shape (INNER, n_features) or None
            The features at the lags of the intervals, if there are any.
        mixing
            As in :meth:`ckts.convolution.plan.Plan.convolve`.

        Returns
        -------
        Tensor of shape (n_targets, out)
        """
        kernel = _kernel(samples, mixing)
        if self.intervals is None or inner is None:
            return mixed_terms(rows, kernel.unsqueeze(1), self.terms)
        moments = self.intervals.source.t_matmul(rows)
        around = mixed_terms(moments, interval_kernel(kernel), self.terms)
        within = _kernel(inner, mixing).unsqueeze(1)
        within = within_intervals(rows, within, self.intervals)
        return self.intervals.target @ around + within


def _kernel(samples: Tensor, mixing: Tensor) -> Tensor:
    """Kernel at some lags: (lag, in, out), or (lag, channel)."""
    if mixing.ndim == 2:
        return samples @ mixing.T
    return torch.einsum("lf,ocf->lco", samples, mixing)


def interval_kernel(kernel: Tensor) -> Tensor:
    """From a kernel at the lags of the near field to what the terms of intervals need.

    A mesh point `s` after the first around an interval acts on its node `j` at the
    lag ``j - s``. What lies before the interval is missing at lags of 0 and less; of
    the rest, which is later, what the FFT did at lags above 0 is subtracted.

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


def within_intervals(rows: Tensor, kernel: Tensor, intervals: Intervals) -> Tensor:
    """Respond to the earlier observations of the same interval.

    Parameters
    ----------
    rows : Tensor of shape (n_times, in)
        The observations of the batch.
    kernel : Tensor of shape (INNER, 1, in, out), or (INNER, 1, channel)
        The kernel at the lags of the intervals.
    intervals : Intervals
        Who shares an interval.

    Returns
    -------
    Tensor of shape (n_targets, out)
    """
    return _WithinIntervals.run(rows, kernel, intervals)


class _WithinIntervals(AbstractFused):
    """The moments up to each observation are running sums, recomputed backward."""

    @staticmethod
    def plain(rows, kernel, intervals):
        """Keep the moments."""
        weights = intervals.weights.to(rows.dtype).unsqueeze(2)
        moments = (weights * rows.unsqueeze(1)).flatten(1)
        sums = running_sums(moments.__getitem__, intervals.segments)
        table = pad(torch.cat([part for _, part in sums]), (0, 0, 0, 1))
        return mix(_moment_terms(table, intervals, slice(None)), kernel)

    @staticmethod
    def forward(ctx, rows, kernel, intervals):
        ctx.save_for_backward(rows, kernel)
        ctx.intervals = intervals
        moments = _running_moments(rows, intervals)
        parts = _parts(len(intervals.past))
        terms = (_moment_terms(moments, intervals, part) for part in parts)
        return torch.cat([mix(term, kernel) for term in terms])

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        rows, kernel = ctx.saved_tensors
        intervals = ctx.intervals
        moments = _running_moments(rows, intervals)
        by_moments, by_kernel = torch.zeros_like(moments), torch.zeros_like(kernel)
        for part in _parts(len(intervals.past)):
            terms = _moment_terms(moments, intervals, part)
            by_terms = mix_gradient(terms, kernel, gradient[part], by_kernel)
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
    if is_transformed():
        return sums + takes.unsqueeze(2) * brought.unsqueeze(1)
    return sums.addcmul_(takes.unsqueeze(2), brought.unsqueeze(1))


def mixed_terms(
    rows: Tensor, kernel: Tensor, terms: tuple[SparseMatrix, ...]
) -> Tensor:
    """Sum rows up to terms, and mix these by the kernel, part by part.

    Parameters
    ----------
    rows : Tensor of shape (n_rows, in)
        Observations, or the moments of mesh intervals.
    kernel : Tensor of shape (term, row, in, out), or (term, row, channel)
        The kernel, or that of a depth-wise convolution.
    terms : tuple of SparseMatrix of shape (group * term, n_rows)
        Terms of some groups each; a group is an output, or a mesh interval.

    Returns
    -------
    Tensor of shape (group * row, out)
    """
    return _MixedTerms.run(rows, kernel, terms)


class _MixedTerms(AbstractFused):
    """The terms are not kept: the backward pass recomputes them."""

    @staticmethod
    def plain(rows, kernel, terms):
        """Keep the terms."""
        taken = (part.by_row.plain_product(rows) for part in terms)
        groups = (one.view(-1, len(kernel), rows.shape[1]) for one in taken)
        return torch.cat([mix(group, kernel) for group in groups])

    @staticmethod
    def forward(ctx, rows, kernel, terms):
        ctx.save_for_backward(rows, kernel)
        ctx.terms = terms
        mixed = (mix(_terms(rows, part, len(kernel)), kernel) for part in terms)
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
            by_terms = mix_gradient(terms, kernel, gradient[start:stop], by_kernel)
            by_rows += part.by_column.product(by_terms.flatten(0, 1))
            start = stop
        return by_rows, by_kernel, None


def _terms(rows: Tensor, terms: SparseMatrix, n_terms: int) -> Tensor:
    """Terms of shape (group, term, in); a group is an output, or a mesh interval."""
    return terms.by_row.product(rows).view(-1, n_terms, rows.shape[1])


def mix(terms: Tensor, kernel: Tensor) -> Tensor:
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


def mix_gradient(
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

"""Sums over the earlier observations of the same mesh interval, through moments."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from ckts.convolution.methods.mesh.near_field import Intervals
from ckts.convolution.methods.mesh.terms import mix, mix_gradient

# Stamps whose moments are worked on at a time; rows per block of running sums.
STAMPS_PER_CHUNK = 1024
BLOCK = 32


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
    return _WithinIntervals.apply(rows, kernel, intervals)


class _WithinIntervals(torch.autograd.Function):
    """The moments up to each observation are running sums, computed anew backward."""

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
    return sums.addcmul_(takes.unsqueeze(2), brought.unsqueeze(1))

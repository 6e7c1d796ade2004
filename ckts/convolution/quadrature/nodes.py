"""Where a linearly interpolated signal is sampled: Gauss nodes between the stamps.

The integral of a kernel times a signal that is linear between its observations is a sum
over the nodes of a Gauss-Legendre rule on pieces of the intervals between time stamps.
Pieces are so short that the kernel is nearly a polynomial on each. All channels share
the nodes; what a channel has there is the business of `linear`.

The outputs cut the pieces, too: in a causal convolution no output may lie inside a
piece, whose value depends on the observation at its end.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ckts.convolution.methods.base import Batch
from ckts.convolution.methods.mesh.sparse import SparseMatrix, make_sparse
from ckts.convolution.stamps import sort_stamps

# On a piece of 1.5 mesh steps, a quarter of the shortest period that the mesh resolves,
# three nodes are right to 6e-6, as good as the mesh; on two steps to 2e-5. Two nodes
# need half as many sources again.
ORDER = 3
STEPS_PER_PIECE = 1.5
# Of a kernel that no mesh can hold, such as one with kinks.
PIECES_PER_HORIZON = 256


@dataclass(frozen=True)
class Nodes:
    """The sources of a batch: nodes between its time stamps, and some of the stamps.

    Attributes
    ----------
    lengths : Tensor of shape (batch, source)
        Length of time that each source represents. One that only fills up has
        length 0.
    cuts : Tensor of shape (batch, cut)
        The stamps between which pieces lie, in order: all observations, and the outputs
        among them or, if causal, after the first of them.
    last_rows, last_query_rows : Tensor of shape (batch, cut), (batch, query)
        Last row up to each cut, and up to each output; -1 if none.
    spread : SparseMatrix of shape (batch * source, batch * n_columns)
        From the signal at both ends of every interval between cuts, first all left
        ends, then all right ends, to the sources, times their lengths. If not causal,
        every row is a source besides, and a column.
    """

    lengths: Tensor
    cuts: Tensor
    last_rows: Tensor
    last_query_rows: Tensor
    spread: SparseMatrix


@dataclass(frozen=True)
class _Rule:
    """Gauss nodes: interval, time since its begin, length; each of shape (node,)."""

    interval: Tensor
    elapsed: Tensor
    length: Tensor

    def series(self, cuts: Tensor) -> Tensor:
        """Series that each node belongs to."""
        return self.interval // max(cuts.shape[1] - 1, 1)


def place_nodes(batch: Batch) -> tuple[Batch, Nodes]:
    """Place the sources of a batch.

    Between two neighboring stamps there are at most ``2 (reach / piece + 2)`` pieces:
    of a longer gap only what is within reach of an output is sampled.

    Parameters
    ----------
    batch : Batch
        The stamps. The nodes follow the kernel through its mesh step, whatever the
        method of the sum over them.

    Returns
    -------
    sources : Batch
        From the sources to the outputs.
    nodes : Nodes
    """
    if batch.method == "lattice":
        raise ValueError(
            "`method` must not be 'lattice' for quadrature='linear'; got 'lattice'. "
            "It integrates between the stamps, on no lattice: use method='auto'."
        )
    rows, queries = batch.stamps.times, batch.stamps.query_times
    causal = batch.causal
    piece = batch.horizon / PIECES_PER_HORIZON
    if batch.step is not None:
        piece = STEPS_PER_PIECE * batch.step
    cuts = rows if queries is rows else _cuts(rows, queries, causal)
    rule = _make_rule(cuts, piece, batch.reach, causal)
    # The first row is a source of length 0, so that there is one, and at the origin.
    points = rows[:, :1] if causal else rows
    times, places = _place(rule, cuts, points)
    places, point_places = places[points.numel() :], places[: points.numel()]
    lengths = torch.zeros_like(times)
    lengths.view(-1)[places] = rule.length
    nodes = Nodes(
        lengths=lengths,
        cuts=cuts,
        last_rows=torch.searchsorted(rows, cuts, right=True) - 1,
        last_query_rows=torch.searchsorted(rows, queries, right=True) - 1,
        spread=_spread(
            rule, cuts, places, None if causal else point_places, times.numel()
        ),
    )
    stamps = sort_stamps(times, queries if rows.shape[1] else times)
    return replace(batch, stamps=stamps, mesh_step=batch.step), nodes


def _cuts(rows: Tensor, queries: Tensor, causal: bool) -> Tensor:
    """All stamps in order, where there may be a signal."""
    last = torch.inf if causal else rows[:, -1:]
    inside = queries.clamp(min=rows[:, :1]).minimum(torch.as_tensor(last))
    return torch.cat([rows, inside], 1).sort(1).values


def _make_rule(cuts: Tensor, piece: float, reach: float, causal: bool) -> _Rule:
    """Cut intervals into pieces of equal lengths, and those into nodes.

    Of an interval that is longer than the kernel reaches the part before its end is
    kept and, if the kernel looks ahead, as much after its begin.
    """
    lengths = cuts.diff(dim=1).flatten()
    kept = lengths.clamp(max=reach if causal else 2 * (reach + piece))
    counts = (kept / piece).ceil().long()
    interval = torch.repeat_interleave(counts)
    number = torch.arange(len(interval)) - (counts.cumsum(0) - counts)[interval]
    width = kept[interval] / counts[interval]
    early = number < (0 if causal else counts[interval] // 2)
    begin = number * width + torch.where(early, 0, (lengths - kept)[interval])
    places, shares = map(torch.from_numpy, np.polynomial.legendre.leggauss(ORDER))
    elapsed = begin.unsqueeze(1) + width.unsqueeze(1) * (places + 1) / 2
    length = width.unsqueeze(1) * shares / 2
    return _Rule(interval.repeat_interleave(ORDER), elapsed.flatten(), length.flatten())


def _place(rule: _Rule, cuts: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Sort points and nodes into padded rows of sources.

    Returns
    -------
    stamps : Tensor of shape (batch, source)
        Their times; padding repeats the last cut.
    places : Tensor of shape (batch * n_points + n_nodes,)
        Number among all sources of each point, and then of each node.
    """
    batch, n_points = points.shape
    times = cuts[:, :-1].flatten()[rule.interval] + rule.elapsed
    times = torch.cat([points.flatten(), times])
    series = torch.arange(batch).repeat_interleave(n_points)
    series = torch.cat([series, rule.series(cuts)])
    order = torch.from_numpy(np.lexsort((times.numpy(), series.numpy())))
    counts = series.bincount(minlength=batch)
    size = max(counts.tolist(), default=n_points)
    before = counts.cumsum(0) - counts
    places = torch.empty_like(order)
    places[order] = torch.arange(len(order)) - before[series[order]]
    places += series * size
    stamps = cuts[:, -1:].repeat(1, size)
    stamps.view(-1)[places] = times
    return stamps, places


def _spread(
    rule: _Rule, cuts: Tensor, places: Tensor, points: Tensor | None, n_sources: int
) -> SparseMatrix:
    """Interpolate between the ends of intervals, times the lengths of the nodes."""
    series = rule.series(cuts)
    share = rule.elapsed / cuts.diff(dim=1).flatten()[rule.interval]
    n_intervals = max(cuts.shape[1] - 1, 0)
    n_rows = 0 if points is None else len(points) // max(len(cuts), 1)
    n_columns = 2 * n_intervals + n_rows
    left = rule.interval + series * (n_columns - n_intervals)
    rows, columns = [places, places], [left, left + n_intervals]
    entries = [rule.length * (1 - share), rule.length * share]
    if points is not None:
        column = torch.arange(n_rows) + 2 * n_intervals
        start = torch.arange(len(cuts)).unsqueeze(1) * n_columns
        rows.append(points)
        columns.append((start + column).flatten())
        entries.append(torch.ones(len(points), dtype=torch.float64))
    shape = (n_sources, len(cuts) * n_columns)
    return make_sparse(torch.cat(rows), torch.cat(columns), torch.cat(entries), shape)

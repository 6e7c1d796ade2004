"""Where a linearly interpolated signal is sampled: Gauss nodes between the stamps.

The integral of a kernel times a signal that is linear between its observations is a sum
over *sources*, nodes of a Gauss-Legendre rule on pieces of the intervals between time
stamps. Pieces are so short that the kernel is nearly a polynomial on each. All channels
share the sources; what a channel has there is the business of `interpolant`.

The outputs cut the pieces, too: in a causal convolution no output may stand inside a
piece, whose value depends on the observation at its end.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ckts.convolution.checks import check_not_lattice, check_times
from ckts.convolution.geometry import Geometry, make_geometry
from ckts.convolution.methods.mesh.sparse import SparseMatrix, make_sparse
from ckts.convolution.stamps import count_from_origin

# On a piece of 1.5 mesh steps, a quarter of the shortest period that the mesh resolves,
# three nodes are right to 6e-6, as good as the mesh; on two steps to 2e-5. Two nodes
# need half as many sources again.
ORDER = 3
STEPS_PER_PIECE = 1.5
# Of a kernel that no mesh can hold, such as one with kinks.
PIECES_PER_HORIZON = 256


@dataclass(frozen=True, kw_only=True)
class LinearGeometry(Geometry):
    """Time stamps of a batch, and the sources between them.

    It has the stamps of `Geometry`; lattice and mesh, if there
    are any, are those of the sources.

    Attributes
    ----------
    sources : Geometry
        From the sources to the outputs, since the same origins. A source that is
        there only to fill up has length 0.
    lengths : Tensor of shape (batch, source)
        Length of time that each source stands for.
    cuts : Tensor of shape (batch, cut)
        The stamps between which pieces lie, in order: all observations, and the outputs
        among them or, if causal, after the first of them.
    latest, query_latest : Tensor of shape (batch, cut), (batch, query)
        Last row up to each cut, and up to each output; -1 if none.
    spread : SparseMatrix of shape (batch * source, batch * n_columns)
        From the signal at both ends of every interval between cuts, first all left
        ends, then all right ends, to the sources, times their lengths. If not causal,
        every row is a source besides, and a column.
    causal : bool
        Whether nothing after an output enters.
    """

    sources: Geometry
    lengths: Tensor
    cuts: Tensor
    latest: Tensor
    query_latest: Tensor
    spread: SparseMatrix
    causal: bool

    @property
    def method(self) -> str:
        """How the sum over the sources is computed."""
        return self.sources.method


@dataclass(frozen=True)
class _Nodes:
    """Gauss nodes: interval, time since its begin, length; each of shape (node,)."""

    interval: Tensor
    elapsed: Tensor
    length: Tensor

    def series(self, cuts: Tensor) -> Tensor:
        """Series that each node belongs to."""
        return self.interval // max(cuts.shape[1] - 1, 1)


@torch.no_grad()
def make_linear_geometry(
    times: Tensor,
    query_times: Tensor | None = None,
    *,
    horizon: float,
    reach: float,
    mesh_step: float | None = None,
    method: str = "auto",
    causal: bool = True,
) -> LinearGeometry:
    """Place the sources of a batch.

    Between two neighboring stamps there are at most ``2 (reach / piece + 2)`` pieces:
    of a longer gap only what is within reach of an output is sampled.

    Parameters
    ----------
    times, query_times, method, mesh_step, causal
        As in `ckts.convolution.geometry`; no source is on a lattice.
    horizon, reach : float
        Longest lag of the training data, and lag from which on the kernel is 0.

    Returns
    -------
    LinearGeometry
    """
    check_not_lattice(method)
    check_times(times, query_times)
    device, times = times.device, times.cpu()
    rows, queries = count_from_origin(times, query_times)
    piece = horizon / PIECES_PER_HORIZON
    if mesh_step is not None:
        piece = STEPS_PER_PIECE * mesh_step
    cuts = rows if queries is rows else _cuts(rows, queries, causal)
    nodes = _make_nodes(cuts, piece, reach, causal)
    # The first row is a source of length 0, so that there is one, and at the origin.
    points = rows[:, :1] if causal else rows
    stamps, places = _place(nodes, cuts, points)
    places, point_places = places[points.numel() :], places[: points.numel()]
    lengths = torch.zeros_like(stamps)
    lengths.view(-1)[places] = nodes.length
    spread = _spread(
        nodes, cuts, places, None if causal else point_places, stamps.numel()
    )
    sources = make_geometry(
        stamps,
        queries if rows.shape[1] else None,
        method=method,
        mesh_step=mesh_step,
        causal=causal,
        reach=reach,
    )
    return LinearGeometry(
        times=rows,
        query_times=queries,
        sources=sources,
        lengths=lengths,
        cuts=cuts,
        latest=torch.searchsorted(rows, cuts, right=True) - 1,
        query_latest=torch.searchsorted(rows, queries, right=True) - 1,
        spread=spread,
        causal=causal,
        reach=reach,
    ).to(device)


def _cuts(rows: Tensor, queries: Tensor, causal: bool) -> Tensor:
    """All stamps in order, where there may be a signal."""
    last = torch.inf if causal else rows[:, -1:]
    inside = queries.clamp(min=rows[:, :1]).minimum(torch.as_tensor(last))
    return torch.cat([rows, inside], 1).sort(1).values


def _make_nodes(cuts: Tensor, piece: float, reach: float, causal: bool) -> _Nodes:
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
    return _Nodes(
        interval.repeat_interleave(ORDER), elapsed.flatten(), length.flatten()
    )


def _place(nodes: _Nodes, cuts: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Sort points and nodes into padded rows of sources.

    Returns
    -------
    stamps : Tensor of shape (batch, source)
        Their times; padding repeats the last cut.
    places : Tensor of shape (batch * n_points + n_nodes,)
        Number among all sources of each point, and then of each node.
    """
    batch, n_points = points.shape
    times = cuts[:, :-1].flatten()[nodes.interval] + nodes.elapsed
    times = torch.cat([points.flatten(), times])
    series = torch.arange(batch).repeat_interleave(n_points)
    series = torch.cat([series, nodes.series(cuts)])
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
    nodes: _Nodes, cuts: Tensor, places: Tensor, points: Tensor | None, n_sources: int
) -> SparseMatrix:
    """Interpolate between the ends of intervals, times the lengths of the nodes."""
    series = nodes.series(cuts)
    share = nodes.elapsed / cuts.diff(dim=1).flatten()[nodes.interval]
    n_intervals = max(cuts.shape[1] - 1, 0)
    n_rows = 0 if points is None else len(points) // max(len(cuts), 1)
    n_columns = 2 * n_intervals + n_rows
    left = nodes.interval + series * (n_columns - n_intervals)
    rows, columns = [places, places], [left, left + n_intervals]
    entries = [nodes.length * (1 - share), nodes.length * share]
    if points is not None:
        column = torch.arange(n_rows) + 2 * n_intervals
        start = torch.arange(len(cuts)).unsqueeze(1) * n_columns
        rows.append(points)
        columns.append((start + column).flatten())
        entries.append(torch.ones(len(points), dtype=torch.float64))
    shape = (n_sources, len(cuts) * n_columns)
    return make_sparse(torch.cat(rows), torch.cat(columns), torch.cat(entries), shape)

"""Stamps on a regular mesh: local interpolation weights, and who came before.

A smooth function is known at any time from its values at the :data:`NODES` mesh points
around it. A sum over observations then becomes a sum over mesh points, which the FFT
does; see :mod:`ckts.methods.mesh`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding_bag

# Mesh points around a stamp, half of them on either side. With eight the error is 1e-4
# at 8 mesh points per period and 2e-5 at 10; six need 12 and 16. Ten need 7 and 8 but
# make the near field dearer, which does not shrink with the mesh.
NODES = 8


@dataclass(frozen=True)
class Interpolation:
    """A sparse matrix (stamp, mesh point) of Lagrange weights, and its transpose.

    Attributes
    ----------
    nodes : Tensor of shape (n_stamps, NODES)
        Mesh points around each stamp; int32 where that is enough.
    weights : Tensor of shape (n_stamps, NODES)
        Their weights, float64.
    order : Tensor of shape (n_stamps * NODES,)
        The entries of the matrix in the order of their mesh points, then of time.
    starts : Tensor of shape (n_nodes + 1,)
        Where the entries of each mesh point begin in that order.
    """

    nodes: Tensor
    weights: Tensor
    order: Tensor
    starts: Tensor

    def sample(self, table: Tensor) -> Tensor:
        """Interpolate values on the mesh, (n_nodes, channels), at the stamps."""
        return _Sample.apply(table, self)

    def spread(self, rows: Tensor) -> Tensor:
        """Add values at the stamps, (n_stamps, channels), up on the mesh."""
        return _Spread.apply(rows, self)


@dataclass(frozen=True)
class Mesh:
    """A mesh under a batch, one stretch of `length` points per series.

    Attributes
    ----------
    step : float
        Distance of two mesh points, in the unit of the time stamps.
    length : int
        Mesh points per series.
    source, target : Interpolation
        At the observations, and at the query times: the same object where the output
        is asked for at the observations.
    past : Tensor of shape (n_targets, NODES)
        For each mesh point around a query time, the last entry of that point, in the
        order of `source`, that belongs to an observation up to that time; the number
        of entries where there is none.
    """

    step: float
    length: int
    source: Interpolation
    target: Interpolation
    past: Tensor


@torch.no_grad()
def make_mesh(times: Tensor, query_times: Tensor, *, step: float) -> Mesh:
    """Lay a mesh under a batch.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times, float64.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` where they are the same.
    step : float
        Distance of two mesh points.

    Returns
    -------
    Mesh
    """
    first = torch.minimum(times[:, :1], query_times.amin(1, keepdim=True))
    last = torch.maximum(times[:, -1:], query_times.amax(1, keepdim=True))
    length = int((last - first).max() / step) + NODES + 1
    source = _interpolation((times - first) / step, length)
    target = source
    if query_times is not times:
        target = _interpolation((query_times - first) / step, length)
    past = _past_entries(times, query_times, source, target)
    return Mesh(step, length, source, target, past)


def lagrange_weights(offsets: Tensor) -> Tensor:
    """Weights of the mesh points around a stamp.

    Parameters
    ----------
    offsets : Tensor of shape (...)
        Distance of the stamp from the mesh point before it, in steps, in [0, 1).

    Returns
    -------
    Tensor of shape (..., NODES)

    Examples
    --------
    >>> weights = lagrange_weights(torch.tensor(0.25, dtype=torch.float64))
    >>> [round(w, 3) for w in weights.tolist()]
    [-0.003, 0.029, -0.137, 0.82, 0.352, -0.075, 0.018, -0.002]
    """
    nodes = torch.arange(NODES, device=offsets.device).double() - (NODES // 2 - 1)
    distances = offsets.double().unsqueeze(-1) - nodes
    weights = torch.ones_like(distances)
    for node in range(NODES):
        others = [other for other in range(NODES) if other != node]
        scale = (nodes[node] - nodes[others]).prod()
        weights[..., node] = distances[..., others].prod(-1) / scale
    return weights


def _interpolation(positions: Tensor, length: int) -> Interpolation:
    """Interpolate at positions (batch, stamp), in steps from the series' first."""
    before = positions.floor()
    series = torch.arange(len(positions), device=positions.device).unsqueeze(1)
    nodes = (before.long() + series * length).flatten().unsqueeze(1)
    nodes = nodes + torch.arange(NODES, device=nodes.device)
    weights = lagrange_weights((positions - before).flatten())
    points, order = nodes.flatten().sort(stable=True)
    boundaries = torch.arange(len(positions) * length + 1, device=nodes.device)
    starts = torch.searchsorted(points, boundaries)
    small = max(nodes.numel(), len(boundaries)) < 2**31
    index = torch.int32 if small else torch.int64  # the shorter is 2 to 5 times faster
    return Interpolation(nodes.to(index), weights, order, starts.to(index))


def _past_entries(
    times: Tensor, queries: Tensor, source: Interpolation, target: Interpolation
) -> Tensor:
    n_times = times.shape[1]
    seen = torch.searchsorted(times, queries.contiguous(), right=True)
    series = torch.arange(len(times), device=times.device).unsqueeze(1)
    seen = (seen + series * n_times).view(-1, 1)  # observations up to the query
    # An entry's key is its mesh point, then the number of its observation.
    n_keys = times.numel() + 1
    entry_nodes = source.nodes.flatten()[source.order].long()
    keys = entry_nodes * n_keys + source.order // NODES
    last = torch.searchsorted(keys, target.nodes * n_keys + seen) - 1
    found = entry_nodes[last.clamp(min=0)] == target.nodes
    return torch.where(found & (last >= 0), last, len(keys))


def _bag(table: Tensor, index: Tensor, starts: Tensor | None, weights: Tensor):
    return embedding_bag(
        index,
        table,
        starts,
        mode="sum",
        per_sample_weights=weights.to(table.dtype),
        include_last_offset=starts is not None,
    )


def _sample(table: Tensor, matrix: Interpolation) -> Tensor:
    return _bag(table.contiguous(), matrix.nodes, None, matrix.weights)


def _spread(rows: Tensor, matrix: Interpolation) -> Tensor:
    stamps = (matrix.order // NODES).to(matrix.starts.dtype)
    weights = matrix.weights.flatten()[matrix.order]
    return _bag(rows.contiguous(), stamps, matrix.starts, weights)


# Sums of embedding bags: 0.3 ms for 131,072 entries and 30 channels, where `index_add_`
# takes 8 ms; and the order of summation is fixed.
class _Sample(torch.autograd.Function):
    @staticmethod
    def forward(ctx, table, matrix):
        ctx.matrix = matrix
        return _sample(table, matrix)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        return _spread(gradient, ctx.matrix), None


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx, rows, matrix):
        ctx.matrix = matrix
        return _spread(rows, matrix)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        return _sample(gradient, ctx.matrix), None

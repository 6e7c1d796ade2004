"""Sums over a few observations for each output, with the kernel that the method has.

What is taken back from a convolution must be the very terms that are in it: a mesh has
a kernel of its own, the interpolated one.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import Features
from ckts.convolution.methods.mesh.convolve import last_lag, mesh_samples
from ckts.convolution.methods.mesh.mesh import Mesh
from ckts.convolution.methods.mesh.near_field import LAGS
from ckts.convolution.methods.mesh.sparse import SparseMatrix
from ckts.convolution.methods.mesh.splines import NODES

# Maps weights (n, m, channels), outputs (n,) and observations (n, m), as numbered in
# the batch, and the largest lag between those that have a weight, to weighted sums of
# the features (n, channels, n_features).
PairSums = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def pair_sums(
    features: Features, geometry: Geometry, *, reach: float = math.inf
) -> PairSums:
    """Return how to sum features over some observations in the past of each output.

    Parameters
    ----------
    features, reach
        As in :func:`ckts.convolution.convolve.convolve`.
    geometry : Geometry
        Where the batch was sampled, and the method.

    Returns
    -------
    callable
        Maps weights (n, m, channels), outputs (n,) and observations (n, m), as numbered
        in the batch, and the largest lag between those that have a weight, to
        (n, channels, n_features).
    """
    if geometry.mesh is not None:
        return _mesh_sums(features, geometry.mesh, reach)
    times, queries = geometry.times.flatten(), geometry.query_times.flatten()

    def add(weights: Tensor, outputs: Tensor, sources: Tensor, age: float) -> Tensor:
        lags = queries[outputs].unsqueeze(1) - times[sources]
        return weights.transpose(1, 2) @ features(lags)

    return add


def _mesh_sums(features: Features, mesh: Mesh, reach: float) -> PairSums:
    """Spread the weights over the lags of the mesh, whose features are known."""
    table = mesh_samples(features, mesh, 1 - NODES, last_lag(mesh, reach))
    table = pad(table, (0, 0, 0, LAGS))  # lags that the convolution leaves out

    def add(weights: Tensor, outputs: Tensor, sources: Tensor, age: float) -> Tensor:
        rows, shares = _lag_weights(mesh, outputs, sources)
        # those without a weight may be any lag apart
        n_rows = min(int(age / mesh.step) + 1 + LAGS, len(table))
        spread = weights.new_zeros(*sources.shape, n_rows)
        spread.scatter_(2, rows.clamp(0, n_rows - 1), shares.to(weights.dtype))
        return (weights.transpose(1, 2) @ spread) @ table[:n_rows]

    return add


def _lag_weights(mesh: Mesh, outputs: Tensor, sources: Tensor) -> tuple[Tensor, Tensor]:
    """Rows of the table that a pair takes, and their weights: (n, m, LAGS) each.

    As in the near field, the weight of a lag that is k more than the distance is
    ``sum_n B[n + k] C[n]`` with the splines at the output and at the observation.
    """
    node, weights = _stencil(mesh.target, outputs)
    source_node, others = _stencil(mesh.source, sources)
    weights = pad(weights, (NODES - 1, NODES - 1)).unsqueeze(1)
    sums = weights.new_zeros(*sources.shape, LAGS)
    for number in range(NODES):
        sums += others[..., number : number + 1] * weights[..., number : number + LAGS]
    distance = (node.unsqueeze(1) - source_node).unsqueeze(-1)
    return distance + torch.arange(LAGS, device=node.device), sums


def _stencil(matrix: SparseMatrix, stamps: Tensor) -> tuple[Tensor, Tensor]:
    """First mesh point around some stamps, and the weights of all."""
    columns = matrix.by_row.columns.view(-1, NODES)[stamps, 0]
    return columns.long(), matrix.by_row.entries.view(-1, NODES)[stamps]

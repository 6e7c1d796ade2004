"""The kernel between single outputs and observations, as each method has it.

What is taken back from a sum must be the very terms that are in it: a mesh has its own
kernel, the interpolated one.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, pad

from ckts.geometry import LAGS, NODES, Geometry, Mesh, SparseMatrix
from ckts.methods.base import Features

# Maps outputs (n,) and observations (n, m), as numbered in the batch, to features
# (n, m, n_features).
PairFeatures = Callable[[Tensor, Tensor], Tensor]


def pair_features(
    features: Features, geometry: Geometry, *, reach: float = math.inf
) -> PairFeatures:
    """Return the features of pairs of an output and an observation in its past.

    Parameters
    ----------
    features, reach
        As in :func:`ckts.functional.convolve`.
    geometry : Geometry
        Where the batch was sampled, and the method.

    Returns
    -------
    callable
        Maps outputs (n,) and observations (n, m), as numbered in the batch, to
        (n, m, n_features).
    """
    if geometry.mesh is not None:
        return _mesh_features(features, geometry.mesh, reach)
    times, queries = geometry.times.flatten(), geometry.query_times.flatten()
    return lambda outputs, sources: features(
        queries[outputs].unsqueeze(1) - times[sources]
    )


def _mesh_features(features: Features, mesh: Mesh, reach: float) -> PairFeatures:
    """Interpolate on either side, see :mod:`ckts.methods.mesh`."""
    last = int(min(mesh.length - 1, reach / mesh.step + 1)) + LAGS
    device = mesh.target.by_row.starts.device
    steps = torch.arange(1 - NODES, last + 1, device=device)
    table = features(steps.double() * mesh.step)

    def between(outputs: Tensor, sources: Tensor) -> Tensor:
        node, weights = _stencil(mesh.target, outputs)
        source_node, source_weights = _stencil(mesh.source, sources)
        # as in the near field: the weight of a lag of k more than the distance
        weights = pad(weights, (NODES - 1, NODES - 1)).unsqueeze(1)
        sums = torch.zeros_like(weights[..., :LAGS]).repeat(1, sources.shape[1], 1)
        for number in range(NODES):
            share = source_weights[..., number : number + 1]
            sums += share * weights[..., number : number + LAGS]
        distance = (node.unsqueeze(1) - source_node).unsqueeze(-1)
        rows = distance + torch.arange(LAGS, device=device)
        values = embedding_bag(
            rows.clamp(max=len(table) - 1).flatten(0, 1),
            table,
            mode="sum",
            per_sample_weights=sums.flatten(0, 1).to(table.dtype),
        )
        return values.view(*sources.shape, -1)

    return between


def _stencil(matrix: SparseMatrix, stamps: Tensor) -> tuple[Tensor, Tensor]:
    """First mesh point around some stamps, and the weights of all."""
    columns = matrix.by_row.columns.view(-1, NODES)[stamps, 0]
    return columns.long(), matrix.by_row.entries.view(-1, NODES)[stamps]

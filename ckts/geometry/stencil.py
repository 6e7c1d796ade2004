"""The mesh points around a stamp, and their weights."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ckts.geometry.sparse import SparseMatrix, make_sparse

# Mesh points around a stamp, half of them on either side. With eight the error is 1e-4
# at 8 mesh points per period and 2e-5 at 10; six need 12 and 16. Ten need 7 and 8 but
# make the near field dearer, which does not shrink with the mesh.
NODES = 8


@dataclass(frozen=True)
class Stencil:
    """Where stamps lie on a mesh.

    Attributes
    ----------
    first : Tensor of shape (n_stamps,)
        The first of the mesh points around each stamp. The stamp lies in the interval
        after the point ``first + NODES // 2 - 1``; stamps of one interval share it.
    places : Tensor of shape (n_stamps,)
        Where in that interval, in [0, 1), float64.
    """

    first: Tensor
    places: Tensor

    def matrix(self, n_nodes: int) -> SparseMatrix:
        """Return the interpolation as a matrix (n_stamps, n_nodes)."""
        nodes = self.first.unsqueeze(1) + torch.arange(NODES, device=self.first.device)
        stamps = torch.arange(len(nodes), device=nodes.device).unsqueeze(1)
        return make_sparse(
            stamps.expand_as(nodes).flatten(),
            nodes.flatten(),
            lagrange_weights(self.places).flatten(),
            (len(nodes), n_nodes),
        )


def make_stencil(positions: Tensor, length: int) -> Stencil:
    """Place stamps on a mesh.

    Parameters
    ----------
    positions : Tensor of shape (batch, stamp)
        Positions in steps from the first stamp of the series, float64, at least 0.
    length : int
        Mesh points per series.

    Returns
    -------
    Stencil
    """
    before = positions.floor()
    series = torch.arange(len(positions), device=positions.device).unsqueeze(1)
    first = before.long() + series * length
    return Stencil(first.flatten(), (positions - before).flatten())


def lagrange_weights(places: Tensor) -> Tensor:
    """Weights of the mesh points around a stamp.

    Parameters
    ----------
    places : Tensor of shape (...)
        Distance of the stamp from the mesh point before it, in steps. In [0, 1) the
        stamp is in the middle of the points; up to one step off it is still good.

    Returns
    -------
    Tensor of shape (..., NODES)

    Examples
    --------
    >>> weights = lagrange_weights(torch.tensor(0.25, dtype=torch.float64))
    >>> [round(w, 3) for w in weights.tolist()]
    [-0.002, 0.019, -0.103, 0.859, 0.286, -0.074, 0.016, -0.002]
    """
    nodes = torch.arange(NODES, device=places.device).double() - (NODES // 2 - 1)
    return polynomials(places.double(), nodes)


def polynomials(places: Tensor, nodes: Tensor) -> Tensor:
    """Lagrange polynomials of some nodes: (..., n_nodes)."""
    distances = [places - node for node in nodes]
    ones = torch.ones_like(places)
    below, above = [ones], [ones]  # products over the nodes before, and after
    for distance, opposite in zip(distances, reversed(distances), strict=True):
        below.append(below[-1] * distance)
        above.append(above[-1] * opposite)
    gaps = nodes.unsqueeze(1) - nodes
    scales = gaps.fill_diagonal_(1.0).prod(1)
    count = len(distances)
    products = [below[n] * above[count - 1 - n] for n in range(count)]
    return torch.stack(products, -1) / scales

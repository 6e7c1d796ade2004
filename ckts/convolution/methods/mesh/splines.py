"""The mesh points around a stamp, and their weights: splines.

A smooth function is a sum of B-splines, one at each mesh point (cardinal interpolation,
Schoenberg 1973; Unser, Splines: a perfect fit for signal and image processing, 1999).
Their coefficients come from samples at the mesh points by a short filter.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from ckts.convolution.methods.mesh.sparse import SparseMatrix, make_sparse

# Mesh points around a stamp, half of them on either side: splines of degree seven. The
# error is 5e-6 at 6 mesh points per period, where polynomials through as many points
# need 12.
NODES = 8
# The splines at the mesh points, times 5040.
AT_NODES = (1, 120, 1191, 2416, 1191, 120, 1)
# Samples on either side that enter a coefficient; 0.535^64 is 4e-18.
TAPS = 64


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
    weights : Tensor of shape (n_stamps, NODES)
        Weights of those mesh points.
    """

    first: Tensor
    places: Tensor
    weights: Tensor

    def matrix(self, n_nodes: int) -> SparseMatrix:
        """Return the interpolation as a matrix (n_stamps, n_nodes)."""
        nodes = self.first.unsqueeze(1) + torch.arange(NODES, device=self.first.device)
        stamps = torch.arange(len(nodes), device=nodes.device).unsqueeze(1)
        return make_sparse(
            stamps.expand_as(nodes).flatten(),
            nodes.flatten(),
            self.weights.flatten(),
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
    places = (positions - before).flatten()
    return Stencil(first.flatten(), places, spline_weights(places))


def spline_weights(places: Tensor) -> Tensor:
    """Weights of the mesh points around a stamp: B-splines of degree ``NODES - 1``.

    Parameters
    ----------
    places : Tensor of shape (...)
        Distance of the stamp from the mesh point before it, in steps, in [0, 1].

    Returns
    -------
    Tensor of shape (..., NODES)
        Float64; they are positive and sum to 1.

    Examples
    --------
    >>> weights = spline_weights(torch.tensor(0.25, dtype=torch.float64))
    >>> [round(w, 3) for w in weights.tolist()]
    [0.0, 0.01, 0.157, 0.459, 0.323, 0.05, 0.001, 0.0]
    """
    places = places.double().unsqueeze(-1)
    weights = torch.ones_like(places)
    for degree in range(1, NODES):
        node = torch.arange(degree + 1, device=places.device)
        rising = (places - node + degree) * pad(weights, (1, 0))
        weights = (rising + (node + 1 - places) * pad(weights, (0, 1))) / degree
    return weights


def lag_weights(targets: Tensor, sources: Tensor) -> Tensor:
    """Weights of the lags between stamps: ``sum_n targets[n + k] sources[n]``.

    Parameters
    ----------
    targets, sources : Tensor of shape (..., NODES)
        Weights of the mesh points around two stamps; those of targets may be expanded.

    Returns
    -------
    Tensor of shape (..., 2 * NODES - 1)
        For lags that are k more than the distance of the two first mesh points.
    """
    weights = sources.new_zeros(*sources.shape[:-1], 2 * NODES - 1)
    for node in range(NODES):
        lags = slice(NODES - 1 - node, 2 * NODES - 1 - node)
        weights[..., lags].addcmul_(sources[..., node : node + 1], targets)
    return weights


def spline_taps(order: int) -> Tensor:
    """Weights of the samples around a mesh point in the coefficient of its spline.

    Parameters
    ----------
    order : {1, 2}
        How many splines, one after the other, the samples are seen through.

    Returns
    -------
    Tensor of shape (2 * TAPS + 1,)
        Float64. Convolved with the splines at the mesh points they leave the sample
        itself.
    """
    length = 16 * TAPS
    splines = torch.zeros(length, dtype=torch.float64)
    splines[: len(AT_NODES)] = torch.tensor(AT_NODES, dtype=torch.float64) / 5040
    spectrum = torch.fft.rfft(splines.roll(-(len(AT_NODES) // 2)))
    taps = torch.fft.irfft(spectrum**-order, n=length)
    return taps.roll(TAPS)[: 2 * TAPS + 1]

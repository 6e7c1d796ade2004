"""A regular mesh under irregular stamps, and local interpolation between them.

A smooth function is known at any time from the coefficients of splines at the
:data:`NODES` mesh points around it. A sum over observations then becomes a sum over
mesh points, which the FFT does; see :mod:`ckts.convolution.methods.mesh.convolve`.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ckts.convolution.methods.mesh.near_field import NearField, make_near_field
from ckts.convolution.methods.mesh.sparse import SparseMatrix
from ckts.convolution.methods.mesh.splines import NODES, make_stencil, spline_taps
from ckts.convolution.stamps import Stamps, shrink_gaps, sort_stamps


@dataclass(frozen=True)
class Mesh:
    """A mesh under a batch, one stretch of `length` points per series.

    Attributes
    ----------
    step : float
        Distance of two mesh points, in the unit of the time stamps.
    length : int
        Mesh points per series.
    source, target : SparseMatrix of shape (n_stamps, batch * length)
        Interpolation at the observations, and at the outputs: the same object where
        the output is asked for at the observations.
    near : NearField or None
        What a causal convolution needs besides.
    taps : Tensor of shape (2 * TAPS + 1,)
        From samples of a kernel to the coefficients of its splines.
    """

    step: float
    length: int
    source: SparseMatrix
    target: SparseMatrix
    near: NearField | None
    taps: Tensor


@torch.no_grad()
def make_mesh(
    times: Tensor,
    query_times: Tensor,
    *,
    step: float,
    causal: bool = True,
    reach: float = math.inf,
) -> Mesh:
    """Lay a mesh under a batch.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times, float64.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` where they are the same.
    step : float
        Distance of two mesh points.
    causal : bool, default=True
        Whether to prepare for causal convolutions.
    reach : float, default=inf
        Lag from which on kernels are 0: there is no mesh in longer gaps.

    Returns
    -------
    Mesh
    """
    stamps = sort_stamps(times, query_times)
    shrunk = shrink_gaps(stamps, _longest_gap(reach, step))
    length = int(shrunk.spans.max() / step) + NODES + 1
    positions, query_positions = shrunk.split(
        (shrunk.sorted - shrunk.sorted[:, :1]) / step
    )
    stencil = make_stencil(positions, length)
    n_nodes = len(positions) * length
    source = target = stencil.matrix(n_nodes)
    target_stencil = stencil
    if query_positions is not positions:
        target_stencil = make_stencil(query_positions, length)
        target = target_stencil.matrix(n_nodes)
    near = None
    if causal:
        seen = _seen(times, query_times)
        near = make_near_field(stencil, target_stencil, seen)
    return Mesh(step, length, source, target, near, spline_taps(2))


def mesh_length(stamps: Stamps, *, step: float, reach: float = math.inf) -> float:
    """Return how many steps long a mesh is, which need not fit into memory.

    Parameters
    ----------
    stamps : Stamps
        The stamps of the batch.
    step, reach : float
        As for :func:`make_mesh`.

    Returns
    -------
    float
    """
    return np.minimum(stamps.gaps, _longest_gap(reach, step)).sum(1).max() / step


def _longest_gap(reach: float, step: float) -> float:
    """No spline at one end of such a gap meets the kernel of the other end."""
    return reach + 2 * NODES * step


def _seen(times: Tensor, query_times: Tensor) -> Tensor:
    """Observations of the batch up to each query time, as they are numbered there."""
    seen = torch.searchsorted(times, query_times.contiguous(), right=True)
    series = torch.arange(len(times), device=times.device).unsqueeze(1)
    return (seen + series * times.shape[1]).flatten()

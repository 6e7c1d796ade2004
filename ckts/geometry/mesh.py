"""A regular mesh under irregular stamps, and local interpolation between them.

A smooth function is known at any time from the coefficients of splines at the
:data:`NODES` mesh points around it. A sum over observations then becomes a sum over
mesh points, which the FFT does; see :mod:`ckts.methods.mesh`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ckts.geometry.near import NearField, make_near_field
from ckts.geometry.sparse import SparseMatrix
from ckts.geometry.stencil import NODES, make_stencil, spline_taps


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
    times: Tensor, query_times: Tensor, *, step: float, causal: bool = True
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

    Returns
    -------
    Mesh
    """
    first = torch.minimum(times[:, :1], query_times.amin(1, keepdim=True))
    last = torch.maximum(times[:, -1:], query_times.amax(1, keepdim=True))
    length = int((last - first).max() / step) + NODES + 1
    stencil = make_stencil((times - first) / step, length)
    n_nodes = len(times) * length
    source = target = stencil.matrix(n_nodes)
    target_stencil = stencil
    if query_times is not times:
        target_stencil = make_stencil((query_times - first) / step, length)
        target = target_stencil.matrix(n_nodes)
    near = None
    if causal:
        seen = _seen(times, query_times)
        near = make_near_field(stencil, target_stencil, seen)
    return Mesh(step, length, source, target, near, spline_taps(2))


def _seen(times: Tensor, query_times: Tensor) -> Tensor:
    """Observations of the batch up to each query time, as they are numbered there."""
    seen = torch.searchsorted(times, query_times.contiguous(), right=True)
    series = torch.arange(len(times), device=times.device).unsqueeze(1)
    return (seen + series * times.shape[1]).flatten()

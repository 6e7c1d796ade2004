"""How fine a mesh must be for a kernel: measured at lags between its points."""

import copy
import math

import torch
from torch import Tensor

from ckts.geometry import NODES, lagrange_weights
from ckts.kernels import REACH, AbstractKernel

# Largest error of an interpolated kernel over its largest value, both as the root mean
# square over channels; and of its features, each by itself, on which gradients depend.
# The convolution interpolates twice, and stays below 1e-4.
TOLERANCE = 5e-6
N_LAGS = 256
COARSEST, FINEST = 16, 2**17


@torch.no_grad()
def mesh_error(kernel: AbstractKernel, resolution: float) -> float:
    """Measure the error of a kernel that is interpolated from a mesh.

    Parameters
    ----------
    kernel : AbstractKernel
        A smooth kernel.
    resolution : float
        Mesh points per horizon.

    Returns
    -------
    float
        Largest error at 256 random lags over the largest value there: that of the
        kernel or that of its features, whichever is larger.
    """
    # In float32 the rounding of a fast kernel would count, which no mesh makes smaller.
    kernel = copy.deepcopy(kernel).double()
    nodes, weights = _stencils(kernel, resolution)
    lags = (nodes * weights).sum(-1)  # interpolation is exact for a line
    basis = kernel.features(torch.cat([nodes, lags.unsqueeze(1)], 1) / resolution)
    exact = basis[:, -1]
    error = (weights.unsqueeze(1) @ basis[:, :-1]).squeeze(1) - exact
    mixing = kernel.mixing().flatten(0, 1).T
    mixed = _relative(_norms(error @ mixing), _norms(exact @ mixing))
    return max(mixed, _relative(error, exact))


def mesh_resolution(kernel: AbstractKernel, *, coarsest: float = COARSEST) -> float:
    """Return the mesh points per horizon that a kernel needs.

    The error falls with the eighth power of the resolution, which predicts how much
    finer to go; it is checked there again.

    Parameters
    ----------
    kernel : AbstractKernel
        A smooth kernel, see ``kernel.smooth``.
    coarsest : float, default=16
        Resolution to begin with: one that was enough before.

    Returns
    -------
    float
        Infinity where not even 131,072 points are enough.

    Notes
    -----
    This reads numbers back from the device of the kernel: call it between steps.
    """
    resolution = float(coarsest)
    while resolution <= FINEST:
        error = mesh_error(kernel, resolution)
        if error <= TOLERANCE:
            return resolution
        factor = (error / TOLERANCE) ** (1 / NODES)
        resolution *= min(max(1.02 * factor, 1.05), 2.0)
    return math.inf


def _relative(errors: Tensor, values: Tensor) -> float:
    """Largest error over the largest value; 0 where all values are 0."""
    largest = values.abs().max()
    return (errors.abs().max() / largest).item() if largest > 0 else 0.0


def _norms(values: Tensor) -> Tensor:
    return values.square().mean(-1).sqrt()


def _stencils(kernel: AbstractKernel, resolution: float) -> tuple[Tensor, Tensor]:
    """Mesh points around random lags, in steps, and their weights."""
    generator = torch.Generator().manual_seed(0)
    reach = REACH * resolution
    first = -1.0 if kernel.causal else -reach
    drawn = torch.rand(N_LAGS, dtype=torch.float64, generator=generator)
    lags = first + drawn * (reach - first)
    before = lags.floor()
    nodes = before.unsqueeze(1) + torch.arange(NODES) - (NODES // 2 - 1)
    device = next(kernel.parameters()).device
    return nodes.to(device), lagrange_weights(lags - before).to(device)

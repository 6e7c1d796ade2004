"""How fine a mesh must be for a kernel: measured at lags between its points."""

import copy
import math

import torch
from torch import Tensor
from torch.nn.functional import conv1d

from ckts.convolution.methods.mesh.splines import (
    NODES,
    TAPS,
    spline_taps,
    spline_weights,
)
from ckts.kernels import REACH, AbstractKernel

# Largest error of an interpolated kernel over its largest value, both as the root mean
# square over channels; and of its features, each by itself, on which gradients depend.
# The convolution interpolates twice, and stays below 1e-4.
TOLERANCE = 5e-6
N_STRETCHES, N_INTERVALS = 32, 8
# Samples on either side that matter here: 0.535^32 is 2e-9.
N_TAPS = 32
# Fading beyond the horizon wants about as much as the coarsest. The finest takes 1.5 GB
# and 12 s per layer and training step.
COARSEST, FINEST = 48, 2**19


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
        Largest error at some 300 lags over the largest value there: that of the
        kernel or that of its features, whichever is larger.
    """
    # In float32 the rounding of a fast kernel would count, which no mesh makes smaller.
    kernel = copy.deepcopy(kernel).double()
    steps, lags, weights = _stretches(kernel, resolution)
    samples = kernel.features(steps / resolution).unfold(1, weights.shape[2], 1)
    exact = kernel.features(lags / resolution)
    error = (samples @ weights.unsqueeze(3)).squeeze(3) - exact
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
    coarsest : float, default=48
        Resolution to begin with: one that was enough before.

    Returns
    -------
    float
        Infinity where not even 524,288 points are enough.

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
        resolution *= min(max(1.02 * factor, 1.05), 2.5)
    return math.inf


def _relative(errors: Tensor, values: Tensor) -> float:
    """Largest error over the largest value; 0 where all values are 0."""
    largest = values.abs().max()
    return (errors.abs().max() / largest).item() if largest > 0 else 0.0


def _norms(values: Tensor) -> Tensor:
    return values.square().mean(-1).sqrt()


def _stretches(
    kernel: AbstractKernel, resolution: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Stretches of the mesh that a kernel is interpolated in, at a lag per interval.

    Returns
    -------
    steps : Tensor of shape (stretch, step)
        Lags of the samples, in steps.
    lags : Tensor of shape (stretch, interval)
        Lags between them, in steps.
    weights : Tensor of shape (stretch, interval, tap)
        Weights of the samples from the one at the beginning of the interval on.
    """
    reach = REACH * resolution
    first = -1.0 if kernel.causal else -reach
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(N_STRETCHES, dtype=torch.float64, generator=generator)
    begins = first + drawn * (reach - first)
    # windows are narrow around 0; a kernel bends where it begins to fade, and ends
    at = torch.tensor([-REACH, -1.0, 0.0, 1.0, REACH], dtype=torch.float64)
    at = at[2:] if kernel.causal else at
    middles = (at * resolution).clamp(min=first + N_INTERVALS / 2)
    begins = torch.cat([begins, middles - N_INTERVALS / 2]).floor()
    shape = len(begins), N_INTERVALS
    places = torch.rand(shape, dtype=torch.float64, generator=generator)
    before = begins.unsqueeze(1) + torch.arange(N_INTERVALS)
    around = torch.arange(N_INTERVALS + NODES - 1 + 2 * N_TAPS)
    steps = before[:, :1] + around - (NODES // 2 - 1 + N_TAPS)
    taps = spline_taps(1)[TAPS - N_TAPS : TAPS + N_TAPS + 1].view(1, 1, -1)
    splines = spline_weights(places).view(-1, 1, NODES)
    weights = conv1d(splines, taps, padding=2 * N_TAPS)
    weights = weights.view(*places.shape, -1)
    device = next(kernel.parameters()).device
    return steps.to(device), (before + places).to(device), weights.to(device)

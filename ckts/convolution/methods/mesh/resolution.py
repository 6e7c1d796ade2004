"""How fine a mesh must be for a kernel: measured at lags between its points."""

import copy
import math
from dataclasses import dataclass

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


def find_mesh_step(
    kernel: AbstractKernel, horizon: float, method: str, known: float | None = None
) -> float | None:
    """Return the mesh step that a kernel needs now, see `CKConv.mesh_step`.

    Parameters
    ----------
    kernel : AbstractKernel
        The kernel as it is now.
    horizon : float
        Longest lag of the training data.
    method : {"auto", "lattice", "mesh", "pairwise"}
        The method it is for.
    known : float, optional
        A step that was enough before; it is returned if it is still enough.

    Returns
    -------
    float or None
        None where the kernel cannot be interpolated, or `method` needs no mesh.
    """
    if method not in ("auto", "mesh"):
        return None
    if kernel.smooth:
        coarsest = COARSEST if known is None else horizon / known
        resolution = mesh_resolution(kernel, coarsest=coarsest)
        if resolution < math.inf:
            return horizon / resolution
    if method == "auto":
        return None
    if not kernel.smooth:
        raise ValueError(
            f"`method` must not be 'mesh' for a kernel with kinks; got "
            f"{type(kernel).__name__}. Use method='auto'."
        )
    raise ValueError(
        "`method` must not be 'mesh' for a kernel that oscillates so fast; got one "
        f"that {FINEST:,} mesh points per horizon do not resolve. Use method='auto'."
    )


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
    It reads numbers back from the device of the kernel, which synchronizes: call it
    between steps.
    """
    resolution, stretches = float(coarsest), make_stretches(kernel.causal)
    kernel = copy.deepcopy(kernel).double()
    while resolution <= FINEST:
        error = mesh_error(kernel, resolution, stretches)
        if error <= TOLERANCE:
            return resolution
        factor = (error / TOLERANCE) ** (1 / NODES)
        resolution *= min(max(1.02 * factor, 1.05), 2.5)
    return math.inf


@dataclass(frozen=True)
class Stretches:
    """Stretches of a mesh that a kernel is interpolated in, at a lag per interval.

    Attributes
    ----------
    begins : Tensor of shape (stretch,)
        Where they begin, as a share of the lags of the kernel.
    joints : Tensor of shape (stretch,)
        Lags in horizons that further stretches lie around.
    places : Tensor of shape (stretch, interval)
        Where in each interval the kernel is compared.
    weights : Tensor of shape (stretch, interval, tap)
        Weights of the samples from the one at the beginning of the interval on.
    """

    begins: Tensor
    joints: Tensor
    places: Tensor
    weights: Tensor

    def lags(self, resolution: float, first: float) -> tuple[Tensor, Tensor]:
        """Return the lags of samples, and those between them, in steps.

        Parameters
        ----------
        resolution : float
            Mesh points per horizon.
        first : float
            First lag of the kernel, in steps.

        Returns
        -------
        Tensor of shape (stretch, step), Tensor of shape (stretch, interval)
        """
        begins = first + self.begins * (REACH * resolution - first)
        middles = (self.joints * resolution).clamp(min=first + N_INTERVALS / 2)
        begins = torch.cat([begins, middles - N_INTERVALS / 2]).floor()
        before = begins.unsqueeze(1) + torch.arange(N_INTERVALS)
        around = torch.arange(N_INTERVALS + NODES - 1 + 2 * N_TAPS)
        steps = before[:, :1] + around - (NODES // 2 - 1 + N_TAPS)
        return steps, before + self.places


def make_stretches(causal: bool) -> Stretches:
    """Draw the stretches that the kernels of a direction are compared in."""
    generator = torch.Generator().manual_seed(0)
    begins = torch.rand(N_STRETCHES, dtype=torch.float64, generator=generator)
    # windows are narrow around 0; a kernel bends where it begins to fade, and ends
    joints = torch.tensor([-REACH, -1.0, 0.0, 1.0, REACH], dtype=torch.float64)
    joints = joints[2:] if causal else joints
    shape = N_STRETCHES + len(joints), N_INTERVALS
    places = torch.rand(shape, dtype=torch.float64, generator=generator)
    taps = spline_taps(1)[TAPS - N_TAPS : TAPS + N_TAPS + 1].view(1, 1, -1)
    splines = spline_weights(places).view(-1, 1, NODES)
    weights = conv1d(splines, taps, padding=2 * N_TAPS).view(*shape, -1)
    return Stretches(begins, joints, places, weights)


@torch.no_grad()
def mesh_error(
    kernel: AbstractKernel, resolution: float, stretches: Stretches
) -> float:
    """Measure the error of a kernel that is interpolated from a mesh.

    Parameters
    ----------
    kernel : AbstractKernel
        A smooth kernel, in float64: in float32 the rounding of a fast kernel would
        count, which no mesh makes smaller.
    resolution : float
        Mesh points per horizon.
    stretches : Stretches
        Where to measure.

    Returns
    -------
    float
        Largest error at some 300 lags over the largest value there: that of the
        kernel or that of its features, whichever is larger.
    """
    first = -1.0 if kernel.causal else -REACH * resolution
    device = next(kernel.parameters()).device
    steps, lags = (part.to(device) for part in stretches.lags(resolution, first))
    weights = stretches.weights.to(device).unsqueeze(3)
    sizes = [steps.numel(), lags.numel()]
    both = kernel.features(torch.cat([steps.flatten(), lags.flatten()]) / resolution)
    samples, exact = both.split(sizes)
    samples, exact = samples.unflatten(0, steps.shape), exact.unflatten(0, lags.shape)
    mixing = kernel.mixing().flatten(0, 1).T
    error = (samples.unfold(1, weights.shape[2], 1) @ weights).squeeze(3) - exact
    worst = 0.0
    for errors, values in ((error, exact), (error @ mixing, exact @ mixing)):
        if values is not exact:  # of the kernel, over all channels together
            errors, values = (x.square().mean(-1).sqrt() for x in (errors, values))
        largest = values.abs().max()
        if largest > 0:
            worst = max(worst, (errors.abs().max() / largest).item())
    return worst

"""The convolution at any stamps by way of a mesh: near-linear in the observations.

Observations are spread onto a regular mesh, convolved there by FFT, and sampled at the
output times, with splines on either side. A causal kernel ends at lag 0
with a jump, which no interpolation survives; so the sum at an output time `t` runs over
the mesh *as it stood at t*, that is with the observations up to `t` only:

    y(t) = sum_n B_n(t) sum_m psi[n - m] mesh_t[m]

with splines `B_n` and the coefficients of `psi`, which is continued smoothly to
slightly negative lags. ``mesh_t`` equals the whole mesh but at the points around `t`,
and is 0 after them. So the FFT does the lags above 0 on the whole mesh, and the near
field, for the mesh points around `t` alone, puts ``mesh_t`` in its place: ties,
clusters and the jump are exact, whatever their density.
"""

import math

import torch
from torch import Tensor

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import Features
from ckts.convolution.methods.fft import (
    convolve_regular,
    is_depthwise,
    next_fast_length,
)
from ckts.convolution.methods.mesh.mesh import Mesh
from ckts.convolution.methods.mesh.moments import within_intervals
from ckts.convolution.methods.mesh.near_field import LAGS, NearField, interval_kernel
from ckts.convolution.methods.mesh.splines import NODES, TAPS
from ckts.convolution.methods.mesh.terms import mixed_terms


def convolve_mesh(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
    reach: float = math.inf,
) -> Tensor:
    """Convolve arbitrary stamps on a mesh.

    Parameters
    ----------
    weighted, features, mixing, geometry, causal, reach
        As in `ckts.convolution.convolve`; `geometry` has a mesh, and the features
        are smooth, also at lags down to ``1 - NODES - TAPS`` steps of the mesh: what
        lies ``n`` steps off a lag counts ``0.54^n`` there.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    mesh = geometry.mesh
    assert mesh is not None
    last = last_lag(mesh, reach)
    first = 1 - NODES if causal else -last
    samples = mesh_samples(features, mesh, first, last)
    rows = weighted.flatten(0, 1)
    signal = mesh.source.t_matmul(rows).view(len(weighted), mesh.length, -1)
    far, first = (samples[NODES:], 1) if causal else (samples, first)
    output = convolve_regular(signal, far, mixing, first_lag=first)
    output = mesh.target @ output.flatten(0, 1)
    if causal:
        assert mesh.near is not None
        depthwise = is_depthwise(weighted, mixing)
        kernel = _kernel(samples[:LAGS], mixing, depthwise)
        if mesh.near.intervals is None:
            near = mixed_terms(rows, kernel.unsqueeze(1), mesh.near.terms)
        else:
            inner = features(mesh.near.intervals.lags * mesh.step)
            inner = _kernel(inner, mixing, depthwise)
            near = _near_intervals(rows, kernel, inner, mesh.near)
        output = output + near
    return output.view(len(weighted), -1, len(mixing))


def last_lag(mesh: Mesh, reach: float) -> int:
    """Return the largest lag, in steps, that a convolution on a mesh takes."""
    return int(min(mesh.length - 1, reach / mesh.step + NODES))


def mesh_samples(features: Features, mesh: Mesh, first: int, last: int) -> Tensor:
    """Return what the features are on a mesh, for the lags ``first .. last`` in steps.

    Parameters
    ----------
    features : callable
        As in :func:`ckts.convolution.convolve.convolve`.
    mesh : Mesh
        The mesh.
    first, last : int
        The lags, in steps.

    Returns
    -------
    Tensor of shape (last - first + 1, n_features)
        Coefficients of splines: interpolated in the output times and in the times of
        the observations, they have the values of the features at whole steps.

    Notes
    -----
    The filter is an FFT in float64: it raises the highest frequencies, and rounding
    with them, 343 times.
    """
    steps = torch.arange(first - TAPS, last + TAPS + 1, device=mesh.taps.device)
    samples = features(steps.double() * mesh.step)
    n_fft = next_fast_length(len(samples))
    spectrum = torch.fft.rfft(samples.double(), n=n_fft, dim=0)
    spectrum = spectrum * torch.fft.rfft(mesh.taps, n=n_fft).unsqueeze(1)
    filtered = torch.fft.irfft(spectrum, n=n_fft, dim=0)
    return filtered[2 * TAPS : len(samples)].to(samples.dtype)


def _kernel(samples: Tensor, mixing: Tensor, depthwise: bool) -> Tensor:
    """Kernel at some lags: (lag, in, out), or (lag, channel)."""
    kernel = torch.einsum("lf,ocf->lco", samples, mixing)
    return kernel.squeeze(1) if depthwise else kernel


def _near_intervals(
    rows: Tensor, kernel: Tensor, inner: Tensor, near: NearField
) -> Tensor:
    intervals = near.intervals
    assert intervals is not None
    moments = intervals.source.t_matmul(rows)
    around = mixed_terms(moments, interval_kernel(kernel), near.terms)
    within = within_intervals(rows, inner.unsqueeze(1), intervals)
    return intervals.target @ around + within

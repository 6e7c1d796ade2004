"""Stateless maths: the continuous-kernel convolution, and masked reductions.

One operation (paper, Eq. 8), with kernel ``psi(lag) = mixing @ features(lag)``::

    y(t_i) = sum_j w_j psi(t_i - tau_j) x(tau_j)

and the methods of :mod:`ckts.convolution.methods` to compute it.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ckts.convolution.checks import check_reach
from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import Features
from ckts.convolution.methods.fft import is_depthwise
from ckts.convolution.methods.lattice.convolve import convolve_lattice
from ckts.convolution.methods.mesh.convolve import convolve_mesh
from ckts.convolution.methods.pairwise import convolve_pairwise
from ckts.convolution.quadrature.correction import PairSums, pair_sums
from ckts.convolution.quadrature.linear import Block, Interpolant, Running
from ckts.convolution.quadrature.nodes import LinearGeometry
from ckts.convolution.quadrature.weights import Latest, Quadrature

# All are called as method(weighted, features, mixing, geometry, causal=, reach=).
METHODS: dict[str, Callable[..., Tensor]] = {
    "lattice": convolve_lattice,
    "mesh": convolve_mesh,
    "pairwise": convolve_pairwise,
}


def convolve(
    values: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    quadrature: Quadrature | Interpolant,
    *,
    causal: bool = True,
    reach: float = math.inf,
) -> Tensor:
    """Convolve irregular series with a continuous kernel (paper, Eq. 8).

    Parameters
    ----------
    values : Tensor of shape (batch, time, in_channels)
        Observations; finite also where nothing is observed.
    features : callable
        Maps lags of shape (...), float64 and in the unit of the time stamps, to
        (..., n_features); 0 at an infinite lag.
    mixing : Tensor of shape (out_channels, in_channels, n_features)
        The linear map from features to kernel values; ``in_channels = 1`` for values
        of `out_channels` channels is depth-wise.
    geometry : Geometry
        Where the batch was sampled, and the method.
    quadrature : Quadrature or Interpolant
        Weights of the observations, or what is integrated between them.
    causal : bool, default=True
        Whether only observations up to the output time enter (ties see each other).
    reach : float, default=inf
        Lag from which on the features are 0, in the unit of the time stamps.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    arguments = values, features, mixing, geometry, quadrature
    if torch.compiler.is_compiling():
        # Transforms and sparse sums gain nothing, and take minutes to compile.
        return torch.compiler.disable(_convolve)(*arguments, causal, reach)
    return _convolve(*arguments, causal, reach)


def _convolve(
    values: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    quadrature: Quadrature | Interpolant,
    causal: bool,
    reach: float,
) -> Tensor:
    check_reach(reach, geometry.reach)
    sources = geometry.sources if isinstance(geometry, LinearGeometry) else geometry
    signal = quadrature.signal(values)
    method = METHODS[sources.method]
    output = method(signal, features, mixing, sources, causal=causal, reach=reach)
    if isinstance(quadrature.latest, Running):
        add = pair_sums(features, sources, reach=reach)
        return output - _respond_running(values, add, mixing, quadrature)
    if isinstance(quadrature.latest, Latest):
        output = output + _correct_latest(values, features, mixing, quadrature)
    return output


def _correct_latest(
    values: Tensor, features: Features, mixing: Tensor, quadrature: Quadrature
) -> Tensor:
    """Response to the change of the latest observation's weight, per output."""
    latest = quadrature.latest
    assert latest is not None
    channels = (-1, -1, values.shape[2])
    seen = torch.where(quadrature.weights > 0, values, 0)
    groups = torch.zeros_like(values).scatter_add(
        1, latest.group.expand(channels), seen
    )
    change = latest.change.to(values.dtype)
    moved = groups.gather(1, latest.index.expand(channels)) * change
    if latest.lag is None:
        return _respond(features(latest.change.new_zeros(1, 1, 1)), moved, mixing)
    return _respond(features(latest.lag), moved, mixing)


def _respond(basis: Tensor, values: Tensor, mixing: Tensor) -> Tensor:
    """Apply a kernel per output: basis (batch, query, in or 1, feature)."""
    if is_depthwise(values, mixing):
        return values * (basis * mixing.squeeze(1)).sum(-1)
    if basis.shape[:3].numel() == 1:
        return values @ (mixing @ basis.flatten()).T
    if basis.shape[2] == 1:
        return torch.einsum("bqf,bqc,ocf->bqo", basis.squeeze(2), values, mixing)
    summed = (basis * values.unsqueeze(-1)).flatten(2)
    return summed @ mixing.flatten(1).T


def _respond_running(
    values: Tensor, add: PairSums, mixing: Tensor, interpolant: Interpolant
) -> Tensor:
    """Response to the slopes of the gaps that outputs stand in."""
    running = interpolant.latest
    assert running is not None
    _, change = running.gap.values(interpolant.means(values))
    changes = change.flatten(0, 1)

    def respond(block: Block) -> Tensor:
        ramps = running.ramps(block).to(values.dtype)
        basis = add(ramps, block.outputs, block.sources, block.age)
        change = changes[block.outputs]
        return _respond(basis.unsqueeze(0), change.unsqueeze(0), mixing)[0]

    # Features of pairs are the largest tensors, and computed anew for the gradient.
    responses = [
        checkpoint(respond, block, use_reentrant=False, preserve_rng_state=False)
        for block in running.blocks
    ]
    outputs = torch.cat([block.outputs for block in running.blocks])
    total = changes.new_zeros(len(changes), len(mixing))
    total = total.index_copy(0, outputs, torch.cat(responses))
    return total.view(*change.shape[:2], -1)


def sum_of_squares(samples: Tensor, mixing: Tensor) -> Tensor:
    """Sum of the squares of ``mixing @ samples``, by the Gram matrix of the samples.

    Parameters
    ----------
    samples : Tensor of shape (n_lags, n_features)
        Features at some lags.
    mixing : Tensor of shape (out_channels, in_channels, n_features)
        The linear map from features to kernel values.

    Returns
    -------
    Tensor of shape ()
        In the type of `mixing`; accumulated in float64, since the features of smooth
        kernels are nearly dependent.
    """
    wide, weights = samples.double(), mixing.double().flatten(0, 1)
    return ((weights @ (wide.T @ wide)) * weights).sum().to(mixing.dtype)


def masked_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean over time; 0 where all weights are 0.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Finite also where the weight is 0.
    weights : Tensor of shape (batch, time, channels or 1)
        Not negative.

    Returns
    -------
    Tensor of shape (batch, channels)
    """
    total = weights.sum(1)
    return (values * weights).sum(1) / torch.where(total > 0, total, 1)


def masked_max(values: Tensor, mask: Tensor) -> Tensor:
    """Maximum over time where `mask` holds; 0 where it never does.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Values.
    mask : Tensor of shape (batch, time, channels or 1)
        Boolean.

    Returns
    -------
    Tensor of shape (batch, channels)
    """
    if values.shape[1] == 0:
        return values.new_zeros(values.shape[0], values.shape[2])
    largest = torch.where(mask, values, -torch.inf).amax(1)
    return torch.where(mask.any(1), largest, 0)

"""Stateless maths: the continuous-kernel convolution, and masked reductions.

One operation (paper, Eq. 8), with kernel ``psi(lag) = mixing @ features(lag)``::

    y(t_i) = sum_j w_j psi(t_i - tau_j) x(tau_j)

and two exact ways to compute it: :func:`convolve_lattice` (FFT) where the stamps lie
on a lattice, :func:`convolve_pairwise` elsewhere. Both contract over the features
before they mix channels, so that nothing of size pairs x out x in is ever built.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ckts.density import Quadrature
from ckts.geometry import Geometry

Features = Callable[[Tensor], Tensor]

# (query, observation) pairs whose features are held at a time: 2**16 took 1.1 s where
# 2**18 took 1.8 s for 32 series of 182 random times (32 features, one thread).
PAIRS_PER_BLOCK = 2**16


def convolve(
    values: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    quadrature: Quadrature,
    *,
    causal: bool = True,
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
        The linear map from features to kernel values.
    geometry : Geometry
        Where the batch was sampled, and the method.
    quadrature : Quadrature
        Weights of the observations.
    causal : bool, default=True
        Whether only observations up to the output time enter (ties see each other).

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    weighted = values * quadrature.weights.to(values.dtype)
    on_lattice = geometry.lattice is not None
    method = convolve_lattice if on_lattice else convolve_pairwise
    output = method(weighted, features, mixing, geometry, causal=causal)
    if quadrature.latest is not None:
        output = output + _correct_latest(values, features, mixing, quadrature)
    return output


def convolve_lattice(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
) -> Tensor:
    """Convolve on a lattice by FFT: scatter, multiply in frequency, gather.

    Parameters
    ----------
    weighted : Tensor of shape (batch, time, in_channels)
        Observations times their weights; 0 where nothing is observed.
    features, mixing, geometry, causal
        As in :func:`convolve`; `geometry` has a lattice.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    lattice = geometry.lattice
    assert lattice is not None
    n_fft = next_fast_length(2 * lattice.length - 1)
    signal = _scatter(weighted, lattice.source, lattice.length)
    spectrum = torch.fft.rfft(signal, n=n_fft, dim=1).transpose(0, 1)
    kernel = _lattice_spectrum(
        features, mixing, lattice.step, lattice.length, n_fft, causal
    )
    product = (spectrum @ kernel).transpose(0, 1)  # (batch, frequency, out)
    output = torch.fft.irfft(product, n=n_fft, dim=1)
    index = lattice.target.unsqueeze(-1).expand(-1, -1, output.shape[2])
    return output.gather(1, index)


def convolve_pairwise(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
) -> Tensor:
    """Convolve at arbitrary stamps, in blocks of pairs.

    Parameters
    ----------
    weighted : Tensor of shape (batch, time, in_channels)
        Observations times their weights; 0 where nothing is observed.
    features, mixing, geometry, causal
        As in :func:`convolve`.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    times, queries = geometry.times, geometry.query_times

    def block_response(block: Tensor, weighted: Tensor, mixing: Tensor) -> Tensor:
        return _pairwise_block(block, times, weighted, features, mixing, causal)

    per_query = max(1, times.shape[0] * times.shape[1])
    blocks = queries.split(max(1, PAIRS_PER_BLOCK // per_query), dim=1)
    if len(blocks) == 1 or not torch.is_grad_enabled():
        outputs = [block_response(block, weighted, mixing) for block in blocks]
    else:
        # The features of all blocks together would not fit; recompute them.
        outputs = [
            checkpoint(block_response, block, weighted, mixing, use_reentrant=False)
            for block in blocks
        ]
    return torch.cat(outputs, 1)


def _pairwise_block(
    queries: Tensor,
    times: Tensor,
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    causal: bool,
) -> Tensor:
    # Time first: then the sum over it is one matrix product per series, no copies.
    lags = queries.unsqueeze(1) - times.unsqueeze(2)  # (batch, time, query)
    if causal:
        lags = lags.masked_fill(lags < 0, torch.inf)
    basis = features(lags)
    summed = weighted.transpose(1, 2) @ basis.flatten(2)  # (batch, in, query * feature)
    summed = summed.unflatten(2, basis.shape[2:]).transpose(1, 2)
    return summed.flatten(2) @ mixing.flatten(1).T


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
        basis = features(quadrature.weights.new_zeros(()))
        return moved @ (mixing @ basis).T
    basis = features(latest.lag)  # (batch, query, channels or 1, feature)
    if basis.shape[2] == 1:
        return torch.einsum("bqf,bqc,ocf->bqo", basis.squeeze(2), moved, mixing)
    summed = (basis * moved.unsqueeze(-1)).flatten(2)
    return summed @ mixing.flatten(1).T


def _scatter(weighted: Tensor, source: Tensor, length: int) -> Tensor:
    """Add observations up on their lattice points: (batch, length, channels)."""
    batch, _, channels = weighted.shape
    index = source.unsqueeze(-1).expand(-1, -1, channels)
    empty = weighted.new_zeros(batch, length, channels)
    return empty.scatter_add(1, index, weighted)


def _lattice_spectrum(
    features: Features,
    mixing: Tensor,
    step: float,
    length: int,
    n_fft: int,
    causal: bool,
) -> Tensor:
    """Fourier transform of the sampled kernel: (frequency, in, out), complex.

    Only the features are transformed, n_features instead of out x in sequences; the
    mixing is linear and is applied to their spectra.
    """
    first = 0 if causal else 1 - length
    counts = torch.arange(first, length, device=mixing.device)
    sampled = features(counts.double() * step)
    if not causal:
        sampled = _wrap_negative_lags(sampled, length, n_fft)
    spectrum = torch.fft.rfft(sampled, n=n_fft, dim=0)
    weight = mixing.permute(2, 1, 0).flatten(1)  # (feature, in * out)
    mixed = torch.complex(spectrum.real @ weight, spectrum.imag @ weight)
    return mixed.unflatten(1, (mixing.shape[1], mixing.shape[0]))


def _wrap_negative_lags(sampled: Tensor, length: int, n_fft: int) -> Tensor:
    """Order the lags 1-length .. length-1 as a circular convolution wants them."""
    negative, positive = sampled[: length - 1], sampled[length - 1 :]
    middle = sampled.new_zeros(n_fft - 2 * length + 1, sampled.shape[1])
    return torch.cat([positive, middle, negative])


def next_fast_length(length: int) -> int:
    """Smallest number of at least `length` without prime factors above 7.

    Examples
    --------
    >>> next_fast_length(363)
    375
    """
    while True:
        rest = length
        for prime in (2, 3, 5, 7):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1


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

"""The convolution on a lattice: scatter, convolve on the regular grid, gather."""

import math

import torch
from torch import Tensor

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import Features
from ckts.convolution.methods.fft import convolve_regular


def convolve_lattice(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
    reach: float = math.inf,
) -> Tensor:
    """Convolve stamps that lie on a lattice, exactly, by FFT.

    Parameters
    ----------
    weighted, features, mixing, geometry, causal, reach
        As in :func:`ckts.convolution.convolve.convolve`; `geometry` has a lattice.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    lattice = geometry.lattice
    assert lattice is not None
    last = int(min(lattice.length - 1, reach / lattice.step))
    first = 0 if causal else -last
    counts = torch.arange(first, last + 1, device=mixing.device)
    samples = features(counts.double() * lattice.step)
    if lattice.regular:
        return convolve_regular(weighted, samples, mixing, first_lag=first)
    signal = _scatter(weighted, lattice.source, lattice.length)
    output = convolve_regular(signal, samples, mixing, first_lag=first)
    rows = _rows(lattice.target, lattice.length)
    taken = output.flatten(0, 1).index_select(0, rows)
    return taken.view(*lattice.target.shape, -1)


def _scatter(weighted: Tensor, source: Tensor, length: int) -> Tensor:
    """Add observations up on their lattice points: (batch, length, channels)."""
    batch, _, channels = weighted.shape
    empty = weighted.new_zeros(batch * length, channels)
    signal = empty.index_add(0, _rows(source, length), weighted.flatten(0, 1))
    return signal.view(batch, length, channels)


def _rows(index: Tensor, length: int) -> Tensor:
    """Return numbers of lattice points in the batch: whole rows move much faster."""
    series = torch.arange(len(index), device=index.device).unsqueeze(1)
    return (index + series * length).flatten()

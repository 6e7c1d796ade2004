"""The convolution on a lattice: scatter, convolve on the regular grid, gather."""

import math

import torch
from torch import Tensor

from ckts.geometry import Geometry
from ckts.methods.base import Features
from ckts.methods.fourier import convolve_regular


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
        As in :func:`ckts.functional.convolve`; `geometry` has a lattice.

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
    return output.gather(1, _rows(lattice.target, output))


def _scatter(weighted: Tensor, source: Tensor, length: int) -> Tensor:
    """Add observations up on their lattice points: (batch, length, channels)."""
    empty = weighted.new_zeros(len(weighted), length, weighted.shape[2])
    return empty.scatter_add(1, _rows(source, weighted), weighted)


def _rows(index: Tensor, values: Tensor) -> Tensor:
    return index.unsqueeze(-1).expand(-1, -1, values.shape[2])

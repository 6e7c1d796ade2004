"""A lattice that holds all stamps of a batch, found by Euclid's algorithm."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Stamps count as lattice points when they are within this share of a step of one.
# The response then differs from the one at the true stamps by about as much.
LATTICE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Lattice:
    """Positions of a batch on a common lattice; the origin is one per series.

    Attributes
    ----------
    step : float
        Distance of two lattice points, in the unit of the time stamps.
    length : int
        Number of lattice points that hold every observation and every query.
    source : Tensor of shape (batch, time)
        Lattice index of every observation.
    target : Tensor of shape (batch, query)
        Lattice index of every query time.
    regular : bool
        Whether every series is the whole lattice, in order, and so are its outputs.
    """

    step: float
    length: int
    source: Tensor
    target: Tensor
    regular: bool


@torch.no_grad()
def find_lattice(
    times: Tensor, query_times: Tensor, *, max_length: int
) -> Lattice | None:
    """Find the coarsest lattice that holds all stamps of a batch, by Euclid.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Observation times; the first of each series is its origin, float64.
    query_times : Tensor of shape (batch, query)
        Times of the output, float64.
    max_length : int
        Give up when the lattice would have more points than this.

    Returns
    -------
    Lattice or None
        None where the stamps have no common step, or one that is too small.
    """
    offsets = torch.cat([times, query_times], 1)
    if offsets.numel() == 0:
        return None
    step = _common_step(offsets.abs().flatten(), max_length)
    if step is None:
        return None
    index = torch.round(offsets / step).long()
    index = index - index.amin(1, keepdim=True)
    length = int(index.max()) + 1
    if length > max_length:
        return None
    source, target = index.split([times.shape[1], query_times.shape[1]], 1)
    whole = torch.arange(length)
    regular = all(
        part.shape[1] == length and bool((part == whole).all())
        for part in (source, target)
    )
    return Lattice(step, length, source, target, regular)


def _common_step(offsets: Tensor, max_length: int) -> float | None:
    """Greatest common divisor of the offsets, or None where it is too small."""
    span = offsets.max().item()
    if span == 0:
        return 1.0
    # Multiples of a step that is large enough lie at least this far apart, twice.
    slack = span / (2 * max_length)
    remainder = offsets
    step = span
    while step * max_length >= span:
        positive = remainder[remainder > LATTICE_TOLERANCE * step]
        if len(positive) == 0:
            return step
        step = _refine(offsets, positive.min().item(), slack)
        remainder = (offsets - torch.round(offsets / step) * step).abs()
    return None


def _refine(offsets: Tensor, step: float, slack: float) -> float:
    """Sharpen a step on ever longer offsets that are multiples of it up to `slack`.

    A step read off one gap carries that gap's rounding error, which a long series
    multiplies by its number of steps.
    """
    for reach in (1e1, 1e3, 1e5, 1e7):
        counts = torch.round(offsets / step)
        error = (offsets - counts * step).abs()
        fits = (counts > 0) & (counts <= reach) & (error < min(slack, 1e-3 * step))
        if bool(fits.any()):
            best = torch.where(fits, counts, 0).argmax()
            step = (offsets[best] / counts[best]).item()
    return step

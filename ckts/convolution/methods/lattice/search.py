"""A lattice that holds all stamps of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ckts.convolution.stamps import Stamps
from ckts.regularity import ROUNDING, Step, common_step

# A long series of rounded gaps may leave its lattice by this share of a step. The
# response then differs from the one at the true stamps by about as much.
DRIFT = 1e-6


@dataclass(frozen=True)
class Lattice:
    """Positions of a batch on a common lattice; the origin is one per series.

    A gap that is longer than kernels reach is as short here as they allow, and need not
    be a whole number of steps: each run of stamps between such gaps has its own origin.

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


def find_lattice(
    stamps: Stamps, rounding: np.ndarray, *, reach: float = math.inf
) -> tuple[Lattice, Stamps] | None:
    """Find the coarsest lattice that holds all stamps of a batch, in their order.

    Parameters
    ----------
    stamps : Stamps
        The stamps of the batch, at least one per series.
    rounding : ndarray of shape (batch,)
        By how much they may be off. What is nearer than half of it is a tie.
    reach : float, default=inf
        Lag from which on kernels are 0; longer gaps do not matter.

    Returns
    -------
    lattice : Lattice
    stamps : Stamps
        Moved onto their lattice points; longer gaps as they are.

    Notes
    -----
    None where the stamps have no common step, or one that is too small to be told from
    rounding.
    """
    runs = stamps.runs(reach)
    gaps = np.where(runs.cuts, 0.0, stamps.gaps)
    # Half: what a panel holds apart was rounded once more since.
    gaps[gaps <= rounding[:, None] / 2] = 0
    errors = np.maximum(rounding, ROUNDING * stamps.spans)[:, None]
    step = common_step(gaps, runs.spans, errors.max())
    if step is None:
        if gaps.any():
            return None
        step = Step(1.0, 0.0)
    counts = np.rint(gaps / step.size)
    steps = _cumulate(counts)
    steps -= np.take_along_axis(steps, runs.starts, 1)
    doubts = 2 * errors + counts * step.error
    drifts = np.maximum(DRIFT * step.size, 2 * errors)
    if (
        np.any((gaps > 0) & (counts == 0))
        or np.any(np.abs(gaps - counts * step.size) > doubts)
        or np.any(np.abs(runs.elapsed - steps * step.size) > drifts)
    ):
        return None
    counts[runs.cuts] = np.floor(reach / step.size) + 1
    index = replace(stamps, sorted=_cumulate(counts).astype(np.int64))
    placed = runs.begins - stamps.sorted[:, :1] + steps * step.size
    return _lattice(index, step.size), replace(stamps, sorted=placed)


def _cumulate(gaps: np.ndarray) -> np.ndarray:
    return np.pad(gaps.cumsum(1), ((0, 0), (1, 0)))


def _lattice(stamps: Stamps, step: float) -> Lattice:
    """Make the lattice of stamps that are counted in steps."""
    length = int(stamps.sorted.max()) + 1
    source, target = stamps.split(stamps.sorted)
    regular = all(
        part.shape[1] == length and bool((part == torch.arange(length)).all())
        for part in (source, target)
    )
    return Lattice(step, length, source, target, regular)

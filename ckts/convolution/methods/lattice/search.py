"""A lattice that holds all stamps of a batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ckts.convolution.stamps import Stamps
from ckts.regularity import ROUNDING, count_steps


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
    errors = np.maximum(rounding, ROUNDING * stamps.spans)
    n_stamps = stamps.sorted.shape[1]
    found = count_steps(
        np.pad(gaps, ((0, 0), (1, 0))).ravel(),
        runs.elapsed.ravel(),
        np.pad(runs.cuts, ((0, 0), (1, 0)), constant_values=True).ravel(),
        errors.repeat(n_stamps),
    )
    if found is None and gaps.any():
        return None
    size, counts = 1.0, np.zeros(stamps.sorted.shape)
    if found is not None:
        size, counts = found[0].size, found[1].reshape(counts.shape)
    steps = np.diff(counts, axis=1)
    steps[runs.cuts] = np.floor(reach / size) + 1
    positions = np.pad(steps.cumsum(1), ((0, 0), (1, 0))).astype(np.int64)
    placed = runs.begins - stamps.sorted[:, :1] + counts * size
    return _lattice(replace(stamps, sorted=positions), size), replace(
        stamps, sorted=placed
    )


def _lattice(stamps: Stamps, step: float) -> Lattice:
    """Make the lattice of stamps that are counted in steps."""
    length = int(stamps.sorted.max()) + 1
    source, target = stamps.split(stamps.sorted)
    regular = all(
        part.shape[1] == length and bool((part == torch.arange(length)).all())
        for part in (source, target)
    )
    return Lattice(step, length, source, target, regular)

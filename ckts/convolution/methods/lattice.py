"""Stamps on a common lattice: scatter, convolve on the regular grid, gather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from ckts.convolution.methods.base import AbstractMethod, Batch, FactoredKernel, Offer
from ckts.convolution.methods.fft import (
    MAX_POINTS,
    convolve_regular,
    points_cost,
)
from ckts.convolution.stamps import from_zero
from ckts.regularity import ROUNDING, count_steps

CALL = 1500.0  # microseconds, whatever the size
# A lattice so short is always taken, with at most so many points per stamp.
SHORT, PER_STAMP = 512, 8


@dataclass(frozen=True, kw_only=True)
class Lattice(AbstractMethod):
    """An exact convolution by FFT, of stamps that are multiples of one step.

    A gap that is longer than kernels reach is as short here as they allow, and need not
    be a whole number of steps: each run of stamps between such gaps has its own origin.

    A stamp within rounding of a lattice point is moved onto it, also for weights:
    `times` and `query_times` are the moved ones.

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

    name: ClassVar[str] = "lattice"

    @classmethod
    def propose(cls, batch: Batch) -> Offer | None:
        """Offer the lattice of all stamps, if there is one that fits into memory."""
        found = find_lattice(batch)
        n_series, n_times, n_queries = batch.stamps.sizes
        n_stamps = max(n_times, n_queries)
        if found is None or found.length > max(MAX_POINTS // n_series, n_stamps):
            return None
        short = max(n_stamps, min(PER_STAMP * n_stamps, SHORT))
        cost = CALL + points_cost(n_series, found.length)
        free = found.regular or found.length <= short
        return Offer(0.0 if free else cost, lambda: found)

    @classmethod
    def prepare(cls, batch: Batch) -> Lattice:
        """Find the lattice of all stamps, or raise."""
        longest = MAX_POINTS // len(batch.stamps.times)
        found = find_lattice(batch)
        if found is None or found.length > longest:
            raise ValueError(
                "`times` must lie on a common lattice for method='lattice'; got stamps "
                f"without one of at most {longest:,} points. Use method='auto'."
            )
        return found

    def convolve(self, weighted: Tensor, kernel: FactoredKernel) -> Tensor:
        """Convolve on the lattice; the kernel is evaluated at whole steps only."""
        mixing = kernel.mixing
        last = int(min(self.length - 1, kernel.reach / self.step))
        first = 0 if kernel.causal else -last
        counts = torch.arange(first, last + 1, device=mixing.device)
        samples = kernel.features(counts.double() * self.step)
        if self.regular:
            return convolve_regular(weighted, samples, mixing, first_lag=first)
        batch, _, channels = weighted.shape
        empty = weighted.new_zeros(batch * self.length, channels)
        rows = self._points(self.source)
        signal = empty.index_add(0, rows, weighted.flatten(0, 1))
        signal = signal.view(batch, self.length, channels)
        output = convolve_regular(signal, samples, mixing, first_lag=first)
        rows = self._points(self.target)
        taken = output.flatten(0, 1).index_select(0, rows)
        return taken.view(*self.target.shape, -1)

    def _points(self, index: Tensor) -> Tensor:
        """Return numbers of lattice points in the batch: rows move much faster."""
        series = torch.arange(index.shape[0], device=index.device).unsqueeze(1)
        return (index + series * self.length).flatten()


def find_lattice(batch: Batch) -> Lattice | None:
    """Find the coarsest lattice that holds all stamps of a batch, in their order.

    Parameters
    ----------
    batch : Batch
        Stamps that are nearer to each other than half their rounding are tied; gaps
        longer than `reach` need not be multiples of the step.

    Returns
    -------
    Lattice or None
        None where the stamps have no common step, or one that is too small to be told
        from rounding.
    """
    stamps, reach, rounding = batch.stamps, batch.reach, batch.stamps.rounding
    runs = stamps.runs(reach)
    firsts = np.ones(stamps.sorted.shape, dtype=bool)
    firsts[:, 1:] = runs.cuts
    gaps = np.where(runs.cuts, 0.0, stamps.gaps)
    # Half: what a panel holds apart was rounded once more since.
    gaps[gaps <= rounding[:, None] / 2] = 0
    errors = np.maximum(rounding, ROUNDING * stamps.spans)
    n_stamps = stamps.sorted.shape[1]
    found = count_steps(
        from_zero(gaps).ravel(),
        runs.elapsed.ravel(),
        firsts.ravel(),
        errors.repeat(n_stamps),
    )
    if found is None and gaps.any():
        return None
    size, counts = 1.0, np.zeros(stamps.sorted.shape)
    if found is not None:
        size, counts = found[0].size, found[1].reshape(counts.shape)
    steps = np.diff(counts, axis=1)
    steps[runs.cuts] = np.floor(reach / size) + 1
    positions = from_zero(steps.cumsum(1)).astype(np.int64)
    length = int(positions.max()) + 1
    source, target = stamps.split(positions)
    times, query_times = stamps.split(
        runs.begins - stamps.sorted[:, :1] + counts * size
    )
    return Lattice(
        times=times,
        query_times=query_times,
        step=size,
        length=length,
        source=source,
        target=target,
        regular=all(
            part.shape[1] == length and bool((part == torch.arange(length)).all())
            for part in (source, target)
        ),
    )

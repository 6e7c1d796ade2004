"""The convolution at any stamps through a mesh: near-linear in the observations.

Observations are spread onto a regular mesh, convolved there by FFT, and sampled at the
output times, with splines on either side: a smooth function is known at any time from
the coefficients of splines at the :data:`NODES` mesh points around it. A causal kernel
ends at lag 0 with a jump, which no interpolation survives; so the sum at an output time
`t` runs over the mesh *as it stood at t*, that is with the observations up to `t` only:

    y(t) = sum_n B_n(t) sum_m psi[n - m] mesh_t[m]

with splines `B_n` and the coefficients of `psi`, which is continued smoothly to
slightly negative lags. ``mesh_t`` equals the whole mesh but at the points around `t`,
and is 0 after them. So the FFT does the lags above 0 on the whole mesh, and the near
field, for the mesh points around `t` alone, puts ``mesh_t`` in its place: ties,
clusters and the jump are exact, whatever their density.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ckts.convolution.methods.base import (
    AbstractMethod,
    Batch,
    FactoredKernel,
    Features,
    Offer,
    Pairs,
    PairSums,
)
from ckts.convolution.methods.fft import (
    MAX_POINTS,
    convolve_regular,
    next_fast_length,
    points_cost,
)
from ckts.convolution.methods.mesh.near_field import LAGS, NearField
from ckts.convolution.methods.mesh.near_terms import make_near_field
from ckts.convolution.methods.mesh.resolution import COARSEST
from ckts.convolution.methods.mesh.sparse import SparseMatrix
from ckts.convolution.methods.mesh.splines import (
    NODES,
    TAPS,
    lag_weights,
    make_stencil,
    spline_taps,
)
from ckts.convolution.methods.pairwise import pairs_cost
from ckts.convolution.stamps import shrink_gaps

# Forward and backward, see `ckts.convolution.methods.base.Offer`; measured.
CALL = 4000.0
PER_STAMP = 0.6  # spreading and sampling
PER_NEAR_STAMP = 5.0  # the near field of a causal kernel
# A mesh has an error of its own, a lattice is exact: it may cost this much more.
EXACTNESS = 1.5


@dataclass(frozen=True, kw_only=True)
class Mesh(AbstractMethod):
    """A convolution on a mesh, one stretch of `length` points per series.

    The kernel is smooth, also at lags down to ``1 - NODES - TAPS`` steps of the mesh:
    what lies ``n`` steps off a lag counts ``0.54^n`` there.

    Attributes
    ----------
    step : float
        Distance of two mesh points, in the unit of the time stamps.
    length : int
        Mesh points per series.
    source, target : SparseMatrix of shape (n_stamps, batch * length)
        Interpolation at the observations, and at the outputs: the same object if
        these are the observations.
    near : NearField or None
        What a causal convolution needs besides.
    taps : Tensor of shape (2 * TAPS + 1,)
        From samples of a kernel to the coefficients of its splines.
    """

    step: float
    length: int
    source: SparseMatrix
    target: SparseMatrix
    near: NearField | None
    taps: Tensor

    name: ClassVar[str] = "mesh"

    @classmethod
    def propose(cls, batch: Batch) -> Offer | None:
        """Offer a mesh if the kernels can be interpolated from one that fits.

        Without a search for the step, which evaluates the kernels, there is no offer
        where the coarsest mesh would cost more than all pairs.
        """
        sizes = batch.stamps.sizes
        coarsest = batch.horizon / COARSEST
        searched = callable(batch.mesh_step)
        if searched and _cost(batch, _measure(batch, coarsest)[1]) > pairs_cost(*sizes):
            batch.reasons.append("no mesh is cheaper")
            return None
        if batch.step is None:
            batch.reasons.append(
                "no mesh is fine enough for the kernel, or it has kinks"
            )
            return None
        longest = MAX_POINTS // sizes[0]
        _, length = _measure(batch, batch.step)
        if length > longest:
            batch.reasons.append(
                f"a mesh must have at most {longest:,} points per series, not "
                f"{length:,.0f}"
            )
            return None
        batch.reasons.append(f"a mesh of {length:,.0f} points per series is no cheaper")
        return Offer(_cost(batch, length), partial(cls.prepare, batch), EXACTNESS)

    @classmethod
    def prepare(cls, batch: Batch) -> Mesh:
        """Lay a mesh under a batch; there is none in gaps that no kernel crosses."""
        if batch.step is None:
            raise ValueError(
                "`mesh_step` must be a number for method='mesh'; got None. A layer "
                "with a smooth kernel finds it: use `CKConv.plan`."
            )
        step, longest = batch.step, MAX_POINTS // len(batch.stamps.times)
        longest_gap, needed = _measure(batch, step)
        if needed > longest:
            raise ValueError(
                f"`mesh_step` must leave at most {longest:,} mesh points per series "
                f"for method='mesh'; got {needed:,.0f}. Use method='auto', or smaller "
                "batches."
            )
        shrunk = shrink_gaps(batch.stamps, longest_gap)
        length = int(shrunk.spans.max() / step) + NODES + 1
        positions, query_positions = shrunk.split(
            (shrunk.sorted - shrunk.sorted[:, :1]) / step
        )
        times, query_times = batch.stamps.times, batch.stamps.query_times
        n_nodes, taps = len(positions) * length, spline_taps(2)
        stencil = target_stencil = make_stencil(positions, length)
        source = target = stencil.matrix(n_nodes)
        if query_positions is not positions:
            target_stencil = make_stencil(query_positions, length)
            target = target_stencil.matrix(n_nodes)
        near = None
        if batch.causal:
            near = make_near_field(stencil, target_stencil, times, query_times)
        return cls(
            times=times,
            query_times=query_times,
            directions=(True, False) if batch.causal else (False,),
            extra_reach=NODES * step,  # splines at both ends of a lag widen the kernel
            step=step,
            length=length,
            source=source,
            target=target,
            near=near,
            taps=taps,
        )

    def convolve(self, weighted: Tensor, kernel: FactoredKernel) -> Tensor:
        """Spread, convolve, sample; and add the near field of a causal kernel."""
        last = self._last_lag(kernel.reach)
        first = 1 - NODES if kernel.causal else -last
        rows = weighted.flatten(0, 1)
        signal = self.source.t_matmul(rows).view(len(weighted), self.length, -1)
        samples = self.samples(kernel.features, first, last)
        far, first = (samples[NODES:], 1) if kernel.causal else (samples, first)
        output = convolve_regular(signal, far, kernel.mixing, first_lag=first)
        output = self.target @ output.flatten(0, 1)
        if kernel.causal:
            assert self.near is not None
            inner = None
            if self.near.intervals is not None:
                inner = kernel.features(self.near.intervals.lags * self.step)
            near = self.near.respond(rows, samples[:LAGS], inner, kernel.mixing)
            output = output + near
        return output.view(len(weighted), -1, len(kernel.mixing))

    def _last_lag(self, reach: float) -> int:
        """Return the largest lag, in steps, that the convolution takes."""
        return int(min(self.length - 1, reach / self.step + NODES))

    def samples(self, features: Features, first: int, last: int) -> Tensor:
        """Return what the features are on the mesh, for the lags ``first .. last``.

        Parameters
        ----------
        features : callable
            Those of a :class:`~ckts.convolution.methods.base.FactoredKernel`.
        first, last : int
            The lags, in steps.

        Returns
        -------
        Tensor of shape (last - first + 1, n_features)
            Coefficients of splines: interpolated in the output times and in the times
            of the observations, they have the values of the features at whole steps.

        Notes
        -----
        The filter is an FFT in float64: it raises the highest frequencies, and rounding
        with them, 343 times.
        """
        steps = torch.arange(first - TAPS, last + TAPS + 1, device=self.taps.device)
        samples = features(steps.double() * self.step)
        n_fft = next_fast_length(len(samples))
        spectrum = torch.fft.rfft(samples.double(), n=n_fft, dim=0)
        spectrum = spectrum * torch.fft.rfft(self.taps, n=n_fft).unsqueeze(1)
        filtered = torch.fft.irfft(spectrum, n=n_fft, dim=0)
        return filtered[2 * TAPS : len(samples)].to(samples.dtype)

    def pair_sums(self, kernel: FactoredKernel) -> PairSums:
        """Sum with the interpolated kernel: spread the weights over its lags."""
        last = self._last_lag(kernel.reach)
        table = self.samples(kernel.features, 1 - NODES, last)
        table = pad(table, (0, 0, 0, LAGS))  # lags that the convolution leaves out

        def add(weights: Tensor, pairs: Pairs) -> Tensor:
            rows, shares = self._lag_weights(pairs)
            # those without a weight may be any lag apart
            n_rows = min(int(pairs.age / self.step) + 1 + LAGS, len(table))
            spread = weights.new_zeros(*pairs.sources.shape, n_rows)
            spread.scatter_(2, rows.clamp(0, n_rows - 1), shares.to(weights.dtype))
            return (weights.transpose(1, 2) @ spread) @ table[:n_rows]

        return add

    def _lag_weights(self, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Rows of the table for a pair, and their weights: (n, m, LAGS) each.

        The splines are those at the output and at the observation.
        """
        node, weights = _first_node(self.target, pairs.outputs)
        source_node, others = _first_node(self.source, pairs.sources)
        sums = lag_weights(weights.unsqueeze(1), others)
        distance = (node.unsqueeze(1) - source_node).unsqueeze(-1)
        return distance + torch.arange(LAGS, device=node.device), sums


def _first_node(matrix: SparseMatrix, stamps: Tensor) -> tuple[Tensor, Tensor]:
    """First mesh point around some stamps, and the weights of all around them."""
    columns = matrix.by_row.columns.view(-1, NODES)[stamps, 0]
    return columns.long(), matrix.by_row.entries.view(-1, NODES)[stamps]


def _cost(batch: Batch, length: float) -> float:
    """Microseconds of a convolution on a mesh of so many points per series."""
    n_series, n_times, n_queries = batch.stamps.sizes
    per_stamp = PER_STAMP + (PER_NEAR_STAMP if batch.causal else 0.0)
    per_stamp *= n_series * max(n_times, n_queries)
    return CALL + points_cost(n_series, length) + per_stamp


def _measure(batch: Batch, step: float) -> tuple[float, float]:
    """Return the longest gap with mesh points, and the points of the longest series.

    No spline at one end of a longer gap meets the kernel of the other end. The points
    need not fit into memory.
    """
    longest = batch.reach + 2 * NODES * step
    return longest, np.minimum(batch.stamps.gaps, longest).sum(1).max() / step

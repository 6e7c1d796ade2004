"""The convolution as the sum over all pairs, exact, for short series and kinks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from ckts.convolution.methods.base import AbstractMethod, Batch, FactoredKernel, Offer
from ckts.transforms import is_exporting, is_transformed

# Forward and backward, see `ckts.convolution.methods.base.Offer`; measured.
CALL, PER_PAIR = 2000.0, 0.5
# Pairs of all series together that "auto" sums: a quarter of an hour per layer and
# training step.
MAX_PAIRS = 2**31

# (query, observation) pairs whose features are held at a time. Twice or half as many
# cost a tenth more; of a causal block about half are in the future and passed over.
PAIRS_PER_BLOCK = 2**15
# A GPU is slowed down by many small products, and has the memory for larger ones.
PAIRS_PER_BLOCK_CUDA = 2**19
# Parts that the queries of a series are cut into: the fewer stand together, the fewer
# observations are in the past and within reach of any of them.
PARTS = 8


@dataclass(frozen=True, kw_only=True)
class Pairwise(AbstractMethod):
    """The sum over all pairs of observations and outputs, for any stamps and kernel."""

    name: ClassVar[str] = "pairwise"

    @classmethod
    def propose(cls, batch: Batch) -> Offer:
        """Offer the sum; taken, it raises if it would seem to hang."""

        def prepare() -> Pairwise:
            n_pairs = _count_pairs(batch)
            if n_pairs > MAX_PAIRS:
                raise ValueError(
                    f"`times` must leave at most {MAX_PAIRS:,} pairs of observations "
                    "and outputs where pairs are summed one by one; got "
                    f"{n_pairs:,}, and {', '.join(batch.reasons)}. Use "
                    "kernel='bands' with a coarser `time_step`, a smaller `omega_0`, "
                    "or a shorter `horizon`, which a mesh can follow, smaller "
                    "batches, or method='pairwise', which sums any number of pairs."
                )
            return cls.prepare(batch)

        return Offer(pairs_cost(*batch.stamps.sizes), prepare)

    @classmethod
    def prepare(cls, batch: Batch) -> Pairwise:
        """Keep the stamps: there is nothing else to prepare."""
        stamps = batch.stamps
        return cls(times=stamps.times, query_times=stamps.query_times)

    def convolve(self, weighted: Tensor, kernel: FactoredKernel) -> Tensor:
        """Convolve in blocks of pairs.

        Observations are contracted with the features before the channels are mixed, so
        that nothing of size pairs x out x in is built; the backward pass computes the
        features of a block again.
        """
        times, queries = self.times, self.query_times
        if is_exporting():
            if times.stride(0) == 0:  # the stamps of one series, repeated
                times, queries = times[:1], queries[:1]
            return _respond(queries, times, weighted, kernel)
        shape = len(times), queries.shape[1], times.shape[1]
        n_series, n_queries = _block_shape(*shape, on_cuda=times.is_cuda)
        if (n_series, n_queries) == shape[:2]:  # one block, which autograd holds
            return _respond(queries, times, weighted, kernel)
        held, outputs = _HeldBlock(), []

        def respond(queries: Tensor, times: Tensor, weighted: Tensor) -> Tensor:
            seen = _window(queries, times, kernel)
            return _respond(queries, times[:, seen], weighted[:, seen], kernel)

        groups = (tensor.split(n_series) for tensor in (queries, times, weighted))
        for asked, *observed in zip(*groups, strict=True):
            parts = asked.split(n_queries, 1)
            blocks = [held.run(partial(respond, part, *observed)) for part in parts]
            outputs.append(torch.cat(blocks, 1))
        return torch.cat(outputs)


def pairs_cost(n_series: int, n_times: int, n_queries: int) -> float:
    """Microseconds of the sum over all pairs of a batch."""
    return CALL + PER_PAIR * n_series * n_times * n_queries


def _count_pairs(batch: Batch) -> int:
    """Count the pairs within reach of each other, if all pairs are too many."""
    times, queries = batch.stamps.times, batch.stamps.query_times
    reach = batch.reach
    n_pairs = times.numel() * queries.shape[1]
    if n_pairs <= MAX_PAIRS or reach == math.inf:
        return n_pairs
    late = queries if batch.causal else queries + reach
    seen = torch.searchsorted(times, late, right=True)
    return int((seen - torch.searchsorted(times, queries - reach)).sum())


class _HeldBlock:
    """What autograd saves of a block, held for one block at a time.

    Another block's is recomputed when the backward pass needs it, as by torch's
    `checkpoint`, which spends 0.3 ms per block on it.
    """

    def __init__(self) -> None:
        self.block: Callable[[], Tensor] | None = None
        self.saved: list[Tensor] = []

    def run(self, block: Callable[[], Tensor]) -> Tensor:
        """Return the result of a block, and hold what it saves."""
        if is_transformed():  # torch takes no hooks there
            return block()
        self.block, self.saved = block, []

        def pack(tensor: Tensor) -> int:
            self.saved.append(tensor.detach())
            return len(self.saved) - 1

        def unpack(index: int) -> Tensor:
            if self.block is not block:
                with torch.enable_grad():
                    self.run(block)
            return self.saved[index]

        with saved_tensors_hooks(pack, unpack):
            return block()


def _block_shape(
    batch: int, n_queries: int, n_times: int, *, on_cuda: bool
) -> tuple[int, int]:
    """Series that go together, and queries of each."""
    pairs = PAIRS_PER_BLOCK_CUDA if on_cuda else PAIRS_PER_BLOCK
    if batch * n_queries * n_times <= pairs:
        return max(1, batch), max(1, n_queries)
    per_series = max(1, pairs // n_times)
    queries = min(per_series, -(-n_queries // PARTS))
    return per_series // queries, queries


def _window(queries: Tensor, times: Tensor, kernel: FactoredKernel) -> slice:
    """Observations that are in the past, and within reach, of any of the queries."""
    if times.device.type != "cpu" or is_transformed() or not queries.numel():
        return slice(None)  # to read the stamps would synchronize the device
    times = times.contiguous()
    first, last = queries.amin(1, keepdim=True), queries.amax(1, keepdim=True)
    start = torch.searchsorted(times, first - kernel.reach).amin()
    last = last if kernel.causal else last + kernel.reach
    stop = torch.searchsorted(times, last, right=True).amax()
    return slice(int(start), int(stop))


def _respond(
    queries: Tensor, times: Tensor, weighted: Tensor, kernel: FactoredKernel
) -> Tensor:
    """Sum over all pairs of a block: (batch, query, out)."""
    # With time first the sum over it is one matrix product per series, without
    # copies: (batch, time, query), infinite where an observation is later.
    lags = queries.unsqueeze(1) - times.unsqueeze(2)
    if kernel.causal:
        lags = lags.masked_fill(lags < 0, torch.inf)
    # also where the backward pass runs under autocast
    with torch.autocast(times.device.type, enabled=False):
        basis = kernel.features(lags)
    return _contract(basis, weighted, kernel.mixing)


def _contract(basis: Tensor, weighted: Tensor, mixing: Tensor) -> Tensor:
    """Sum over time, then over features and channels: (batch, query, out)."""
    summed = weighted.transpose(1, 2) @ basis.flatten(2)  # (batch, in, query * feature)
    summed = summed.unflatten(2, basis.shape[2:]).transpose(1, 2)
    if mixing.ndim == 2:
        return (summed * mixing).sum(3)
    return summed.flatten(2) @ mixing.flatten(1).T

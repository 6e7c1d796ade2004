"""The convolution as the sum over all pairs, exact, for short series and kinks."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from ckts.convolution.geometry import Geometry
from ckts.convolution.methods.base import Features
from ckts.convolution.methods.fft import is_depthwise

# (query, observation) pairs whose features are held at a time. Twice or half as many
# cost a tenth more; of a causal block about half are in the future and passed over.
PAIRS_PER_BLOCK = 2**15
# A GPU is slowed down by many small products, and has the memory for larger ones.
PAIRS_PER_BLOCK_CUDA = 2**19
# Parts that the queries of a series are cut into: the fewer stand together, the fewer
# observations are in the past and within reach of any of them.
PARTS = 8


def convolve_pairwise(
    weighted: Tensor,
    features: Features,
    mixing: Tensor,
    geometry: Geometry,
    *,
    causal: bool = True,
    reach: float = math.inf,
) -> Tensor:
    """Convolve at arbitrary stamps, in blocks of pairs.

    Observations are contracted with the features before the channels are mixed, so
    that nothing of size pairs x out x in is built; the backward pass computes the
    features of a block anew.

    Parameters
    ----------
    weighted, features, mixing, geometry, causal, reach
        As in :func:`ckts.convolution.convolve.convolve`.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    times, queries = geometry.times, geometry.query_times
    depthwise = is_depthwise(weighted, mixing)
    shape = len(times), queries.shape[1], times.shape[1]
    n_series, n_queries = _block_shape(*shape, on_cuda=times.is_cuda)
    held = _HeldBlock()

    def respond(queries: Tensor, times: Tensor, weighted: Tensor) -> Tensor:
        seen = _window(queries, times, causal, reach)
        lags = _lags(queries, times[:, seen], causal)
        # also where the backward pass runs under autocast
        with torch.autocast(times.device.type, enabled=False):
            basis = features(lags)
        return _contract(basis, weighted[:, seen], mixing, depthwise)

    outputs = []
    groups = (tensor.split(n_series) for tensor in (queries, times, weighted))
    for asked, *observed in zip(*groups, strict=True):
        parts = asked.split(n_queries, 1)
        blocks = [held.run(partial(respond, part, *observed)) for part in parts]
        outputs.append(torch.cat(blocks, 1))
    return torch.cat(outputs)


class _HeldBlock:
    """What autograd saves of a block, held for one block at a time.

    Another block's is computed anew when the backward pass asks for it, as by torch's
    `checkpoint`, which spends 0.3 ms per block on it.
    """

    def __init__(self) -> None:
        self.block: Callable[[], Tensor] | None = None
        self.saved: list[Tensor] = []

    def run(self, block: Callable[[], Tensor]) -> Tensor:
        """Return the result of a block, and hold what it saves."""
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


def _window(queries: Tensor, times: Tensor, causal: bool, reach: float) -> slice:
    """Observations that may enter at any of the queries."""
    if times.device.type != "cpu" or not queries.numel():
        return slice(None)  # the host would wait for the device
    first, last = queries.amin(1, keepdim=True), queries.amax(1, keepdim=True)
    start = torch.searchsorted(times, first - reach).amin()
    last = last if causal else last + reach
    stop = torch.searchsorted(times, last, right=True).amax()
    return slice(int(start), int(stop))


def _lags(queries: Tensor, times: Tensor, causal: bool) -> Tensor:
    """Lags (batch, time, query), infinite where an observation does not enter.

    With time first the sum over it is one matrix product per series, without copies.
    """
    lags = queries.unsqueeze(1) - times.unsqueeze(2)
    return lags.masked_fill(lags < 0, torch.inf) if causal else lags


def _contract(
    basis: Tensor, weighted: Tensor, mixing: Tensor, depthwise: bool
) -> Tensor:
    """Sum over time, then over features and channels: (batch, query, out)."""
    summed = weighted.transpose(1, 2) @ basis.flatten(2)  # (batch, in, query * feature)
    summed = summed.unflatten(2, basis.shape[2:]).transpose(1, 2)
    if depthwise:
        return (summed * mixing.squeeze(1)).sum(3)
    return summed.flatten(2) @ mixing.flatten(1).T

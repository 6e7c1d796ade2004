"""The convolution as the sum over all pairs, exact, for short series and kinks."""

import math

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ckts.geometry import Geometry
from ckts.methods.base import Features
from ckts.methods.fourier import is_depthwise

# (query, observation) pairs whose features are held at a time, so that they stay in a
# core's cache.
PAIRS_PER_BLOCK = 2**14


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
        As in :func:`ckts.functional.convolve`.

    Returns
    -------
    Tensor of shape (batch, query, out_channels)
    """
    times, queries = geometry.times, geometry.query_times
    depthwise = is_depthwise(weighted, mixing)

    def respond(queries: Tensor, times: Tensor, weighted: Tensor, mixing: Tensor):
        basis = features(_lags(queries, times, causal))
        return _contract(basis, weighted, mixing, depthwise)

    outputs = [weighted.new_zeros(0, queries.shape[1], len(mixing))]
    for series, size in _blocks(*queries.shape, times.shape[1]):
        parts = [
            checkpoint(
                respond,
                part,
                times[series],
                weighted[series],
                mixing,
                use_reentrant=False,
                preserve_rng_state=False,
            )
            for part in queries[series].split(size, 1)
        ]
        outputs.append(torch.cat(parts, 1))
    return torch.cat(outputs)


def _blocks(batch: int, n_queries: int, n_times: int) -> list[tuple[slice, int]]:
    """Series that go together, and how many queries of each at a time."""
    n_series = max(1, PAIRS_PER_BLOCK // max(1, n_queries * n_times))
    size = max(1, PAIRS_PER_BLOCK // max(1, n_times * n_series))
    return [
        (slice(start, start + n_series), size) for start in range(0, batch, n_series)
    ]


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

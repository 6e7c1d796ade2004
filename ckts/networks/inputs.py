"""What a network sees of its input besides values: when, and how often."""

import torch
from torch import Tensor

from ckts.convolution.quadrature.neighbors import Neighbors


def compress(values: Tensor, observed: Tensor) -> Tensor:
    """Compress heavy tails by ``asinh``, and write 0 where nothing is observed.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Standardized values.
    observed : Tensor of shape (batch, time, channels)
        Which values exist.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    return torch.asinh(torch.where(observed, values, 0))


def describe_observations(
    neighbors: Neighbors, time_step: Tensor, horizon: float, dtype: torch.dtype
) -> Tensor:
    """Channels that say how often a channel was observed, and how long ago.

    Rows of one time stamp see each other, in whatever order they stand.

    Parameters
    ----------
    neighbors : Neighbors
        Gaps and counts of the observations.
    time_step : Tensor of shape (channels,)
        Unit of the gaps.
    horizon : float
        Longer gaps count as this one: a wrong stamp says nothing beyond it.
    dtype : torch.dtype
        That of the result.

    Returns
    -------
    Tensor of shape (batch, time, 2 * channels)
        ``log(1 + count)`` of the observations up to this time, and
        ``log(1 + gap / time_step)`` since the one before this time; 0 if none.
    """
    gaps = neighbors.previous.nan_to_num(posinf=0).clamp(max=horizon) / time_step
    return torch.cat([neighbors.counts.to(dtype), gaps.to(dtype)], 2).log1p()


def describe_elapsed(
    times: Tensor, seen: Tensor, time_step: float, horizon: float, dtype: torch.dtype
) -> Tensor:
    """Channel that says how long ago a series began.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing time stamps, float64.
    seen : Tensor of shape (batch, time, 1)
        Whether anything was observed.
    time_step : float
        Unit of the time.
    horizon : float
        Longer times count as this one: a wrong stamp says nothing beyond it.
    dtype : torch.dtype
        That of the result.

    Returns
    -------
    Tensor of shape (batch, time, 1)
        ``log(1 + elapsed / time_step)`` since the first observation; 0 before it.
    """
    stamps = times.unsqueeze(-1)
    first = torch.where(seen, stamps, torch.inf).amin(1, keepdim=True)
    elapsed = (stamps - first).clamp(0, horizon) / time_step
    return elapsed.to(dtype).log1p()

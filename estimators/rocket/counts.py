"""When a series was observed: counts of observations over parts of the time."""

import torch
from torch import Tensor


def count_until(times: Tensor, observed: Tensor, ends: Tensor) -> Tensor:
    """Count observations of each channel, and rows, up to each of some times.

    Parameters
    ----------
    times : Tensor of shape (batch, n_rows)
        Increasing; padding repeats the last.
    observed : Tensor of shape (batch, n_rows, channels)
        bool; False in padding.
    ends : Tensor of shape (batch, n_ends)

    Returns
    -------
    Tensor of shape (batch, n_ends, n_counted)
        float64. A count of each channel, and then of rows if there are several.
    """
    if observed.shape[2] > 1:
        observed = torch.cat([observed, observed.any(2, keepdim=True)], dim=2)
    counts = torch.nn.functional.pad(observed.double().cumsum(1), (0, 0, 1, 0))
    place = torch.searchsorted(times, ends.contiguous(), right=True)
    return counts.gather(1, place.unsqueeze(2).expand(-1, -1, counts.shape[2]))


def counted_names(channels: tuple[str, ...]) -> list[str]:
    """Name what is counted of named channels."""
    names = [f"count of {channel}" for channel in channels]
    return [*names, "number of rows"][: len(channels) + (len(channels) > 1)]

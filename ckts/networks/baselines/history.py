"""What was last known of each channel: its value, and how long ago."""

import torch
from torch import Tensor


def fill_forward(values: Tensor, observed: Tensor) -> Tensor:
    """Repeat the last value of each channel until the next one; 0 before the first.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Values, 0 where nothing is observed.
    observed : Tensor of shape (batch, time, channels)
        Which values exist, boolean.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    rows = torch.arange(values.shape[1], device=values.device).unsqueeze(1)
    last = torch.where(observed, rows, 0).cummax(1).values
    return values.gather(1, last)


def time_since_last(times: Tensor, observed: Tensor) -> Tensor:
    """Compute the time since each channel was observed at a row before.

    These are the intervals δ of Che et al. (2018): they run on where a channel is
    missing, and start with the first row for one that was never observed.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing time stamps.
    observed : Tensor of shape (batch, time, channels)
        Which values exist, boolean.

    Returns
    -------
    Tensor of shape (batch, time, channels)
        In the unit and the type of `times`.
    """
    times = times.unsqueeze(2)
    first = times[:, :1].expand(-1, -1, observed.shape[2])
    # Stamps do not decrease: the latest one is the largest.
    last = torch.where(observed, times, first).cummax(1).values
    return times - torch.cat([first, last[:, :-1]], 1)

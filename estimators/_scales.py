"""Scales of values: bounded, of a series itself, and of what came before."""

import torch
from torch import Tensor

# Values beyond the first of these numbers of standard deviations tend to the second:
# one odd value of a series neither decides its own scale nor its lines.
LINEAR, FARTHEST = 3.0, 5.0
# The scale of a series is that of all series as if it had this many values of those.
PRIOR_COUNT = 2.0
# So many, where how many there are must not be told.
USUAL_COUNT = 20


def bound(values: Tensor) -> Tensor:
    """Let extreme values tend to a bound, and keep their order."""
    size, room = values.abs().clamp_min(LINEAR), FARTHEST - LINEAR
    far = LINEAR + room * torch.tanh((size - LINEAR) / room)
    return torch.where(values.abs() > LINEAR, values.sign() * far, values)


def own_scale(values: Tensor, observed: Tensor, *, counted: bool = True) -> Tensor:
    """Standardize each channel of each series by its own mean and deviation.

    The common deviation, 1, counts as `PRIOR_COUNT` further values: a constant series
    stays constant, instead of becoming rounding noise of deviation 1.

    Parameters
    ----------
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.
    counted : bool
        Whether few values are shrunk more than many; else all are as if they were 20.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
    """
    count = observed.sum(1, keepdim=True)
    known = torch.where(observed, values, 0.0)
    mean = known.sum(1, keepdim=True) / count.clamp_min(1)
    shifted = torch.where(observed, values - mean, 0.0)
    squares = shifted.square().sum(1, keepdim=True)
    if not counted:
        squares = squares / count.clamp_min(1) * USUAL_COUNT
        count = torch.full_like(count, USUAL_COUNT)
    deviation = ((squares + PRIOR_COUNT) / (count + PRIOR_COUNT)).sqrt()
    return shifted / deviation


def expanding_scale(values: Tensor, observed: Tensor) -> Tensor:
    """Standardize each value by mean and deviation of the channel up to then.

    The deviation is shrunk as in :func:`own_scale`.

    Parameters
    ----------
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
    """
    count = observed.cumsum(1)
    known = torch.where(observed, values, 0.0)
    mean = known.cumsum(1) / count.clamp_min(1)
    # values are at most 5: their squares lose no digit that matters
    squares = (known.square().cumsum(1) - count * mean.square()).clamp_min(0.0)
    deviation = ((squares + PRIOR_COUNT) / (count + PRIOR_COUNT)).sqrt()
    return torch.where(observed, (values - mean) / deviation, 0.0)

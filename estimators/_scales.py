"""Scales of values: bounded, of a series itself, and of what came before."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ckts.estimators._batches import PanelDataset
from ckts.estimators._statistics import weighted_quantiles

# Values beyond this many standard deviations grow logarithmically.
LINEAR = 10.0
# Values beyond what all but a few of fit reach, and beyond so many deviations, tend to
# two deviations more: one odd value decides neither scale nor lines of a series.
FEW, LEAST, ROOM = 0.005, 3.0, 2.0
# The scale of a series is that of all series as if it had this many values of those.
PRIOR_COUNT = 2.0
# So many, where how many there are must not be told.
USUAL_COUNT = 20


def learn_limits(dataset: PanelDataset, weight: np.ndarray) -> tuple[float, ...]:
    """Learn how far nearly all values of each channel are from its center.

    Parameters
    ----------
    dataset : PanelDataset
        Standardized training series.
    weight : ndarray of shape (n_series,)

    Returns
    -------
    tuple of float
        One of each channel, in bounded deviations; at least `LEAST`.
    """
    weights, limits = np.repeat(weight, dataset.lengths), []
    for rows, values in dataset.observations.columns():
        sizes = np.abs(np.asarray(values, np.float64))
        far = [0.0]
        if len(rows):
            far = weighted_quantiles(sizes, weights[rows], [1 - FEW])
        limits.append(
            max(LEAST, float(_slow_down(torch.tensor(far, dtype=torch.float64))))
        )
    return tuple(limits)


def bound(values: Tensor, limits: tuple[float, ...]) -> Tensor:
    """Let extreme values tend to a bound of their channel, and keep their order.

    Parameters
    ----------
    values : Tensor of shape (batch, n_rows, channels)
        float64, standardized.
    limits : tuple of float
        See :func:`learn_limits`.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
    """
    size, limit = _slow_down(values.abs()), values.new_tensor(limits)
    far = limit + ROOM * torch.tanh((size - limit).clamp_min(0.0) / ROOM)
    return torch.where(size > limit, far, size) * values.sign()


def _slow_down(sizes: Tensor) -> Tensor:
    """Let large numbers grow as slowly as the logarithm."""
    far = LINEAR * (1 + torch.log(sizes.clamp_min(LINEAR) / LINEAR))
    return torch.where(sizes > LINEAR, far, sizes)


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
    # values are at most about 80: their squares lose no digit that matters
    squares = (known.square().cumsum(1) - count * mean.square()).clamp_min(0.0)
    deviation = ((squares + PRIOR_COUNT) / (count + PRIOR_COUNT)).sqrt()
    return torch.where(observed, (values - mean) / deviation, 0.0)

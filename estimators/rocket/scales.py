"""Bounded values: no odd one decides a scale."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.statistics import weighted_quantiles

# Values beyond this many standard deviations grow logarithmically.
LINEAR = 10.0
# Values beyond what all but a few of fit reach, and beyond so many deviations, tend to
# two deviations more: one odd value decides neither scale nor lines of a series.
FEW, LEAST, ROOM = 0.005, 3.0, 2.0


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

"""What another sampling rate does to kernels: Eq. 5, and Appendices E.2 and E.3."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor

Features = Callable[[Tensor], Tensor]
# Deviation of the Gaussian of Appendix E.3.
SIGMA = 0.5
# Taps on each side: those of the published filter beyond are below 1e-31, and more of a
# wide one tell nothing new. Two rows of one moment would need millions.
MOST_TAPS = {"published": 6, "wide": 64}


class Rate(NamedTuple):
    """How kernels are sampled for the series of a batch.

    Attributes
    ----------
    shift, stretch : Tensor of shape ()
        Lags are multiplied by the one, and the other is added: where the published
        code, or a naive one, sees them (E.2).
    factor : Tensor of shape ()
        Of all weights (Eq. 5).
    ratios : tuple of pairs
        Series, boolean of shape (batch, 1, 1), and how many of their steps are one of
        the training data: kernels are blurred for series of 2 or more (E.3). Each
        series is in one of the pairs.
    """

    shift: Tensor
    stretch: Tensor
    factor: Tensor
    ratios: tuple[tuple[Tensor, int], ...]


def find_rate(
    times: Tensor, *, step: float, horizon: float, anchor: str, factor: bool, blur: str
) -> Rate | None:
    """Compare the stamps of a batch with those of the training data.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Time stamps; padding repeats the last.
    step, horizon : float
        Of the training data, same unit.
    anchor, factor, blur
        See :class:`PaperCKCNN`.

    Returns
    -------
    Rate or None
        None where kernels are as in the training, and weights those of a quadrature.
    """
    ratios = count_ratios(times, step) if blur != "none" else ()
    if anchor == "present" and all(ratio == 1 for _, ratio in ratios):
        return None
    one = torch.ones((), dtype=times.dtype, device=times.device)
    if not ratios:
        ratios = ((torch.ones(1, 1, 1, dtype=torch.bool, device=times.device), 1),)
    if anchor == "present":
        return Rate(0 * one, one, one, ratios)
    span = (times[:, -1] - times[:, 0]).amax()
    weight = span / (max(times.shape[1] - 1, 1) * step) if factor else one
    if anchor == "past":
        return Rate(horizon - span, one, weight, ratios)
    stretch = torch.where(span > 0, horizon / span, one)
    return Rate(0 * one, stretch, weight, ratios)


def count_ratios(times: Tensor, step: float) -> tuple[tuple[Tensor, int], ...]:
    """Count the steps of each series in one of the training data, rounded as published.

    A step is the mean gap between different stamps. The counts are read from the
    device, which synchronizes.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Time stamps; padding repeats the last.
    step : float
        That of the training data.

    Returns
    -------
    tuple of pairs
        As `ratios` of :class:`Rate`; a coarser series has 1.
    """
    n_gaps = (times.diff(dim=1) > 0).sum(1)
    span = times[:, -1] - times[:, 0]
    ratios = torch.where(span > 0, n_gaps * step / span, 1.0).round().clamp(min=1)
    return tuple(
        ((ratios == ratio).view(-1, 1, 1), int(ratio))
        for ratio in ratios.unique().tolist()
    )


def resample(
    features: Features,
    rate: Rate,
    ratio: int,
    *,
    step: float,
    horizon: float,
    blur: str,
) -> Features:
    """Return features as a series of another rate needs them.

    Parameters
    ----------
    features : callable
        Maps lags of shape (...) to (..., n_features).
    rate : Rate
    ratio : int
        Steps of the series in one of the training data.
    step, horizon : float
        Of the training data.
    blur : {"none", "published", "wide"}
        See :class:`PaperCKCNN`.

    Returns
    -------
    callable
    """

    def moved(lags: Tensor) -> Tensor:
        found = features(lags * rate.stretch + rate.shift)
        return found * rate.factor.to(found.dtype)

    if blur == "none" or ratio == 1:
        return moved
    gap, last = step / ratio, (horizon - rate.shift) / rate.stretch

    def blurred(lags: Tensor) -> Tensor:
        near = [(lags + tap * gap, weight) for tap, weight in gaussian(ratio, blur)]
        if blur == "wide":  # what would be the future is as the present
            return sum_up(weight * moved(lag.clamp(min=0)) for lag, weight in near)
        total = sum_up(weight * moved(lag) for lag, weight in near)
        # As in the published code, samples with too few neighbors stay as they are;
        # half a step of a series keeps rounding from deciding.
        inner = step - gap / 2
        whole = (lags > inner) & (lags < last - inner)
        return torch.where(whole.unsqueeze(-1), total, moved(lags))

    return blurred


def sum_up(parts: Iterable[Tensor]) -> Tensor:
    """Sum tensors one by one: there may be many."""
    return reduce(torch.add, parts)


def gaussian(ratio: int, blur: str) -> list[tuple[float, float]]:
    """Return the taps of the filter, in steps of the series, and their weights.

    Parameters
    ----------
    ratio : int
        Steps of the series in one of the training data: there are ``2 ratio + 1`` taps,
        but at most 13, or 129 equally spaced ones of the second filter.
    blur : {"published", "wide"}
        The first is the density of a Gaussian of a deviation of half a step *of the
        series*, at the taps, as printed; its sum is 1.014. The deviation of the second
        is half a step of the *training data*, and its sum is 1.
    """
    count = min(ratio, MOST_TAPS[blur])
    spacing = ratio / count if blur == "wide" else 1
    taps = [spacing * number for number in range(-count, count + 1)]
    width = SIGMA * (ratio if blur == "wide" else 1)
    weights = [math.exp(-((tap / width) ** 2) / 2) for tap in taps]
    total = sum(weights) if blur == "wide" else width * math.sqrt(2 * math.pi)
    return [(tap, weight / total) for tap, weight in zip(taps, weights, strict=True)]

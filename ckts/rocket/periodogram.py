"""Periodograms of irregular series: convolution with waves that last for the span."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Points of the grid on each side of an observation: its sums are right to six digits.
REACH = 6
# Ratio of the points of the grid to the frequencies that are asked for.
OVERSAMPLING = 2
# A wave of which less than this varies at the stamps explains nothing.
LEAST_SIZE = 1e-4
# Of the squares of a design matrix: what keeps its products invertible.
RIDGE = 1e-9


def wave_sums(phases: Tensor, values: Tensor, n: int) -> Tensor:
    r"""Sum values times waves, by a nonuniform fast Fourier transform.

    .. math:: F_k = \sum_j v_j e^{2 \pi i k x_j}, \quad k = 0, \dots, n - 1.

    Each value is spread as a Gaussian over twelve points of a grid, which the fast
    Fourier transform takes to its frequencies (Greengard and Lee, 2004).

    Parameters
    ----------
    phases : Tensor of shape (batch, n_rows)
        float64, in [0, 1].
    values : Tensor of shape (batch, n_rows)
    n : int
        Number of frequencies.

    Returns
    -------
    Tensor of shape (batch, n)
        complex128, right to about 1e-6 of the sum of the sizes of the values.
    """
    n_points = 2 * OVERSAMPLING * n
    width = math.pi * REACH / (4 * n * n * OVERSAMPLING * (OVERSAMPLING - 0.5))
    place = phases * n_points
    below = place.floor()
    offsets = torch.arange(1 - REACH, REACH + 1, device=phases.device)
    distance = (offsets - (place - below).unsqueeze(2)) * (2 * math.pi / n_points)
    spread = values.unsqueeze(2) * torch.exp(-distance.square() / (4 * width))
    point = (below.long().unsqueeze(2) + offsets) % n_points
    grid = values.new_zeros(len(values), n_points)
    grid.scatter_add_(1, point.flatten(1), spread.flatten(1))
    k = torch.arange(n, device=phases.device, dtype=torch.float64)
    sharpen = math.sqrt(math.pi / width) * torch.exp(width * k.square()) / n_points
    return torch.fft.rfft(grid)[:, :n].conj() * sharpen


def power_spectrum(phases: Tensor, values: Tensor, observed: Tensor, n: int) -> Tensor:
    """Tell which share of the variance waves of each frequency explain.

    It is the generalized Lomb-Scargle periodogram, whose waves have a free mean
    (Zechmeister and Kuerster, 2009).

    Parameters
    ----------
    phases : Tensor of shape (batch, n_rows)
        Time in periods of the lowest frequency, float64 in [0, 1].
    values : Tensor of shape (batch, n_rows)
        float64.
    observed : Tensor of shape (batch, n_rows)
        bool; at least one is True.
    n : int
        Number of frequencies, the multiples from 0 of the lowest one.

    Returns
    -------
    Tensor of shape (batch, n)
        Between 0 and 1; 0 at frequency 0, and where the values do not vary.
    """
    share = observed.double()
    share /= share.sum(1, keepdim=True)
    mean = (share * values).sum(1, keepdim=True)
    centered = torch.where(observed, values - mean, 0.0)
    variance = (share * centered.square()).sum(1, keepdim=True)
    signal = wave_sums(phases, share * centered, n)
    window = wave_sums(phases, share, 2 * n)
    cosine, sine, double = window[:, :n].real, window[:, :n].imag, window[:, ::2]
    of_cosine = (1 + double.real) / 2 - cosine.square()
    of_sine = (1 - double.real) / 2 - sine.square()
    mixed = double.imag / 2 - cosine * sine
    # moved in time, cosine and sine are independent, and each explains its part
    turn = torch.polar(
        torch.ones_like(mixed), torch.atan2(2 * mixed, of_cosine - of_sine) / 2
    )
    middle = (of_cosine + of_sine) / 2
    apart = torch.hypot((of_cosine - of_sine) / 2, mixed)
    moved = signal * turn.conj()
    parts = (moved.real, middle + apart), (moved.imag, middle - apart)
    power = sum(
        torch.where(size > LEAST_SIZE, part.square() / size.clamp_min(LEAST_SIZE), 0.0)
        for part, size in parts
    )
    varies = variance > 0
    power = torch.where(varies, power / torch.where(varies, variance, 1.0), 0.0)
    power[:, 0] = 0.0
    return power.clamp(0.0, 1.0)


def fit_harmonics(
    phases: Tensor, values: Tensor, observed: Tensor, n_harmonics: int
) -> tuple[Tensor, Tensor]:
    """Fit a mean, a wave and its harmonics by least squares.

    Parameters
    ----------
    phases : Tensor of shape (batch, n_rows)
        Time in periods of the wave, float64.
    values : Tensor of shape (batch, n_rows)
        float64.
    observed : Tensor of shape (batch, n_rows)
        bool.
    n_harmonics : int
        With the wave itself.

    Returns
    -------
    amplitudes : Tensor of shape (batch, n_harmonics)
        complex128: its size, and its angle at time 0.
    explained : Tensor of shape (batch,)
        The share of the variance, between 0 and 1.
    """
    order = torch.arange(1, n_harmonics + 1, device=phases.device)
    angles = 2 * math.pi * (phases.unsqueeze(2) * order)
    columns = torch.cat(
        [torch.ones_like(angles[..., :1]), angles.cos(), angles.sin()], 2
    )
    columns = torch.where(observed.unsqueeze(2), columns, 0.0)
    count = observed.double().sum(1).clamp_min(1.0)
    known = torch.where(observed, values, 0.0)
    mean = known.sum(1, keepdim=True) / count.unsqueeze(1)
    centered = torch.where(observed, values - mean, 0.0)
    products = columns.mT @ columns
    ridge = RIDGE * count.view(-1, 1, 1) * torch.eye(products.shape[1]).to(products)
    right = columns.mT @ centered.unsqueeze(2)
    found = torch.linalg.solve(products + ridge, right)
    rest = (centered - (columns @ found).squeeze(2)).square().sum(1)
    total = centered.square().sum(1)
    share = torch.where(total > 0, 1 - rest / torch.where(total > 0, total, 1.0), 0.0)
    cosine, sine = found[:, 1:, 0].tensor_split(2, dim=1)
    return torch.complex(cosine, -sine), share.clamp(0.0, 1.0)

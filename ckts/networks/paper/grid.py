"""The regular grid of the published networks, and dense convolutions on it."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ckts.networks.paper.options import check_grid


class Grid(NamedTuple):
    """Series on a regular grid.

    Attributes
    ----------
    values : Tensor of shape (batch, length, channels)
        0 where nothing is observed.
    observed : Tensor of shape (batch, length, channels)
    last : Tensor of shape (batch,)
        Where the last row of each series lies; 0 of one without any.
    """

    values: Tensor
    observed: Tensor
    last: Tensor


def place_on_grid(
    values: Tensor,
    times: Tensor,
    observed: Tensor,
    *,
    step: float,
    length: int,
    repeat_last: bool = False,
    lead: Tensor | None = None,
) -> Grid:
    """Move each row to the next point of a grid; several of one point are averaged.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Values; those where nothing is observed are ignored.
    times : Tensor of shape (batch, time)
        Time stamps; the first of each series is the first point, but for `lead`.
    observed : Tensor of shape (batch, time, channels)
        Which values exist, boolean.
    step : float
        Distance of two points, same unit as `times`.
    length : int
        Number of points, at least; a longer series makes the grid longer.
    repeat_last : bool, default=False
        Whether the last row is repeated up to the end of the grid, as the published
        preprocessing of CharacterTrajectories does.
    lead : Tensor of shape (batch,), optional
        Time from the first point to the first row.

    Returns
    -------
    Grid
    """
    begun = times[:, :1] if lead is None else times[:, :1] - lead.unsqueeze(1)
    index = torch.round((times - begun) / step).long()
    seen = observed.any(2)
    last = torch.where(seen, index, 0).amax(1)
    n_points = max(length, int(last.max()) + 1)
    check_grid(n_points)
    rows = index.clamp(max=n_points - 1).unsqueeze(2).expand_as(values)
    empty = values.new_zeros(len(values), n_points, values.shape[2])
    counts = empty.scatter_add(1, rows, observed.to(values.dtype))
    sums = empty.scatter_add(1, rows, torch.where(observed, values, 0))
    placed, known = sums / counts.clamp(min=1), counts > 0
    if repeat_last:
        points = torch.arange(n_points, device=values.device)
        points = torch.minimum(points, last.unsqueeze(1))
        points = points.unsqueeze(2).expand_as(placed)
        placed, known = placed.gather(1, points), known.gather(1, points)
    return Grid(placed, known, last)


def convolve_dense(values: Tensor, kernel: Tensor, *, warped: bool = False) -> Tensor:
    """Convolve with a sampled kernel, ``y[t] = sum_l kernel[l] @ x[t - l]``, by FFT.

    Parameters
    ----------
    values : Tensor of shape (batch, time, in_channels)
        0 outside.
    kernel : Tensor of shape (time, out_channels, in_channels)
        From lag 0 on.
    warped : bool, default=False
        Whether to repeat the fault of the published code, which pads to an odd length
        and leaves the inverse transform to guess an even one: of ``2 time - 1`` points
        of the result there are ``2 time - 2``, stretched over the same span. Its
        outputs look ahead.

    Returns
    -------
    Tensor of shape (batch, time, out_channels)
    """
    length = values.shape[1]
    n_fft = 2 * length - 1 if warped else 2 * length
    signal = torch.fft.rfft(values, n_fft, dim=1)
    spectrum = torch.fft.rfft(kernel, n_fft, dim=0)
    product = torch.einsum("bfi,foi->bfo", signal, spectrum)
    n_back = n_fft - 1 if warped else n_fft
    return torch.fft.irfft(product, n_back, dim=1)[:, :length]


def convolve_odd(
    values: Tensor, kernel: Tensor, length: int, rows: Tensor | None
) -> Tensor:
    """Convolve with the fault of the published code, as if each series were alone.

    Parameters
    ----------
    values : Tensor of shape (batch, time, in_channels)
    kernel : Tensor of shape (time, out_channels, in_channels)
    length : int
        Points of the training data, an odd number. The published code has no longer
        series: here their convolution is exact.
    rows : Tensor of shape (batch, time, 1) or None
        Which points are no padding, if there are more of them.

    Returns
    -------
    Tensor of shape (batch, time, out_channels)
    """
    if rows is None:
        return convolve_dense(values, kernel, warped=values.shape[1] == length)
    warped = convolve_dense(values[:, :length], kernel[:length], warped=True)
    warped = nn.functional.pad(warped, (0, 0, 0, values.shape[1] - length))
    longer = rows[:, length:].any(1, keepdim=True)
    return torch.where(longer, convolve_dense(values, kernel), warped)

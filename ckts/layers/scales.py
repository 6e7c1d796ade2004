"""Values in the scale of their own series, or of what came before."""

import torch
from torch import Tensor

# The scale of a series is that of all series as if it had this many values of those.
PRIOR_COUNT = 2.0
# So many, where how many there are must not be told.
USUAL_COUNT = 20


def own_scale(
    values: Tensor, observed: Tensor, *, common: float = 1.0, counted: bool = True
) -> Tensor:
    """Standardize each channel of each series by its own mean and deviation.

    A common deviation counts as `PRIOR_COUNT` further values: a constant series stays
    constant, instead of becoming rounding noise of deviation 1.

    Parameters
    ----------
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.
    common : float, default=1.0
        The common deviation.
    counted : bool, default=True
        Whether few values are shrunk more than many; else all are as if they were 20.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
        0 where nothing is observed.
    """
    known = torch.where(observed, values, 0).double()
    count = observed.sum(1, keepdim=True)
    mean = known.sum(1, keepdim=True) / count.clamp_min(1)
    shifted = torch.where(observed, known - mean, 0.0)
    squares = shifted.square().sum(1, keepdim=True)
    if not counted:
        squares = squares / count.clamp_min(1) * USUAL_COUNT
        count = torch.full_like(count, USUAL_COUNT)
    return (shifted / _deviation(squares, count, common)).to(values.dtype)


def expanding_scale(
    values: Tensor,
    observed: Tensor,
    *,
    common: float = 1.0,
    last: Tensor | None = None,
) -> Tensor:
    """Standardize each value by mean and deviation of the channel up to then.

    The deviation is shrunk as in :func:`own_scale`.

    Parameters
    ----------
    values : Tensor of shape (batch, n_rows, channels)
    observed : Tensor of shape (batch, n_rows, channels)
        bool.
    common : float, default=1.0
        The common deviation.
    last : Tensor of shape (batch, n_rows), optional
        The last row with the stamp of each row, int64. By default each row has a stamp
        of its own.

    Returns
    -------
    Tensor of shape (batch, n_rows, channels)
        0 where nothing is observed.
    """
    known = torch.where(observed, values, 0).double()
    # values are at most 10,000: their squares lose no digit that matters in float64
    sums = observed.double(), known, known.square()
    if last is None:
        count, total, squares = (part.cumsum(1) for part in sums)
    else:
        rows = last.unsqueeze(-1).expand_as(values)
        count, total, squares = (part.cumsum(1).gather(1, rows) for part in sums)
    mean = total / count.clamp_min(1)
    around = (squares - count * mean.square()).clamp_min(0.0)
    scaled = (known - mean) / _deviation(around, count, common)
    return torch.where(observed, scaled, 0.0).to(values.dtype)


def _deviation(squares: Tensor, count: Tensor, common: float) -> Tensor:
    """Return the deviation of values, of summed squares, and of further ones."""
    return ((squares + PRIOR_COUNT * common**2) / (count + PRIOR_COUNT)).sqrt()

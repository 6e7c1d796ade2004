"""From features over time to equal parts of the span of each series."""

import torch
from torch import Tensor, nn

from ckts.convolution.quadrature.neighbors import Neighbors


class RelativeBins(nn.Module):
    """Time-weighted means over equal parts of the span of each series.

    Bins are on the relative clock: the share of the own span. Every row stands for the
    time that is nearer to its stamp than to others, of which rows of one stamp have
    equal parts. So neither the rate nor a burst decides a mean, and series of all
    lengths come to the same regular grid.

    Parameters
    ----------
    n_bins : int
        Number of bins.
    """

    def __init__(self, n_bins: int) -> None:
        super().__init__()
        self.n_bins = n_bins

    def forward(
        self, values: Tensor, times: Tensor, seen: Tensor, neighbors: Neighbors
    ) -> Tensor:
        """Reduce over time.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
            Features; padding may hold anything finite.
        times : Tensor of shape (batch, time)
            Non-decreasing time stamps, float64.
        seen : Tensor of shape (batch, time)
            The rows that count, boolean.
        neighbors : Neighbors of shape (batch, time, 1)
            Those of these rows.

        Returns
        -------
        Tensor of shape (batch, n_bins, channels)
            Of a series of a single stamp its mean, of one without any row 0.
        """
        weights = self.weights(times, seen, neighbors, values.dtype)
        return self.reduce(values, weights)

    def weights(
        self, times: Tensor, seen: Tensor, neighbors: Neighbors, dtype: torch.dtype
    ) -> Tensor:
        """Weights of the rows in each bin, for values of a type.

        Parameters
        ----------
        times, seen, neighbors
            As in :meth:`forward`.
        dtype : torch.dtype
            That of the values; the weights are at least float32: half precision cannot
            tell the ends of short rows apart.

        Returns
        -------
        Tensor of shape (batch, n_bins, time)
        """
        dtype = torch.promote_types(dtype, torch.float32)
        return bin_weights(times, seen, neighbors, self.n_bins, dtype)

    @staticmethod
    def reduce(values: Tensor, weights: Tensor) -> Tensor:
        """Reduce (batch, time, channels) by :meth:`weights`, also under autocast."""
        with torch.autocast(values.device.type, enabled=False):
            return (weights @ values.to(weights.dtype)).to(values.dtype)

    def extra_repr(self) -> str:
        """Describe the layer in ``print(network)``."""
        return f"{self.n_bins}"


def bin_weights(
    times: Tensor,
    seen: Tensor,
    neighbors: Neighbors,
    n_bins: int,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    """Weights of the rows in each bin of :class:`RelativeBins`.

    Parameters
    ----------
    times, seen : Tensor of shape (batch, time)
    neighbors : Neighbors of shape (batch, time, 1)
    n_bins : int
    dtype : torch.dtype, default=torch.float64
        That of the result.

    Returns
    -------
    Tensor of shape (batch, n_bins, time)
        Their sum is 1 in each bin, or 0 in a series without a row.
    """
    first = torch.where(seen, times, torch.inf).amin(1, keepdim=True)
    span = torch.where(seen, times, -torch.inf).amax(1, keepdim=True) - first
    several = span > 0  # else, also of no row, where it is -inf, there is one bin
    width = torch.where(several, span, 1.0)
    first = torch.where(several, first, 0.0)
    sides = neighbors.previous, neighbors.following
    before, after = (side[..., 0].nan_to_num(posinf=0.0) / 2 for side in sides)
    starts = ((times - before - first) / width).to(dtype).unsqueeze(1)
    ends = ((times + after - first) / width).to(dtype).unsqueeze(1)
    edges = torch.linspace(0, 1, n_bins + 1, dtype=dtype, device=times.device)
    low, high = edges[:-1, None], edges[1:, None]
    overlaps = (torch.minimum(ends, high) - torch.maximum(starts, low)).clamp_min(0)
    overlaps = torch.where(several.unsqueeze(1), overlaps, 1.0)
    parts = seen / neighbors.ties[..., 0].clamp_min(1)
    weights = overlaps * parts.to(dtype).unsqueeze(1)
    total = weights.sum(2, keepdim=True)
    return weights / torch.where(total > 0, total, 1)

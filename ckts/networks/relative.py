"""Blocks on the relative clock, the share of the own span of a series."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from ckts.convolution.quadrature.neighbors import Neighbors
from ckts.layers import GatedBlock, Plan, RelativeBins, TimePool


class Rows(NamedTuple):
    """A hidden layer at the rows of a batch, and what is known of these.

    Attributes
    ----------
    hidden : Tensor of shape (batch, time, channels)
    plan : Plan
        For layers over the rows.
    times : Tensor of shape (batch, time)
    seen : Tensor of shape (batch, time, 1)
        Whether any channel was observed.
    neighbors : Neighbors of shape (batch, time, 1)
        Those of the rows.
    """

    hidden: Tensor
    plan: Plan
    times: Tensor
    seen: Tensor
    neighbors: Neighbors


class RelativeBlocks(nn.Module):
    """Blocks over bins of the relative clock, and a pooling of them.

    Parameters
    ----------
    channels : int
        Number of channels.
    n_bins : int
        Number of bins.
    blocks : sequence of callable
        Each makes a block from its horizon and its time step, those of bins.
    """

    def __init__(
        self, channels: int, n_bins: int, blocks: Sequence[Callable[..., GatedBlock]]
    ) -> None:
        super().__init__()
        self.bins = RelativeBins(n_bins)
        unit = {"horizon": 1.0, "time_step": 1 / n_bins}
        self.blocks = nn.ModuleList(make(**unit) for make in blocks)
        self.norm = nn.LayerNorm(channels)
        self.pool = TimePool()

    def forward(self, rows: Rows, generator: torch.Generator | None = None) -> Tensor:
        """Reduce the hidden layer at rows to (batch, 2 * channels)."""
        seen = rows.seen[..., 0]
        hidden = self.bins(rows.hidden, rows.times, seen, rows.neighbors)
        conv = cast(GatedBlock, self.blocks[0]).conv
        n_series, n_bins, _ = hidden.shape
        times = torch.arange(n_bins, dtype=torch.float64) / n_bins
        times = times.repeat(n_series, 1)
        geometry = conv.geometry(times).to(hidden.device)
        plan = conv.plan(geometry.times, geometry=geometry)
        for block in self.blocks:
            hidden = block(hidden, plan, generator)
        weights = seen.any(1)[:, None, None].expand(-1, n_bins, 1)
        return self.pool(self.norm(hidden), weights)

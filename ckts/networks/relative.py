"""Blocks on the relative clock, the share of the own span of a series."""

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ckts.convolution.plan import regular_geometry
from ckts.layers import GatedBlock, RelativeBins, TimePool
from ckts.networks.sampled import Bins, Seen


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

    def sample(self, seen: Seen, dtype: torch.dtype) -> Bins:
        """Place the bins of a batch; `dtype` is that of the hidden layer."""
        rows, n_bins = seen.rows[..., 0], self.bins.n_bins
        weights = self.bins.weights(seen.times, rows, seen.neighbors, dtype)
        geometry = regular_geometry(
            len(rows), n_bins, 1 / n_bins, horizon=1.0, device=rows.device
        )
        plan = cast(GatedBlock, self.blocks[0]).conv.plan(
            geometry.times, geometry=geometry
        )
        return Bins(weights, rows.any(1)[:, None, None].expand(-1, n_bins, 1), plan)

    def forward(
        self, hidden: Tensor, bins: Bins, generator: torch.Generator | None = None
    ) -> Tensor:
        """Reduce the hidden layer at rows to (batch, 2 * channels)."""
        hidden = self.bins.reduce(hidden, bins.weights)
        for block in self.blocks:
            hidden = block(hidden, bins.plan, generator)
        return self.pool(self.norm(hidden), bins.used)

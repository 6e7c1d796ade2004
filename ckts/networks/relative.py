"""Blocks on the relative clock, the share of the own span of a series."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import cast

import torch
from torch import Tensor, nn

from ckts.convolution.plan import Plan, make_plan, regular_geometry
from ckts.layers import GatedBlock, RelativeBins, TimePool
from ckts.networks.sampled import Bins, Seen
from ckts.transforms import is_transformed

# Plans of batches with more bins than this, all series together, are made anew.
MOST_KEPT = 2**14


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
        conv = cast(GatedBlock, self.blocks[0]).conv
        kept = rows.shape[0] * n_bins <= MOST_KEPT and not is_transformed()
        make = _kept_plan if kept else _make_plan
        plan = make(len(rows), n_bins, conv.quadrature, conv.causal, rows.device)
        return Bins(weights, rows.any(1)[:, None, None].expand(-1, n_bins, 1), plan)

    def forward(
        self, hidden: Tensor, bins: Bins, generator: torch.Generator | None = None
    ) -> Tensor:
        """Reduce the hidden layer at rows to (batch, 2 * channels)."""
        hidden = self.bins.reduce(hidden, bins.weights)
        for block in self.blocks:
            hidden = block(hidden, bins.plan, generator)
        return self.pool(self.norm(hidden), bins.used)


def _make_plan(
    n_series: int, n_bins: int, quadrature: str, causal: bool, device: torch.device
) -> Plan:
    """Make the plan of series that all have the same bins."""
    unit = 1 / n_bins
    geometry = regular_geometry(n_series, n_bins, unit, horizon=1.0, device=device)
    return make_plan(
        geometry.times,
        causal=causal,
        quadrature=quadrature,
        time_step=unit,
        max_gap=1.0,
        geometry=geometry,
    )


@lru_cache(maxsize=64)
def _kept_plan(
    n_series: int, n_bins: int, quadrature: str, causal: bool, device: torch.device
) -> Plan:
    """Keep what all batches of a size have: it took a twentieth of a small step."""
    # It may be asked for in inference first, and then in training.
    with torch.inference_mode(False):
        return _make_plan(n_series, n_bins, quadrature, causal, device)

"""A gated recurrent unit that is told the gaps between its rows."""

import torch
from torch import Tensor, nn

from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.chrono import AbstractTimedGated, keep_in_gru


class GRUdt(AbstractTimedGated):
    """GRU over values, masks and the gap since the row before: GRU-Δt.

    The simple rival of Che et al. (2018, "GRU-Simple") and of Kidger et al. (2020,
    "GRU-Δt"). Gaps are in units of the typical one.

    Parameters are those of :class:`ckts.networks.baselines.chrono.AbstractTimedGated`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layer."""
        self.gru = nn.GRU(2 * in_channels + 1, hidden_channels, batch_first=True)

    def keep(self, memories: Tensor) -> None:
        """Set the bias of the update gate."""
        keep_in_gru(self.gru, memories)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden states."""
        gaps = self.cap(rows.gaps).unsqueeze(2)
        return self.gru(torch.cat([rows.inputs, gaps], 2))[0]

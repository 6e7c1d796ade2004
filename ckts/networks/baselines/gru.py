"""The gated recurrent unit, which counts steps and knows no time."""

from torch import Tensor, nn

from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.chrono import AbstractGated, keep_in_gru


class GRU(AbstractGated):
    """Gated recurrent unit of torch, over values and masks (Cho et al., 2014).

    Parameters are those of :class:`ckts.networks.baselines.chrono.AbstractGated`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layer."""
        self.gru = nn.GRU(2 * in_channels, hidden_channels, batch_first=True)

    def keep(self, memories: Tensor) -> None:
        """Set the bias of the update gate."""
        keep_in_gru(self.gru, memories)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden states."""
        return self.gru(rows.inputs)[0]

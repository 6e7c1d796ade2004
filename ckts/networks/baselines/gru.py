"""The gated recurrent unit, which counts steps and knows no time."""

from torch import Tensor, nn

from ckts.networks.baselines.base import AbstractBaseline, RowBatch


class GRU(AbstractBaseline):
    """Gated recurrent unit of torch, over values and masks (Cho et al., 2014).

    Parameters are those of :class:`AbstractBaseline`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layer."""
        self.gru = nn.GRU(2 * in_channels, hidden_channels, batch_first=True)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden states."""
        return self.gru(rows.inputs)[0]

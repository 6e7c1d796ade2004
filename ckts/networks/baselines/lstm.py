"""Long short-term memory, which counts steps and knows no time."""

from torch import Tensor, nn

from ckts.networks.baselines.base import AbstractBaseline, RowBatch


class LSTM(AbstractBaseline):
    """Long short-term memory of torch, over values and masks.

    Hochreiter and Schmidhuber (1997), "Long short-term memory", with the forget gate of
    Gers et al. (2000).

    Parameters are those of :class:`AbstractBaseline`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layer."""
        self.lstm = nn.LSTM(2 * in_channels, hidden_channels, batch_first=True)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden states."""
        return self.lstm(rows.inputs)[0]

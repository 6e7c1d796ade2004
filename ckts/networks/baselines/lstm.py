"""Long short-term memory, which counts steps and knows no time."""

import torch
from torch import Tensor, nn

from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.chrono import AbstractGated


class LSTM(AbstractGated):
    """Long short-term memory of torch, over values and masks.

    Hochreiter and Schmidhuber (1997), "Long short-term memory", with the forget gate of
    Gers et al. (2000).

    Parameters are those of :class:`ckts.networks.baselines.chrono.AbstractGated`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layer."""
        self.lstm = nn.LSTM(2 * in_channels, hidden_channels, batch_first=True)

    def keep(self, memories: Tensor) -> None:
        """Set the biases of the forget gate, and of the input gate."""
        both = torch.cat([-memories, memories])
        for name, values in (("bias_ih_l0", both), ("bias_hh_l0", 0.0)):
            getattr(self.lstm, name)[: len(both)] = values

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden states."""
        return self.lstm(rows.inputs)[0]

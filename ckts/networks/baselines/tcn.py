"""The temporal convolutional network: dilated causal convolutions."""

from typing import Any

import torch
from torch import Tensor, nn

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch
from ckts.networks.baselines.causal_conv import CausalConv


class TemporalBlock(nn.Module):
    """Two dilated causal convolutions beside a residual connection (Fig. 1b).

    Parameters
    ----------
    in_channels, out_channels : int
        Channels in and out.
    kernel_size : int
        Rows that a convolution sees.
    dilation : int
        Distance of these rows.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, kernel_size: int, dilation: int
    ) -> None:
        super().__init__()
        self.dilation = dilation
        self.first = CausalConv(in_channels, out_channels, kernel_size)
        self.second = CausalConv(out_channels, out_channels, kernel_size)
        same = in_channels == out_channels
        self.shortcut = (
            nn.Identity() if same else nn.Conv1d(in_channels, out_channels, 1)
        )

    def forward(self, values: Tensor, dropout: nn.Module) -> Tensor:
        """Map values of shape (batch, in_channels, time) to as many rows."""
        hidden = dropout(torch.relu(self.first(values, self.dilation)))
        hidden = dropout(torch.relu(self.second(hidden, self.dilation)))
        return torch.relu(hidden + self.shortcut(values))


class TCN(AbstractBaseline):
    """Residual blocks of dilated causal convolutions over rows.

    Bai et al. (2018), "An empirical evaluation of generic convolutional and recurrent
    networks for sequence modeling", Sec. 3. The dilation doubles from block to block,
    so a row sees ``1 + 2 (kernel_size - 1) (2**n_blocks - 1)`` rows, see
    :attr:`receptive_field`: longer series want more blocks.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    dropout : float, default=0.2
        Dropout in the blocks and before the head.
    n_blocks : int, default=4
        Number of blocks, or levels.
    kernel_size : int, default=7
        Rows that a convolution sees.
    """

    def __init__(
        self,
        *sizes: int,
        n_blocks: int = 4,
        kernel_size: int = 7,
        **shared: Any,
    ) -> None:
        self.n_blocks = check_count("n_blocks", n_blocks)
        self.kernel_size = check_count("kernel_size", kernel_size)
        super().__init__(*sizes, **shared)

    @property
    def receptive_field(self) -> int:
        """Number of rows, with itself, on which a state depends."""
        return 1 + 2 * (self.kernel_size - 1) * (2**self.n_blocks - 1)

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the blocks."""
        self.blocks = nn.ModuleList(
            TemporalBlock(
                hidden_channels if level else 2 * in_channels,
                hidden_channels,
                kernel_size=self.kernel_size,
                dilation=2**level,
            )
            for level in range(self.n_blocks)
        )

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the outputs of the last block."""
        hidden = rows.inputs.transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden, self.dropout)
        return hidden.transpose(1, 2)

"""TrellisNet: one convolution, applied again and again."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch
from ckts.networks.baselines.causal_conv import CausalConv


class TrellisNet(AbstractBaseline):
    """Temporal convolution with weights shared by all levels, gated as an LSTM.

    Bai et al. (2019), "Trellis networks for sequence modeling". At every level the same
    convolution sees the input again, beside the hidden part ``h`` of the level below::

        a_1, a_2, a_3, a_4 = conv([x, h])
        c(t) <- sigmoid(a_1) c(t - d) + sigmoid(a_2) tanh(a_3)
        h(t) <- sigmoid(a_4) tanh(c(t))

    The dilation `d` doubles from level to level, as in their experiments on long
    series; a row sees ``1 + (kernel_size - 1) (2**n_levels - 1)`` rows.

    DIFF[paper]: no variational dropout, no DropConnect, no auxiliary losses at lower
    levels: they regularize networks of millions of parameters.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    n_levels : int, default=8
        How often the convolution is applied.
    kernel_size : int, default=2
        Rows that it sees.
    """

    def __init__(
        self,
        *sizes: int,
        n_levels: int = 8,
        kernel_size: int = 2,
        **shared: Any,
    ) -> None:
        self.n_levels = check_count("n_levels", n_levels)
        self.kernel_size = check_count("kernel_size", kernel_size)
        super().__init__(*sizes, **shared)

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the convolution."""
        sizes = 2 * in_channels + hidden_channels, 4 * hidden_channels
        self.conv = CausalConv(*sizes, self.kernel_size)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden part of the last level."""
        inputs = rows.inputs.transpose(1, 2)
        shape = len(inputs), self.hidden_channels, inputs.shape[2]
        hidden, cell = inputs.new_zeros(shape), inputs.new_zeros(shape)
        for level in range(self.n_levels):
            dilation = 2**level
            gates = self.conv(torch.cat([inputs, hidden], 1), dilation)
            keep, write, candidate, read = gates.chunk(4, 1)
            before = F.pad(cell, (dilation, 0))[..., : shape[2]]
            new = torch.sigmoid(write) * torch.tanh(candidate)
            cell = torch.sigmoid(keep) * before + new
            hidden = torch.sigmoid(read) * torch.tanh(cell)
        return hidden.transpose(1, 2)

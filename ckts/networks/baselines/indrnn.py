"""Independently recurrent neural network: each channel remembers itself alone."""

from typing import Any

import torch
from torch import Tensor, nn

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch

# Over the longest series of the training data, the memory of a channel may grow by
# this factor, and in the last layer begins no smaller than its inverse.
LARGEST_GROWTH = 2.0


class IndRNN(AbstractBaseline):
    """Stacked layers ``h(t) = relu(W x(t) + u * h(t - 1) + b)``, `u` one per channel.

    Li et al. (2018), "Independently recurrent neural network", Eq. 4. Over `n` steps
    the gradient has a factor ``u**n``, so ``|u|`` is clipped at ``2 ** (1 / n)``, with
    `n` the number of typical gaps in `horizon` (their Sec. 3.1, gamma = 2). Last layers
    begin with long memories.

    DIFF[paper]: no batch normalization, whose statistics would count padding. States of
    the last layer are sums over up to `n` rows: they are divided by `n` instead.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    dropout : float, default=0.2
        Dropout between the layers and before the head.
    n_blocks : int, default=2
        Number of layers.
    horizon : float, default=100.0
        Longest lag of the training data.
    row_time_step : float, default=1.0
        Typical gap of the rows, same unit as `horizon`.
    """

    def __init__(
        self,
        *sizes: int,
        n_blocks: int = 2,
        horizon: float = 100.0,
        row_time_step: float = 1.0,
        **shared: Any,
    ) -> None:
        self.n_blocks = check_count("n_blocks", n_blocks)
        self.n_rows = horizon / row_time_step + 1
        self.bound = LARGEST_GROWTH ** (1 / self.n_rows)
        super().__init__(*sizes, row_time_step=row_time_step, **shared)

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layers."""
        sizes = [2 * in_channels, *[hidden_channels] * self.n_blocks]
        self.maps = nn.ModuleList(map(nn.Linear, sizes[:-1], sizes[1:]))
        smallest = [0.0] * (self.n_blocks - 1) + [1 / self.bound]
        self.recurrent = nn.ParameterList(
            torch.empty(hidden_channels).uniform_(least, self.bound)
            for least in smallest
        )

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the states of the last layer, in shares of the rows."""
        hidden = rows.inputs
        for number, recurrent in enumerate(self.recurrent):
            hidden = self.dropout(hidden) if number else hidden
            hidden = scan(self.maps[number](hidden), self.clip(recurrent))
        return hidden / self.n_rows

    def clip(self, recurrent: Tensor) -> Tensor:
        """Clip weights; their gradients pass, so that they can come back."""
        excess = recurrent - recurrent.clamp(-self.bound, self.bound)
        return recurrent - excess.detach()


def scan(inputs: Tensor, recurrent: Tensor) -> Tensor:
    """Compute ``h(t) = relu(x(t) + u * h(t - 1))`` from ``h(-1) = 0``.

    Parameters
    ----------
    inputs : Tensor of shape (batch, time, channels)
    recurrent : Tensor of shape (channels,)

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    state, states = torch.zeros_like(inputs[:, 0]), []
    for row in inputs.unbind(1):
        state = torch.relu(torch.addcmul(row, recurrent, state))
        states.append(state)
    return torch.stack(states, 1)

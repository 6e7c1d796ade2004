"""Causal self-attention, with time stamps as positions."""

from typing import Any

import torch
from torch import Tensor, nn

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch

# The slowest sine of the encoding of times has a wavelength of 2 pi times this.
LONGEST = 10_000.0


class Transformer(AbstractBaseline):
    """Encoder of self-attention in which a row sees itself and those before.

    Vaswani et al. (2017), "Attention is all you need", Sec. 3; "Self-Att." in the
    paper's Tab. 1. Positions are the real time stamps since the first row, in units of
    `row_time_step`: on a regular grid the row numbers, as theirs. The state of a row is
    that of the last layer there.

    DIFF[paper]: normalization comes before each part, not after it, which trains
    without a warm-up (Xiong et al., 2020); the state of the last row is read instead of
    one after a special token.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    hidden_channels : int, default=32
        Size of the states; a multiple of `n_heads`. The maps between the attentions
        are four times as wide.
    dropout : float, default=0.2
        Dropout in the layers and before the head.
    n_blocks : int, default=2
        Number of layers.
    n_heads : int, default=2
        Heads of each attention.
    """

    def __init__(
        self,
        *sizes: int,
        hidden_channels: int = 32,
        dropout: float = 0.2,
        n_blocks: int = 2,
        n_heads: int = 2,
        **shared: Any,
    ) -> None:
        if hidden_channels % check_count("n_heads", n_heads):
            raise ValueError(
                "`hidden_channels` must be a multiple of `n_heads`; got "
                f"{hidden_channels} and {n_heads}. Give another width, or "
                "`functools.partial(Transformer, n_heads=1)` as `network`."
            )
        self.n_blocks = check_count("n_blocks", n_blocks)
        self.n_heads = n_heads
        self.layer_dropout = dropout
        super().__init__(
            *sizes, hidden_channels=hidden_channels, dropout=dropout, **shared
        )

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layers."""
        self.embedding = nn.Linear(2 * in_channels, hidden_channels)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                hidden_channels,
                self.n_heads,
                4 * hidden_channels,
                self.layer_dropout,
                norm_first=True,
                batch_first=True,
            )
            for _ in range(self.n_blocks)
        )
        self.norm = nn.LayerNorm(hidden_channels)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the states of the last layer."""
        since = (rows.times - rows.times[:, :1]) / self.row_time_step
        inputs = rows.inputs
        positions = encode_times(since, self.hidden_channels).to(inputs.dtype)
        hidden = self.dropout(self.embedding(inputs) + positions)
        # Padding comes after the rows, so the past of a row never holds any.
        mask = nn.Transformer.generate_square_subsequent_mask(
            inputs.shape[1], device=inputs.device, dtype=inputs.dtype
        )
        for layer in self.layers:
            hidden = layer(hidden, src_mask=mask, is_causal=True)
        return self.norm(hidden)


def encode_times(times: Tensor, n_channels: int) -> Tensor:
    """Return sines and cosines of times, of wavelengths from 2 pi to 20000 pi.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        In units of the typical gap, float64: sines of large float32 are noise.
    n_channels : int
        Half of them sines, the others cosines.

    Returns
    -------
    Tensor of shape (batch, time, n_channels)
    """
    steps = torch.arange(0, n_channels, 2, dtype=times.dtype, device=times.device)
    angles = times.unsqueeze(2) * LONGEST ** (-steps / n_channels)
    return torch.cat([angles.sin(), angles.cos()], 2)[..., :n_channels]

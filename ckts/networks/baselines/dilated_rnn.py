"""The dilated RNN: layers whose states skip rows."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch


class DilatedRNN(AbstractBaseline):
    """Layers of GRU cells with skip connections through time of 1, 2, 4, ... rows.

    Chang et al. (2017), "Dilated recurrent neural networks", Eq. 3 and 5: the state of
    a layer at a row follows from its state `d` rows before, and from the layer below at
    this row. The layer is computed as `d` interleaved series (their Fig. 3).

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    dropout : float, default=0.2
        Dropout between the layers and before the head.
    n_blocks : int, default=4
        Number of layers.
    """

    def __init__(
        self,
        *sizes: int,
        n_blocks: int = 4,
        **shared: Any,
    ) -> None:
        self.n_blocks = check_count("n_blocks", n_blocks)
        super().__init__(*sizes, **shared)

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the layers."""
        sizes = [2 * in_channels, *[hidden_channels] * self.n_blocks]
        self.layers = nn.ModuleList(
            nn.GRU(size, hidden_channels, batch_first=True) for size in sizes[:-1]
        )

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the states of the last layer."""
        hidden = rows.inputs
        for level, layer in enumerate(self.layers):
            hidden = self.dropout(hidden) if level else hidden
            hidden = skip_rows(layer, hidden, 2**level)
        return hidden


def skip_rows(layer: nn.Module, inputs: Tensor, dilation: int) -> Tensor:
    """Run a recurrent layer whose state before is that of `dilation` rows before.

    Parameters
    ----------
    layer : nn.Module
        Batch first, such as ``nn.GRU``.
    inputs : Tensor of shape (batch, time, channels)
    dilation : int

    Returns
    -------
    Tensor of shape (batch, time, hidden_channels)
    """
    n_series, n_rows, _ = inputs.shape
    padded = F.pad(inputs, (0, 0, 0, -n_rows % dilation))
    series = padded.unflatten(1, (-1, dilation)).transpose(1, 2).flatten(0, 1)
    states = layer(series)[0].unflatten(0, (n_series, dilation))
    return states.transpose(1, 2).flatten(1, 2)[:, :n_rows]

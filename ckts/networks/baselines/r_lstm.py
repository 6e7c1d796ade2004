"""An LSTM that also learns to tell again what it has just read."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ckts._checks import check_count, check_real
from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.lstm import LSTM


class ReconstructingLSTM(LSTM):
    """LSTM with an auxiliary loss: reconstruct the rows up to a random one.

    Trinh et al. (2018), "Learning longer-term dependencies in RNNs with auxiliary
    losses", r-LSTM. In training, an anchor is drawn for each series. A second LSTM
    starts from the state there and predicts the values of the last rows up to the
    anchor, one after the other, each from the true row before it. The mean squared
    error of the observed values of each series is added to its loss, and weighted with
    it.

    DIFF[paper]: there is no unsupervised phase before, and gradients are not truncated.
    The second LSTM starts with an empty cell: torch's fused layer keeps only the last
    cell state.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`ckts.networks.baselines.chrono.AbstractGated`.
    n_reconstructed : int, default=50
        Rows to reconstruct, at most.
    penalty_weight : float, default=1.0
        Weight of the auxiliary loss.
    """

    def __init__(
        self,
        *sizes: int,
        n_reconstructed: int = 50,
        penalty_weight: float = 1.0,
        **shared: Any,
    ) -> None:
        super().__init__(*sizes, **shared)
        self.n_reconstructed = check_count("n_reconstructed", n_reconstructed)
        self.penalty_weight = check_real("penalty_weight", penalty_weight, 0.0)
        self._error: Tensor | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the error: it holds on to a batch, and cannot be copied."""
        return {**self.__dict__, "_error": None}

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the two layers."""
        super().build(in_channels, hidden_channels)
        self.decoder = nn.LSTM(2 * in_channels, hidden_channels, batch_first=True)
        self.predict = nn.Linear(hidden_channels, in_channels)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the hidden states; in training, keep an error for `penalty`."""
        states = super().encode(rows)
        if self.training:
            # `penalty` is called after `forward`, and is not given the batch.
            anchors = self.draw_anchors(rows.lengths)
            self._error = self.reconstruct(rows, states, anchors)
        return states

    def draw_anchors(self, lengths: Tensor) -> Tensor:
        """Draw a row of each series, from its `lengths` rows."""
        share = torch.rand(len(lengths), device=lengths.device)
        return (share * lengths).long()

    def reconstruct(self, rows: RowBatch, states: Tensor, anchors: Tensor) -> Tensor:
        """Compute the mean squared error of the reconstruction of each series.

        Parameters
        ----------
        rows : RowBatch
        states : Tensor of shape (batch, time, hidden_channels)
            Those after each row.
        anchors : Tensor of shape (batch,)
            Number of the last row to reconstruct, before the padding.

        Returns
        -------
        Tensor of shape (batch,)
            0 where nothing is observed.
        """
        n_rows = min(self.n_reconstructed, states.shape[1])
        first = (anchors - n_rows + 1).clamp(min=0).unsqueeze(1)
        index = first + torch.arange(n_rows, device=states.device)
        told = (index <= anchors.unsqueeze(1)).unsqueeze(2)
        index = torch.minimum(index, anchors.unsqueeze(1)).unsqueeze(2)
        inputs = rows.inputs.take_along_dim(index, 1)
        start = states.take_along_dim(anchors.reshape(-1, 1, 1), 1).transpose(0, 1)
        start = start.contiguous()
        before = F.pad(inputs, (0, 0, 1, 0))[:, :-1]
        decoded = self.decoder(before, (start, torch.zeros_like(start)))[0]
        values, observed = inputs.chunk(2, 2)
        counted = observed * told
        errors = (self.predict(decoded) - values).square() * counted
        return errors.sum((1, 2)) / counted.sum((1, 2)).clamp(min=1)

    def penalty(self, weight: Tensor | None = None) -> Tensor:
        """Return the auxiliary loss of the last batch in training, once; then 0.

        Parameters
        ----------
        weight : Tensor of shape (batch,), optional
            Those of the series, 1 by default; the mean is taken as that of the loss is.

        Returns
        -------
        Tensor of shape ()
        """
        error, self._error = self._error, None
        if error is None:
            return self.head.weight.new_zeros(())
        weighted = error if weight is None else error * weight
        return self.penalty_weight * weighted.mean()

"""What a clinician would note of each channel: level, spread, extremes, first, last."""

import torch
from torch import Tensor, nn

from ckts.functional import masked_max, masked_mean

N_SUMMARIES = 7


class ChannelSummary(nn.Module):
    """Mean, deviation, minimum, maximum, first, last and count of each channel.

    They join the convolutional features in the head: summaries are strong on short
    clinical series, and a small network need not learn them from little data.
    A channel without observations gives zeros.
    """

    def forward(self, values: Tensor, observed: Tensor) -> Tensor:
        """Summarize over time.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
            Values, finite everywhere.
        observed : Tensor of shape (batch, time, channels)
            Which values exist, boolean.

        Returns
        -------
        Tensor of shape (batch, 7 * channels)
        """
        weights = observed.to(values.dtype)
        mean = masked_mean(values, weights)
        variance = masked_mean((values - mean.unsqueeze(1)) ** 2, weights)
        summaries = (
            mean,
            torch.sqrt(variance + 1e-6),
            -masked_max(-values, observed),
            masked_max(values, observed),
            _at(values, observed, observed.long().argmax(1)),
            _at(values, observed, _last(observed)),
            weights.sum(1).log1p(),
        )
        return torch.cat(summaries, 1)


def _last(observed: Tensor) -> Tensor:
    """Index of the last observation of each channel: (batch, channels)."""
    return observed.shape[1] - 1 - observed.flip(1).long().argmax(1)


def _at(values: Tensor, observed: Tensor, index: Tensor) -> Tensor:
    """Take the value at an index per channel; 0 if it is not observed."""
    index = index.unsqueeze(1)
    taken, exists = values.gather(1, index), observed.gather(1, index)
    return torch.where(exists, taken, 0).squeeze(1)

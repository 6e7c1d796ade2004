"""From features over time to one vector per series."""

import torch
from torch import Tensor, nn

from ckts.convolution.convolve import masked_max, masked_mean


class TimePool(nn.Module):
    """Time-weighted mean and maximum over the observed rows, concatenated.

    Weighted by inverse density the mean is an average over time, so a burst of
    measurements counts for the time that it covers. A series without any
    observation gives zeros.
    """

    def forward(self, values: Tensor, weights: Tensor) -> Tensor:
        """Reduce over time.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
            Features; padding may hold anything finite.
        weights : Tensor of shape (batch, time, 1)
            Two-sided weights of the rows; 0 on padding and unobserved rows.

        Returns
        -------
        Tensor of shape (batch, 2 * channels)
        """
        weights = weights.to(values.dtype)
        mean = masked_mean(values, weights)
        return torch.cat([mean, masked_max(values, weights > 0)], -1)

"""What a clinician would note of each channel: level, spread, extremes, first, last."""

import torch
from torch import Tensor, nn

from ckts.convolution.convolve import masked_max, masked_mean

N_SUMMARIES = 7


class ChannelSummary(nn.Module):
    """Mean, deviation, minimum, maximum, first, last and count of each channel.

    They join the convolutional features in the head: summaries are strong on short
    clinical series, and a small network need not learn them from little data.
    A channel without observations gives zeros.
    """

    def forward(
        self, values: Tensor, observed: Tensor, times: Tensor | None = None
    ) -> Tensor:
        """Summarize over time.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
            Values, finite everywhere.
        observed : Tensor of shape (batch, time, channels)
            Which values exist, boolean.
        times : Tensor of shape (batch, time), optional
            Non-decreasing time stamps; by default each row has its own. Where several
            rows share the first or last stamp of a channel, their mean is taken.

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
            *_ends(values, observed, times),
            weights.sum(1).log1p(),
        )
        return torch.cat(summaries, 1)


def _ends(
    values: Tensor, observed: Tensor, times: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Mean of each channel at its first and at its last stamp; 0 if there is none."""
    if times is None:
        rows = torch.arange(observed.shape[1], device=observed.device)
        times = rows.double().expand(observed.shape[:2])
    stamps = times.unsqueeze(-1)
    first = torch.where(observed, stamps, torch.inf).amin(1, keepdim=True)
    last = torch.where(observed, stamps, -torch.inf).amax(1, keepdim=True)
    ends = (observed & (stamps == end) for end in (first, last))
    first, last = (masked_mean(values, end.to(values.dtype)) for end in ends)
    return first, last

"""From features over time to one vector per series."""

import torch
from torch import Tensor, nn

N_SUMMARIES = 7


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


class ChannelSummary(nn.Module):
    """Mean, deviation, minimum, maximum, first, last and count of each channel.

    This is what a clinician would note. It joins the convolutional features in the
    head: summaries are strong on short clinical series, and a small network need not
    learn them from little data. A channel without observations gives zeros.
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


def masked_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean over time; 0 where all weights are 0.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Finite also where the weight is 0.
    weights : Tensor of shape (batch, time, channels or 1)
        Not negative.

    Returns
    -------
    Tensor of shape (batch, channels)
    """
    total = weights.sum(1)
    return (values * weights).sum(1) / torch.where(total > 0, total, 1)


def masked_max(values: Tensor, mask: Tensor) -> Tensor:
    """Maximum over time where `mask` holds; 0 where it never does.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Values.
    mask : Tensor of shape (batch, time, channels or 1)
        Boolean.

    Returns
    -------
    Tensor of shape (batch, channels)
    """
    if values.shape[1] == 0:
        return values.new_zeros(values.shape[0], values.shape[2])
    largest = torch.where(mask, values, -torch.inf).amax(1)
    return torch.where(mask.any(1), largest, 0)

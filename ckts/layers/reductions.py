"""From features over time to one vector per series, or per row of what was known.

The expanding twin of a reduction says at each row what the reduction would say of the
series if it had ended with the stamp of the row. Its sums are float64: differences of
long ones are taken.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

N_SUMMARIES = 7

# First row with the stamp of each row, and the first row after it, see `Geometry.ties`:
# each of shape (batch, time).
Ties = tuple[Tensor, Tensor]


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
        mean = masked_mean(values, weights.to(_at_least_float32(values)))
        return torch.cat([mean, masked_max(values, weights > 0)], -1)

    def expanding(
        self, values: Tensor, weights: Tensor, latest_weights: Tensor, ties: Ties
    ) -> Tensor:
        """Reduce at each row what was observed up to its stamp.

        Parameters
        ----------
        values : Tensor of shape (batch, time, channels)
        weights : Tensor of shape (batch, time, 1)
            As in :meth:`forward`.
        latest_weights : Tensor of shape (batch, time, 1)
            What the weight of each row is while its stamp is the last one.
        ties : tuple of Tensor of shape (batch, time)
            First row with the stamp of each row, and the first row after it.

        Returns
        -------
        Tensor of shape (batch, time, 2 * channels)
        """
        mean = expanding_mean(values, weights, latest_weights, ties)
        return torch.cat([mean, expanding_max(values, weights > 0, ties)], -1)


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
        dtype, values = values.dtype, values.to(_at_least_float32(values))
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
        return torch.cat(summaries, 1).to(dtype)

    def expanding(self, values: Tensor, observed: Tensor, ties: Ties) -> Tensor:
        """Summarize at each row what was observed up to its stamp.

        Parameters
        ----------
        values, observed : Tensor of shape (batch, time, channels)
            As in :meth:`forward`.
        ties : tuple of Tensor of shape (batch, time)
            First row with the stamp of each row, and the first row after it.

        Returns
        -------
        Tensor of shape (batch, time, 7 * channels)
        """
        known = torch.where(observed, values, 0).double()
        sums = _sums_before(torch.cat([observed.double(), known, known.square()], 2))
        ends = ties[1].unsqueeze(-1)
        count, total, squares = _rows_of(sums, ends).chunk(3, 2)
        n_known = count.clamp_min(1)
        mean = total / n_known
        # values passed asinh: their squares lose no digit that matters in float64
        variance = (squares / n_known - mean.square()).clamp_min(0)
        first, last = _first_group(observed, ties), _latest_group(observed, ties)
        summaries = (
            mean,
            torch.sqrt(variance + 1e-6),
            -expanding_max(-values, observed, ties),
            expanding_max(values, observed, ties),
            torch.where(count > 0, _group_mean(sums, first), 0),
            torch.where(count > 0, _group_mean(sums, last), 0),
            count.log1p(),
        )
        return torch.cat([part.to(values.dtype) for part in summaries], 2)


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
    mean = (values * weights).sum(1) / torch.where(total > 0, total, 1)
    return mean.to(values.dtype)


def _at_least_float32(values: Tensor) -> torch.dtype:
    """Return the type of sums: those of float16 end at 65,504."""
    return torch.promote_types(values.dtype, torch.float32)


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


def expanding_mean(
    values: Tensor, weights: Tensor, latest_weights: Tensor, ties: Ties
) -> Tensor:
    """Weighted mean of the rows up to the stamp of each row; 0 if all weights are 0.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Finite also where the weight is 0.
    weights : Tensor of shape (batch, time, channels or 1)
        Not negative; what rows count while others follow.
    latest_weights : Tensor of shape (batch, time, channels or 1)
        What rows of the latest stamp of positive weight count.
    ties : tuple of Tensor of shape (batch, time)
        First row with the stamp of each row, and the first row after it.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    start, end = _latest_group(weights > 0, ties)

    def sums(numbers: Tensor) -> Tensor:
        earlier = _rows_of(_sums_before(numbers * weights), start)
        latest = _sums_before(numbers * latest_weights)
        return earlier + _rows_of(latest, end) - _rows_of(latest, start)

    total = sums(torch.ones_like(weights))
    mean = sums(values.double()) / torch.where(total > 0, total, 1)
    return mean.to(values.dtype)


def expanding_max(values: Tensor, mask: Tensor, ties: Ties) -> Tensor:
    """Maximum where `mask` holds up to the stamp of each row; 0 where it never does.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Finite.
    mask : Tensor of shape (batch, time, channels or 1)
        Boolean.
    ties : tuple of Tensor of shape (batch, time)
        First row with the stamp of each row, and the first row after it.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    largest = torch.where(mask, values, -torch.inf).cummax(1).values
    largest = _rows_of(largest, ties[1].unsqueeze(-1) - 1)
    return torch.where(largest > -torch.inf, largest, 0)


def _sums_before(numbers: Tensor) -> Tensor:
    """Sum the rows before each row, and all: float64, (batch, time + 1, channels)."""
    return pad(numbers.double().cumsum(1), (0, 0, 1, 0))


def _rows_of(table: Tensor, rows: Tensor) -> Tensor:
    """Take rows of a table: (batch, time, channels or 1), one for each channel."""
    return table.gather(1, rows.expand(-1, -1, table.shape[2]))


def _latest_group(mask: Tensor, ties: Ties) -> Ties:
    """First row of the latest stamp with a row of `mask`, and the first row after it.

    Each is (batch, time, channels or 1); both are 0 where there is none yet.
    """
    rows = torch.arange(mask.shape[1], device=mask.device).view(1, -1, 1)
    latest = torch.where(mask, rows, -1).cummax(1).values
    latest = _rows_of(latest, ties[1].unsqueeze(-1) - 1)
    start, end = (part.unsqueeze(-1).expand_as(mask) for part in ties)
    at, exists = latest.clamp(min=0), latest >= 0
    start, end = (torch.where(exists, part.gather(1, at), 0) for part in (start, end))
    return start, end


def _first_group(mask: Tensor, ties: Ties) -> Ties:
    """First row of the first stamp with a row of `mask`, and the first row after it.

    Each is (batch, 1, channels); of any stamp where there is none.
    """
    first = mask.int().argmax(1, keepdim=True)
    start, end = (part.unsqueeze(-1).expand_as(mask) for part in ties)
    return start.gather(1, first), end.gather(1, first)


def _group_mean(sums: Tensor, group: Ties) -> Tensor:
    """Mean of the values in a group of rows, from sums of counts, values, squares."""
    counts, totals, _ = sums.chunk(3, 2)
    start, end = group
    count, total = (_rows_of(s, end) - _rows_of(s, start) for s in (counts, totals))
    return total / count.clamp_min(1)

"""Random kernels of nine steps, and the share of time for which each responds."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ckts.rocket.signal import Signal

N_STEPS = 9
# MiniRocket's patterns: of nine steps three are 2 and six are -1, in all 84 ways. The
# sum of each is 0: a kernel sees the shape inside the span, and the level at its ends.
PATTERNS = np.array(
    [
        [2.0 if step in chosen else -1.0 for step in range(N_STEPS)]
        for chosen in itertools.combinations(range(N_STEPS), 3)
    ]
)
# A kernel joins at most this many channels.
MOST_CHANNELS = 9
# Times at which a response is computed: at least one a step, so many in the longest
# span of fit, where steps are long, and at most so many.
POINTS_PER_STEP, POINTS_PER_SPAN = 1, 64
MOST_TIMES = 2**13
# Comparisons with biases at once: more leave the cache.
CHUNK = 2**19
# Dilations per octave, and at most.
PER_OCTAVE, MOST_DILATIONS = 2, 32
# Responses that differ by less than this share of their range are the same number.
TIE = 1e-5
GOLDEN = (np.sqrt(5.0) - 1) / 2


@dataclass(frozen=True, eq=False)
class KernelGroup:
    r"""Kernels of one dilation: all patterns, each over some of the channels.

    The kernel of a pattern :math:`p` is the step function of time

    .. math:: \psi(t) = p_k / d \quad for \quad (k - 9/2) d \le t < (k - 7/2) d,
              \quad k = 0, \dots, 8,

    and its response is the exact integral of the signal times the kernel: a weighted
    sum of nine means of the signal, over `d` each.

    Attributes
    ----------
    dilation : float
        Length `d` of a step, in units of the clock.
    n_points : int
        Points per step at which responses are computed.
    channels : Tensor of shape (n_used,)
        The numbers of the channels that any of the kernels sees.
    weight : Tensor of shape (n_used * 9, 84)
        float64: whole numbers.
    biases : Tensor of shape (n_biases, 84)
        float64.
    """

    dilation: float
    n_points: int
    channels: Tensor
    weight: Tensor
    biases: Tensor

    def count_times(self, span: Tensor) -> Tensor:
        """Count the times at which the responses of series are computed.

        Parameters
        ----------
        span : Tensor of shape (batch,)

        Returns
        -------
        Tensor of shape (batch,)
            float64; at least 1.
        """
        step = self.dilation / self.n_points
        return torch.ceil(span / step - 1e-9).clamp(1.0, MOST_TIMES)

    def windows(self, span: Tensor) -> Tensor:
        """Return what a kernel sees at each time of the responses to a series.

        Parameters
        ----------
        span : Tensor of shape (1,)

        Returns
        -------
        Tensor of shape (n_times, 10)
            float64, the ends of its nine steps.
        """
        n_times = int(self.count_times(span))
        times = torch.arange(n_times, dtype=torch.float64, device=span.device) + 0.5
        few = n_times < MOST_TIMES
        times *= self.dilation / self.n_points if few else span / n_times
        steps = torch.arange(N_STEPS + 1, dtype=torch.float64, device=span.device)
        return times.unsqueeze(1) + (steps - N_STEPS / 2) * self.dilation

    def responses(self, signal: Signal) -> tuple[Tensor, Tensor]:
        """Convolve, at regular times within the span of each series.

        Parameters
        ----------
        signal : Signal
            Of a batch of series.

        Returns
        -------
        responses : Tensor of shape (batch, n_times, 84)
            float64.
        counts : Tensor of shape (batch,)
            How many of the times belong to each series; the others are padding.
        """
        counts = self.count_times(signal.span)
        many = counts == MOST_TIMES
        if not many.any():
            return self._convolve(signal, counts, self._means_on_a_grid), counts
        if many.all():
            return self._convolve(signal, counts, self._means_apart), counts
        # A series has the same responses whatever is the length of the others.
        shape = len(counts), MOST_TIMES, len(PATTERNS)
        responses = signal.pieces.new_zeros(shape)
        few = self._convolve(signal[~many], counts[~many], self._means_on_a_grid)
        responses[~many, : few.shape[1]] = few
        responses[many] = self._convolve(signal[many], counts[many], self._means_apart)
        return responses, counts

    def _convolve(self, signal: Signal, counts: Tensor, means: Callable) -> Tensor:
        # Whole multiples of 2**-24 add up exactly in any order: the same series has
        # the same features in every batch, and where it is constant, they are 0.
        taps = torch.round(means(signal, int(counts.max())) * 2**24).mul_(2.0**-24)
        return taps.flatten(2).matmul(self.weight)

    def _means_on_a_grid(self, signal: Signal, n_times: int) -> Tensor:
        """Compute all means on one grid, each once for the nine steps of a kernel."""
        n_ends = n_times + N_STEPS * self.n_points
        ends = torch.arange(n_ends, dtype=torch.float64, device=signal.span.device)
        first = 0.5 - N_STEPS / 2 * self.n_points
        step = self.dilation / self.n_points
        ends = ((ends + first) * step).expand(len(signal.span), -1)
        integral = signal.integral(ends, self.channels)
        means = integral[:, self.n_points :] - integral[:, : -self.n_points]
        length = (N_STEPS - 1) * self.n_points + 1
        return means.div_(self.dilation).unfold(1, length, 1)[..., :: self.n_points]

    def _means_apart(self, signal: Signal, n_times: int) -> Tensor:
        """Compute the means around fewer times, for series that are long for `d`."""
        device = signal.span.device
        times = torch.arange(n_times, dtype=torch.float64, device=device) + 0.5
        times = times / self.count_times(signal.span).unsqueeze(1)
        times = times * signal.span.unsqueeze(1)
        steps = torch.arange(N_STEPS + 1, dtype=torch.float64, device=device)
        ends = times.unsqueeze(2) + (steps - N_STEPS / 2) * self.dilation
        integral = signal.integral(ends.flatten(1), self.channels)
        means = integral.unflatten(1, ends.shape[1:]).diff(dim=2).div_(self.dilation)
        return means.transpose(2, 3)

    def features(self, signal: Signal) -> Tensor:
        """Measure the share of the span for which each response exceeds each bias.

        Parameters
        ----------
        signal : Signal
            Of a batch of series, best in the order of their spans.

        Returns
        -------
        Tensor of shape (batch, n_biases * 84)
            float32, between 0 and 1.
        """
        counts = self.count_times(signal.span)
        n_numbers = int(counts.max()) * self.biases.numel()
        n_series = max(1, CHUNK // n_numbers)
        chunks = range(0, len(counts), n_series)
        parts = [self._features(signal[i : i + n_series]) for i in chunks]
        return torch.cat(parts)

    def _features(self, signal: Signal) -> Tensor:
        responses, counts = self.responses(signal)
        numbers = torch.arange(responses.shape[1], device=counts.device)
        inside = (numbers < counts.unsqueeze(1)).float().unsqueeze(1)
        # Numbers of one type are compared three times as fast. What is a tie in float32
        # is one for every series.
        responses, biases = responses.float().unsqueeze(2), self.biases.float()
        above = responses.new_empty((*responses.shape[:2], *biases.shape))
        torch.gt(responses, biases, out=above)  # 0 or 1, without a copy
        total = inside.matmul(above.flatten(2)).squeeze(1)  # whole numbers: exact
        return total / counts.float().unsqueeze(1)

    def to(self, device: str) -> "KernelGroup":
        """Return the group on a device."""
        names = "channels", "weight", "biases"
        moved = {name: getattr(self, name).to(device) for name in names}
        return replace(self, **moved)

    def with_biases(self, responses: Tensor, n_biases: int, rng) -> "KernelGroup":
        """Return the group with biases that are quantiles of responses.

        Parameters
        ----------
        responses : Tensor of shape (n_responses, 84)
            float64, to series of fit at random times.
        n_biases : int
            Biases per kernel.
        rng : RandomState

        Returns
        -------
        KernelGroup
        """
        found = responses.T.contiguous().sort(1).values
        # the shares of all kernels and biases are spread evenly, as in MiniRocket
        numbers = np.arange(n_biases * len(PATTERNS))
        shares = (rng.random_sample() + GOLDEN * numbers) % 1
        place = torch.from_numpy((shares * len(responses)).astype(np.int64))
        low = found.gather(1, place.view(len(PATTERNS), n_biases))
        # Between two numbers that occur: where many responses are equal, rounding must
        # not decide which of them exceed the bias.
        tie = TIE * (found[:, -1:] - found[:, :1])
        above = torch.searchsorted(found, low + tie, right=True)
        high = found.gather(1, above.clamp_max(len(responses) - 1))
        high = torch.where(above < len(responses), high, low + tie)
        return replace(self, biases=((low + high) / 2).T.contiguous())


def draw_kernels(
    shortest: float, longest: float, in_channels: int, most: float, rng
) -> list[KernelGroup]:
    """Draw kernels with steps from a shortest length to an eighth of a longest one.

    Parameters
    ----------
    shortest : float
        Of the clock of the signals: what they resolve.
    longest : float
        Length of long signals.
    in_channels : int
    most : float
        Number of groups at most; at least 1 is drawn.
    rng : RandomState

    Returns
    -------
    list of KernelGroup
        Without biases.
    """
    top = max(longest / (N_STEPS - 1), shortest)
    n_dilations = PER_OCTAVE * np.log2(top / shortest)
    n_dilations = int(np.clip(n_dilations + 1.5, 1, max(1, min(most, MOST_DILATIONS))))
    groups = []
    for dilation in np.geomspace(shortest, top, n_dilations).tolist():
        n_used = min(in_channels, MOST_CHANNELS)
        used = np.sort(rng.permutation(in_channels)[:n_used])
        weight = np.zeros((n_used, N_STEPS, len(PATTERNS)))
        for kernel, pattern in enumerate(PATTERNS):
            size = int(2 ** rng.uniform(0, np.log2(n_used + 1)))
            weight[rng.permutation(n_used)[:size], :, kernel] = pattern
        groups.append(
            KernelGroup(
                dilation,
                max(POINTS_PER_STEP, math.ceil(POINTS_PER_SPAN * dilation / longest)),
                torch.from_numpy(used),
                torch.from_numpy(weight.reshape(-1, len(PATTERNS))),
                torch.zeros(0, len(PATTERNS), dtype=torch.float64),
            )
        )
    return groups

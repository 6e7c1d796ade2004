"""Random kernels of nine steps, and the share of time for which each responds."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

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
# Responses to a series are computed at most at so many times.
MOST_TIMES = 2**13
# Comparisons with biases at once: more leave the cache.
CHUNK = 2**19
# Responses that differ by less than this share of their range are the same number.
TIE = 1e-5
GOLDEN = (np.sqrt(5.0) - 1) / 2


@dataclass(frozen=True, eq=False)
class AbstractKernelGroup(ABC):
    r"""Kernels of one dilation: patterns, each over some of the channels.

    The kernel of a pattern :math:`p` is a step function of time, :math:`p_k / d` in the
    `k`-th of nine steps of length `d`, and its response is the exact integral of the
    signal times the kernel: a weighted sum of nine means of the signal, over `d` each.

    Attributes
    ----------
    dilation : float
        Length `d` of a step, in units of the clock.
    n_points : int
        Points per step at which responses are computed.
    channels : Tensor of shape (n_used,)
        The numbers of the channels that any of the kernels sees.
    weight : Tensor of shape (n_used * 9, n_kernels)
        float64: whole numbers.
    biases : Tensor of shape (n_biases, n_kernels)
        float64.
    """

    dilation: float
    n_points: int
    channels: Tensor
    weight: Tensor
    biases: Tensor

    @property
    def step(self) -> float:
        """Time between two responses, where series are short enough for it."""
        return self.dilation / self.n_points

    @abstractmethod
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

    @abstractmethod
    def starts(self, span: Tensor) -> Tensor:
        """Return when the kernels of the responses to a series begin.

        Parameters
        ----------
        span : Tensor of shape (1,)

        Returns
        -------
        Tensor of shape (n_times,)
            float64, on the clock of the series.
        """

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
        steps = torch.arange(N_STEPS + 1, dtype=torch.float64, device=span.device)
        return self.starts(span).unsqueeze(1) + steps * self.dilation

    @abstractmethod
    def responses(self, signal: Signal) -> tuple[Tensor, Tensor]:
        """Convolve, at some times within the span of each series.

        Parameters
        ----------
        signal : Signal
            Of a batch of series.

        Returns
        -------
        responses : Tensor of shape (batch, n_times, n_kernels)
            float64. A series has the same whatever is the length of the others.
        lasting : Tensor of shape (batch, n_times)
            float64: the whole number of steps that each response stands for; 0 of the
            padding behind the times of a series.
        """

    def _combine(self, means: Tensor) -> Tensor:
        """Sum the means of the steps, weighted by the patterns.

        Parameters
        ----------
        means : Tensor of shape (batch, n_times, n_used, 9)

        Returns
        -------
        Tensor of shape (batch, n_times, n_kernels)
        """
        # Whole multiples of 2**-24 add up exactly in any order: the same series has
        # the same features in every batch, and where it is constant, they are 0.
        taps = torch.round(means * 2**24).mul_(2.0**-24)
        return taps.flatten(2).matmul(self.weight)

    def _means_on_a_grid(self, signal: Signal, n_times: int, first: float) -> Tensor:
        """Compute all means on one grid, each once for the nine steps of a kernel.

        `first` is where the first kernel begins, in steps of the grid.
        """
        n_ends = n_times + N_STEPS * self.n_points
        ends = torch.arange(n_ends, dtype=torch.float64, device=signal.span.device)
        ends = ((ends + first) * self.step).expand(len(signal.span), -1)
        integral = signal.integral(ends, self.channels)
        means = integral[:, self.n_points :] - integral[:, : -self.n_points]
        length = (N_STEPS - 1) * self.n_points + 1
        return means.div_(self.dilation).unfold(1, length, 1)[..., :: self.n_points]

    def _means_apart(self, signal: Signal, starts: Tensor) -> Tensor:
        """Compute the means of kernels from each of some (batch, n_times) on."""
        steps = torch.arange(N_STEPS + 1, dtype=torch.float64, device=starts.device)
        ends = starts.unsqueeze(2) + steps * self.dilation
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
        Tensor of shape (batch, n_biases * n_kernels)
            float32, between 0 and 1.
        """
        return torch.cat([self._features(part) for part in self._chunks(signal)])

    def _chunks(self, signal: Signal) -> Iterator[Signal]:
        """Yield so many series at once that their comparisons stay in the cache."""
        counts = self.count_times(signal.span)
        n_numbers = int(counts.max()) * self.biases.numel()
        n_series = max(1, CHUNK // n_numbers)
        for first in range(0, len(counts), n_series):
            yield signal[first : first + n_series]

    def _features(self, signal: Signal) -> Tensor:
        above, lasting = self._compare(signal)
        # Sums of whole numbers are exact.
        total = lasting.unsqueeze(1).matmul(above).squeeze(1)
        return total / lasting.sum(1, keepdim=True)

    def _compare(self, signal: Signal) -> tuple[Tensor, Tensor]:
        """Tell when responses exceed biases, as 0 or 1 of (batch, n_times, n_features).

        Also how long each response lasts, of (batch, n_times); both as float32.
        """
        responses, lasting = self.responses(signal)
        # Numbers of one type are compared three times as fast. What is a tie in float32
        # is one for every series.
        responses, biases = responses.float().unsqueeze(2), self.biases.float()
        above = responses.new_empty((*responses.shape[:2], *biases.shape))
        torch.gt(responses, biases, out=above)  # 0 or 1, without a copy
        return above.flatten(2), lasting.float()

    def to(self, device: str) -> Self:
        """Return the group on a device."""
        names = "channels", "weight", "biases"
        moved = {name: getattr(self, name).to(device) for name in names}
        return replace(self, **moved)

    def with_biases(self, responses: Tensor, n_biases: int, rng) -> Self:
        """Return the group with biases that are quantiles of responses.

        Parameters
        ----------
        responses : Tensor of shape (n_responses, n_kernels)
            float64, to series of fit at random times.
        n_biases : int
            Biases per kernel.
        rng : RandomState

        Returns
        -------
        AbstractKernelGroup
        """
        found = responses.T.contiguous().sort(1).values
        # the shares of all kernels and biases are spread evenly, as in MiniRocket
        numbers = np.arange(n_biases * len(found))
        shares = (rng.random_sample() + GOLDEN * numbers) % 1
        place = torch.from_numpy((shares * len(responses)).astype(np.int64))
        low = found.gather(1, place.view(len(found), n_biases))
        # Between two numbers that occur: where many responses are equal, rounding must
        # not decide which of them exceed the bias.
        tie = TIE * (found[:, -1:] - found[:, :1])
        above = torch.searchsorted(found, low + tie, right=True)
        high = found.gather(1, above.clamp_max(len(responses) - 1))
        high = torch.where(above < len(responses), high, low + tie)
        return replace(self, biases=((low + high) / 2).T.contiguous())

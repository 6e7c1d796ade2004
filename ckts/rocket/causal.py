"""Random kernels that see only what was before each time."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ckts.rocket.kernels import MOST_TIMES, N_STEPS, AbstractKernelGroup
from ckts.rocket.signal import Signal


@dataclass(frozen=True, eq=False)
class CausalKernelGroup(AbstractKernelGroup):
    r"""Kernels that end at each time.

    .. math:: \psi(t) = p_k / d \quad for \quad (k - 9) d \le t < (k - 8) d,
              \quad k = 0, \ldots, 8.

    Responses are computed once a step from time 0 on; after `MOST_TIMES` of them every
    second step, and after each further doubling of the time half as often. The times do
    not depend on the span: as of an earlier time a series has the features that it had
    if it had ended there.
    """

    def count_times(self, span):
        """Count the times from 0 up to the span."""
        steps = torch.floor(span / self.step + 1e-9)
        octave = torch.floor(torch.log2((steps / MOST_TIMES).clamp_min(0.5))) + 1
        start = MOST_TIMES * 2.0 ** (octave - 1)  # of the octave, in steps
        later = octave * (MOST_TIMES / 2) + MOST_TIMES / 2
        later = later + torch.floor((steps - start) / 2.0**octave) + 1
        return torch.where(steps < MOST_TIMES, steps + 1, later)

    def starts(self, span):
        """Return when the kernels begin, all of their length before each time."""
        steps, _ = times_in_steps(int(self.count_times(span)), span.device)
        return steps * self.step - N_STEPS * self.dilation

    def responses(self, signal):
        """Convolve at the times up to the span of each series."""
        counts = self.count_times(signal.span)
        steps, lasting = times_in_steps(int(counts.max()), counts.device)
        n_dense = min(len(steps), MOST_TIMES)
        first = -float(N_STEPS * self.n_points)
        means = [self._means_on_a_grid(signal, n_dense, first)]
        if len(steps) > n_dense:
            starts = steps[n_dense:] * self.step - N_STEPS * self.dilation
            starts = starts.expand(len(counts), -1)
            means.append(self._means_apart(signal, starts))
        numbers = torch.arange(len(steps), device=counts.device)
        lasting = torch.where(numbers < counts.unsqueeze(1), lasting, 0.0)
        return torch.cat([self._combine(part) for part in means], dim=1), lasting

    def features_at(self, signal: Signal, times: Tensor) -> Tensor:
        """Measure the shares of the time from 0 up to each of some times.

        Parameters
        ----------
        signal : Signal
            Of a batch of series.
        times : Tensor of shape (batch, n_times)
            float64, not after the end of each series.

        Returns
        -------
        Tensor of shape (batch, n_times, n_biases * n_kernels)
            float32: what `features` were if each series had ended then.
        """
        first, parts = 0, []
        for part in self._chunks(signal):
            last = first + len(part.span)
            above, lasting = self._compare(part)
            total = above.mul_(lasting.unsqueeze(2)).cumsum_(1)
            place = self.count_times(times[first:last]).long() - 1
            index = place.unsqueeze(2).expand(-1, -1, above.shape[2])
            length = lasting.cumsum(1).gather(1, place)
            parts.append(total.gather(1, index) / length.unsqueeze(2))
            first = last
        return torch.cat(parts)


def times_in_steps(n_times: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return times from 0 on, and how long each lasts, in whole steps.

    Parameters
    ----------
    n_times : int
    device : torch.device

    Returns
    -------
    steps, lasting : Tensor of shape (n_times,)
        float64.
    """
    numbers = torch.arange(n_times, dtype=torch.float64, device=device)
    half = MOST_TIMES // 2
    octave = torch.floor((numbers - MOST_TIMES) / half).clamp_min(-1.0) + 1
    lasting = 2.0**octave
    within = numbers - (octave + 1) * half
    steps = torch.where(octave > 0, (within + half) * lasting, numbers)
    return steps, lasting

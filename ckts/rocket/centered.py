"""Random kernels that see what is before and after each time."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ckts.rocket.kernels import MOST_TIMES, N_STEPS, AbstractKernelGroup
from ckts.rocket.signal import Signal


@dataclass(frozen=True, eq=False)
class CenteredKernelGroup(AbstractKernelGroup):
    r"""Kernels around each time.

    .. math:: \psi(t) = p_k / d \quad for \quad (k - 9/2) d \le t < (k - 7/2) d,
              \quad k = 0, \ldots, 8.

    Responses are computed at regular times: one a step, or as many as there may be,
    spread over the span.
    """

    def count_times(self, span):
        """Count the steps of the span, up to `MOST_TIMES`."""
        return torch.ceil(span / self.step - 1e-9).clamp(1.0, MOST_TIMES)

    def starts(self, span):
        """Return when the kernels begin, half of their length before each time."""
        n_times = int(self.count_times(span))
        times = torch.arange(n_times, dtype=torch.float64, device=span.device) + 0.5
        times *= self.step if n_times < MOST_TIMES else span / n_times
        return times - N_STEPS / 2 * self.dilation

    def responses(self, signal):
        """Convolve at regular times within the span of each series."""
        counts = self.count_times(signal.span)
        numbers = torch.arange(int(counts.max()), device=counts.device)
        inside = (numbers < counts.unsqueeze(1)).double()
        many = counts == MOST_TIMES
        if not many.any():
            return self._on_a_grid(signal, len(numbers)), inside
        if many.all():
            return self._apart(signal), inside
        # A series has the same responses whatever is the length of the others.
        shape = len(counts), MOST_TIMES, self.weight.shape[1]
        responses = signal.pieces.new_zeros(shape)
        n_times = int(counts[~many].max())
        responses[~many, :n_times] = self._on_a_grid(signal[~many], n_times)
        responses[many] = self._apart(signal[many])
        return responses, inside

    def _on_a_grid(self, signal: Signal, n_times: int) -> Tensor:
        first = 0.5 - N_STEPS / 2 * self.n_points
        return self._combine(self._means_on_a_grid(signal, n_times, first))

    def _apart(self, signal: Signal) -> Tensor:
        """Convolve at times that are farther apart than a step."""
        times = torch.arange(MOST_TIMES, dtype=torch.float64, device=signal.span.device)
        times = (times + 0.5) / MOST_TIMES * signal.span.unsqueeze(1)
        starts = times - N_STEPS / 2 * self.dilation
        return self._combine(self._means_apart(signal, starts))

"""A differential equation that is driven by the data."""

import torch
from torch import Tensor, nn

from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.history import fill_forward
from ckts.networks.baselines.ode import AbstractSolving


class NCDE(AbstractSolving):
    """Neural controlled differential equation ``dh = F(h) dX`` (Kidger et al., 2020).

    X joins time, values and how often each channel was observed (their "intensity").
    It is straight between rows, and a channel that is missing keeps its last value, so
    that the state at a row knows nothing later.
    DIFF[paper]: their natural cubic splines bend with later rows.

    Time and counts are in shares of the horizon: over it, each adds up to about 1. In
    typical gaps, a series of 182 rows began with outputs of size 174.

    Parameters are those of :class:`ckts.networks.baselines.ode.AbstractSolving`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the first state and the field."""
        self.start = nn.Linear(2 * in_channels, hidden_channels)
        self.field = nn.Sequential(
            nn.Linear(hidden_channels, hidden_channels),
            nn.ReLU(),
            nn.Linear(hidden_channels, hidden_channels * (1 + 2 * in_channels)),
            nn.Tanh(),
        )

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the state at each row."""
        control = self.make_control(rows)
        state = self.start(control[:, 0, 1:])  # the first row is time 0
        states = [state]
        gaps = self.cap(rows.gaps[:, 1:]).unbind(1)
        changes = torch.diff(control, dim=1).unbind(1)
        for change, gap in zip(changes, gaps, strict=True):
            state = self._follow(state, change, gap)
            states.append(state)
        return torch.stack(states, 1)

    def make_control(self, rows: RowBatch) -> Tensor:
        """Return X at the rows, of shape (batch, time, 1 + 2 * channels)."""
        elapsed = self.cap(rows.gaps).cumsum(1).unsqueeze(2)
        filled = fill_forward(rows.values, rows.observed)
        counts = rows.observed.cumsum(1).to(filled.dtype)
        return torch.cat([elapsed / self.horizon, filled, counts / self.horizon], 2)

    def _follow(self, state: Tensor, change: Tensor, gap: Tensor) -> Tensor:
        """Solve the equation along a straight line, in steps of a typical gap."""

        def slope(now: Tensor) -> Tensor:
            fields = self.field(now).unflatten(1, (self.hidden_channels, -1))
            # Products of small matrices by `@` take 2.5 times as long.
            return (fields * change.unsqueeze(1)).sum(2)

        # Values change within no time, too: each row has a step.
        return self.solve(slope, state, gap.clamp(min=1))

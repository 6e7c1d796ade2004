"""What baselines share that solve a differential equation between their rows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.solver import SOLVERS, Field, count_steps, integrate
from ckts.networks.baselines.timed import AbstractTimedBaseline


class AbstractSolving(AbstractTimedBaseline):
    """A baseline whose state follows a differential equation.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractTimedBaseline`.
    n_steps : int, default=16
        Most steps of the solver from one row to the next. A step is at most one
        typical gap long, so longer gaps than `n_steps` typical ones count as these.
    solver : {"euler", "midpoint", "rk4"}, default="rk4"
        Method of a step, of order 1, 2 or 4.

    Raises
    ------
    ValueError
        If `n_steps` is less than 1 or there is no such solver.
    """

    def __init__(
        self,
        *sizes: int,
        n_steps: int = 16,
        solver: str = "rk4",
        **shared: Any,
    ) -> None:
        if n_steps < 1:
            raise ValueError(
                f"`n_steps` must be at least 1; got {n_steps}. Longer gaps than that "
                "many typical ones count as these."
            )
        if solver not in SOLVERS:
            raise ValueError(
                f"`solver` must be one of {list(SOLVERS)}; got {solver!r}. The most "
                "accurate one is 'rk4'."
            )
        super().__init__(*sizes, **shared)
        self.n_steps, self.solver = n_steps, solver
        self.longest_gap = min(self.longest_gap, float(n_steps))

    def solve(self, field: Field, state: Tensor, lengths: Tensor) -> Tensor:
        """Solve ``dh/ds = field(h)`` from 0 to 1, in steps for `lengths` to be gone."""
        counts = count_steps(lengths, self.n_steps)
        return integrate(field, state, counts, SOLVERS[self.solver])


class AbstractJumping(AbstractSolving):
    """A state that flows between the rows, ``dh/dt = f(h)``, and jumps at them.

    The jump is an update by a GRU with values and masks. A subclass supplies `f`. The
    unit of time is the typical gap.

    Parameters are those of :class:`AbstractSolving`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the flow and the jump."""
        self.field = self.make_field(hidden_channels)
        self.jump = nn.GRUCell(2 * in_channels, hidden_channels)

    @abstractmethod
    def make_field(self, hidden_channels: int) -> nn.Module:
        """Make the map of states to slopes, each of shape (batch, hidden_channels)."""

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the states after each jump."""
        state = rows.values.new_zeros(len(rows.values), self.hidden_channels)
        states = []
        gaps = self.cap(rows.gaps)
        for gap, row in zip(gaps.unbind(1), rows.inputs.unbind(1), strict=True):
            state = self.jump(row, self._flow(state, gap))
            states.append(state)
        return torch.stack(states, 1)

    def _flow(self, state: Tensor, gap: Tensor) -> Tensor:
        """Let time pass."""
        rate = gap.unsqueeze(1)
        return self.solve(lambda now: rate * self.field(now), state, gap)

"""What baselines that know time share: the longest gap that counts."""

from __future__ import annotations

import torch
from torch import Tensor

from ckts.networks.baselines.base import AbstractBaseline


class AbstractTimedBaseline(AbstractBaseline):
    """A baseline that sees the time between its rows.

    Stretching times, `row_time_step` and `horizon` together changes nothing.

    Parameters
    ----------
    in_channels, n_outputs, n_static, hidden_channels, dropout, row_time_step, dtype
        As those of :class:`AbstractBaseline`.
    horizon : float, default=100.0
        Longest lag of the training data, same unit as `row_time_step`. Longer gaps
        count as this one, so that no wild stamp makes a wild number.
    """

    def __init__(
        self,
        in_channels: int,
        n_outputs: int,
        *,
        n_static: int = 0,
        hidden_channels: int = 32,
        dropout: float = 0.2,
        row_time_step: float = 1.0,
        horizon: float = 100.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(
            in_channels,
            n_outputs,
            n_static=n_static,
            hidden_channels=hidden_channels,
            dropout=dropout,
            row_time_step=row_time_step,
            dtype=dtype,
        )
        self.horizon = float(horizon) / self.row_time_step  # in typical gaps
        self.longest_gap = self.horizon

    def cap(self, gaps: Tensor) -> Tensor:
        """Bound gaps in units of the typical one by the horizon."""
        return gaps.clamp(max=self.longest_gap)

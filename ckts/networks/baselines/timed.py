"""What baselines that know time share: the longest gap that counts."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ckts.networks.baselines.base import AbstractBaseline


class AbstractTimedBaseline(AbstractBaseline):
    """A baseline that sees the time between its rows.

    Stretching times, `row_time_step` and `horizon` together changes nothing.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    horizon : float, default=100.0
        Longest lag of the training data, same unit as `row_time_step`. Longer gaps
        count as this one, so that no wild stamp makes a wild number.
    """

    def __init__(
        self,
        *sizes: int,
        horizon: float = 100.0,
        **shared: Any,
    ) -> None:
        super().__init__(*sizes, **shared)
        self.horizon = float(horizon) / self.row_time_step  # in typical gaps
        self.longest_gap = self.horizon

    def cap(self, gaps: Tensor) -> Tensor:
        """Bound gaps in units of the typical one by the horizon."""
        return gaps.clamp(max=self.longest_gap)

"""Gates that begin with memories as long as the series (chrono initialization)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from ckts._checks import check_bool
from ckts.networks.baselines.base import AbstractBaseline
from ckts.networks.baselines.timed import AbstractTimedBaseline

# Of fewer rows there is nothing to spread: all memories are of 2 rows.
FEWEST_ROWS = 3.0


class AbstractGated(AbstractBaseline):
    """A recurrent baseline whose gates begin with long memories.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    chrono : bool, default=True
        Whether the biases of the gates that keep the state begin at ``log(U(1, T -
        1))``, with `T` the rows of a horizon, and those of the gates that write it at
        the negative of that, where the two are not one: a gate of bias `b` without
        input keeps a state for about ``1 + exp(b)`` rows. False begins as torch does: a
        state is gone within a few rows, and so are gradients.
    horizon : float, default=100.0
        Longest lag of the training data, same unit as `row_time_step`.

    References
    ----------
    Tallec and Ollivier, Can recurrent neural networks warp time?, 2018.
    """

    def __init__(
        self,
        *sizes: int,
        chrono: bool = True,
        horizon: float = 100.0,
        **shared: Any,
    ) -> None:
        super().__init__(*sizes, **shared)
        if check_chrono(chrono):
            n_rows = float(horizon) / self.row_time_step
            with torch.no_grad():
                self.keep(draw_memories(self.hidden_channels, n_rows))

    @abstractmethod
    def keep(self, memories: Tensor) -> None:
        """Set the biases of the gates.

        Parameters
        ----------
        memories : Tensor of shape (hidden_channels,)
            Those of the gates that keep the state.
        """


class AbstractTimedGated(AbstractTimedBaseline):
    """The same of a baseline that sees the time between its rows.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractTimedBaseline`.
    chrono : bool, default=True
        As that of :class:`AbstractGated`.
    """

    def __init__(self, *sizes: int, chrono: bool = True, **shared: Any) -> None:
        super().__init__(*sizes, **shared)
        if check_chrono(chrono):
            with torch.no_grad():
                self.keep(draw_memories(self.hidden_channels, self.horizon))

    @abstractmethod
    def keep(self, memories: Tensor) -> None:
        """Set the biases of the gates, as that of :class:`AbstractGated`."""


def check_chrono(chrono: bool) -> bool:
    """Return the option, or raise if it is neither True nor False."""
    check_bool("chrono", chrono)
    return bool(chrono)


def draw_memories(n_states: int, n_rows: float) -> Tensor:
    """Draw biases for memories of 2 rows to `n_rows`, evenly spread.

    Parameters
    ----------
    n_states : int
    n_rows : float
        Longest memory; at least 3 are taken.

    Returns
    -------
    Tensor of shape (n_states,)
        ``log(U(1, n_rows - 1))``, from torch's global generator.
    """
    longest = max(n_rows, FEWEST_ROWS) - 1
    return torch.empty(n_states).uniform_(1.0, longest).log()


def keep_in_gru(layer: torch.nn.Module, memories: Tensor) -> None:
    """Set the bias of the update gate of torch's GRU, which keeps the state."""
    size = len(memories)
    for name, values in (("bias_ih_l0", memories), ("bias_hh_l0", 0.0)):
        getattr(layer, name)[size : 2 * size] = values

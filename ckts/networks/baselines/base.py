"""What recurrent and other causal networks share: rows in, the last state out."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class RowBatch:
    """The rows of each series at which anything was observed, then padding.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Standardized values, 0 where nothing is observed.
    observed : Tensor of shape (batch, time, channels)
        Which values exist, boolean.
    times : Tensor of shape (batch, time)
        Time stamps, float64; padding repeats the last one.
    gaps : Tensor of shape (batch, time)
        Time since the row before, in units of the typical gap; 0 at the first row and
        in padding.
    lengths : Tensor of shape (batch,)
        Rows of each series; what follows is padding.
    """

    values: Tensor
    observed: Tensor
    times: Tensor
    gaps: Tensor
    lengths: Tensor

    @property
    def inputs(self) -> Tensor:
        """Values and whether they exist, of shape (batch, time, 2 * channels)."""
        return torch.cat([self.values, self.observed.to(self.values.dtype)], 2)

    @property
    def valid(self) -> Tensor:
        """Which rows are no padding, of shape (batch, time)."""
        steps = torch.arange(self.times.shape[1], device=self.times.device)
        return steps < self.lengths.unsqueeze(1)


class AbstractBaseline(nn.Module, ABC):
    """A causal network whose state after the last row goes to a linear head.

    A subclass implements :meth:`encode`. Rows without any observation, such as padding,
    are taken out before, and change nothing. Weights are drawn from torch's global
    generator, as those of torch's own layers.

    Parameters
    ----------
    in_channels : int
        Channels of the series.
    n_outputs : int
        Logits, or regression targets.
    n_static : int, default=0
        Static features; they join the last state.
    hidden_channels : int, default=32
        Size of the state.
    dropout : float, default=0.2
        Dropout before the head.
    row_time_step : float, default=1.0
        Typical gap of the rows: the unit of gaps.
    dtype : torch.dtype, default=torch.float32
        Type of the parameters.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Show what goes on to the base class in the signature.

        Estimators give a network the arguments that it names; a subclass names its own,
        ``__init__(self, *sizes, order=16, **shared)``.
        """
        super().__init_subclass__(**kwargs)
        own = cls.__dict__.get("__init__")
        if own is not None:
            own.__signature__ = _joint_signature(own, super(cls, cls).__init__)

    def __init__(
        self,
        in_channels: int,
        n_outputs: int,
        *,
        n_static: int = 0,
        hidden_channels: int = 32,
        dropout: float = 0.2,
        row_time_step: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.hidden_channels = hidden_channels
        self.row_time_step = float(row_time_step)
        self.build(in_channels, hidden_channels)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden_channels + n_static, n_outputs)
        self.to(dtype)

    @abstractmethod
    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the parts that :meth:`encode` uses."""

    @abstractmethod
    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the state after each row, from this row and those before.

        Parameters
        ----------
        rows : RowBatch

        Returns
        -------
        Tensor of shape (batch, time, hidden_channels)
            What stands in padding is ignored.
        """

    def forward(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        static: Tensor | None = None,
    ) -> Tensor:
        """Map a batch of series to outputs.

        Parameters
        ----------
        values : Tensor of shape (batch, time, in_channels)
            Values; those where nothing is observed are ignored.
        times : Tensor of shape (batch, time)
            Non-decreasing time stamps, float64; padding repeats the last.
        observed : Tensor of shape (batch, time, in_channels)
            Which values exist, boolean; False on padding.
        static : Tensor of shape (batch, n_static), optional
            Static features without NaN.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
        """
        return self.head(self.embed(values, times, observed, static))

    def embed(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        static: Tensor | None = None,
    ) -> Tensor:
        """Map each series to what the head takes: the last state, and `static`.

        Parameters are those of :meth:`forward`; a series without any row has state 0.
        """
        states = self._path(values, times, observed)
        return self.dropout(_join(states[:, -1], static))

    def forward_path(
        self,
        values: Tensor,
        times: Tensor,
        observed: Tensor,
        static: Tensor | None = None,
    ) -> Tensor:
        """Map each series to outputs as of each of its rows, in one pass.

        Parameters are those of :meth:`forward`.

        Returns
        -------
        Tensor of shape (batch, time, n_outputs)
            Rows without any observation repeat the one before.
        """
        states = self._path(values, times, observed)
        static = None if static is None else static.unsqueeze(1)
        return self.head(self.dropout(_join(states, static)))

    def _path(self, values: Tensor, times: Tensor, observed: Tensor) -> Tensor:
        """Compute the state as of each row that was given, observed or not."""
        rows = take_rows(values, times, observed, self.row_time_step)
        states = self.encode(rows)
        first = states.new_zeros(len(states), 1, self.hidden_channels)
        states = torch.cat([first, states], 1)
        n_before = observed.any(2).cumsum(1)
        index = n_before.unsqueeze(2).expand(-1, -1, states.shape[2])
        return states.gather(1, index)


def _joint_signature(own: Any, base: Any) -> inspect.Signature:
    """Return the signature of a function that hands all but its own to another."""
    named = inspect.signature(own).parameters.values()
    mine = {one.name: one for one in named if one.kind is one.KEYWORD_ONLY}
    passed = inspect.signature(base).parameters
    return inspect.Signature(
        sorted({**passed, **mine}.values(), key=lambda one: one.kind)
    )


def take_rows(
    values: Tensor, times: Tensor, observed: Tensor, row_time_step: float
) -> RowBatch:
    """Move the rows at which nothing was observed behind the others.

    Parameters
    ----------
    values, times, observed : Tensor
        As those of :meth:`AbstractBaseline.forward`.
    row_time_step : float
        Unit of the gaps.
    """
    seen = observed.any(2)
    order = (~seen).to(torch.uint8).argsort(dim=1, stable=True)
    lengths = seen.sum(1)
    # Padding repeats the last row that was seen, so that gaps are 0 there.
    last = (lengths - 1).clamp(min=0).unsqueeze(1)
    steps = torch.arange(seen.shape[1], device=seen.device).expand_as(seen)
    stamps = times.gather(1, order).gather(1, torch.minimum(steps, last))
    gaps = torch.diff(stamps, dim=1, prepend=stamps[:, :1]) / row_time_step
    order = order.unsqueeze(2).expand_as(values)
    values = torch.where(observed, values, 0).gather(1, order)
    observed = observed.gather(1, order)
    return RowBatch(values, observed, stamps, gaps.to(values.dtype), lengths)


def _join(states: Tensor, static: Tensor | None) -> Tensor:
    if static is None:
        return states
    return torch.cat([states, static.expand(*states.shape[:-1], -1)], -1)

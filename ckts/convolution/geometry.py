"""Everything that the time stamps of a batch alone decide, computed once per batch."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, Self

import torch
from torch import Tensor

from ckts.convolution.methods.base import AbstractMethod


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Time stamps of one batch, and the method that is prepared for them.

    It is made once per batch and handed to every layer, so that the search for a
    lattice, the sorting and the float64 arithmetic on time stamps happen once.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Observation times since an origin of the series' own, float64, on the lattice
        if there is one. Padding repeats the last time.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` at the observations.
    method : AbstractMethod
        Sums over the observations, or over the nodes of the quadrature.
    nodes : dataclass or None
        Where a quadrature samples the signal; None is at the observations.
    directions : tuple of bool
        Values of `causal` of the layers that it serves.
    reach : float
        Lag from which on the kernels are 0 that it may be used for.
    """

    times: Tensor
    query_times: Tensor
    method: AbstractMethod
    nodes: Any = None
    directions: tuple[bool, ...] = (True, False)
    reach: float = math.inf

    @property
    def queries_are_observations(self) -> bool:
        """Whether the outputs are at the observation times."""
        return self.query_times is self.times

    @cached_property
    def ties(self) -> tuple[Tensor, Tensor]:
        """First row with the stamp of each row, and the first row after it.

        Returns
        -------
        Tensor of shape (batch, time), Tensor of shape (batch, time)
            From 0 to `time - 1`, and from 1 to `time`.
        """
        times = self.times.contiguous()
        return (
            torch.searchsorted(times, times),
            torch.searchsorted(times, times, right=True),
        )

    @cached_property
    def tie_rows(self) -> tuple[Tensor, Tensor]:
        """Return :attr:`ties` as rows of a flat table of ``time + 1`` rows per series.

        Returns
        -------
        Tensor of shape (batch * time,), Tensor of shape (batch * time,)
        """
        n_series, n_times = self.times.shape
        series = torch.arange(n_series, device=self.times.device).unsqueeze(1)
        starts, ends = (rows + series * (n_times + 1) for rows in self.ties)
        return starts.flatten(), ends.flatten()

    def to(self, device: torch.device | str) -> Self:
        """Return a copy on a device, without a device synchronization."""
        return move(self, device, {})


def move(value: Any, device: torch.device | str, moved: dict[int, Any]) -> Any:
    """Move all tensors of nested dataclasses and tuples, see :func:`convert`."""
    return convert(value, lambda one: one.to(device, non_blocking=True), moved)


def convert(
    value: Any, change: Callable[[Tensor], Tensor], converted: dict[int, Any]
) -> Any:
    """Change all tensors of nested dataclasses and tuples.

    Parameters
    ----------
    value : dataclass, tuple, Tensor or anything else
        What to change.
    change : callable
        Maps a tensor to what takes its place.
    converted : dict
        What was changed already, by the id of the original: what was one object remains
        one. It is filled.

    Returns
    -------
    Any
        A copy; what holds no tensor as it is.
    """
    if id(value) in converted:
        return converted[id(value)]
    result: Any = value
    if isinstance(value, Tensor):
        result = change(value)
    elif isinstance(value, tuple):
        parts = (convert(part, change, converted) for part in value)
        # A named one is made of its parts, another one of an iterable.
        result = type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    elif is_dataclass(value) and not isinstance(value, type):
        held = {f.name: getattr(value, f.name) for f in fields(value)}
        changed = {name: convert(one, change, converted) for name, one in held.items()}
        result = replace(value, **changed)
    converted[id(value)] = result
    return result

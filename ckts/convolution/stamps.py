"""All stamps of a batch, observations and outputs, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ckts.regularity import ROUNDING


@dataclass(frozen=True)
class Runs:
    """Runs of stamps between gaps that no kernel crosses.

    Attributes
    ----------
    cuts : ndarray of shape (batch, stamp - 1)
        Which gaps lie between two runs.
    starts : ndarray of shape (batch, stamp)
        Where among the stamps the run of each begins.
    begins : ndarray of shape (batch, stamp)
        When it begins.
    elapsed : ndarray of shape (batch, stamp)
        Time since then. The difference is exact, so that lags keep their digits.
    """

    cuts: np.ndarray
    starts: np.ndarray
    begins: np.ndarray
    elapsed: np.ndarray

    @property
    def spans(self) -> np.ndarray:
        """Time from the first to the last stamp of each run: (run,)."""
        last = np.pad(self.cuts, ((0, 0), (0, 1)), constant_values=True)
        return self.elapsed[last]


@dataclass(frozen=True)
class Stamps:
    """Observation and query times of a batch, alone and sorted together.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Observation times since the origin of each series, float64, on the CPU.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` at the observations.
    rounding : ndarray of shape (batch,)
        By how much the stamps of each series may be off.
    sorted : ndarray of shape (batch, stamp)
        All of them, float64.
    order : ndarray of shape (batch, stamp) or None
        Where each sorted stamp stood among observations and then queries. None where
        the queries are the observations.
    """

    times: Tensor
    query_times: Tensor
    rounding: np.ndarray
    sorted: np.ndarray
    order: np.ndarray | None

    @cached_property
    def sizes(self) -> tuple[int, int, int]:
        """Number of series, and of observations and outputs per series."""
        return *self.times.shape, self.query_times.shape[1]

    @cached_property
    def gaps(self) -> np.ndarray:
        """Time from each stamp to the next one: (batch, stamp - 1)."""
        return np.diff(self.sorted, axis=1)

    @cached_property
    def spans(self) -> np.ndarray:
        """Time from the first to the last stamp: (batch,)."""
        return self.sorted[:, -1] - self.sorted[:, 0]

    def runs(self, longest: float) -> Runs:
        """Cut the series where gaps are longer than this."""
        cuts = self.gaps > longest
        if not cuts.any():
            begins = np.broadcast_to(self.sorted[:, :1], self.sorted.shape)
            starts = np.zeros(self.sorted.shape, dtype=int)
            return Runs(cuts, starts, begins, self.sorted - begins)
        starts = np.where(cuts, np.arange(1, self.sorted.shape[1]), 0)
        starts = from_zero(np.maximum.accumulate(starts, axis=1))
        begins = np.take_along_axis(self.sorted, starts, 1)
        return Runs(cuts, starts, begins, self.sorted - begins)

    def split(self, values: np.ndarray) -> tuple[Tensor, Tensor]:
        """Give values of the sorted stamps back to observations and queries.

        Parameters
        ----------
        values : ndarray of shape (batch, stamp)

        Returns
        -------
        Tensor of shape (batch, time), Tensor of shape (batch, query)
            The same object where the queries are the observations.
        """
        if self.order is None:
            times = torch.from_numpy(values)
            return times, times
        placed, n_times = np.empty_like(values), self.times.shape[1]
        np.put_along_axis(placed, self.order, values, 1)
        times = torch.from_numpy(placed[:, :n_times].copy())
        return times, torch.from_numpy(placed[:, n_times:].copy())


def read_stamps(
    times: Tensor, query_times: Tensor | None, rounding: Tensor | None = None
) -> Stamps:
    """Count stamps of any type from the first one of their series, and sort them.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Observation times, on the CPU.
    query_times : Tensor of shape (batch, query) or None
        Times of the output; None is at the observations.
    rounding : Tensor of shape (batch,), optional
        By how much they may be off; by default what float64 loses of `times`.

    Returns
    -------
    Stamps
        Differences of integers are exact, before they become float64.
    """
    times = times.detach()  # stamps have no gradient
    origin = times[:, :1]
    elapsed = _subtract(times, origin)
    queries = elapsed
    if query_times is not None:
        queries = _subtract(query_times.detach().cpu(), origin)
    if rounding is None:
        rounding = _float_rounding(times)
    return sort_stamps(elapsed, queries, rounding.cpu().numpy())


def _subtract(stamps: Tensor, origin: Tensor) -> Tensor:
    rough = (stamps.double() - origin.double()).contiguous()
    if stamps.is_floating_point() and origin.is_floating_point():
        return rough
    (whole, rest), (first, begin) = _whole_parts(stamps), _whole_parts(origin)
    exact = (whole - first).double() + (rest - begin)
    # Differences that int64 cannot hold are those of which float64 has no digits left.
    return torch.where(rough.abs() < 2.0**62, exact, rough)


def _whole_parts(stamps: Tensor) -> tuple[Tensor, Tensor]:
    """Split into int64 and a rest in [0, 1): a float64 cannot hold all of int64."""
    if not stamps.is_floating_point():
        return stamps.long(), torch.zeros((), dtype=torch.float64)
    whole = stamps.double().floor()
    return whole.long(), stamps.double() - whole


def _float_rounding(times: Tensor) -> Tensor:
    """Return what float64 loses of the stamps of each series: (batch,)."""
    if not times.is_floating_point() or times.numel() == 0:
        return times.new_zeros(len(times), dtype=torch.float64)
    return ROUNDING * torch.maximum(times[:, 0].abs(), times[:, -1].abs()).double()


def sort_stamps(
    times: Tensor, query_times: Tensor, rounding: np.ndarray | None = None
) -> Stamps:
    """Sort the stamps of a batch.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times, float64, on the CPU.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` where they are the same.
    rounding : ndarray of shape (batch,), optional
        By how much they may be off; by default what float64 loses of `times`.

    Returns
    -------
    Stamps
    """
    if rounding is None:
        rounding = _float_rounding(times).numpy()
    if query_times is times:
        return Stamps(times, times, rounding, times.detach().numpy(), None)
    stamps = torch.cat([times, query_times], 1).detach().numpy()
    order = np.argsort(stamps, axis=1, kind="stable")
    in_order = np.take_along_axis(stamps, order, 1)
    return Stamps(times, query_times, rounding, in_order, order)


def shrink_gaps(stamps: Stamps, longest: float) -> Stamps:
    """Shorten the gaps that are longer than a kernel reaches.

    A kernel that ends at a lag cannot tell two longer ones apart, so that a sum over
    observations stays what it is, while a mesh needs no points for the rest.

    Parameters
    ----------
    stamps : Stamps
        The stamps of a batch.
    longest : float
        What longer gaps become, at least the reach of the kernel.

    Returns
    -------
    Stamps
        Lags within a run of shorter gaps stay, others are `longest` or more. What
        comes later moves no stamp. The argument itself where no gap is longer.

    Examples
    --------
    >>> times = torch.tensor([[0.0, 1.0, 9.0, 11.0]], dtype=torch.float64)
    >>> shrink_gaps(sort_stamps(times, times), 4.0).sorted.tolist()
    [[0.0, 1.0, 5.0, 7.0]]
    """
    runs = stamps.runs(longest)
    if not runs.cuts.any():
        return stamps
    moves = np.where(runs.cuts, runs.elapsed[:, :-1] + longest, 0.0).cumsum(1)
    return replace(stamps, sorted=from_zero(moves) + runs.elapsed)


def from_zero(values: np.ndarray) -> np.ndarray:
    """Put a column of zeros in front: ``np.pad`` takes ten times as long.

    Parameters
    ----------
    values : ndarray of shape (batch, n)

    Returns
    -------
    ndarray of shape (batch, n + 1)
    """
    wider = np.zeros((len(values), values.shape[1] + 1), dtype=values.dtype)
    wider[:, 1:] = values
    return wider

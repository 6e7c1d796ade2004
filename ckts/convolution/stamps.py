"""All stamps of a batch, observations and outputs, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor


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
    """Observation and query times of a batch, sorted together.

    Attributes
    ----------
    sorted : ndarray of shape (batch, stamp)
        Float64, at least one per series.
    n_times : int
        Observations per series.
    order : ndarray of shape (batch, stamp) or None
        Where each sorted stamp stood among observations and then queries. None where
        the queries are the observations.
    """

    sorted: np.ndarray
    n_times: int
    order: np.ndarray | None

    @property
    def gaps(self) -> np.ndarray:
        """Time from each stamp to the next one: (batch, stamp - 1)."""
        return np.diff(self.sorted, axis=1)

    @property
    def spans(self) -> np.ndarray:
        """Time from the first to the last stamp: (batch,)."""
        return self.sorted[:, -1] - self.sorted[:, 0]

    def runs(self, longest: float) -> Runs:
        """Cut the series where gaps are longer than this."""
        cuts = self.gaps > longest
        starts = np.where(cuts, np.arange(1, self.sorted.shape[1]), 0)
        starts = _from_zero(np.maximum.accumulate(starts, axis=1))
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
        placed = np.empty_like(values)
        np.put_along_axis(placed, self.order, values, 1)
        times = torch.from_numpy(placed[:, : self.n_times].copy())
        return times, torch.from_numpy(placed[:, self.n_times :].copy())


def count_from_origin(
    times: Tensor, query_times: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Count stamps of any type from the first one of their series.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Observation times, on the CPU.
    query_times : Tensor of shape (batch, query) or None
        Times of the output; None is at the observations.

    Returns
    -------
    times : Tensor of shape (batch, time)
        Float64. Differences of integers are exact, before they become that.
    query_times : Tensor of shape (batch, query)
        The same object as `times` if it was None.
    """
    origin = times[:, :1]
    elapsed = _subtract(times, origin)
    if query_times is None:
        return elapsed, elapsed
    return elapsed, _subtract(query_times.cpu(), origin)


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


def sort_stamps(times: Tensor, query_times: Tensor) -> Stamps:
    """Sort the stamps of a batch.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times, float64, on the CPU.
    query_times : Tensor of shape (batch, query)
        Times of the output; the same object as `times` where they are the same.

    Returns
    -------
    Stamps
    """
    n_times = times.shape[1]
    if query_times is times:
        return Stamps(times.detach().numpy(), n_times, None)
    stamps = torch.cat([times, query_times], 1).detach().numpy()
    order = np.argsort(stamps, axis=1, kind="stable")
    return Stamps(np.take_along_axis(stamps, order, 1), n_times, order)


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
    return replace(stamps, sorted=_from_zero(moves) + runs.elapsed)


def _from_zero(values: np.ndarray) -> np.ndarray:
    """Put a column of zeros in front."""
    return np.pad(values, ((0, 0), (1, 0)))

"""Where a batch was sampled and where it is asked for: origin, lags, lattice.

A :class:`Geometry` is computed once per batch and handed to every layer, so that
the search for a lattice and the float64 arithmetic on time stamps happen once.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ckts import _tensor_checks as _checks

# Stamps count as lattice points when they are within this share of a step of one.
# The response then differs from the one at the true stamps by about as much.
LATTICE_TOLERANCE = 1e-9

# A lattice of at most this many points per observation is always taken, a longer one
# up to MAX_SMALL_LATTICE while it has at most an eighth as many points as there are
# pairs: forward and backward a point takes 3-8 us, a pair 0.6-0.7 us (32 channels).
MAX_LATTICE_RATIO = 8
MAX_SMALL_LATTICE = 4096
# The longest that method="lattice" accepts, some gigabytes.
MAX_LATTICE = 2**26


@dataclass(frozen=True)
class Lattice:
    """Positions of a batch on a common lattice; the origin is one per series.

    Attributes
    ----------
    step : float
        Distance of two lattice points, in the unit of the time stamps.
    length : int
        Number of lattice points that hold every observation and every query.
    source : Tensor of shape (batch, time)
        Lattice index of every observation.
    target : Tensor of shape (batch, query)
        Lattice index of every query time.
    """

    step: float
    length: int
    source: Tensor
    target: Tensor


@dataclass(frozen=True)
class Geometry:
    """Time stamps of one batch, relative to each series' origin.

    Attributes
    ----------
    times : Tensor of shape (batch, time)
        Observation times since an origin of the series' own, float64, on the lattice
        where there is one. Padding repeats the last time.
    query_times : Tensor of shape (batch, query)
        Times at which the convolution is asked for; the same object as `times`
        when it is asked for at the observations.
    lattice : Lattice or None
        Where the stamps lie on a common lattice that is not too sparse.
    """

    times: Tensor
    query_times: Tensor
    lattice: Lattice | None

    @property
    def queries_are_observations(self) -> bool:
        """Whether the output is asked for at the observation times."""
        return self.query_times is self.times


def make_geometry(
    times: Tensor, query_times: Tensor | None = None, *, method: str = "auto"
) -> Geometry:
    """Return the geometry of a batch.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Non-decreasing observation times of each series, any unit; padding repeats
        the last time. Integers and float64 keep their precision.
    query_times : Tensor of shape (batch, query), optional
        Times of the output, in any order; by default the observation times.
    method : {"auto", "lattice", "pairwise"}, default="auto"
        "auto" takes a lattice where there is one that is not too sparse, see
        :func:`longest_lattice`; "lattice" insists on one of any length (up to 2**26
        points), "pairwise" looks for none.

    Returns
    -------
    Geometry

    Raises
    ------
    ValueError
        If `times` decrease or are not finite, if the two arguments do not fit, or
        if `method="lattice"` and the stamps have no common lattice.
    """
    _checks.check_choice("method", method, ("auto", "lattice", "pairwise"))
    _checks.check_times(times, query_times)
    origin = times[:, :1]
    shifted = (times - origin).double().contiguous()
    queries = shifted
    if query_times is not None:
        queries = (query_times - origin).double().contiguous()
    lattice = None
    if method != "pairwise":
        limit = longest_lattice(shifted.shape[1], queries.shape[1])
        if method == "lattice":
            limit = MAX_LATTICE
        lattice = find_lattice(shifted, queries, max_length=limit)
        if lattice is None and method == "lattice":
            raise ValueError(
                "`times` must lie on a common lattice for method='lattice'; got "
                "stamps without a common step. Use method='auto'."
            )
    if lattice is not None:
        # A stamp within rounding of a lattice point is that point, also for weights.
        shifted = lattice.source.double() * lattice.step
        queries = shifted
        if query_times is not None:
            queries = lattice.target.double() * lattice.step
    return Geometry(shifted, queries, lattice)


def longest_lattice(n_times: int, n_queries: int) -> int:
    """Return the number of lattice points up to which a lattice is worth its cost.

    Parameters
    ----------
    n_times, n_queries : int
        Observations and queries per series, padding included.

    Returns
    -------
    int
        About 8 points per observation; more for short series, where 4096 points
        may still cost less than the pairs.
    """
    dense = MAX_LATTICE_RATIO * max(n_times, n_queries, 1)
    return max(dense, min(n_times * n_queries // 8, MAX_SMALL_LATTICE))


@torch.no_grad()
def find_lattice(
    times: Tensor, query_times: Tensor, *, max_length: int
) -> Lattice | None:
    """Find the coarsest lattice that holds all stamps of a batch, by Euclid.

    Parameters
    ----------
    times : Tensor of shape (batch, time)
        Observation times; the first of each series is its origin, float64.
    query_times : Tensor of shape (batch, query)
        Times of the output, float64.
    max_length : int
        Give up when the lattice would have more points than this.

    Returns
    -------
    Lattice or None
        None where the stamps have no common step, or one that is too small.
    """
    offsets = torch.cat([times, query_times], 1)
    if offsets.numel() == 0:
        return None
    step = _common_step(offsets.abs().flatten(), max_length)
    if step is None:
        return None
    index = torch.round(offsets / step).long()
    index = index - index.amin(1, keepdim=True)
    length = int(index.max()) + 1
    if length > max_length:
        return None
    source, target = index.split([times.shape[1], query_times.shape[1]], 1)
    return Lattice(step, length, source, target)


def _common_step(offsets: Tensor, max_length: int) -> float | None:
    """Greatest common divisor of the offsets, or None where it is too small."""
    span = offsets.max().item()
    if span == 0:
        return 1.0
    # Multiples of a step that is large enough lie at least this far apart, twice.
    slack = span / (2 * max_length)
    remainder = offsets
    step = span
    while step * max_length >= span:
        positive = remainder[remainder > LATTICE_TOLERANCE * step]
        if len(positive) == 0:
            return step
        step = _refine(offsets, positive.min().item(), slack)
        remainder = (offsets - torch.round(offsets / step) * step).abs()
    return None


def _refine(offsets: Tensor, step: float, slack: float) -> float:
    """Sharpen a step on ever longer offsets that are multiples of it up to `slack`.

    A step read off one gap carries that gap's rounding error, which a long series
    multiplies by its number of steps.
    """
    for reach in (1e1, 1e3, 1e5, 1e7):
        counts = torch.round(offsets / step)
        error = (offsets - counts * step).abs()
        fits = (counts > 0) & (counts <= reach) & (error < min(slack, 1e-3 * step))
        if bool(fits.any()):
            best = torch.where(fits, counts, 0).argmax()
            step = (offsets[best] / counts[best]).item()
    return step

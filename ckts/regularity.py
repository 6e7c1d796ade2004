"""The clock behind time stamps: the largest step of which all gaps are multiples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Rounding of a float stamp, in shares of the largest one: decimal fractions and
# products are off by one unit in the last place (2**-52), short sums by a few.
ROUNDING = 2.0**-48
# The chance at which a random ratio of gaps may pass for a fraction.
CHANCE = 1e-3
# A million times 0.1, added up one by one, is off by this share.
DRIFT = 2.0**-36
# By which share of a step stamps may leave their lattice, in a gap or in all: the
# response of a layer then differs from that at the true stamps by about as much. A
# million steps added up leave theirs by 1.5e-5, but so slowly that every lag is off by
# less than 3e-11 of itself.
SLACK = 1e-6
MOST_SLACK = 2e-5


class Step(NamedTuple):
    """A common step, known up to an error.

    Attributes
    ----------
    size : float or int
        The step, in the unit of the time stamps.
    error : float
        By how much it may be off; 0 for integers.
    """

    size: float
    error: float

    @property
    def shortest(self) -> float:
        """The number of fewest digits that it may be, also if steps were added up."""
        if self.error == 0:
            return self.size
        error = max(self.error, DRIFT * self.size)
        rounded = (float(f"{self.size:.{digits}g}") for digits in range(1, 17))
        fitting = (step for step in rounded if abs(step - self.size) <= error)
        return next(fitting, self.size)


def stamp_rounding(times: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Return how far the time stamps of each series may be off by their rounding.

    Stamps that are no farther apart than this are one and the same.

    Parameters
    ----------
    times : ndarray of shape (n_rows,)
        int64, which are exact, or float64; they do not decrease within a series.
    indptr : ndarray of shape (n_series + 1,)
        Where the rows of each series begin.

    Returns
    -------
    ndarray of shape (n_series,)
        float64, in the unit of the stamps.

    Examples
    --------
    >>> stamp_rounding(np.array([1, 2]), np.array([0, 2]))
    array([0.])
    >>> stamp_rounding(np.array([-(2.0**48), 2.0]), np.array([0, 1, 2, 2]))
    array([1.00000000e+00, 7.10542736e-15, 0.00000000e+00])
    """
    largest = np.zeros(len(indptr) - 1)
    filled = np.diff(indptr) > 0
    if times.dtype.kind == "f":
        first, last = times[indptr[:-1][filled]], times[indptr[1:][filled] - 1]
        largest[filled] = np.maximum(np.abs(first), np.abs(last))
    return ROUNDING * largest


def snap(times: np.ndarray, grid: np.ndarray, slack: np.ndarray | float) -> np.ndarray:
    """Move stamps onto those of a grid that differ from them by rounding only.

    Parameters
    ----------
    times : ndarray of shape (n_times,)
    grid : ndarray of shape (n_steps,)
        At least one stamp; they do not decrease.
    slack : ndarray of shape (n_times,), or float
        How far each may be off.

    Returns
    -------
    ndarray of shape (n_times,)

    Examples
    --------
    >>> snap(np.array([0.1 + 0.2, 0.4]), np.array([0.0, 0.3]), 1e-12)
    array([0.3, 0.4])
    """
    after = np.searchsorted(grid, times).clip(max=len(grid) - 1)
    for place in (after, np.maximum(after - 1, 0)):
        times = np.where(np.abs(grid[place] - times) <= slack, grid[place], times)
    return times


def count_steps(
    gaps: np.ndarray, elapsed: np.ndarray, firsts: np.ndarray, errors: np.ndarray
) -> tuple[Step, np.ndarray] | None:
    """Find the largest step of which all gaps between time stamps are multiples.

    Its multiples are the lattice of the stamps. Each run of stamps, such as a series,
    has an origin of its own.

    Parameters
    ----------
    gaps : ndarray of shape (n_stamps,)
        Time from the stamp before: int64, where the answer is exact, or float64. 0 for
        the first stamp of a run, and between ties.
    elapsed : ndarray of shape (n_stamps,)
        Time since the first stamp of the run. It is given beside the gaps because
        differences of rounded stamps do not add up.
    firsts : ndarray of bool of shape (n_stamps,)
        Which stamps are the first of a run.
    errors : ndarray of shape (n_stamps,)
        Rounding of the stamps, see `stamp_rounding`.

    Returns
    -------
    step : Step
    counts : ndarray of shape (n_stamps,)
        Steps since the first stamp of the run.

    Notes
    -----
    None where there is no gap, no common step, or one too small to be told from
    rounding.

    Examples
    --------
    >>> times = np.array([0.1, 0.3, 0.7, 1.2])
    >>> firsts = np.array([True, False, False, False])
    >>> gaps, elapsed = np.diff(times, prepend=times[0]), times - times[0]
    >>> step, counts = count_steps(gaps, elapsed, firsts, np.full(4, ROUNDING * 1.2))
    >>> step.shortest, counts.tolist()
    (0.1, [0.0, 2.0, 6.0, 11.0])
    """
    unique = np.unique(gaps[gaps > 0])
    if len(unique) == 0:
        return None
    if gaps.dtype.kind == "i":
        size = np.gcd.reduce(unique).item()
        return Step(size, 0.0), elapsed // size
    rough = _divide(unique, errors.max())
    if rough is None:
        return None
    step = _sharpen(rough, gaps, elapsed[np.append(firsts[1:], True)], errors.max())
    steps = np.rint(gaps / step.size)
    counts = steps.cumsum()
    counts -= counts[np.maximum.accumulate(np.where(firsts, np.arange(len(gaps)), 0))]
    slack = np.minimum(SLACK, steps * DRIFT) * step.size
    doubts = 2 * errors + steps * step.error + slack
    slack = np.clip(2 * counts.max() * DRIFT, SLACK, MOST_SLACK) * step.size
    if (
        np.any((gaps > 0) & (steps == 0))
        or np.any(np.abs(gaps - steps * step.size) > doubts)
        or np.any(np.abs(elapsed - counts * step.size) > np.maximum(slack, 2 * errors))
    ):
        return None
    return step, counts


def _sharpen(rough: float, gaps: np.ndarray, spans: np.ndarray, error: float) -> Step:
    """Sharpen a step by the spans of the runs, each of which gaps add up to.

    A gap of one step tells it no better than its own rounding, a run of gaps does.
    """
    count = np.rint(gaps / rough).sum()
    slip = 2 * error * np.count_nonzero(spans) / count
    return Step(float(spans.sum() / count), float(slip))


def _divide(gaps: np.ndarray, error: float) -> float | None:
    """Find the common step of ascending gaps, each of them known up to `error`.

    The step is always a gap over a whole number, so that it is known better than the
    gap. What is left is the error that long gaps multiply by their number of steps:
    they come last, when shorter ones have sharpened the step.
    """
    step, slip = gaps[0], error
    while True:
        ratios = gaps / step
        doubts = (error + ratios * slip) / step
        sure = doubts < CHANCE
        off = sure & (np.abs(ratios - np.round(ratios)) > doubts)
        if off.any():
            first = np.argmax(off)
            divisor = _denominator(ratios[first], doubts[first])
            if divisor is None:
                return None
            step, slip = step / divisor, slip / divisor
            continue
        last = np.flatnonzero(sure)[-1] if sure.any() else 0
        count = np.round(ratios[last])
        if last == len(gaps) - 1 and sure[last]:
            return float(gaps[last] / count)
        if not sure[last] or error / count >= slip:
            return None
        step, slip = gaps[last] / count, error / count


def _denominator(ratio: float, doubt: float) -> int | None:
    """Find the fraction nearby of a number known up to `doubt`; give its denominator.

    None where its denominator is so large that random numbers are as near to one:
    fractions up to q lie about 1 / q**2 apart. Fractions that are nearer than that are
    convergents of the continued fraction.
    """
    before, denominator, rest = 0, 1, ratio
    while doubt * denominator**2 < CHANCE:
        multiple = ratio * denominator
        if abs(multiple - round(multiple)) <= doubt * denominator:
            return denominator
        rest = 1 / (rest - np.floor(rest))
        before, denominator = denominator, int(rest) * denominator + before
    return None

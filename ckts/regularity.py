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


def common_step(gaps: np.ndarray, spans: np.ndarray, error: float) -> Step | None:
    """Find the largest step of which all gaps between time stamps are multiples.

    Parameters
    ----------
    gaps : ndarray of shape (n_gaps,)
        Time between neighboring stamps: int64, where the answer is exact, or float64.
        Ties, gaps of 0, do not matter.
    spans : ndarray of shape (n_series,)
        From the first to the last stamp of each series: what its gaps add up to.
    error : float
        Rounding of the stamps, see `stamp_rounding`.

    Returns
    -------
    Step or None
        None where there is no gap, no common step, or one too small to be told from
        rounding.

    Examples
    --------
    >>> times = np.array([0.1, 0.3, 0.7, 1.2])
    >>> spans = times[-1:] - times[0]
    >>> common_step(np.diff(times), spans, ROUNDING * 1.2).shortest
    0.1
    >>> times = np.array([0.0, 1.0, 2.0**0.5])
    >>> common_step(np.diff(times), times[-1:], ROUNDING * 2) is None
    True
    """
    unique = np.unique(gaps[gaps > 0])
    if len(unique) == 0:
        return None
    if unique.dtype.kind == "i":
        return Step(np.gcd.reduce(unique).item(), 0.0)
    rough = _divide(unique, error)
    if rough is None:
        return None
    # A gap of one step tells it no better than its own rounding, a series of gaps does.
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

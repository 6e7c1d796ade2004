"""The clock behind time stamps: the largest step of which all gaps are multiples."""

from __future__ import annotations

import numpy as np

# Rounding of a float stamp, in shares of the largest one: decimal fractions and
# products are off by one unit in the last place (2**-52), short sums by a few.
ROUNDING = 2.0**-48
# The chance at which a random ratio of gaps may pass for a fraction.
CHANCE = 1e-3


def common_step(times: np.ndarray, gaps: np.ndarray) -> float | None:
    """Find the largest step of which all gaps between time stamps are multiples.

    Parameters
    ----------
    times : ndarray of shape (n_times,)
        int64, where the answer is exact, or float64, where stamps may be rounded.
    gaps : ndarray of shape (n_gaps,)
        Differences of stamps; those of 0 do not matter.

    Returns
    -------
    float or None
        None where there is no gap, no common step, or one too small to be told from
        rounding.

    Examples
    --------
    >>> times = np.array([0.1, 0.3, 0.7, 1.2])
    >>> common_step(times, np.diff(times))
    0.1
    >>> times = np.array([0.0, 1.0, 2.0**0.5])
    >>> common_step(times, np.diff(times)) is None
    True
    """
    gaps = np.unique(gaps[gaps > 0])
    if len(gaps) == 0:
        return None
    if gaps.dtype.kind == "i":
        return np.gcd.reduce(gaps).item()
    return _divide(gaps, ROUNDING * np.abs(times).max())


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
            return float(f"{gaps[last] / count:.12g}")
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

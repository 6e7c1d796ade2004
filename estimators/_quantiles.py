"""Quantiles of weighted numbers: a weight of 2 is the number twice."""

import numpy as np

# A share of weights that is nearer to `q` than this is `q`: cumulated weights are
# rounded, and their common factor must not decide between two numbers.
TIE = 1e-9


def weighted_quantile(values: np.ndarray, weight: np.ndarray, q: float) -> float:
    """Return the weighted `q`-quantile: the averaged inverse of the distribution.

    Repeating a number is the same as adding to its weight, and a common factor of all
    weights changes nothing. Where a step of the distribution ends exactly at `q`, the
    two numbers beside it are averaged: the median of 1 and 2 is 1.5.

    Parameters
    ----------
    values : ndarray of shape (n,)
        At least one number.
    weight : ndarray of shape (n,)
        Not negative, and not 0 throughout.
    q : float
        In [0, 1].

    Returns
    -------
    float

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2.0, 5.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    3.5
    """
    values, weight = values[weight > 0], weight[weight > 0]
    order = np.argsort(values, kind="stable")
    values, shares = values[order], np.cumsum(weight[order])
    shares = shares / shares[-1]
    last = len(values) - 1
    low = min(int(np.searchsorted(shares, q - TIE)), last)
    high = min(int(np.searchsorted(shares, q + TIE, side="right")), last)
    # halves first: the sum of two huge numbers may be infinite
    return float(values[low] / 2 + values[high] / 2)


def weighted_median(values: np.ndarray, weight: np.ndarray) -> float:
    """Return the weighted median, see :func:`weighted_quantile`."""
    return weighted_quantile(values, weight, 0.5)

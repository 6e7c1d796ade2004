"""The adding problem: the sum of two marked numbers among many."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from ckts._checks import check_count
from ckts.datasets._regular import regular_panel
from ckts.panel import Panel


def make_adding_problem(
    n_series: int = 200,
    *,
    length: int = 100,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    """Make the adding problem of the CKConv paper (Appendix C).

    A series has two channels: numbers drawn uniformly from [0, 1), and zeros with a 1
    at two different places, all pairs of places equally likely. The target is the sum
    of the two numbers that are marked.

    Parameters
    ----------
    n_series : int, default 200
        The published code has 50,000 to train and 1000 to test.
    length : int, default 100
        Rows of a series, at least 2; the paper has 100, 200, 1000, 3000 and 6000.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
        Channels "number" and "marked"; the times are 0, 1, ....
    y : ndarray of shape (n_series,)

    Notes
    -----
    The best constant guess is 1, and its mean squared error is the variance of the sum
    of two uniform numbers, 2 / 12 = 0.1667. The paper gives "about 0.1767" (Appendix
    C) and "approx. 0.17" (Section 5.1). It calls the problem solved at 1e-4.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber (1997). Long short-term memory. Neural
       Computation 9(8), 1735-1780.

    Examples
    --------
    >>> X, y = make_adding_problem(1, length=4, random_state=0)
    >>> X.values.round(2).tolist()
    [[0.55, 0.0], [0.72, 1.0], [0.6, 1.0], [0.54, 0.0]]
    >>> y.round(2)
    array([1.32])
    """
    check_count("n_series", n_series)
    check_count("length", length, minimum=2)
    rng = check_random_state(random_state)
    numbers = rng.random_sample((n_series, length))
    series = np.arange(n_series)
    first = rng.randint(length, size=n_series)
    second = rng.randint(length - 1, size=n_series)
    second += second >= first  # uniform on the places that are left
    marked = np.zeros((n_series, length))
    marked[series, first] = marked[series, second] = 1
    values = np.stack([numbers, marked], axis=-1).reshape(-1, 2)
    X = regular_panel(values, length, ["number", "marked"])
    return X, numbers[series, first] + numbers[series, second]

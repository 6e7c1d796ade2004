"""Problems of a long memory: copy what came first, add two marked numbers."""

import numpy as np

from ckts._checks import check_count
from ckts.datasets._steps import panel_of_steps
from ckts.datasets.make._sampling import make_rng
from ckts.panel import Panel

N_DIGITS = 8
MARKER = 9


def make_copy_memory(
    n_series: int = 200,
    *,
    length: int = 100,
    memory: int = 10,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make the copy memory problem of the CKConv paper (Appendix C).

    With :math:`T` = `length` and :math:`m` = `memory`, ten in the paper, a series is

    .. math:: \underbrace{d_1 \ldots d_m}_m \; \underbrace{0 \ldots 0}_{T - 1} \;
        \underbrace{9 \ldots 9}_{m + 1},

    with digits :math:`d` drawn from 1 to 8. The target is as long: 0 everywhere, and
    :math:`d_1 \ldots d_m` in the last `m` places. A model must begin
    its output at the first 9, and bridge :math:`T + m` steps to each digit.

    Parameters
    ----------
    n_series : int, default 200
        The published code has 10,000 to train and 1000 to test.
    length : int, default 100
        :math:`T`, at least 1; the paper has 100, 200, 1000, 3000 and 6000. A series has
        ``length + 2 * memory`` rows.
    memory : int, default 10
        The number of digits to remember, at least 1.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
        One channel; the times are 0, 1, ....
    y : ndarray of int of shape (n_series, length + 2 * memory)
        The target at each time of each series. Always guessing 0 is right in the share
        ``1 - memory / (length + 2 * memory)`` of the places: accuracy says something
        in the last `memory` columns only.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber (1997). Long short-term memory. Neural
       Computation 9(8), 1735-1780.

    Examples
    --------
    >>> X, y = make_copy_memory(1, length=3, memory=2, random_state=0)
    >>> X.values.ravel()
    array([5., 8., 0., 0., 9., 9., 9.])
    >>> y
    array([[0, 0, 0, 0, 0, 5, 8]])
    """
    check_count("n_series", n_series)
    check_count("length", length)
    check_count("memory", memory)
    rng = make_rng(random_state)
    n_rows = length + 2 * memory
    digits = rng.randint(1, N_DIGITS + 1, size=(n_series, memory))
    values = np.zeros((n_series, n_rows))
    values[:, :memory] = digits
    values[:, -(memory + 1) :] = MARKER
    y = np.zeros((n_series, n_rows), dtype=np.int64)
    y[:, -memory:] = digits
    return panel_of_steps(values.reshape(-1, 1), [n_rows] * n_series), y


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
    rng = make_rng(random_state)
    numbers = rng.random_sample((n_series, length))
    series = np.arange(n_series)
    first = rng.randint(length, size=n_series)
    second = rng.randint(length - 1, size=n_series)
    second += second >= first  # uniform on the places that are left
    marked = np.zeros((n_series, length))
    marked[series, first] = marked[series, second] = 1
    values = np.stack([numbers, marked], axis=-1).reshape(-1, 2)
    X = panel_of_steps(values, [length] * n_series, ["number", "marked"])
    return X, numbers[series, first] + numbers[series, second]

"""Two classes with the same values in the same order, on clocks of different speed."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from ckts.datasets._checks import (
    check_count,
    check_length,
    check_measurement,
    check_real,
)
from ckts.datasets._draw import draw_indptr, measure
from ckts.datasets._rows import series_of_rows
from ckts.panel import Panel

MEAN_STEP = 0.1  # cycles between two observations: ten observations per cycle


def make_speed(
    n_series: int = 200,
    *,
    n_channels: int = 1,
    length: int | tuple[int, int] = (20, 40),
    speed: float = 2.0,
    noise: float = 0.0,
    missing: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make pairs of series that differ in nothing but their clocks.

    Series ``2i`` (class 0) and ``2i + 1`` (class 1) have bitwise the same values,
    noise and missing values included. Observation `j` of channel `c` is

    .. math:: x_{cj} = \sin(2 \pi u_j + \phi_c) + \text{noise},

    where the gaps of :math:`u_j` are uniform between 0.2 and 1.8 tenths of a cycle. It
    is seen at :math:`t_j = u_j` in class 0 and at :math:`t_j = u_j /` `speed` in class
    1. A model that does not use the times gives both series of a pair the same answer
    and is right on exactly one of them.

    Parameters
    ----------
    n_series : int, default 200
        Number of series, even.
    n_channels : int, default 1
    length : int or (int, int), default (20, 40)
        Number of rows of a series, or the shortest and the longest (both included).
    speed : float, default 2.0
        How many times faster the clock of class 1 runs through the values; not 1.
    noise : float, default 0.0
        Standard deviation of the measurement noise, the same in both series of a pair.
    missing : float, default 0.0
        Probability that a value is NaN, at the same places in both series of a pair.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ...

    Notes
    -----
    Keep the pairs together when you split: halve at an even number, or cross-validate
    with ``GroupKFold`` and ``groups=np.arange(len(y)) // 2``. If one series of a pair
    is in the training set and the other one in the test set, a model blind to time that
    remembers the first one is wrong on the second, hence below chance.

    Examples
    --------
    >>> X, y = make_speed(4, length=(3, 5), random_state=0)
    >>> y
    array([0, 1, 0, 1])
    >>> bool((X[0].values == X[1].values).all())
    True
    >>> bool((X[0].times == 2 * X[1].times).all())
    True
    """
    check_count("n_series", n_series, minimum=2)
    if n_series % 2:
        raise ValueError(
            f"`n_series` must be even, because series come in pairs; got {n_series}. "
            f"Use {n_series + 1}."
        )
    check_real("speed", speed, positive=True)
    if speed == 1:
        raise ValueError(
            f"`speed` must not be 1, because the classes would be equal; got {speed}. "
            "Use e.g. 2.0."
        )
    check_measurement(n_channels, noise, missing)
    shortest_longest = check_length(length)

    rng = check_random_state(random_state)
    indptr = draw_indptr(n_series // 2, shortest_longest, rng)
    cycles = _draw_cycles(indptr, rng)
    phases = rng.uniform(0, 2 * np.pi, size=(n_series // 2, n_channels))
    signal = np.sin(2 * np.pi * cycles[:, None] + phases[series_of_rows(indptr)])
    slow = Panel(measure(signal, noise, missing, rng), cycles, indptr)
    twice = slow[np.repeat(np.arange(n_series // 2), 2)]
    y = np.tile([0, 1], n_series // 2)
    rates = np.where(y == 1, speed, 1.0)[series_of_rows(twice.indptr)]
    return Panel(twice.values, twice.times / rates, twice.indptr), y


def _draw_cycles(indptr: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Draw irregular positions (n_rows,) that increase from 0 within each series."""
    total = np.cumsum(MEAN_STEP * rng.uniform(0.2, 1.8, size=indptr[-1]))
    return total - total[indptr[:-1]][series_of_rows(indptr)]

"""Two classes with the same values in the same order, on clocks of other speeds."""

import numpy as np

from ckts._checks import check_count, check_positive
from ckts.datasets.make._sampling import check_sampling, draw_rows, make_rng, measure
from ckts.panel import Panel

MEAN_STEP = 0.1  # mean gap of the slow clock


def make_speed(
    n_series: int = 200,
    *,
    n_channels: int = 1,
    length: int | tuple[int, int] = 30,
    speed: float = 2.0,
    noise: float = 0.0,
    missing: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make series that all have the same values and differ in their clocks.

    Observation `j` of channel `c` of *every* series is

    .. math:: x_{cj} = \sin(2 \pi j / 10 + \phi_c) + \text{noise}.

    Each series has its own irregular time stamps; their gaps are uniform between 0.2
    and 1.8 of a mean, which is 0.1 in class 0 and 0.1 / `speed` in class 1. Values,
    lengths, noise and missing values do not depend on the class, so a model that does
    not use the times is at chance, however the series are split and whatever it
    remembers.

    Parameters
    ----------
    n_series : int, default 200
        Number of series.
    n_channels : int, default 1
    length : int or (int, int), default 30
        Number of rows of a series, or the shortest and the longest (both included).
    speed : float, default 2.0
        How many times faster the clock of class 1 is; not 1.
    noise : float, default 0.0
        Standard deviation of the measurement noise; with 0 the values are bitwise
        those of every other series of the same length.
    missing : float, default 0.0
        Probability that a value is NaN.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ...

    Examples
    --------
    >>> X, y = make_speed(4, random_state=0)
    >>> y
    array([0, 1, 0, 1])
    >>> bool((X[0].values == X[1].values).all())
    True
    >>> bool(X[0].times[-1] > X[1].times[-1])
    True
    """
    check_count("n_series", n_series)
    check_positive("speed", speed)
    if speed == 1:
        raise ValueError(
            f"`speed` must not be 1, because the classes would be equal; got {speed}. "
            "Use e.g. 2.0."
        )
    shortest_longest = check_sampling(n_channels, length, noise, missing)

    rng = make_rng(random_state)
    series, indptr = draw_rows(n_series, shortest_longest, rng)
    y = np.arange(n_series) % 2
    steps = np.arange(len(series)) - indptr[series]
    phases = rng.uniform(0, 2 * np.pi, size=n_channels)
    signal = np.sin(2 * np.pi * steps[:, None] / 10 + phases)
    clock = np.cumsum(MEAN_STEP * rng.uniform(0.2, 1.8, size=len(series)))
    clock -= clock[indptr[:-1]][series]  # increases from 0 within each series
    clock /= np.where(y == 1, speed, 1.0)[series]
    return Panel(measure(signal, noise, missing, rng), clock, indptr), y

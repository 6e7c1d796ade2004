"""Sinusoids at irregular times: the frequency is the class."""

from collections.abc import Sequence

import numpy as np

from ckts._checks import check_count, check_positive, check_real
from ckts.datasets.make._sampling import check_sampling, draw_times, make_rng, measure
from ckts.panel import Panel


def make_irregular_sinusoids(
    n_series: int = 200,
    *,
    frequencies: Sequence[float] = (2.0, 4.0),
    n_channels: int = 1,
    length: int | tuple[int, int] = (20, 60),
    duration: float = 1.0,
    noise: float = 0.1,
    missing: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make sinusoids of several frequencies, seen at irregular times.

    Channel `c` of a series of class `k` is

    .. math:: x_c(t) = \sin(2 \pi f_k t + \phi_c) + \text{noise},

    with :math:`f_k` = ``frequencies[k]`` and a phase :math:`\phi_c` drawn for each
    series and channel. The times are uniform on [0, duration) and sorted.

    Parameters
    ----------
    n_series : int, default 200
        Number of series; classes differ by at most one series in size.
    frequencies : sequence of float, default (2.0, 4.0)
        One per class, in cycles per unit of time.
    n_channels : int, default 1
    length : int or (int, int), default (20, 60)
        Number of rows of a series, or the shortest and the longest (both included).
    duration : float, default 1.0
        Length of the observed window.
    noise : float, default 0.1
        Standard deviation of the measurement noise.
    missing : float, default 0.0
        Probability that a value is NaN, independently for each value.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)
        The class, 0 to len(frequencies) - 1, in random order.

    Examples
    --------
    >>> X, y = make_irregular_sinusoids(6, length=(3, 5), random_state=0)
    >>> X
    Panel(n_series=6, in_channels=1, lengths 3-5, 0% missing, time number)
    >>> sorted(y.tolist())
    [0, 0, 0, 1, 1, 1]
    """
    if len(frequencies) == 0:
        raise ValueError(
            "`frequencies` must have one number per class; got none. Write e.g. "
            "`frequencies=(2.0, 4.0)`."
        )
    for frequency in frequencies:
        check_real("frequencies", frequency, minimum=0)
    check_count("n_series", n_series, minimum=len(frequencies))
    check_positive("duration", duration)
    shortest_longest = check_sampling(n_channels, length, noise, missing)

    rng = make_rng(random_state)
    y = rng.permutation(np.arange(n_series) % len(frequencies))
    series, indptr, times = draw_times(n_series, shortest_longest, duration, rng)
    phases = rng.uniform(0, 2 * np.pi, size=(n_series, n_channels))
    cycles = np.asarray(frequencies, dtype=float)[y[series]] * times
    signal = np.sin(2 * np.pi * cycles[:, None] + phases[series])
    return Panel(measure(signal, noise, missing, rng), times, indptr), y

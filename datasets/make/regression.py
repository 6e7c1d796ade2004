"""Regression with a known truth: the power of a filtered signal."""

import numpy as np

from ckts._checks import check_count, check_positive, check_real
from ckts.datasets.make._sampling import check_sampling, draw_times, make_rng, measure
from ckts.panel import Panel


def make_irregular_regression(
    n_series: int = 200,
    *,
    n_channels: int = 1,
    length: int | tuple[int, int] = (40, 80),
    n_harmonics: int = 3,
    time_constant: float = 0.1,
    duration: float = 1.0,
    noise: float = 0.05,
    missing: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make signals at irregular times, and the power each has after a low-pass filter.

    Channel `c` of a series is periodic in the window of length `T` = `duration`,

    .. math:: x_c(t) = \sum_{m=1}^{M} a_{cm} \cos(2 \pi m t / T + \phi_{cm}),

    with amplitudes uniform on [0, 1) and random phases. The target is the mean square
    of the signal behind a first-order low-pass filter
    :math:`h(s) = e^{-s / \tau} / \tau`, an RC circuit, averaged over the channels:

    .. math::
        y = \frac{1}{C} \sum_c \frac{1}{T} \int_0^T (h * x_c)(t)^2 \, dt
          = \frac{1}{C} \sum_c \sum_{m=1}^{M}
            \frac{a_{cm}^2 / 2}{1 + (2 \pi m \tau / T)^2}.

    The second form is exact (Parseval) and is what is computed: no sampling error
    enters `y`. Slow oscillations count more than fast ones, which a model can only tell
    apart by the times; with ``time_constant=0`` all count the same, and `y` is the
    power of the signal itself.

    Parameters
    ----------
    n_series : int, default 200
    n_channels : int, default 1
    length : int or (int, int), default (40, 80)
        Number of rows of a series, or the shortest and the longest (both included).
    n_harmonics : int, default 3
        `M` above.
    time_constant : float, default 0.1
        :math:`\tau` above, same unit as `duration`.
    duration : float, default 1.0
        Length of the window; the times are uniform on [0, duration) and sorted.
    noise : float, default 0.05
        Standard deviation of the measurement noise of the values; `y` has no noise.
    missing : float, default 0.0
        Probability that a value is NaN, independently for each value.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series,)

    Examples
    --------
    >>> X, y = make_irregular_regression(5, length=30, random_state=0)
    >>> X
    Panel(n_series=5, in_channels=1, length 30, 0% missing, time number)
    >>> y.round(3)
    array([0.157, 0.218, 0.315, 0.119, 0.437])
    """
    check_count("n_series", n_series)
    check_count("n_harmonics", n_harmonics)
    check_real("time_constant", time_constant, minimum=0)
    check_positive("duration", duration)
    shortest_longest = check_sampling(n_channels, length, noise, missing)

    rng = make_rng(random_state)
    series, indptr, times = draw_times(n_series, shortest_longest, duration, rng)
    size = (n_series, n_channels, n_harmonics)
    amplitudes = rng.random_sample(size)
    phases = rng.uniform(0, 2 * np.pi, size=size)
    frequencies = 2 * np.pi * np.arange(1, n_harmonics + 1) / duration
    # One harmonic at a time: no array of rows x channels x harmonics is made.
    signal = np.zeros((len(times), n_channels))
    for m, frequency in enumerate(frequencies):
        angles = frequency * times[:, None] + phases[series, :, m]
        signal += amplitudes[series, :, m] * np.cos(angles)
    gains = 1 / (1 + (frequencies * time_constant) ** 2)
    y = np.mean(amplitudes**2 / 2 @ gains, axis=1)
    return Panel(measure(signal, noise, missing, rng), times, indptr), y

"""Two classes that differ in a local change of speed, and in nothing simpler."""

import numpy as np

from ckts._checks import check_count, check_real, check_share
from ckts.datasets.make._sampling import check_sampling, draw_rows, make_rng, measure
from ckts.panel import Panel

PERIOD = 10.0  # of the signal, in mean gaps outside the window
MAX_SPEED = 1000.0  # the shortest gaps stay far above the rounding of the times


def make_local_clock(
    n_series: int = 200,
    *,
    n_channels: int = 1,
    length: int | tuple[int, int] = 60,
    speed: float = 4.0,
    width: float = 0.5,
    noise: float = 0.1,
    missing: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make series in which a clock runs fast and then slow, or slow and then fast.

    Channel `c` of a series is

    .. math:: x_c(t) = \sin(2 \pi \, \tau(t) / 10 + \phi_c) + \text{noise},

    with a phase :math:`\phi_c` drawn for each series and channel. In class 0 the clock
    :math:`\tau` is the time :math:`t`. In class 1 it is, too, except in a window at a
    random place, in one half of which it runs `speed` times faster and in the other
    `speed` times slower; at both ends of the window it shows the time. Which half comes
    first is random. Who knows the values at their times sees whether the frequency
    changes.

    Nothing simpler tells the class, because the observations are dense in one half of
    the window and sparse in the other, in *both* classes. See the notes.

    Parameters
    ----------
    n_series : int, default 200
        Number of series.
    n_channels : int, default 1
    length : int or (int, int), default 60
        Number of rows of a series, or the shortest and the longest (both included); at
        least 3.
    speed : float, default 4.0
        How many times faster, and then slower, the clock runs in the window; above 1,
        at most 1000. From about 8 on some periods have fewer than two observations.
    width : float, default 0.5
        Share of the gaps that belongs to the window, rounded down to an even number of
        them, but at least 2.
    noise : float, default 0.1
        Standard deviation of the measurement noise.
    missing : float, default 0.0
        Probability that a value is NaN, independently for each value.
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
        Times from 0, with gaps of 1 on average outside the window.
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ...

    Notes
    -----
    The gap before observation `j`, and by how much the clock advances in it, are

    .. math::

        g_j = u_j \, \text{speed}^{b e_j / 2} \qquad
        d_j = u_j \, \text{speed}^{\pm b e_j / 2}
        \quad\text{(+ in class 0, - in class 1)},

    with :math:`e` -1 in the first half of the window, 1 in the second and 0 outside, a
    fair coin :math:`b = \pm 1` and :math:`u` uniform between 0.2 and 1.8, in the window
    the same forwards and backwards. So :math:`d_j / g_j`, the speed, is 1 in class 0,
    and `speed`, ``1 / speed`` or 1 in class 1.

    * *Times.* The gaps do not depend on the class.
    * *Values.* The advances depend on :math:`b` times a sign which is the class, and
      :math:`-b` is distributed like :math:`b`: the values in their order have one
      distribution in both classes.
    * *Values with lengths, span and the set of gaps.* Flip the coin and change the
      class: all draws are as likely as before, the advances and thus the values are the
      same, and the gaps of the window stand in the opposite order, with the same sum.

    A model that does not know which values stand at which times is at chance for that
    reason, whatever it remembers.

    Examples
    --------
    >>> X, y = make_local_clock(4, random_state=0)
    >>> X
    Panel(n_series=4, in_channels=1, length 60, 0% missing, time number)
    >>> y
    array([0, 1, 0, 1])
    """
    check_count("n_series", n_series)
    _check_speed(speed)
    check_share("width", width)
    shortest_longest = check_sampling(n_channels, length, noise, missing)
    if shortest_longest[0] < 3:
        raise ValueError(
            "`length` must be at least 3, because a window has two gaps; got "
            f"{length!r}. Use e.g. 60."
        )

    rng = make_rng(random_state)
    series, indptr = draw_rows(n_series, shortest_longest, rng)
    y = np.arange(n_series) % 2
    halves, mirror = _draw_windows(indptr, width, rng)
    jitter = rng.uniform(0.2, 1.8, size=len(series))[mirror]
    dense_first = halves * rng.choice([-1, 1], size=n_series)[series]
    gaps = jitter * speed ** (dense_first / 2)
    advances = jitter * speed ** (np.where(y == 1, -1, 1)[series] * dense_first / 2)
    first = indptr[:-1][series]
    times, clock = (
        total - total[first] for total in (np.cumsum(gaps), np.cumsum(advances))
    )
    phases = rng.uniform(0, 2 * np.pi, size=(n_series, n_channels))
    signal = np.sin(2 * np.pi * clock[:, None] / PERIOD + phases[series])
    return Panel(measure(signal, noise, missing, rng), times, indptr), y


def _draw_windows(
    indptr: np.ndarray, width: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a window of an even number of gaps in each series; a gap precedes its row.

    Returns
    -------
    halves : ndarray of shape (n_rows,)
        -1 in the first half of the window, 1 in the second, 0 outside.
    mirror : ndarray of shape (n_rows,)
        The row itself, or in second halves the one opposite of it.
    """
    lengths = np.diff(indptr)
    half = np.maximum(1, (width * (lengths - 1) / 2).astype(int))
    places = rng.random_sample(len(lengths)) * (lengths - 2 * half)
    middle = np.repeat(indptr[:-1] + places.astype(int) + half, lengths)
    rows = np.arange(indptr[-1])
    offset = rows - middle  # the second half begins at 1
    half = np.repeat(half, lengths)
    second = (offset > 0) & (offset <= half)
    first = (offset <= 0) & (offset > -half)
    return second.astype(int) - first, np.where(second, 2 * middle + 1 - rows, rows)


def _check_speed(speed: float) -> None:
    check_real("speed", speed)
    if not 1 < speed <= MAX_SPEED:
        raise ValueError(
            f"`speed` must be above 1 and at most {MAX_SPEED:g}; got {speed}. Use "
            "e.g. 4.0."
        )

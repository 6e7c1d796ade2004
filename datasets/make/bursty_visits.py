"""Visits hours apart, each a burst of readings, with the class on one scale only."""

from math import gcd

import numpy as np

from ckts._checks import check_choice, check_count, check_positive, check_real
from ckts.datasets.make._sampling import make_rng
from ckts.panel import Panel

JITTER = 0.2  # gaps in a burst vary by this share of `inner_gap`
CYCLES = (1.8, 1.0)  # of class 0 and 1 during all visits, where they tell the class


def make_bursty_visits(
    n_series: int = 200,
    *,
    inner_gap: float = 1.0,
    outer_gap: float = 3600.0,
    n_visits: int = 8,
    n_readings: int = 5,
    signal: str = "between",
    noise: float = 0.25,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make visits at random times, each a burst of readings close to each other.

    Patients, and stars, are observed again after hours, and then several times
    within seconds. Most gaps are those inside the bursts, and most of the span is
    between them. The class shows on one of the two scales only. With visits
    :math:`v` at :math:`t_v` and readings :math:`j = 0, \ldots, n - 1` in each:

    .. math::

        x_{vj} &= \sin(2 \pi c_y t_v / T + \phi) + \text{noise}
        \quad\text{(between; } c_0 = 1.8, c_1 = 1\text{)}

        x_{vj} &= \cos(2 \pi k_y j / n + \phi_v) + \text{noise}
        \quad\text{(within; } k_0 = 1\text{)},

    with random phases, one of the series or one of each visit, and :math:`T` =
    ``n_visits * outer_gap``. Between visits, all readings of a visit are one value and
    noise: a single visit is distributed alike in both classes. Within,
    :math:`k_1 < n / 2` shares no divisor with :math:`n` (2 of 5 readings), so that the
    readings of a burst are *the same numbers in another order*: their mean is 0, and
    neither values nor first, last and extreme ones tell the class, only who follows
    whom in a burst. Times never depend on the class.

    Parameters
    ----------
    n_series : int, default 200
        Number of series.
    inner_gap : float, default 1.0
        Mean gap between the readings of a visit, in seconds; the gaps are uniform
        within 20 % of it.
    outer_gap : float, default 3600.0
        Mean time between two visits, in seconds, without the bursts themselves. Visits
        are random like the clicks of a counter, and never overlap.
    n_visits : int, default 8
    n_readings : int, default 5
        Readings of a visit. For ``signal="within"`` 5, or 7 or more: the readings of
        other numbers have no second order.
    signal : {"between", "within"}, default "between"
        Where the class shows.
    noise : float, default 0.25
        Standard deviation of the noise of a reading.
    random_state : int, RandomState or None
        The same integer gives the same data. With another `inner_gap` too it gives the
        same values.

    Returns
    -------
    X : Panel of shape (n_series,)
        One channel, ``n_visits * n_readings`` rows per series, times from 0 in seconds
        (without a unit).
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ...

    Examples
    --------
    >>> X, y = make_bursty_visits(4, random_state=0)
    >>> X
    Panel(n_series=4, in_channels=1, length 40, 0% missing, time number)
    >>> X[0].times[3:7].round().tolist()
    [3.0, 4.0, 407.0, 408.0]
    """
    check_count("n_series", n_series)
    check_count("n_visits", n_visits)
    check_count("n_readings", n_readings)
    check_positive("inner_gap", inner_gap)
    check_positive("outer_gap", outer_gap)
    check_real("noise", noise, minimum=0)
    check_choice("signal", signal, ("between", "within"))
    _check_resolved(inner_gap, n_visits * outer_gap)
    cycles = CYCLES if signal == "between" else (1, _other_order(n_readings))

    rng = make_rng(random_state)
    y = np.arange(n_series) % 2
    shape = (n_series, n_visits, n_readings)
    visits, readings = _draw_clock(shape, outer_gap, rng)
    ours = np.asarray(cycles)[y][:, None, None]
    if signal == "between":
        phases = rng.uniform(0, 2 * np.pi, size=(n_series, 1, 1))
        wave = np.sin(2 * np.pi * ours * visits / (n_visits * outer_gap) + phases)
    else:
        phases = rng.uniform(0, 2 * np.pi, size=(n_series, n_visits, 1))
        wave = np.cos(2 * np.pi * ours * np.arange(n_readings) / n_readings + phases)
    values = np.broadcast_to(wave, shape) + noise * rng.standard_normal(shape)
    # The longest burst there can be goes before the next visit.
    bursts = np.arange(n_visits)[:, None] * (1 + JITTER) * n_readings
    times = visits + inner_gap * (bursts + readings)
    indptr = np.arange(n_series + 1) * n_visits * n_readings
    return Panel(values.reshape(-1, 1), times.ravel(), indptr), y


def _draw_clock(
    shape: tuple[int, int, int], outer_gap: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Draw visits (series, visits, 1) from 0, and readings after each, in inner gaps.

    Returns
    -------
    visits : ndarray of shape (n_series, n_visits, 1)
    readings : ndarray of shape (n_series, n_visits, n_readings)
    """
    n_series, n_visits, _ = shape
    visits = np.sort(n_visits * outer_gap * rng.random_sample((n_series, n_visits)))
    gaps = rng.uniform(1 - JITTER, 1 + JITTER, size=shape)
    gaps[:, :, 0] = 0
    return (visits - visits[:, :1])[:, :, None], np.cumsum(gaps, axis=2)


def _other_order(n_readings: int) -> int:
    """Return the frequency that visits the same points of a circle in another order."""
    for cycles in range((n_readings - 1) // 2, 1, -1):
        if gcd(cycles, n_readings) == 1:
            return cycles
    raise ValueError(
        '`n_readings` must be 5, or 7 or more, for `signal="within"`; got '
        f"{n_readings}. Other readings have no second order: use 5."
    )


def _check_resolved(inner_gap: float, window: float) -> None:
    """Keep readings apart: a panel merges stamps within 2**-48 of the largest."""
    if inner_gap < 2**-45 * window:
        raise ValueError(
            "`inner_gap` must be at least 2**-45 of all visits, which a panel "
            f"can distinguish; got {inner_gap} of {window}. Use at least "
            f"{2**-45 * window:.2g}."
        )

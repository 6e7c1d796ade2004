"""Stars whose period is shorter than the time between two looks at them."""

from __future__ import annotations

import numpy as np

from ckts._checks import check_count, check_positive
from ckts.datasets.make._sampling import check_sampling, draw_rows, make_rng
from ckts.panel import Panel

# Of a year, a star is seen at night in so many days; and of a night, in this part.
YEAR, SEASON, NIGHT = 365, 220, 0.3
# The share of a period that the fast side of a curve takes.
FAST = 0.15


def make_light_curves(
    n_series: int = 200,
    *,
    n_bands: int = 1,
    length: int | tuple[int, int] = (80, 160),
    periods: tuple[float, float] = (0.3, 3.0),
    noise: float = 0.05,
    years: int = 2,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, np.ndarray]:
    r"""Make light curves of pulsating stars, one of whose sides is fast.

    Stars of class 1 brighten within 15 % of their period and fade in the rest, as
    RR Lyrae do; those of class 0 the other way round. So the values of both classes are
    distributed alike, and so are the times: only the order within a period tells. A
    star is observed about once a night, in a season of 220 nights a year, through one
    of the bands at a time. Its period is shorter than the gaps or hardly longer, and
    no neighboring observations show it; but as nights are never a whole number of
    periods apart, all of them together do.

    Parameters
    ----------
    n_series : int, default 200
        Number of stars.
    n_bands : int, default 1
        Channels; an observation is in one of them.
    length : int or (int, int), default (80, 160)
        Number of observations of a star, or the fewest and the most (both included).
    periods : (float, float), default (0.3, 3.0)
        The shortest and the longest period in days, drawn uniformly on a logarithmic
        scale.
    noise : float, default 0.05
        Standard deviation of the noise, in magnitudes. Amplitudes are 0.5 to 1.
    years : int, default 2
    random_state : int, RandomState or None
        The same integer gives the same data.

    Returns
    -------
    X : Panel of shape (n_series,)
        Magnitudes, which are larger when a star is fainter, by days.
    y : ndarray of shape (n_series,)
        0, 1, 0, 1, ...

    Examples
    --------
    >>> X, y = make_light_curves(4, length=100, random_state=0)
    >>> X
    Panel(n_series=4, in_channels=1, length 100, 0% missing, time number)
    """
    check_count("n_series", n_series)
    pair = check_sampling(n_bands, length, noise, 0.0)
    check_count("years", years)
    n_nights = years * SEASON
    if pair[1] > n_nights:
        raise ValueError(
            f"`length` must be at most {n_nights}, the nights of {years} years; got "
            f"{length!r}. Ask for fewer observations, or for more `years`."
        )
    shortest, longest = _check_periods(periods)

    rng = make_rng(random_state)
    y = np.arange(n_series) % 2
    series, indptr = draw_rows(n_series, pair, rng)
    nights = np.concatenate(
        [np.sort(rng.permutation(n_nights)[:n]) for n in np.diff(indptr)]
    )
    times = (
        nights // SEASON * YEAR
        + nights % SEASON
        + NIGHT * rng.random_sample(len(series))
    )
    ratio = rng.random_sample(n_series)
    period = shortest * (longest / shortest) ** ratio
    phase = (times / period[series] + rng.random_sample(n_series)[series]) % 1
    amplitude = rng.uniform(0.5, 1.0, n_series)
    light = _light(np.where(y[series] == 1, phase, 1 - phase))
    level = rng.normal(18, 1, n_series)[:, None] + rng.normal(0, 0.5, n_bands)
    band = rng.randint(n_bands, size=len(series))
    values = np.full((len(series), n_bands), np.nan)
    fainter = amplitude[series] * (0.5 - light) + noise * rng.standard_normal(
        len(series)
    )
    values[np.arange(len(series)), band] = level[series, band] + fainter
    return Panel(values, times, indptr), y


def _light(phase: np.ndarray) -> np.ndarray:
    """Rise from 0 to 1 in the fast part of a period, and fall in the rest."""
    return np.where(phase < FAST, phase / FAST, (1 - phase) / (1 - FAST))


def _check_periods(periods: tuple[float, float]) -> tuple[float, float]:
    """Return the shortest and the longest period."""
    if not isinstance(periods, tuple | list) or len(periods) != 2:
        raise TypeError(
            "`periods` must be a pair (shortest, longest) in days; got "
            f"{periods!r}. Write e.g. `periods=(0.3, 3.0)`."
        )
    shortest, longest = (check_positive("periods", one) for one in periods)
    if shortest > longest:
        raise ValueError(
            f"`periods` must have the shortest before the longest; got {periods!r}. "
            f"Write `periods=({longest}, {shortest})`."
        )
    return shortest, longest

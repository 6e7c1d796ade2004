"""Take observations away: at random, or every step-th row only."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from ckts.datasets._checks import check_choice, check_count, check_share
from ckts.datasets._rows import keep_rows, series_of_rows
from ckts.formats import as_panel
from ckts.panel import Panel


def drop_observations(
    panel: Panel,
    rate: float,
    *,
    random_state: int | np.random.RandomState | None = None,
    how: str = "jointly",
) -> Panel:
    """Drop a share of the observations of each series, at random.

    What stays keeps its order, its time stamps and its values.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    rate : float
        The share to drop, in [0, 1). Of ``n`` observations ``floor(n * rate)`` go, as
        in the experiments of the CKConv paper (Section 5.3, Table 4).
    random_state : int, RandomState or None
        The same integer gives the same panel.
    how : {"jointly", "per_channel"}, default "jointly"
        "jointly" removes whole rows: `n` counts the rows of a series. "per_channel"
        replaces single values by NaN: `n` counts the observed values of a series and
        channel, and the rows with their time stamps all stay.

    Returns
    -------
    Panel of shape (n_series,)

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0], [3.0], [4.0]], [0.0, 0.1, 0.5, 0.9], [0, 4])
    >>> drop_observations(panel, 0.5, random_state=0).times
    array([0.1, 0.5])
    >>> drop_observations(panel, 0.5, random_state=0, how="per_channel").values.ravel()
    array([nan,  2.,  3., nan])
    """
    panel = as_panel(panel)
    check_share("rate", rate)
    check_choice("how", how, ("jointly", "per_channel"))
    rng = check_random_state(random_state)
    series = series_of_rows(panel.indptr)
    if how == "jointly":
        return keep_rows(panel, ~_choose(series, rate, rng))
    rows, channels = np.nonzero(~np.isnan(panel.values))
    chosen = _choose(series[rows] * panel.in_channels + channels, rate, rng)
    values = panel.values.copy()
    values[rows[chosen], channels[chosen]] = np.nan
    return panel.with_values(values)


def subsample(panel: Panel, step: int) -> Panel:
    """Keep every step-th row of each series, from its first: ``series[::step]``.

    This is how the CKConv paper makes test data of another sampling rate (Appendix
    E.2). The time stamps stay what they were.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    step : int
        1 keeps everything.

    Returns
    -------
    Panel of shape (n_series,)

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0], [3.0], [4.0], [5.0]], [0, 1, 2, 3, 9], [0, 5])
    >>> subsample(panel, 2).times
    array([0, 2, 9])
    """
    panel = as_panel(panel)
    check_count("step", step)
    position = np.arange(len(panel.times)) - np.repeat(panel.indptr[:-1], panel.lengths)
    return keep_rows(panel, position % step == 0)


def _choose(groups: np.ndarray, rate: float, rng: np.random.RandomState) -> np.ndarray:
    """Choose floor(size * rate) items of every group: bool of shape (n_items,)."""
    sizes = np.bincount(groups)
    shuffled = np.lexsort((rng.random_sample(len(groups)), groups))
    rank = np.arange(len(groups)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = np.empty(len(groups), dtype=bool)
    chosen[shuffled] = rank < np.repeat(np.floor(sizes * rate), sizes)
    return chosen

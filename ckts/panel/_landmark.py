"""The landmark of a record: the moment of prediction, after which nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckts.panel._panel import Panel
from ckts.panel._times import NUMBER, TimeScale, parse_times
from ckts.regularity import ROUNDING


def hide_after(panel: Panel, landmark: Any, time_scale: TimeScale) -> Panel:
    """Mask the observations after a landmark.

    Parameters
    ----------
    panel : Panel
    landmark : number, timedelta or None
        Time since the first observation of each series; None hides nothing.
    time_scale : TimeScale
        What a number counts in.

    Returns
    -------
    Panel
        With the same rows.
    """
    if landmark is None:
        return panel
    limit = read_landmark(landmark, time_scale, "first")
    if limit.shape != (1,):
        raise ValueError(
            f"`landmark` must be one for all series; got {landmark!r}. Crop series at "
            "landmarks of their own by `ckts.datasets.truncate`."
        )
    factor = panel.time_scale.factor_to(time_scale)
    late = is_after(panel.times, _first_observed(panel), limit, factor)
    rows = panel.observations.sparse().rows()
    return panel.with_values(panel.observations.hide(late[rows]))


def is_after(
    times: np.ndarray, starts: np.ndarray, limits: np.ndarray, factor: float = 1
) -> np.ndarray:
    """Whether stamps are later than a landmark, by more than rounding.

    Integers that need no conversion are exact. Floats may be off by their rounding,
    each by its own: what is kept does not depend on what comes after it.

    Parameters
    ----------
    times, starts : ndarray of shape (n_rows,)
        Stamps, and those that landmarks count from.
    limits : ndarray of shape (1,) or (n_rows,)
        Landmarks.
    factor : float, default 1
        From the unit of the stamps to that of the landmarks.

    Returns
    -------
    ndarray of shape (n_rows,)
        bool.

    Examples
    --------
    >>> is_after(np.array([0.1 * 3, 0.4]), np.zeros(2), np.array([0.3]))
    array([False,  True])
    """
    elapsed = times - starts
    exact = times.dtype.kind == "i"
    if exact and factor == 1:
        return elapsed > limits
    rounding = 0.0 if exact else np.maximum(np.abs(times), np.abs(starts)) * factor
    return elapsed * factor > limits + ROUNDING * (rounding + np.abs(limits))


def _first_observed(panel: Panel) -> np.ndarray:
    """For every row, the first stamp of its series with an observation."""
    observed = panel.observations.row_counts() > 0
    series = panel.series_of_rows
    firsts = np.zeros(panel.n_series, panel.times.dtype)
    whose, rows = np.unique(series[observed], return_index=True)
    firsts[whose] = panel.times[observed][rows]
    return firsts[series]


def read_landmark(landmark: Any, scale: TimeScale, since: str) -> np.ndarray:
    """Return landmarks in the unit of a panel.

    Parameters
    ----------
    landmark : number, timedelta, datetime, or array-like of them
    scale : TimeScale
        Of the panel.
    since : {"first", "origin"}
        Whether it counts from the first row of each series, or is a time stamp.

    Returns
    -------
    ndarray of shape (1,) or (n_landmarks,)
        In the unit of `scale`.
    """
    try:
        alone = np.ndim(landmark) == 0
        limits, found = parse_times([landmark] if alone else landmark)
    except (TypeError, ValueError) as error:
        raise type(error)(_message(landmark, scale, since)) from error
    if since == "first":
        fits = found == NUMBER and scale.kind == "number"
        if found.kind == "timedelta" and scale.unit is not None:
            limits, fits = limits * found.factor_to(scale), True
        fits = fits and not np.any(limits < 0)
    else:
        fits = found.kind == scale.kind
    if not fits:
        raise ValueError(_message(landmark, scale, since))
    return limits


def _message(landmark: Any, scale: TimeScale, since: str) -> str:
    what = "time since the first row, not negative," if since == "first" else "stamp"
    example = "`landmark=pd.Timedelta(30, 'D')`"
    if scale.kind == "number":
        example = "`landmark=30.0`, in the unit of the panel"
    elif (since, scale.kind) == ("origin", "datetime"):
        example = "`landmark=pd.Timestamp('2024-01-31')`"
    return (
        f"`landmark` must be a {what} that fits times of kind {scale}; got "
        f"{landmark!r}. Write e.g. {example}."
    )

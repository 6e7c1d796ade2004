"""Records cropped at a landmark: only what was known at the moment of prediction."""

from __future__ import annotations

from typing import Any

import numpy as np

from ckts._checks import check_choice
from ckts.panel import Panel, as_panel, is_after, read_landmark


def truncate(panel: Panel, landmark: Any, *, since: str = "first") -> Panel:
    """Crop every record at a landmark: rows after it are dropped.

    Where a record ends at the event that is to be predicted, its length tells the
    outcome. A model must see what was known at one moment, the landmark, of those who
    were still at risk then. This function does the first; who was at risk is for you to
    say, since a record may end for other reasons: leave out the series whose follow-up
    ends up to the landmark, ``X[follow_up > landmark]``.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    landmark : number, timedelta, datetime, or array-like of shape (n_series,) of them
        The last moment that is kept, up to rounding, for all series or for each.
    since : {"first", "origin"}, default "first"
        "first": `landmark` counts from the first row of each series, as a number in the
        unit of the panel or, where time has a unit, as a timedelta. "origin": it is a
        time stamp of the kind that the panel has.

    Returns
    -------
    Panel of shape (n_series,)
        All series, in their order, also those without any row left.

    See Also
    --------
    ckts.Panel.describe : Tells with ``y=`` whether lengths predict a target.
    load_pbc : A task with a landmark.

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0], [3.0], [4.0]], [0, 3, 5, 7], [0, 2, 4])
    >>> truncate(panel, 1).times
    array([0, 5])
    >>> truncate(panel, 5, since="origin").lengths
    array([2, 1])
    """
    panel = as_panel(panel)
    check_choice("since", since, ("first", "origin"))
    limits = read_landmark(landmark, panel.time_scale, since)
    if limits.shape not in {(1,), (panel.n_series,)}:
        raise ValueError(
            f"`landmark` must be one, or one per series ({panel.n_series}); got "
            f"{len(limits)}. Give a single one for all."
        )
    series = panel.series_of_rows
    starts = np.zeros_like(panel.times)
    if since == "first":
        starts = panel.times[panel.indptr[:-1][series]]
    limits = np.broadcast_to(limits, panel.shape)[series]
    return panel.keep_rows(~is_after(panel.times, starts, limits))

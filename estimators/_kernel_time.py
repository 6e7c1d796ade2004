"""Units of time of random kernels: what they resolve, and how far they reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ckts.estimators._statistics import weighted_quantiles
from ckts.estimators._time import TimeUnits
from ckts.panel import Panel


@dataclass(frozen=True)
class KernelTime:
    """Units of time of random kernels, in the unit of the stamps of a panel.

    Attributes
    ----------
    longest_gap : float
        Longer gaps are this long on all clocks: one odd stamp moves the others little.
    resolution : float
        What times resolve.
    horizon : float
        The longest span.
    typical_span : float
        The weighted median of the spans of series.
    """

    longest_gap: float
    resolution: float
    horizon: float
    typical_span: float


def learn_kernel_time(panel: Panel, weight: np.ndarray, time: TimeUnits) -> KernelTime:
    """Learn the units of time of random kernels.

    Parameters
    ----------
    panel : Panel
        Training series.
    weight : ndarray of shape (n_series,)
        Positive weights.
    time : TimeUnits
        Of the panel.

    Returns
    -------
    KernelTime
    """
    rows = np.flatnonzero(panel.observations.row_counts())
    times, series = panel.times[rows].astype(np.float64), panel.series_of_rows[rows]
    gaps = np.minimum(np.diff(times, prepend=times[:1]), time.longest_gap)
    gaps[np.diff(series, prepend=-1) > 0] = 0.0
    spans = np.bincount(series, gaps, minlength=len(panel))
    lasting = spans > 0
    typical = time.horizon
    if lasting.any():
        typical = weighted_quantiles(spans[lasting], weight[lasting], [0.5])[0]
    return KernelTime(time.longest_gap, time.row_resolution, time.horizon, typical)

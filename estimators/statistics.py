"""What `fit` learns about a panel before any training: means, scales, time steps."""

from dataclasses import dataclass

import numpy as np

from ckts.panel import Panel


@dataclass(frozen=True)
class PanelStatistics:
    """Weighted statistics of a training panel.

    Attributes
    ----------
    mean, scale : ndarray of shape (in_channels,)
        Mean and standard deviation of each channel's observations.
    time_step : ndarray of shape (in_channels,)
        Median gap between observations of each channel, in the unit of the panel; 1
        where no series has two.
    row_time_step : float
        Median gap between rows.
    horizon : float
        Longest span of a series; at least the largest time step.
    static_mean, static_scale : ndarray of shape (n_static,)
        The same of the static features.
    static_missing : ndarray of shape (n_static,)
        Which static features were unknown somewhere, and get an indicator.
    """

    mean: np.ndarray
    scale: np.ndarray
    time_step: np.ndarray
    row_time_step: float
    horizon: float
    static_mean: np.ndarray
    static_scale: np.ndarray
    static_missing: np.ndarray

    @property
    def n_static(self) -> int:
        """Number of prepared static features."""
        return len(self.static_mean) + int(self.static_missing.sum())

    def prepare_static(self, static: np.ndarray | None) -> np.ndarray | None:
        """Standardize and impute static features, and append the indicators.

        Parameters
        ----------
        static : ndarray of shape (n_series, n_static) or None
            NaN is unknown.

        Returns
        -------
        ndarray of shape (n_series, n_static + n_indicators) or None
        """
        if static is None or static.shape[1] == 0:
            return None
        scaled = (static - self.static_mean) / self.static_scale
        unknown = np.isnan(static)
        indicators = unknown[:, self.static_missing].astype(float)
        return np.hstack([np.where(unknown, 0.0, scaled), indicators])


def learn_statistics(panel: Panel, sample_weight: np.ndarray) -> PanelStatistics:
    """Learn the statistics of a panel; a weight of 2 counts like the series twice.

    Parameters
    ----------
    panel : Panel
        Training series.
    sample_weight : ndarray of shape (n_series,)
        Positive weights.

    Returns
    -------
    PanelStatistics
    """
    series = np.repeat(np.arange(len(panel)), panel.lengths)
    weight = sample_weight[series]
    mean, scale = _mean_and_scale(panel.values, weight)
    observed = ~np.isnan(panel.values)
    any_observed = observed.any(axis=1)
    time_step = np.array(
        [_median_gap(panel.times, series, weight, column) for column in observed.T]
    )
    row_time_step = _median_gap(panel.times, series, weight, any_observed)
    span = _longest_span(panel.times[any_observed], series[any_observed])
    static = np.empty((len(panel), 0)) if panel.static is None else panel.static
    static_mean, static_scale = _mean_and_scale(static, sample_weight)
    return PanelStatistics(
        mean=mean,
        scale=scale,
        time_step=time_step,
        row_time_step=row_time_step,
        horizon=float(span if span > 0 else row_time_step),
        static_mean=static_mean,
        static_scale=static_scale,
        static_missing=np.asarray(np.isnan(static).any(axis=0)),
    )


def _mean_and_scale(
    values: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of the columns; 0 and 1 where undefined."""
    known = ~np.isnan(values)
    weights = np.where(known, weight[:, None], 0.0)
    total = weights.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    filled = np.where(known, values, 0.0).astype(np.float64)
    mean = (weights * filled).sum(axis=0) / safe
    deviation = np.where(known, filled - mean, 0.0)
    scale = np.sqrt((weights * deviation**2).sum(axis=0) / safe)
    # A constant channel has a scale of rounding errors; it carries no information.
    constant = scale <= 1e-12 * np.maximum(1e-300, np.abs(mean))
    return mean, np.where(constant | (scale == 0), 1.0, scale)


def _median_gap(
    times: np.ndarray, series: np.ndarray, weight: np.ndarray, mask: np.ndarray
) -> float:
    """Weighted median of the positive gaps within series; 1 if there are none."""
    times, series, weight = times[mask], series[mask], weight[mask]
    gaps = np.diff(times).astype(np.float64)
    valid = (series[1:] == series[:-1]) & (gaps > 0)
    if not valid.any():
        return 1.0
    gaps, weight = gaps[valid], weight[1:][valid]
    order = np.argsort(gaps, kind="stable")
    cumulated = np.cumsum(weight[order])
    return float(gaps[order][np.searchsorted(cumulated, cumulated[-1] / 2)])


def _longest_span(times: np.ndarray, series: np.ndarray) -> float:
    """Longest time between the first and the last row of a series."""
    if len(times) == 0:
        return 0.0
    first = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    last = np.r_[first[1:] - 1, len(times) - 1]
    return float((times[last] - times[first]).max())

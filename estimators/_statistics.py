"""What `fit` learns about a panel before any training."""

from dataclasses import dataclass

import numpy as np

from ckts.estimators._scales import CenterScale, learn_center_scale
from ckts.estimators._time import TimeUnits, learn_time_units
from ckts.panel import Panel


@dataclass(frozen=True)
class PanelStatistics:
    """Weighted statistics of a training panel, which no single value or stamp decides.

    Attributes
    ----------
    values : CenterScale of shape (in_channels,)
        Of each channel's observations.
    static : CenterScale of shape (n_static,)
        Of the static features.
    static_missing : ndarray of shape (n_static,)
        Which static features were unknown somewhere, and get an indicator.
    time : TimeUnits
        Units of time, and how far kernels reach.
    """

    values: CenterScale
    static: CenterScale
    static_missing: np.ndarray
    time: TimeUnits

    @property
    def n_static(self) -> int:
        """Number of prepared static features."""
        return len(self.static.center) + int(self.static_missing.sum())

    def prepare_static(self, static: np.ndarray | None) -> np.ndarray | None:
        """Standardize and impute static features, and append the indicators.

        Parameters
        ----------
        static : ndarray of shape (n_series, n_static) or None
            NaN is unknown.

        Returns
        -------
        ndarray of shape (n_series, n_static + n_indicators) or None
            A feature that was unknown throughout `fit` is 0.
        """
        if static is None or static.shape[1] == 0:
            return None
        # Static features pass no asinh: what is far out counts as far out, no more.
        scaled = np.clip(self.static.standardize(static), -10, 10)
        unknown = np.isnan(static)
        indicators = unknown[:, self.static_missing].astype(float)
        return np.hstack([np.where(np.isnan(scaled), 0.0, scaled), indicators])


def learn_statistics(panel: Panel, sample_weight: np.ndarray) -> PanelStatistics:
    """Learn the statistics of a panel; a weight of 2 counts like the series twice.

    Parameters
    ----------
    panel : Panel
        Training series.
    sample_weight : ndarray of shape (n_series,)
        Positive weights; all of them times a constant give the same statistics.

    Returns
    -------
    PanelStatistics

    Warns
    -----
    UserWarning
        Where one extreme value is a large share of a channel or a static feature, as
        -999 for "unknown" would be.
    """
    weight = sample_weight / sample_weight.max()
    per_row = np.repeat(weight, panel.lengths)
    static = np.empty((len(panel), 0)) if panel.static is None else panel.static
    return PanelStatistics(
        values=learn_center_scale(
            panel.values, per_row, [f"channel {name!r}" for name in panel.channels]
        ),
        static=learn_center_scale(
            static, weight, [f"static feature {n!r}" for n in panel.static_names]
        ),
        static_missing=np.asarray(np.isnan(static).any(axis=0)),
        time=learn_time_units(panel, weight),
    )

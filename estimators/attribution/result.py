"""Contributions to a decision, by observation, channel and static feature."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ckts.panel import Panel, TimeScale, restore_times


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each observation of a channel adds to the decision on its series.

    Attributes
    ----------
    contributions : Panel of shape (n_series,)
        Series, channels and stamps of `X`; the values are contributions, in the unit of
        `score`. Not observed where `X` is not.
    static : ndarray of shape (n_series, n_static)
        Contributions of the static features.
    score : ndarray of shape (n_series,)
        What the model says of each series: the log-odds of `target`, or a number.
    baseline : ndarray of shape (n_series,)
        What it says of the series that contributions are differences to.
    target : ndarray of shape (n_series,) or None
        The class whose log-odds they are, or the number of the output of a regressor.
        None where the target is a function.
    """

    contributions: Panel
    static: np.ndarray
    score: np.ndarray
    baseline: np.ndarray
    target: np.ndarray | None

    @property
    def residual(self) -> np.ndarray:
        """The score less the baseline and all contributions, of shape (n_series,)."""
        return self.score - self.baseline - self.by_channel().sum(axis=1).to_numpy()

    def by_channel(self) -> pd.DataFrame:
        """Sum over time.

        Returns
        -------
        DataFrame of shape (n_series, in_channels + n_static)
            A row per series, indexed by the instances; a column per channel and static
            feature.
        """
        panel, series = self.contributions, self.contributions.series_of_rows
        sums = [
            np.bincount(series[rows], values, minlength=len(panel))
            for rows, values in panel.observations.columns()
        ]
        return pd.DataFrame(
            np.column_stack([*sums, self.static]),
            index=pd.Index(panel.instances, name="instance"),
            columns=pd.Index([*panel.channels, *panel.static_names], name="channel"),
        )

    def windows(self, channel: Any) -> np.ndarray:
        """Find the time of each series in which a channel told most for its size.

        It is the window whose share of the contributions exceeds its share of the span
        of the channel most, as in Kuiper's test: there is no threshold. Of the
        contributions those count that have the sign of their sum. An observation
        stands for the time up to the middle between it and its neighbors.

        Parameters
        ----------
        channel : str or int
            Name or number.

        Returns
        -------
        ndarray of shape (n_series, 2)
            First and last stamp, of the kind of those of `X`, datetimes in UTC. Missing
            where the channel was not observed, or nothing told.
        """
        panel = self.contributions
        rows, values = list(panel.observations.columns())[self._number(channel)]
        bounds = np.searchsorted(rows, panel.indptr)
        plain = panel.time_scale.kind == "number"
        missing = np.nan if plain else np.iinfo(np.int64).min
        dtype = np.float64 if plain else np.int64
        found = np.full((len(panel), 2), missing, dtype=dtype)
        for series, (start, stop) in enumerate(pairwise(bounds)):
            times = panel.times[rows[start:stop]]
            elapsed = (times - times[:1]).astype(np.float64)
            window = telling_window(elapsed, values[start:stop])
            if window is not None:
                passed = np.array(window)
                passed = passed if plain else np.rint(passed).astype(dtype)
                found[series] = times[0] + passed
        return _as_stamps(found, panel.time_scale)

    def _number(self, channel: Any) -> int:
        channels = self.contributions.channels
        if isinstance(channel, str) and channel in channels:
            return channels.index(channel)
        whole = hasattr(channel, "__index__") and not isinstance(channel, bool)
        if whole and 0 <= channel < len(channels):
            return int(channel)
        raise ValueError(
            f"`channel` must be one of {list(channels)}, or its number; got "
            f"{channel!r}. See `attribution.contributions.channels`."
        )


def telling_window(
    times: np.ndarray, contributions: np.ndarray
) -> tuple[float, float] | None:
    """Find the window whose share of contributions most exceeds that of time.

    Parameters
    ----------
    times : ndarray of shape (n_observations,)
        Not decreasing.
    contributions : ndarray of shape (n_observations,)

    Returns
    -------
    (float, float) or None
        None if all contributions are 0, or there are none.

    Examples
    --------
    >>> telling_window(np.arange(6.0), np.array([0.0, 0.1, 2.0, 2.0, 0.1, 0.0]))
    (1.5, 3.5)
    """
    direction = np.sign(contributions.sum())
    mass = np.maximum(direction * contributions, 0.0)
    if mass.sum() == 0:
        return None
    middles = (times[1:] + times[:-1]) / 2
    edges = np.concatenate([times[:1], middles, times[-1:]])
    span = edges[-1] - edges[0]
    shares = np.concatenate([[0.0], np.cumsum(mass) / mass.sum()])
    excess = shares - (edges - edges[0]) / (span or 1.0)
    lowest = np.minimum.accumulate(excess)
    end = int(np.argmax(excess - lowest))
    # The last of equal lows: a window begins no earlier than it must.
    start = end - int(np.argmin(excess[end::-1]))
    return float(edges[start]), float(edges[end])


def _as_stamps(found: np.ndarray, scale: TimeScale) -> np.ndarray:
    """Return stamps of shape (n_series, 2) of their kind."""
    return restore_times(found.ravel(), scale).to_numpy().reshape(found.shape)

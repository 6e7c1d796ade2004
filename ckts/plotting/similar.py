"""The series that a model takes for similar to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ckts._checks import check_count
from ckts.estimators.embedder import CKCNNEmbedder
from ckts.panel import Panel, as_panel, check_same_order, readable_unit
from ckts.plotting._style import check_axes, clear_frame, look, shade

MOST_CHANNELS = 3  # of those that are drawn where none are named


class SimilarSeriesDisplay:
    """A series, and those nearest to it among the features of a model.

    Each channel has a chart, with the time since the first row of each series. The
    series that was asked for is thick and has the color of text.

    Parameters
    ----------
    query : Panel of one series
    neighbors : Panel of shape (n_neighbors,)
        The nearest first.
    distances : ndarray of shape (n_neighbors,)
        Euclidean, between the features.
    labels : sequence of str of shape (1 + n_neighbors,), optional
        What is known of query and neighbors.
    channels : sequence of str
        The channels to draw.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of Axes of shape (n_channels,)
    lines_ : list of list of Line2D
        Of each chart: the neighbors, and then the query.

    See Also
    --------
    SimilarSeriesDisplay.from_estimator : Find the neighbors and draw.
    """

    def __init__(
        self,
        query: Panel,
        neighbors: Panel,
        distances: np.ndarray,
        *,
        channels: Sequence[str],
        labels: Sequence[str] | None = None,
    ) -> None:
        self.query = query
        self.neighbors = neighbors
        self.distances = distances
        self.channels = channels
        self.labels = labels

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        query: int,
        *,
        y: Any = None,
        n_neighbors: int = 4,
        channels: Sequence[str] | None = None,
        ax: Any = None,
    ) -> Self:
        """Find the nearest series of a panel, and draw.

        Parameters
        ----------
        estimator : fitted transformer or model
            Its `transform` gives the features: a CKCNNEmbedder, a CKRocket, or a
            pipeline, for example with a StandardScaler behind. Of a fitted
            CKCNNClassifier or CKCNNRegressor the embedding of its networks is taken.
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            The series to choose from, and the query. Where those of `fit` are among
            them, their embedding is fitted to their targets.
        query : int
            The number of the series whose neighbors are wanted.
        y : array-like of shape (n_series,), optional
            Written beside the names.
        n_neighbors : int, default=4
        channels : sequence of str, optional
            The channels to draw; by default the first three.
        ax : matplotlib Axes or array of such of shape (n_channels,), optional
            Where to draw; by default a new figure.

        Returns
        -------
        SimilarSeriesDisplay

        Raises
        ------
        TypeError
            If the estimator has neither `transform` nor networks.
        ValueError
            If there is no such series or channel, or there are too few series.
        """
        panel = as_panel(X)
        check_same_order("y", y, panel)
        number = check_count("query", query, 0)
        count = check_count("n_neighbors", n_neighbors)
        _check_counts(panel, number, count, y)
        names = panel.channels[:MOST_CHANNELS] if channels is None else list(channels)
        unknown = [name for name in names if name not in panel.channels]
        if unknown or not names:
            raise ValueError(
                f"`channels` must be among {list(panel.channels)}; got {unknown}."
            )
        features = _features(estimator, panel)
        distances = np.linalg.norm(features - features[number], axis=1)
        distances[number] = np.inf  # the query is no neighbor of its own
        nearest = np.argsort(distances, kind="stable")[:count]
        labels = None
        if y is not None:
            labels = [str(label) for label in np.asarray(y)[[number, *nearest]]]
        series = panel[[number]], panel[nearest], distances[nearest]
        return cls(*series, channels=names, labels=labels).plot(ax=ax)

    def plot(
        self,
        *,
        ax: Any = None,
        time_label: str | None = None,
        time_factor: float | None = None,
    ) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or array of such of shape (n_channels,), optional
            Where to draw; by default a new figure.
        time_label : str, optional
            Label of the time axis; by default the unit.
        time_factor : float, optional
            Multiplies the times, for example 1 / 365.25 for years of days.

        Returns
        -------
        SimilarSeriesDisplay
        """
        self.figure_, self.axes_ = _use_several(ax, len(self.channels))
        longest = max(part.elapsed.max(initial=0) for part in self._parts())
        size, unit = readable_unit(self.query.time_scale, float(longest))
        factor = 1 / size if time_factor is None else time_factor
        unit = "" if time_factor is not None else unit
        self.lines_ = [
            self._draw_channel(axis, name, factor)
            for axis, name in zip(self.axes_, self.channels, strict=True)
        ]
        words = (
            f"time since the first row ({unit})" if unit else "time since the first row"
        )
        self.axes_[-1].set_xlabel(time_label or words)
        self.axes_[0].legend(
            [self.lines_[0][-1], *self.lines_[0][:-1]],
            self._names(),
            loc="lower left",
            bbox_to_anchor=(0, 1),
            frameon=False,
            fontsize=8,
            handlelength=3.5,
        )
        return self

    def _parts(self) -> tuple[Panel, Panel]:
        return self.query, self.neighbors

    def _names(self) -> list[str]:
        """Say in the legend who it is, what is known of them, and how far they are."""
        instances = [*self.query.instances, *self.neighbors.instances]
        names = [f"query: series {instances[0]}"]
        names += [
            f"series {name}, distance {distance:.3g}"
            for name, distance in zip(instances[1:], self.distances, strict=True)
        ]
        if self.labels is None:
            return names
        pairs = zip(names, self.labels, strict=True)
        return [f"{name}, y = {label}" for name, label in pairs]

    def _draw_channel(self, axis: Any, channel: str, factor: float) -> list[Any]:
        column = self.query.channels.index(channel)
        lines = []
        for number, series in enumerate(self.neighbors):
            style = look(number, axis) | {"ms": 4.5, "linewidth": 1.2}
            lines += axis.plot(*_observed(series, column, factor), **style)
        own = {"color": shade(axis, 0.9), "linewidth": 2.8, "marker": "o", "ms": 6}
        lines += axis.plot(*_observed(self.query, column, factor), zorder=2.5, **own)
        axis.set_ylabel(channel.replace("_", " "))
        clear_frame(axis)
        return lines


def _features(estimator: Any, panel: Panel) -> np.ndarray:
    """Return the features of each series, of shape (n_series, n_features)."""
    if hasattr(estimator, "nets_"):
        embedder = CKCNNEmbedder()
        embedder.estimator_ = estimator
        estimator = embedder
    if not hasattr(estimator, "transform"):
        raise TypeError(
            "`estimator` must have `transform`, or be a fitted CKCNNClassifier or "
            f"CKCNNRegressor; got {type(estimator).__name__}. Of a "
            "CKRocketClassifier take a CKRocket, fitted on the same series."
        )
    return np.asarray(estimator.transform(panel), dtype=float)


def _check_counts(panel: Panel, query: int, n_neighbors: int, y: Any) -> None:
    """Raise if there are too few series, or too few labels."""
    if query >= len(panel):
        raise ValueError(
            f"`query` must be less than the number of series, {len(panel)}; got "
            f"{query}."
        )
    if n_neighbors >= len(panel):
        raise ValueError(
            f"`n_neighbors` must be less than the number of series, {len(panel)}; got "
            f"{n_neighbors}. Give more series to choose from."
        )
    if y is not None and np.shape(y)[:1] != (len(panel),):
        raise ValueError(
            f"`y` must have one label per series ({len(panel)}); got the shape "
            f"{np.shape(y)}."
        )


def _observed(
    series: Panel, column: int, factor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return times and values of one channel, where it is observed."""
    values = series.values[:, column]
    known = ~np.isnan(values)
    return series.elapsed[known] * factor, values[known]


def _use_several(ax: Any, count: int) -> tuple[Any, np.ndarray]:
    """Return the axes given, or new ones below each other."""
    if ax is None:
        import matplotlib.pyplot as plt

        size = (7.0, 1.4 + 1.8 * count)
        figure, axes = plt.subplots(
            count, 1, sharex=True, figsize=size, layout="constrained", squeeze=False
        )
        return figure, axes[:, 0]
    axes = np.ravel(np.array(ax, dtype=object))
    for axis in axes:
        check_axes(axis)
    if len(axes) != count:
        raise ValueError(
            f"`ax` must be one Axes per channel ({count}); got {len(axes)}. Name as "
            "many `channels`."
        )
    return axes[0].figure, axes

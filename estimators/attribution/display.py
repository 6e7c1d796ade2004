"""The contributions to one decision, drawn over time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np

from ckts._checks import check_count
from ckts.estimators.attribution.attribute import channel_time_attribution
from ckts.estimators.attribution.result import Attribution
from ckts.panel import Panel, as_panel, readable_unit

LANE = 0.8  # height of a channel, of a lane


class AttributionDisplay:
    """What each channel at each time adds to the decision on one series.

    Each channel has a lane. An observation is as wide as the time that it stands for,
    up to the middle between it and its neighbors, and as red as it speaks for the
    decision, or as blue as it speaks against it. The number at the end of a lane is the
    sum.

    Parameters
    ----------
    attribution : Attribution of shape (n_series,)
    series : int, default=0
        The number of the series to draw.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
        Made by :meth:`plot`.

    See Also
    --------
    AttributionDisplay.from_estimator : Compute them and draw.
    channel_time_attribution : The same in numbers.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ckts import CKRocketClassifier
    >>> from ckts.datasets import make_telling_window
    >>> from ckts.estimators import AttributionDisplay
    >>> X, y = make_telling_window(60, random_state=0)
    >>> model = CKRocketClassifier(n_kernels=500, random_state=0).fit(X[:50], y[:50])
    >>> display = AttributionDisplay.from_estimator(model, X[50])
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['channel_0', 'channel_1', 'channel_2', 'channel_3']
    """

    def __init__(self, attribution: Attribution, *, series: int = 0) -> None:
        n_series = len(attribution.contributions)
        if check_count("series", series, minimum=0) >= n_series:
            raise ValueError(
                f"`series` must be less than the {n_series} of `attribution`; got "
                f"{series}. They are numbered from 0."
            )
        self.attribution, self.series = attribution, series

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, *, series: int = 0, ax: Any = None, **options: Any
    ) -> Self:
        """Explain a decision, and draw.

        Parameters
        ----------
        estimator : object
            A fitted classifier or regressor of panels.
        X : Panel, or anything that :func:`ckts.as_panel` accepts
        series : int, default=0
            The number of the series to explain.
        ax : matplotlib Axes, optional
        **options
            `method`, `target` and others of
            :func:`ckts.estimators.channel_time_attribution`; a `target` is that of the
            one series.

        Returns
        -------
        AttributionDisplay
        """
        panel = as_panel(X)
        if check_count("series", series, minimum=0) >= len(panel):
            raise ValueError(
                f"`series` must be less than the {len(panel)} of `X`; got {series}. "
                "They are numbered from 0."
            )
        found = channel_time_attribution(estimator, panel[series], **options)
        return cls(found).plot(ax=ax)

    def plot(
        self, *, ax: Any = None, time_label: str | None = None, title: str | None = None
    ) -> Self:
        """Draw the lanes.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            By default those of a new figure.
        time_label : str, optional
            By default what times are, since the first row, and their unit.
        title : str, optional
            By default the decision.

        Returns
        -------
        AttributionDisplay
        """
        import matplotlib.pyplot as plt
        from matplotlib.colors import Normalize

        panel = self.attribution.contributions[self.series]
        if ax is None:
            height = 1.2 + 0.4 * panel.in_channels
            _, ax = plt.subplots(figsize=(8, height), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        times = panel.elapsed.astype(np.float64)
        size, unit = readable_unit(panel.time_scale, float(np.max(times, initial=0)))
        values = panel.values
        most = float(np.nanmax(np.abs(values), initial=0)) if values.size else 0.0
        norm = Normalize(-(most or 1.0), most or 1.0)
        for lane, column in enumerate(values.T):
            seen = ~np.isnan(column)
            spans = _spans(times[seen] / size)
            colors = plt.get_cmap("coolwarm")(norm(column[seen]))
            ax.broken_barh(spans, (lane - LANE / 2, LANE), facecolors=colors)
        self._label(panel, unit, time_label, title)
        mapped = plt.cm.ScalarMappable(norm, "coolwarm")
        self.figure_.colorbar(mapped, ax=ax, label="contribution", shrink=0.8)
        return self

    def _label(
        self, panel: Panel, unit: str, time_label: str | None, title: str | None
    ) -> None:
        ax, found = self.ax_, self.attribution
        sums = found.by_channel().iloc[self.series]
        ax.set_yticks(range(panel.in_channels), list(panel.channels))
        ax.set_ylim(panel.in_channels - 0.5, -0.5)
        for lane, total in enumerate(sums.iloc[: panel.in_channels]):
            ax.annotate(
                f"{total:+.2f}",
                (1, lane),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
        words = "time since the first row"
        ax.set_xlabel(time_label or (f"{words} ({unit})" if unit else words))
        score = f"score {found.score[self.series]:.2f}"
        target = None if found.target is None else found.target[self.series]
        about = "" if target is None else f"{target}: "
        ax.set_title(title or f"{about}{score}", loc="left", fontsize=9)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)


def _spans(times: np.ndarray) -> list[tuple[float, float]]:
    """Return start and width of the time that each observation stands for."""
    middles = (times[1:] + times[:-1]) / 2
    edges = np.concatenate([times[:1], middles, times[-1:]])
    return [(start, end - start) for start, end in pairwise(edges.tolist())]

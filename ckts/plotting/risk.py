"""The risk of a patient after each measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ckts.panel import Panel


class RiskDisplay:
    """A patient's measurements when they were taken, and the risk after each of them.

    Parameters
    ----------
    series : Panel of one series
        The measurements.
    risk : ndarray of shape (n_rows,)
        Predicted probability with the measurements up to each row.
    channels : sequence of str
        The channels to draw.

    Attributes
    ----------
    figure_ : matplotlib Figure
        Made by :meth:`plot`.
    axes_ : ndarray of Axes
        One per channel, and the last one for the risk.

    See Also
    --------
    RiskDisplay.from_estimator : Compute the risk and draw.
    """

    def __init__(self, series: Panel, risk: np.ndarray, *, channels: list[str]) -> None:
        self.series = series
        self.risk = risk
        self.channels = channels

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        series: Panel,
        *,
        channels: list[str] | None = None,
        **plot_params: Any,
    ) -> RiskDisplay:
        """Predict after every measurement of one series, and draw.

        Parameters
        ----------
        estimator : fitted classifier
            Its last class is the event whose probability is drawn.
        series : Panel of one series
            The measurements of one patient.
        channels : list of str, optional
            The channels to draw; by default the first four.
        **plot_params
            Passed on to :meth:`plot`.

        Returns
        -------
        RiskDisplay

        Raises
        ------
        ValueError
            If `series` is not one series with rows, or lacks one of `channels`.
        """
        if len(series) != 1 or len(series.times) == 0:
            raise ValueError(
                "`series` must hold one series with at least one row; got "
                f"{series!r}. Select one, e.g. `panel[0]`."
            )
        names = list(series.channels[:4]) if channels is None else list(channels)
        unknown = [name for name in names if name not in series.channels]
        if unknown:
            raise ValueError(
                f"`channels` must be among {list(series.channels)}; got {unknown}."
            )
        risk = estimator.predict_proba(growing_series(series))[:, -1]
        return cls(series, risk, channels=names).plot(**plot_params)

    def plot(
        self,
        *,
        time_label: str | None = None,
        time_factor: float = 1.0,
        risk_label: str = "predicted risk",
        labels: Mapping[str, str] | None = None,
        title: str | None = None,
        figure: Any = None,
    ) -> RiskDisplay:
        """Draw one small chart per channel, and the risk below them.

        Parameters
        ----------
        time_label : str, optional
            Label of the time axis; by default the unit of the panel.
        time_factor : float, default=1.0
            Multiplies the times, for example 1 / 365.25 for years.
        risk_label : str, default="predicted risk"
            Label of the last chart.
        labels : mapping, optional
            What to write beside a channel instead of its name, such as its unit.
        title : str, optional
            Title of the figure.
        figure : matplotlib Figure, optional
            Where to draw; by default a new one.

        Returns
        -------
        RiskDisplay
        """
        import matplotlib.pyplot as plt

        n_charts = len(self.channels) + 1
        figure = figure or plt.figure(figsize=(7, 1.4 * n_charts + 0.8))
        ratios = [1] * (n_charts - 1) + [1.6]
        axes = figure.subplots(
            n_charts, 1, sharex=True, gridspec_kw={"height_ratios": ratios}
        )
        times = (self.series.times - self.series.times[0]) * time_factor
        for axis, name in zip(axes, self.channels, strict=False):
            label = (labels or {}).get(name, name.replace("_", "\n"))
            _draw_channel(axis, times, self.series, name, label)
        _draw_risk(axes[-1], times, self.risk, risk_label)
        axes[-1].set_xlabel(time_label or f"time ({self.series.time_scale})")
        if title:
            figure.suptitle(title)
        figure.align_ylabels(axes)
        figure.tight_layout()
        self.figure_, self.axes_ = figure, axes
        return self


def growing_series(series: Panel) -> Panel:
    """Make one series per row, with the rows up to it: what was known by then.

    Parameters
    ----------
    series : Panel of one series
        The rows.

    Returns
    -------
    Panel of as many series as rows
    """
    n_rows = len(series.times)
    rows = np.concatenate([np.arange(i + 1) for i in range(n_rows)])
    indptr = np.concatenate([[0], np.cumsum(np.arange(1, n_rows + 1))])
    static = None if series.static is None else np.repeat(series.static, n_rows, 0)
    return type(series)(
        series.values[rows],
        series.times[rows],
        indptr,
        channels=series.channels,
        static=static,
        static_names=series.static_names or None,
        time_scale=series.time_scale,
    )


def _draw_channel(
    axis: Any, times: np.ndarray, series: Panel, name: str, label: str
) -> None:
    values = series.values[:, series.channels.index(name)]
    known = ~np.isnan(values)
    axis.plot(times[known], values[known], ":", color="0.7", lw=1)
    axis.plot(times[known], values[known], "o", color="C0", ms=5)
    for time in times[~known]:
        axis.axvline(time, color="0.85", lw=1, ls="--", zorder=0)
    axis.set_ylabel(label, rotation=0, ha="right", va="center")
    axis.spines[["top", "right"]].set_visible(False)
    axis.margins(y=0.2)


def _draw_risk(axis: Any, times: np.ndarray, risk: np.ndarray, label: str) -> None:
    axis.step(times, 100 * risk, where="post", color="C3", lw=1.5, alpha=0.5)
    axis.plot(times, 100 * risk, "o", color="C3", ms=6)
    for time, value in zip(times, risk, strict=True):
        above = (7, 5) if value < 0.85 else (7, -12)
        axis.annotate(
            f"{value:.0%}",
            (time, 100 * value),
            xytext=above,
            ha="left",
            textcoords="offset points",
            fontsize=8,
        )
    axis.set_ylim(-3, 103)
    axis.margins(x=0.07)  # room for the last figure
    axis.set_ylabel(f"{label}\n(%)", rotation=0, ha="right", va="center")
    axis.grid(axis="y", color="0.92")
    axis.spines[["top", "right"]].set_visible(False)

"""The predicted risk of a patient after each measurement."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ckts.panel import Panel, as_panel, readable_unit
from ckts.plotting._style import shade, tone
from ckts.plotting._targets import Target, find_target


class RiskDisplay:
    """The measurements of a patient over time, and the predicted risk after each.

    Parameters
    ----------
    series : Panel of one series
        The measurements.
    risk : ndarray of shape (n_rows,)
        Probability of the event, predicted from the measurements up to each row.
    channels : sequence of str
        The channels to draw.

    Attributes
    ----------
    figure_ : matplotlib Figure
        Made by :meth:`plot`.
    axes_ : ndarray of Axes
        One per channel, and a last one for the risk.

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
        series: Any,
        *,
        channels: list[str] | None = None,
        target: Any = None,
        **plot_params: Any,
    ) -> Self:
        """Predict after every measurement of a series, and draw.

        A causal model predicts in one pass, others from the series truncated after each
        row.

        Parameters
        ----------
        estimator : fitted classifier
        series : Panel of one series, or what :func:`ckts.as_panel` makes one of
            The measurements of one patient.
        channels : list of str, optional
            The channels to draw; by default the first four.
        target : object, optional
            The class whose probability is drawn, by default the last of `classes_`. Of
            a classifier of several labels the number of one is required, such as 0;
            of several outputs an output's number and its class, ``(0, "sinus")``.
        **plot_params
            Passed on to :meth:`plot`.

        Returns
        -------
        RiskDisplay

        Raises
        ------
        ValueError
            If `series` is not one series with rows, or lacks one of `channels`; if
            there is no such `target`, or none is given and there are several outputs.
        """
        series = as_panel(series)
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
        risk = _risk(estimator, series, find_target(estimator, series, target))
        return cls(series, risk, channels=names).plot(**plot_params)

    def plot(
        self,
        *,
        time_label: str | None = None,
        time_factor: float | None = None,
        risk_label: str = "predicted risk",
        labels: Mapping[str, str] | None = None,
        title: str | None = None,
        figure: Any = None,
    ) -> Self:
        """Draw one small chart per channel, and the risk below them.

        Parameters
        ----------
        time_label : str, optional
            Label of the time axis; by default the unit.
        time_factor : float, optional
            Multiplies the times, for example 1 / 365.25 for years of days. By default
            they are in the unit of the panel, and dates in one that suits them.
        risk_label : str, default="predicted risk"
            Label of the last chart.
        labels : mapping, optional
            Labels of channels, such as name and unit; by default the names.
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
        axes = figure.subplots(n_charts, sharex=True, height_ratios=ratios)
        times, unit = self.series.elapsed, ""
        size, known = readable_unit(self.series.time_scale, float(times.max()))
        if time_factor is None:
            time_factor, unit = 1 / size, f" ({known})" if known else ""
        times = times * time_factor
        names = labels or {}
        words = [names.get(name, name.replace("_", "\n")) for name in self.channels]
        for axis, word in zip(axes, [*words, f"{risk_label}\n(%)"], strict=True):
            axis.set_ylabel(word, rotation=0, ha="right", va="center")
            axis.spines[["top", "right"]].set_visible(False)
        for axis, name in zip(axes, self.channels, strict=False):
            column = self.series.channels.index(name)
            _draw_channel(axis, times, self.series.values[:, column])
        _draw_risk(axes[-1], times, 100 * self.risk)
        axes[-1].set_xlabel(time_label or f"time since the first row{unit}")
        if title:
            figure.suptitle(title)
        figure.align_ylabels(axes)
        figure.tight_layout()
        self.figure_, self.axes_ = figure, axes
        return self


def _risk(estimator: Any, series: Panel, target: Target) -> np.ndarray:
    """Return the probability of a target after each row of a series."""
    if not hasattr(estimator, "predict_proba_path"):
        return target.of(estimator.predict_proba(series.expanding()))
    path = estimator.predict_proba_path(series)
    # Rows without a measurement have what was known before.
    place = np.searchsorted(path.times, series.times, side="right") - 1
    unknown = place < 0
    known = target.of(path.values)
    risk = known[place] if len(path.times) else np.empty(len(place))
    if unknown.any():
        before = series.keep_rows(unknown).expanding()
        risk[unknown] = target.of(estimator.predict_proba(before))
    return risk


def _draw_channel(axis: Any, times: np.ndarray, values: np.ndarray) -> None:
    observed = ~np.isnan(values)
    axis.plot(times[observed], values[observed], ":", color=shade(axis, 0.3), lw=1)
    axis.plot(times[observed], values[observed], "o", color=tone(axis), ms=5)
    for time in times[~observed]:
        axis.axvline(time, color=shade(axis, 0.15), lw=1, ls="--", zorder=0)
    axis.margins(y=0.2)


def _draw_risk(axis: Any, times: np.ndarray, percents: np.ndarray) -> None:
    axis.step(times, percents, where="post", color=tone(axis, 1), lw=1.5, alpha=0.5)
    axis.plot(times, percents, "s", color=tone(axis, 1), ms=6)
    for time, value in zip(times, percents, strict=True):
        # beside the point; below it where there is no room above
        offset = (7, 5) if value < 85 else (7, -12)
        axis.annotate(
            f"{value:.0f}%",
            (time, value),
            xytext=offset,
            textcoords="offset points",
            fontsize=8,
        )
    axis.set_ylim(-3, 103)
    axis.margins(x=0.07)  # room for the last figure
    axis.grid(axis="y", color=shade(axis, 0.08))

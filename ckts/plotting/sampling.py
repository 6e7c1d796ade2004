"""Who was measured when, and what is missing."""

from typing import Any, Self

import numpy as np

from ckts._checks import check_count
from ckts.panel import Panel, as_panel, percent, readable_unit
from ckts.plotting._style import check_axes, shade, tone

LANE = 0.84  # height of a full mark, in lanes
SHORTEST = 0.12  # height of a mark without observations, as a share of LANE
MAX_BARS = 40  # more have no room for their names
FEWEST_BARS = 8  # fewer leave room below instead of becoming thick


class SamplingDisplay:
    """Who was measured when, and what is missing.

    Each series has a lane with one mark per row. The height of a mark is the number of
    channels observed in the row, relative to the largest number in any row drawn. The
    line below runs from the first to the last row, and the figure at its end is the
    number of rows. Bars beside the lanes show the share of missing values per channel,
    over all rows of the panel, unless nothing is missing.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
        The series to draw, one lane each.
    missing : ndarray of shape (n_channels,)
        Share of missing values of each of `channels`.
    channels : sequence of str
        The names of the bars.
    n_all : int
        Number of series from which those of `panel` were chosen.

    Attributes
    ----------
    figure_ : matplotlib Figure
        Made by :meth:`plot`.
    axes_ : ndarray of Axes
        The lanes; and the bars, unless nothing is missing or axes were given.

    See Also
    --------
    SamplingDisplay.from_panel : Choose the series and draw.
    ckts.Panel.describe : The same in figures.
    """

    def __init__(
        self, panel: Panel, missing: np.ndarray, *, channels: list[str], n_all: int
    ) -> None:
        self.panel = panel
        self.missing = missing
        self.channels = channels
        self.n_all = n_all

    @classmethod
    def from_panel(
        cls, panel: Panel, *, n_series: int = 12, ax: Any = None, **plot_params: Any
    ) -> Self:
        """Draw evenly spaced series of a panel.

        Parameters
        ----------
        panel : Panel of shape (n_all,)
            Or anything that `ckts.as_panel` takes.
        n_series : int, default 12
            Largest number of lanes; the first and the last series are among them.
        ax : matplotlib Axes, optional
            Where to draw the lanes, without the bars; by default a new figure.
        **plot_params
            Passed on to :meth:`plot`.

        Returns
        -------
        SamplingDisplay
            Its bars are sorted; of more than 40, the channels missing most are shown.

        Raises
        ------
        ValueError
            If the panel is empty, or `n_series` is not positive.
        TypeError
            If `n_series` is not an integer.
        """
        panel = as_panel(panel)
        n_lanes = min(check_count("n_series", n_series), len(panel))
        chosen = np.linspace(0, len(panel) - 1, n_lanes).round().astype(int)
        columns = panel.observations.columns()
        n_observed = np.array([len(rows) for rows, _ in columns])
        missing = 1 - n_observed / max(len(panel.times), 1)
        most = np.argsort(-missing, kind="stable")[:MAX_BARS][::-1]
        display = cls(
            panel[chosen],
            missing[most],
            channels=[panel.channels[i] for i in most],
            n_all=len(panel),
        )
        return display.plot(ax=ax, **plot_params)

    def plot(
        self,
        *,
        ax: Any = None,
        time_label: str | None = None,
        time_factor: float | None = None,
        series_label: str = "series",
        title: str | None = None,
    ) -> Self:
        """Draw the lanes, and the bars unless axes are given.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw the lanes, without the bars; by default a new figure.
        time_label : str, optional
            Label of the time axis; by default the unit. Dates are shown as time since
            the first row of each series.
        time_factor : float, optional
            Multiplies the times, for example 1 / 365.25 for years; by default a unit
            that reads easily.
        series_label : str, default "series"
            What a series is, such as "patients".
        title : str, optional
            What the data are. On given axes it replaces the legend.

        Returns
        -------
        SamplingDisplay
        """
        if ax is not None:
            check_axes(ax)
            self.figure_, self.axes_ = ax.figure, np.array([ax])
        else:
            self.figure_, self.axes_ = self._new_figure(title)
        lanes, *bars = self.axes_
        times, words = _readable_times(self.panel, time_factor)
        _draw_lanes(lanes, self.panel, times)
        lanes.set_xlabel(words if time_label is None else time_label)
        above = title if title and ax is not None else self._legend(series_label)
        lanes.set_title(above, loc="left", fontsize=9)
        for axis in bars:
            _draw_bars(axis, self.missing, self.channels)
        return self

    def _legend(self, series_label: str) -> str:
        shown = f"{len(self.panel)} of " if len(self.panel) < self.n_all else ""
        legend = (
            f"When: {shown}{self.n_all:,} {series_label}, one mark per measurement time"
        )
        if not self.missing.any():
            return f"{legend}; nothing is missing"
        most = np.max(self.panel.observations.row_counts(), initial=0)
        heights = f"(at most {most} of {self.panel.in_channels})"
        return f"{legend}.\nThe taller, the more channels were measured {heights}."

    def _new_figure(self, title: str | None) -> tuple[Any, np.ndarray]:
        import matplotlib.pyplot as plt

        n_lines = len(self.channels) if self.missing.any() else 0
        figure = plt.figure(
            figsize=(9, 1.5 + max(0.25 * len(self.panel), 0.17 * n_lines, 1)),
            layout="constrained",
        )
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontweight="bold")
        if not self.missing.any():
            return figure, np.array([figure.subplots()])
        return figure, figure.subplots(1, 2, width_ratios=[3, 1])


def _readable_times(panel: Panel, factor: float | None) -> tuple[np.ndarray, str]:
    """Return the times (n_rows,) to draw, and what they are."""
    scale = panel.time_scale
    dated = scale.kind == "datetime"
    times = panel.elapsed if dated else panel.times
    words = "time since the first row" if dated else "time"
    if factor is not None:
        return times * factor, words
    size, unit = readable_unit(scale, float(np.max(np.abs(times), initial=0)))
    return times / size, f"{words} ({unit})" if unit else words


def _draw_lanes(axis: Any, panel: Panel, times: np.ndarray) -> None:
    n_observed = panel.observations.row_counts()
    share = n_observed / max(np.max(n_observed, initial=0), 1)
    tall = LANE * np.maximum(share, SHORTEST)
    lane = panel.series_of_rows
    axis.vlines(times, lane, lane - tall, color=tone(axis), lw=1.2, zorder=2)
    filled = np.flatnonzero(panel.lengths)
    first, last = panel.indptr[filled], panel.indptr[filled + 1] - 1
    axis.hlines(
        filled, times[first], times[last], color=shade(axis, 0.25), lw=1, zorder=1
    )
    for number, length in enumerate(panel.lengths):
        _write_beside(axis, number, f"{length:,}")
    _write_beside(axis, -0.9, "rows")
    middles = np.arange(len(panel)) - LANE / 2
    names = [str(name) for name in panel.instances]
    axis.set_yticks(middles, names, parse_math=False)  # "$" is a sign of names
    axis.tick_params(axis="y", length=0, labelsize=8)
    axis.set_ylim(len(panel) - 0.6, -1)
    axis.spines[["top", "right", "left"]].set_visible(False)


def _write_beside(axis: Any, lane: float, text: str) -> None:
    axis.annotate(
        text,
        (1, lane - LANE / 2),
        xycoords=("axes fraction", "data"),
        xytext=(22, 0),
        textcoords="offset points",
        fontsize=8,
        ha="right",
        va="center",
        color=shade(axis, 0.6),
    )


def _draw_bars(axis: Any, missing: np.ndarray, channels: list[str]) -> None:
    places = np.arange(len(channels))
    axis.barh(places, np.full(len(channels), 100), color=shade(axis, 0.06))
    axis.barh(places, 100 * missing, color=tone(axis, 1))
    for place, share in zip(places, missing, strict=True):
        axis.text(
            102, place, percent(share), fontsize=8, va="center", color=shade(axis, 0.6)
        )
    axis.set_yticks(places, channels, parse_math=False)
    axis.tick_params(axis="y", length=0, labelsize=8)
    axis.set_ylim(max(len(channels), FEWEST_BARS) - 0.4, -0.6)
    axis.set_xlim(0, 100)
    axis.set_xticks([])
    axis.set_title("What is missing,\nin % of the rows", loc="left", fontsize=9)
    axis.spines[:].set_visible(False)

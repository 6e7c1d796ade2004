"""Pictures of the command line and its reports; they need matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ckts.panel import Panel, readable_unit
from ckts.plotting import SamplingDisplay

MOST_CHANNELS = 6
OURS, OTHER, QUIET = "#1f6f8b", "#c8553d", "0.75"


def choose_instance(panel: Panel, name: str) -> int:
    """Return the number of an instance; raise if there is none of this name."""
    names = [str(one) for one in panel.instances]
    if name not in names:
        raise ValueError(
            f"`--only` must be an instance of the table; got {name!r}. The first are "
            f"{', '.join(names[:5])}."
        )
    return names.index(name)


def draw_sampling(panel: Panel, what: str) -> Any:
    """Draw who was measured when, and what is missing.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
    what : str
        What a series is.

    Returns
    -------
    matplotlib Figure
    """
    _draw_without_screen()
    import matplotlib.pyplot as plt

    label = f"of {_plain(repr(what))}"
    figure = SamplingDisplay.from_panel(panel, series_label=label).figure_
    plt.close(figure)  # it stays usable, and is not kept
    return figure


def draw_series(
    series: Panel, channels: Sequence[str] | None = None, title: str = ""
) -> Any:
    """Draw the observations of channels of one series.

    Parameters
    ----------
    series : Panel of shape (1,)
    channels : sequence of str, optional
        By default the first that were observed, at most six.
    title : str, optional

    Returns
    -------
    matplotlib Figure
    """
    names = list(channels or series.channels)
    columns = dict(zip(series.channels, series.values.T, strict=True))
    seen = [name for name in names if not np.isnan(columns[name]).all()]
    names = (seen or names)[:MOST_CHANNELS]
    figure = new_figure(7, 0.9 + 1.15 * len(names))
    axes = np.atleast_1d(figure.subplots(len(names), sharex=True))
    times, words = readable_elapsed(series)
    for axis, name in zip(axes, names, strict=True):
        known = ~np.isnan(columns[name])
        axis.plot(times[known], columns[name][known], "-", color=QUIET, lw=1)
        axis.plot(times[known], columns[name][known], "o", color=OURS, ms=4.5)
        axis.set_ylabel(_short(name), rotation=0, ha="right", va="center", labelpad=8)
        axis.margins(y=0.25)
        if labels := series.categories.get(name):
            axis.set_yticks(range(len(labels)), [_short(one) for one in labels])
            axis.set_ylim(-0.5, len(labels) - 0.5)
    axes[-1].set_xlabel(words)
    figure.align_ylabels(axes)
    if title:
        figure.suptitle(_plain(title), fontsize=10)
    return figure


def draw_calibration(proba: np.ndarray, hits: np.ndarray, words: str) -> Any:
    """Draw how often what is predicted with some probability happens.

    Parameters
    ----------
    proba : ndarray of shape (n_series,)
    hits : ndarray of bool of shape (n_series,)
    words : str
        What the probability is of.

    Returns
    -------
    matplotlib Figure
    """
    figure = new_figure(5, 4.4)
    axis, below = figure.subplots(2, sharex=True, height_ratios=[4, 1])
    axis.plot([0, 1], [0, 1], ":", color=QUIET)
    middle, share, error = calibration_bins(proba, hits)
    axis.errorbar(middle, share, error, fmt="o-", color=OURS, ms=5, capsize=2, lw=1.2)
    axis.set_ylim(-0.03, 1.03)
    axis.set_ylabel("share that happened")
    below.hist(proba, np.linspace(0, 1, 21), color=OURS, alpha=0.6)
    below.set_ylabel("instances")
    below.set_xlabel(_plain(words))
    return figure


def calibration_bins(
    proba: np.ndarray, hits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean prediction, share of hits and its standard error, in equal bins.

    Parameters
    ----------
    proba : ndarray of shape (n_series,)
    hits : ndarray of bool of shape (n_series,)

    Returns
    -------
    middle, share, error : ndarray of shape (n_bins,)
        Bins of as many instances each, at least 20 where there are so many.
    """
    n_bins = int(np.clip(len(proba) // 20, 1, 10))
    parts = np.array_split(np.argsort(proba, kind="stable"), n_bins)
    middle = np.array([proba[part].mean() for part in parts])
    share = np.array([hits[part].mean() for part in parts])
    sizes = np.array([len(part) for part in parts])
    return middle, share, np.sqrt(share * (1 - share) / sizes)


def draw_agreement(y: np.ndarray, predicted: np.ndarray, name: str) -> Any:
    """Draw predicted numbers over true ones."""
    figure = new_figure(5, 4.4)
    axis = figure.subplots()
    ends = [min(y.min(), predicted.min()), max(y.max(), predicted.max())]
    axis.plot(ends, ends, ":", color=QUIET)
    axis.plot(y, predicted, "o", color=OURS, ms=3.5, alpha=0.6)
    axis.set_xlabel(_plain(f"{name}: truth"))
    axis.set_ylabel("predicted, out of fold")
    return figure


def draw_folds(scores: dict[str, np.ndarray], words: str) -> Any:
    """Draw the score of each model in each fold, and the mean."""
    figure = new_figure(7, 0.9 + 0.45 * len(scores))
    axis = figure.subplots()
    for place, found in enumerate(scores.values()):
        color = OTHER if place else OURS
        axis.plot(found, np.full(len(found), place), "o", color=color, ms=5, alpha=0.5)
        axis.plot(found.mean(), place, "|", color=color, ms=18, mew=2.5)
        axis.annotate(
            f"{found.mean():.3f}",
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            color=color,
        )
    axis.set_yticks(range(len(scores)), list(scores))
    axis.set_ylim(len(scores) - 0.5, -0.5)
    axis.set_xlabel(f"{words}, one point per fold, the mean as a bar")
    return figure


def draw_importance(names: Sequence[str], losses: np.ndarray, error: np.ndarray) -> Any:
    """Draw what the score loses without each channel, the largest on top.

    Parameters
    ----------
    names : sequence of str
    losses, error : ndarray of shape (n_names,)

    Returns
    -------
    matplotlib Figure
    """
    figure = new_figure(7, 0.9 + 0.27 * len(names))
    axis = figure.subplots()
    places = np.arange(len(names))
    axis.barh(places, losses, xerr=error, color=OURS, ecolor="0.4", height=0.65)
    axis.axvline(0, color="0.4", lw=0.8)
    axis.set_yticks(places, [_short(one) for one in names])
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_xlabel("loss of the score, with its standard error")
    return figure


def draw_when(names: Sequence[str], shares: np.ndarray) -> Any:
    """Draw how much each channel tells in each part of a record.

    Parameters
    ----------
    names : sequence of str
    shares : ndarray of shape (n_names, n_parts)
        They add up to 1.

    Returns
    -------
    matplotlib Figure
    """
    figure = new_figure(7, 1.1 + 0.27 * len(names))
    axis = figure.subplots()
    picture = axis.imshow(
        100 * shares,
        aspect="auto",
        cmap="Blues",
        vmin=0,
        extent=(0, 100, len(names), 0),
    )
    axis.set_yticks(np.arange(len(names)) + 0.5, [_short(one) for one in names])
    axis.set_xlabel("part of the record, from the first to the last row (%)")
    axis.spines[:].set_visible(False)
    figure.colorbar(picture, label="share (%)")
    return figure


def readable_elapsed(panel: Panel) -> tuple[np.ndarray, str]:
    """Return times since the first row, of shape (n_rows,), and what they are."""
    elapsed = panel.elapsed
    largest = float(np.max(elapsed, initial=0))
    size, unit = readable_unit(panel.time_scale, largest)
    return elapsed / size, f"time since the first row{f' ({unit})' if unit else ''}"


def new_figure(width: float, height: float) -> Any:
    """Return a figure that no screen shows."""
    _draw_without_screen()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _draw_without_screen() -> None:
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ImportError(
            "pictures need matplotlib, which is not installed. Use "
            "`pip install matplotlib`."
        ) from error
    mpl.use("Agg")


def _short(name: str) -> str:
    return _plain(name if len(name) <= 24 else f"{name[:23]}…")


def _plain(text: str) -> str:
    """Return text that matplotlib does not take for a formula."""
    return text.replace("$", r"\$")

"""Whether predicted risks come true, as of some time after the first observation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ckts._checks import check_choice, check_count
from ckts.panel import (
    Panel,
    as_panel,
    check_same_order,
    is_after,
    read_landmark,
    readable_unit,
)
from ckts.plotting._style import clear_frame, look, shade, use_axes
from ckts.plotting._targets import Target, find_target

STRATEGIES = ("quantile", "uniform")
NORMAL_QUANTILE = 1.959963984540054  # of 97.5 %


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predicted probabilities of series, and how many of them came true, in bins.

    Parameters
    ----------
    name : str
        As of when.
    counts : ndarray of int of shape (n_bins,)
        Series in each bin that has some.
    predicted, observed : ndarray of shape (n_bins,)
        The mean probability, and the share of series that have the target.
    low, high : ndarray of shape (n_bins,)
        Wilson's interval of the observed share, of 95 %.
    """

    name: str
    counts: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def n_series(self) -> int:
        """Number of series with a prediction."""
        return int(self.counts.sum())

    @property
    def error(self) -> float:
        """The expected calibration error: the mean gap, weighted by the counts."""
        gaps = np.abs(self.observed - self.predicted)
        return float(np.average(gaps, weights=self.counts))

    @classmethod
    def of(
        cls,
        name: str,
        y_true: np.ndarray,
        y_prob: np.ndarray,
        n_bins: int,
        strategy: str,
    ) -> Self:
        """Sort into bins as `sklearn.calibration.calibration_curve` does."""
        edges = np.linspace(0, 1, n_bins + 1)
        if strategy == "quantile":
            edges = np.quantile(y_prob, edges)
        bins = np.searchsorted(edges[1:-1], y_prob)
        counts, positive, sums = (
            np.bincount(bins, weights, n_bins) for weights in (None, y_true, y_prob)
        )
        some = counts > 0
        counts, positive, sums = counts[some], positive[some], sums[some]
        low, high = wilson_interval(positive, counts)
        return cls(name, counts, sums / counts, positive / counts, low, high)


def wilson_interval(
    positive: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of 95 % of shares.

    Parameters
    ----------
    positive, counts : ndarray of shape (n,)
        So many of so many.

    Returns
    -------
    low, high : ndarray of shape (n,)

    References
    ----------
    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    z, share = NORMAL_QUANTILE, positive / counts
    center = (share + z**2 / (2 * counts)) / (1 + z**2 / counts)
    spread = share * (1 - share) / counts + z**2 / (4 * counts**2)
    half = z * np.sqrt(spread) / (1 + z**2 / counts)
    return np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)


class CalibrationByHorizonDisplay:
    """Predicted probabilities against observed shares, as of several times.

    A horizon is the time since the first observation of each series, for what is
    predicted from those up to then. A series that ended before counts with its last
    prediction, as that is what is known at the horizon. Points on the diagonal are
    calibrated; lines through them are Wilson's intervals of 95 %, and the legend has
    the expected calibration error and the number of series.

    Parameters
    ----------
    curves : list of Reliability
        One per horizon.
    target_name : str
        What is predicted.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : list of Line2D
        One per horizon.
    intervals_ : list of LineCollection
        One per horizon.
    diagonal_ : Line2D

    See Also
    --------
    CalibrationByHorizonDisplay.from_estimator : Predict as of the horizons, and draw.
    sklearn.calibration.CalibrationDisplay : One prediction per series, several models.
    """

    def __init__(self, curves: list[Reliability], *, target_name: str = "") -> None:
        self.curves = curves
        self.target_name = target_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        horizons: Any,
        target: Any = None,
        n_bins: int = 5,
        strategy: str = "quantile",
        ax: Any = None,
    ) -> Self:
        """Predict what was known at each horizon, and draw.

        Parameters
        ----------
        estimator : fitted classifier with ``causal=True``
            It has `predict_proba_path`.
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            Series that the model has not seen.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            As in `fit`.
        horizons : array-like of shape (n_horizons,)
            Numbers in the unit of the panel, such as ``[12, 24, 48]``, or timedeltas.
        target : object, optional
            As in :meth:`RiskDisplay.from_estimator`.
        n_bins : int, default=5
        strategy : {"quantile", "uniform"}, default="quantile"
            Whether bins have equally many series or equal widths.
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.

        Returns
        -------
        CalibrationByHorizonDisplay

        Raises
        ------
        TypeError
            If the estimator has no predictions over time.
        ValueError
            If `y`, `horizons`, `target`, `n_bins` or `strategy` are not as described.
        """
        panel = as_panel(X)
        check_same_order("y", y, panel)
        limits = np.unique(
            read_landmark(horizons, panel.time_scale, "first", "horizons")
        )
        if len(limits) == 0:
            raise ValueError(
                f"`horizons` must hold at least one; got {horizons!r}. Write e.g. "
                "`horizons=[12, 24]`."
            )
        if not hasattr(estimator, "predict_proba_path"):
            raise TypeError(
                "`estimator` must have `predict_proba_path`; got "
                f"{type(estimator).__name__}. Fit a CKCNNClassifier or "
                "CKRocketClassifier with `causal=True`."
            )
        chosen = find_target(estimator, panel[:1], target)
        truth = chosen.truth(y)
        if len(truth) != len(panel):
            raise ValueError(
                f"`y` must have one entry per series ({len(panel)}); got {len(truth)}."
            )
        return cls.from_predictions(
            truth,
            _proba_at(estimator, panel, limits, chosen),
            names=_words(limits, panel),
            n_bins=n_bins,
            strategy=strategy,
            target_name=chosen.name,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_prob: Any,
        *,
        names: Sequence[str],
        n_bins: int = 5,
        strategy: str = "quantile",
        target_name: str = "",
        ax: Any = None,
    ) -> Self:
        """Draw predictions that are there already.

        Parameters
        ----------
        y_true : array-like of bool of shape (n_series,)
            Which series have the target.
        y_prob : array-like of shape (n_series, n_horizons)
            Probabilities; NaN where nothing was known yet.
        names : sequence of str of shape (n_horizons,)
            The horizons in words, such as "12 h".
        n_bins, strategy, ax
            As in :meth:`from_estimator`.
        target_name : str, default=""
            What is predicted.

        Returns
        -------
        CalibrationByHorizonDisplay
        """
        n_bins = check_count("n_bins", n_bins)
        check_choice("strategy", strategy, STRATEGIES)
        truth, proba = _check_predictions(y_true, y_prob, names)
        curves = []
        for name, column in zip(names, proba.T, strict=True):
            known = ~np.isnan(column)
            if not known.any():
                raise ValueError(
                    "`y_prob` must have a probability as of each horizon; got none for "
                    f"{name}. Leave it out."
                )
            pairs = truth[known], column[known]
            curves.append(Reliability.of(name, *pairs, n_bins, strategy))
        return cls(curves, target_name=target_name).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.

        Returns
        -------
        CalibrationByHorizonDisplay
        """
        self.figure_, self.ax_ = use_axes(ax, (5.4, 5.4))
        axis = self.ax_
        (self.diagonal_,) = axis.plot(
            [0, 1], [0, 1], color=shade(axis, 0.5), linewidth=1, zorder=1
        )
        axis.annotate(
            "calibrated",
            (0.97, 0.97),
            xycoords="axes fraction",
            rotation=45,
            rotation_mode="anchor",
            ha="right",
            va="bottom",
            fontsize=8,
            color=shade(axis, 0.6),
        )
        self.lines_, self.intervals_ = [], []
        for number, curve in enumerate(self.curves):
            style, x = look(number, axis), curve.predicted
            label = f"{curve.name}: error {curve.error:.3f}, {curve.n_series:,} series"
            self.intervals_.append(
                axis.vlines(x, curve.low, curve.high, color=style["color"], linewidth=1)
            )
            self.lines_ += axis.plot(
                x, curve.observed, label=label, ms=6, linewidth=1.4, **style
            )
        self._write()
        return self

    def _write(self) -> None:
        axis = self.ax_
        tops = [max(c.high.max(), c.predicted.max()) for c in self.curves]
        most = min(1.0, 1.05 * max(tops))
        axis.set(xlim=(-0.02 * most, 1.02 * most), ylim=(-0.02 * most, 1.02 * most))
        axis.set_aspect("equal")
        of = f" of {self.target_name}" if self.target_name else ""
        axis.set_xlabel(f"predicted probability{of}")
        axis.set_ylabel("observed share, with 95 % interval")
        axis.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            frameon=False,
            fontsize=8,
            handlelength=3.5,
        )
        clear_frame(axis)


def _check_predictions(
    y_true: Any, y_prob: Any, names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return truth and probabilities as arrays, or raise."""
    truth, proba = np.asarray(y_true, dtype=float), np.asarray(y_prob, dtype=float)
    if proba.ndim != 2 or proba.shape != (len(truth), len(names)):
        raise ValueError(
            "`y_prob` must have a row per entry of `y_true` and a column per name, "
            f"{(len(truth), len(names))}; got the shape {proba.shape}."
        )
    if np.nanmin(proba, initial=0) < 0 or np.nanmax(proba, initial=1) > 1:
        raise ValueError(
            f"`y_prob` must be in [0, 1]; got {np.nanmin(proba):g} to "
            f"{np.nanmax(proba):g}. Give probabilities, not scores."
        )
    if not np.isin(truth, (0, 1)).all():
        raise ValueError(
            f"`y_true` must be True or False; got {np.unique(truth)[:5]}. Compare: "
            "`y == target`."
        )
    return truth, proba


def _proba_at(
    estimator: Any, panel: Panel, limits: np.ndarray, target: Target
) -> np.ndarray:
    """Return the last probability of each series up to each horizon.

    Returns
    -------
    ndarray of shape (n_series, n_horizons)
        NaN where nothing was observed up to then.
    """
    path = estimator.predict_proba_path(panel)
    proba = target.of(path.values)
    starts = path.times - path.elapsed  # the first observations
    found = np.full((len(panel), len(limits)), np.nan)
    for column, limit in enumerate(limits):
        early = np.flatnonzero(~is_after(path.times, starts, np.array([limit])))
        # of several rows of a series the last one counts
        found[path.series_of_rows[early], column] = proba[early]
    return found


def _words(limits: np.ndarray, panel: Panel) -> list[str]:
    shortest = np.min(limits[limits > 0], initial=limits.max())
    size, unit = readable_unit(panel.time_scale, float(shortest))
    return [f"{limit / size:g} {unit}".rstrip() for limit in limits]

"""Transformers of panels: to a common scale, to a grid, to summaries, to features."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ckts._checks import check_bool, check_choice, check_count
from ckts.estimators._interface import AbstractPanelEstimator
from ckts.estimators._partitions import by_partitions
from ckts.estimators._rules import Rule
from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.preprocessing.input import is_table, weights_of
from ckts.estimators.preprocessing.summary import SUMMARIES, summarize
from ckts.panel import NUMBER, Panel, as_known, check_same_order, parse_times
from ckts.regularity import ROUNDING, snap, stamp_rounding


class AbstractPanelTransformer(TransformerMixin, AbstractPanelEstimator):
    """Learn the channels of a panel, and transform panels that have them."""

    _rules: ClassVar[dict[str, Rule]] = {}

    def fit(self, X, y=None, sample_weight=None):
        """Learn the channels, and what else the transformation needs.

        Parameters
        ----------
        X : Panel, or anything that :func:`ckts.as_panel` accepts
            n_series irregular series, with their time stamps.
        y : ignored
        sample_weight : array-like of shape (n_series,), optional
            A weight of 2 counts like the series twice, 0 like none.

        Returns
        -------
        object
            The transformer itself. A fit that fails leaves it as it was.
        """
        fresh = copy.copy(self)
        fresh._learn(X, sample_weight)
        self.__dict__ = fresh.__dict__
        return self

    def _learn(self, X, sample_weight) -> None:
        for name, rule in self._rules.items():
            rule(name, getattr(self, name))
        panel, _ = self._read_panel(X, reset=True, sample_weight=sample_weight)
        check_same_order("sample_weight", sample_weight, panel)
        weight = weights_of(sample_weight, len(panel))
        self._learn_panel(panel, weight / weight.max())

    def _learn_panel(self, panel: Panel, weight: np.ndarray) -> None:
        """Learn more than the channels."""

    def _known_panel(self, X) -> Panel:
        check_is_fitted(self, "time_scale_")
        return self._read_panel(X, reset=False)[0]


@dataclass(kw_only=True, eq=False, repr=False)
class PanelScaler(AbstractPanelTransformer, auto_wrap_output_keys=None):
    """Subtract the center of each channel, and divide by its scale.

    Center and scale are those that our estimators learn by themselves, so there is no
    need for it in front of them: mean and standard deviation after numbers more than 10
    interquartile ranges from the median were moved there, so that no single value
    decides them. Static features are scaled in the same way.

    A table of two dimensions, one channel at equal steps, stays a table, and a wide
    frame of pandas a frame.

    Attributes
    ----------
    center_, scale_ : ndarray of shape (in_channels,)
        0 and 1 of a channel without any observation in `fit`.
    static_center_, static_scale_ : ndarray of shape (n_static,)

    Examples
    --------
    >>> from ckts import PanelScaler
    >>> X = [([0.0, 1.5], [7.0, 8.0]), ([0.2], [9.0])]
    >>> PanelScaler().fit_transform(X).values.ravel().round(2)
    array([-1.22,  0.  ,  1.22])
    """

    def _learn_panel(self, panel: Panel, weight: np.ndarray) -> None:
        used = np.flatnonzero(weight > 0)
        statistics = learn_statistics(panel[used], weight[used])
        values, static = statistics.values, statistics.static
        self.center_, self.scale_ = values.center, values.scale
        self.static_center_, self.static_scale_ = static.center, static.scale

    @by_partitions
    def transform(self, X) -> Panel | np.ndarray:
        """Scale a panel.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels of `fit`.

        Returns
        -------
        Panel, or ndarray of shape (n_series, n_steps) if `X` and that of `fit` are such
            ``(values - center_) / scale_`` at the same times; NaN stays NaN.
        """
        return self._map(X, lambda x, center, scale: (x - center) / scale)

    @by_partitions
    def inverse_transform(self, X) -> Panel | np.ndarray:
        """Undo :meth:`transform`.

        Parameters
        ----------
        X : Panel, or ndarray of shape (n_series, n_steps)
            What :meth:`transform` returned, or series in the same units.

        Returns
        -------
        Panel, or ndarray of shape (n_series, n_steps)
        """
        return self._map(X, lambda x, center, scale: x * scale + center)

    def _map(self, X, change) -> Panel | np.ndarray:
        def change_values(values: np.ndarray, columns: Any = slice(None)) -> np.ndarray:
            values = values.astype(np.float64)
            return change(values, self.center_[columns], self.scale_[columns])

        panel = self._known_panel(X)
        static = panel.static
        panel = panel.with_values(panel.observations.map(change_values), panel.channels)
        table = not isinstance(X, Panel) and is_table(as_known(X))
        if table and self._fitted_on_table:
            values = panel.values.reshape(len(panel), -1)
            return (
                pd.DataFrame(values, X.index, X.columns)
                if isinstance(X, pd.DataFrame)
                else values
            )
        if static is None:
            return panel
        static = change(static, self.static_center_, self.static_scale_)
        return panel.with_static(static, panel.static_names)

    def get_feature_names_out(self, input_features=None):
        """Name the channels.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (in_channels,)
        """
        check_is_fitted(self, "time_scale_")
        return np.array(self._channels, dtype=object)

    def set_output(self, *, transform=None):
        """Accept the choice of a container, for pipelines: a Panel stays a Panel."""
        return self


@dataclass(kw_only=True, eq=False, repr=False)
class PanelResampler(AbstractPanelTransformer):
    """Put series on a grid, for models that take no time stamps.

    What the irregular times told is lost, and between observations values are invented:
    our own estimators need none of this.

    Parameters
    ----------
    grid : int or array-like of shape (n_steps,), default=100
        An integer is the number of times, equally spaced over the span of each series.
        An array holds times since the first row of each series, increasing: numbers in
        the unit of `X` in `fit`, timedeltas where the stamps are dates or durations.
        Stamps that differ from a time of the grid by rounding only are at that time.
    method : {"linear", "previous", "mean"}, default="linear"
        "linear": straight lines between the observations of a channel; before the first
        and after the last it keeps their values. "previous": the last observation up to
        the time, NaN before the first. "mean": the mean of the observations since the
        time before, NaN if there is none; what comes after the grid is left out.
    flatten : bool, default=False
        Whether to return a table of two dimensions, the steps of the first channel
        first, for models of scikit-learn.

    Examples
    --------
    >>> from ckts import PanelResampler
    >>> X = [([0.0, 2.0], [1.0, 3.0]), ([5.0, 6.0], [4.0, 2.0])]
    >>> PanelResampler(grid=3).fit_transform(X)
    array([[[1., 2., 3.]],
    <BLANKLINE>
           [[4., 3., 2.]]])
    """

    grid: Any = 100
    method: str = "linear"
    flatten: bool = False

    _rules: ClassVar[dict[str, Rule]] = {
        "method": partial(check_choice, choices=("linear", "previous", "mean")),
        "flatten": check_bool,
    }

    def _learn_panel(self, panel: Panel, weight: np.ndarray) -> None:
        self._relative = np.ndim(self.grid) == 0
        if self._relative:
            check_count("grid", self.grid)
            self._grid = np.linspace(0, 1, self.grid)
            return
        self._grid, found = parse_times(self.grid)
        scale = self.time_scale_
        fits = scale.kind == "number" if found == NUMBER else scale.unit is not None
        if not fits or not len(self._grid) or (np.diff(self._grid) <= 0).any():
            raise ValueError(
                "`grid` must be a number of times, or increasing times since the first "
                f"row that fit times of kind {self.time_scale_}; got {self.grid!r}. "
                "Write e.g. `numpy.arange(48)` in the unit of numbers, or "
                '`pandas.to_timedelta(range(48), unit="h")`.'
            )
        if found != NUMBER:
            self._grid = self._grid * found.factor_to(self.time_scale_)

    @by_partitions
    def transform(self, X) -> np.ndarray:
        """Resample a panel.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and the kind of time of `fit`.

        Returns
        -------
        ndarray of shape (n_series, in_channels, n_steps)
            float64; if `flatten`, of shape (n_series, in_channels * n_steps). NaN where
            a channel was never observed.
        """
        panel = self._known_panel(X)
        factor = panel.time_scale.factor_to(self.time_scale_)
        times = panel.elapsed * factor
        # of the stamps, of the change of unit, and of the grid
        slack = stamp_rounding(panel.times, panel.indptr)[panel.series_of_rows] * factor
        slack += ROUNDING * times
        resampled = np.full((len(panel), len(self._channels), len(self._grid)), np.nan)
        resample = RESAMPLE[self.method]
        grids = self._grids(panel, times)
        series = panel.series_of_rows
        for channel, (rows, values) in enumerate(panel.observations.columns()):
            bounds = np.searchsorted(series[rows], np.arange(len(panel) + 1))
            for one in np.flatnonzero(np.diff(bounds)):
                own = slice(bounds[one], bounds[one + 1])
                at = snap(times[rows[own]], grids[one], slack[rows[own]])
                resampled[one, channel] = resample(grids[one], at, values[own])
        return resampled.reshape(len(panel), -1) if self.flatten else resampled

    def _grids(self, panel: Panel, times: np.ndarray) -> np.ndarray:
        """Return the times of each series since its first row."""
        if self._relative:
            spans = np.zeros(len(panel))
            filled = panel.lengths > 0
            spans[filled] = times[panel.indptr[1:][filled] - 1]
            return spans[:, None] * self._grid
        return np.broadcast_to(self._grid, (len(panel), len(self._grid)))

    def set_output(self, *, transform=None):
        """Set the container of the output; only a flattened table fits in a frame."""
        if transform not in (None, "default") and not self.flatten:
            raise ValueError(
                f"`flatten` must be True for output of kind {transform!r}; got False. "
                "An array of three dimensions is no table."
            )
        return super().set_output(transform=transform)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of a flattened table.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (in_channels * n_steps,)
            "pulse_0", "pulse_1", ...: channel and number of the step.
        """
        check_is_fitted(self, "time_scale_")
        numbers = range(len(self._grid))
        names = [f"{channel}_{k}" for channel in self._channels for k in numbers]
        return np.array(names, dtype=object)


def _previous(grid: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    last = np.searchsorted(times, grid, side="right") - 1
    return np.where(last >= 0, values[last], np.nan)


def _mean(grid: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    step = np.searchsorted(grid, times)  # the first time of the grid not before it
    kept = step < len(grid)
    counts = np.bincount(step[kept], minlength=len(grid))
    sums = np.bincount(step[kept], values[kept], minlength=len(grid))
    return np.divide(sums, counts, out=np.full(len(grid), np.nan), where=counts > 0)


RESAMPLE: dict[str, Callable[..., np.ndarray]] = {
    "linear": np.interp,
    "previous": _previous,
    "mean": _mean,
}


@dataclass(kw_only=True, eq=False, repr=False)
class PanelSummary(AbstractPanelTransformer):
    """Describe each channel by seven numbers, the baseline of clinical series.

    Mean, standard deviation, minimum, maximum, first, last and count, then the static
    features; see :func:`ckts.estimators.summarize`. Gradient boosting on them is
    ``make_pipeline(PanelSummary(), HistGradientBoostingClassifier())``.

    Examples
    --------
    >>> from ckts import PanelSummary
    >>> X = [([0.0, 2.0], [1.0, 3.0]), ([5.0, 6.0], [4.0, 2.0])]
    >>> summary = PanelSummary().set_output(transform="pandas")
    >>> summary.fit_transform(X).iloc[:, [0, 6]]
       channel_0_mean  channel_0_count
    0             2.0              2.0
    1             3.0              2.0
    """

    @by_partitions
    def transform(self, X) -> np.ndarray:
        """Summarize a panel.

        Parameters
        ----------
        X : Panel, ParquetPanel, or anything that :func:`ckts.as_panel` accepts
            Series with the channels and static features of `fit`.

        Returns
        -------
        ndarray of shape (n_series, 7 * in_channels + n_static)
            float64; NaN where undefined.
        """
        return summarize(self._known_panel(X))

    def get_feature_names_out(self, input_features=None):
        """Name the numbers.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (7 * in_channels + n_static,)
            "pulse_mean", ..., and the names of the static features.
        """
        check_is_fitted(self, "time_scale_")
        names = [
            f"{channel}_{kind}" for kind in SUMMARIES for channel in self._channels
        ]
        return np.array([*names, *self.static_names_], dtype=object)

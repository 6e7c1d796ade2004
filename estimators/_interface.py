"""The panel that an estimator takes: its channels, static features and times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.base import is_classifier
from sklearn.utils.validation import validate_data

from ckts._warnings import warn
from ckts.estimators._learned import Fact, in_html, learned_units
from ckts.estimators.preprocessing.batches import PanelDataset, PanelStatistics
from ckts.estimators.preprocessing.categories import OneHot
from ckts.estimators.preprocessing.input import groups_of, is_table, weights_of
from ckts.estimators.preprocessing.time import Clock, check_clock
from ckts.estimators.saving.card import TrainingData, durations_of
from ckts.estimators.saving.savable import AbstractSavable
from ckts.estimators.saving.values import savable
from ckts.panel import (
    Panel,
    ParquetPanel,
    TimeScale,
    as_known,
    as_panel,
    check_same_order,
    hide_after,
    with_channels,
)

savable(TimeScale)


@dataclass(frozen=True, eq=False)
class Training:
    """What `fit` is given, checked.

    Attributes
    ----------
    panel : Panel, or SeriesOnDisk
        All series, also those of weight 0.
    used : ndarray of int of shape (n_used,)
        The numbers of the series of positive weight.
    y : ndarray of shape (n_used,) or (n_used, n_targets)
    weight, own_weight : ndarray of shape (n_used,)
        With and without the weights of classes.
    groups : ndarray of int of shape (n_used,) or None
    """

    panel: Any
    used: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    own_weight: np.ndarray
    groups: np.ndarray | None

    def take(self, series: np.ndarray) -> Training:
        """Return some of the used series, all of which are used."""
        panel, rows = self.panel, self.used[series]
        # A panel is copied by slicing: only where series are left out.
        return Training(
            panel=panel if len(rows) == len(panel) else panel[rows],
            used=np.arange(len(rows)),
            y=self.y[series],
            weight=self.weight[series],
            own_weight=self.own_weight[series],
            groups=None if self.groups is None else self.groups[series],
        )


class AbstractPanelEstimator(AbstractSavable):
    """Learn from a panel what the panels of later calls must have in common with it.

    Attributes
    ----------
    n_features_in_ : int
        Channels; for 2-D tables, which are one channel, the number of steps.
    feature_names_in_ : ndarray of str
        Names of the channels, if they have any.
    time_scale_ : TimeScale
        Kind and unit of the time stamps. Those of later panels are converted where that
        is possible.
    statistics_ : PanelStatistics
        Units of time, bursts, center and scale of channels and static features. See the
        guide, "What fit learns".
    training_data_ : TrainingData
        Of classifiers and regressors: how many series, rows, and series of each class
        the last call of `fit` or `partial_fit` used. Model cards tell it.
    """

    landmark: Any
    statistics_: PanelStatistics
    device_: str
    time_scale_: TimeScale
    _dtype: torch.dtype = torch.float64
    _fitted_on_table: bool
    feature_names_in_: np.ndarray
    training_data_: TrainingData
    _one_hot: OneHot | None = None  # None where there are no labels

    def __sklearn_tags__(self):
        """Declare what `X` may be: panels, 3-D and 2-D arrays, with NaN."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

    def _learned(self) -> Iterator[Fact]:
        """Yield what `fit` learned, in words; nothing before it."""
        if "statistics_" in vars(self):
            found = self.statistics_, self.time_scale_
            yield from learned_units(self._channels, self.static_names_, *found)

    def _repr_html_inner(self) -> str:
        """Return the diagram of scikit-learn, and below it what `fit` learned."""
        return super()._repr_html_inner() + in_html(self._learned())

    def _repr_mimebundle_(self, **kwargs) -> dict[str, str]:
        """Return what notebooks show: the diagram, if there is to be one, and facts."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] = self._repr_html_inner()
        return bundle

    def _read_panel(
        self,
        X,
        *,
        reset: bool,
        sample_weight: Any = None,
        one_hot: OneHot | None = None,
    ) -> tuple[Panel, bool]:
        """Convert `X`, and learn or check its channels and static features.

        The panel has indicators of labels, those of `one_hot` if they are known. The
        second says whether `X` is a wide frame.
        """
        if not isinstance(X, Panel):  # scikit-learn drops masks and xarray's times
            X = as_known(X)
        table = is_table(X)
        frame = table and hasattr(X, "columns")
        if table and (reset or self._fitted_on_table):
            # Feature names, counts and messages are those of scikit-learn.
            rules = {"dtype": np.float64, "ensure_all_finite": "allow-nan"}
            rules = {"skip_check_array": True} if frame else rules
            X = validate_data(self, X, reset=reset, **rules)
        panel = as_panel(X)
        if reset:
            self._fitted_on_table = table
            one_hot = one_hot or self._labels_in(panel, sample_weight)
            panel = self._learn_interface(panel, one_hot)
        else:
            panel = self._check_interface(panel)
        return panel, frame

    def _keep_landmark(self) -> None:
        """Keep what `fit` was told, for predictions."""
        self._landmark = self.landmark

    def _check_panel(self, X, *, reset: bool, **options) -> Panel:
        """Convert `X`, and learn or check its channels, static features and times."""
        panel, wide = self._read_panel(X, reset=reset, **options)
        if reset:
            self._keep_landmark()
        panel = hide_after(panel, self._landmark, self.time_scale_)
        if reset:
            self._clock = Clock.of(panel)
        else:
            known = self.statistics_.time.known
            check_clock(self._clock, panel, known=known, wide=wide)
            panel = self._hide_unknown_channels(panel)
        return panel

    def _check_part(self, panel: Panel) -> Panel:
        """Convert a part of the training series; its clock is that of the others."""
        panel, _ = self._read_panel(panel, reset=False)
        panel = hide_after(panel, self._landmark, self.time_scale_)
        return self._hide_unknown_channels(panel)

    def _hide_unknown_channels(self, panel: Panel) -> Panel:
        """Hide channels of which fit saw no value: nothing is known of their unit.

        So a row with no other value counts as a row without any, everywhere.
        """
        known = self.statistics_.values.known
        if known.all():
            return panel

        def hide(values: np.ndarray, columns: Any = slice(None)) -> np.ndarray:
            return np.where(known[columns], values, np.nan)

        return panel.with_values(panel.observations.map(hide))

    def _labels_in(self, panel: Panel, sample_weight: Any) -> OneHot:
        """Learn the labels that a panel holds."""
        # What series of weight 0, or times after the landmark, hold must not count.
        used = np.flatnonzero(weights_of(sample_weight, len(panel)))
        seen = panel if len(used) == len(panel) else panel[used]
        seen = hide_after(seen, getattr(self, "landmark", None), panel.time_scale)
        return OneHot.learn(seen)

    def _learn_interface(self, panel: Panel, one_hot: OneHot) -> Panel:
        """Learn channels and static features; return a panel of numbers."""
        given = panel
        self.__dict__.pop("_one_hot", None)
        if one_hot.labels or one_hot.static_labels:
            self._one_hot = one_hot
        if panel.categories or panel.static_categories:
            panel = one_hot.encode(panel, silent=True)
        self._channels = panel.channels
        self.time_scale_ = panel.time_scale
        self.static_names_ = panel.static_names
        if self._fitted_on_table:
            return panel
        self.n_features_in_ = len(given.channels)
        self.__dict__.pop("feature_names_in_", None)
        if _named(given.channels):
            self.feature_names_in_ = np.array(given.channels, dtype=object)
        return panel

    def _check_interface(self, panel: Panel) -> Panel:
        """Return a panel with the channels of fit; raise if it has others."""
        one_hot = self._one_hot
        if one_hot and one_hot.has_made(panel):
            return panel
        one_hot = one_hot or OneHot(self._channels, {}, self.static_names_, {})
        known, channels = one_hot.channels, panel.channels
        if _named(known) and _named(channels) and known != channels:
            common = tuple(name for name in known if name in channels)
            if not common or common != channels:
                raise ValueError(
                    "`X` must have channels of fit in their order, and no other; "
                    f"{_difference(known, channels)}. In a table with one "
                    "column per channel select those of `model.feature_names_in_`; in "
                    "one with a row per measurement make the channel column "
                    "categorical with these categories."
                )
            warn(
                f"`X` lacks channels of fit, {_difference(known, channels)}: they "
                "count as never observed.",
            )
            panel = with_channels(panel, known)
            channels = known
        if len(channels) != len(known):
            raise ValueError(
                f"`X` must have {len(known)} channels as in fit; got "
                f"{len(channels)}. Select the channels that were there in fit."
            )
        if panel.static_names != one_hot.static_names:
            raise ValueError(
                "`X` must have the static features of fit, "
                f"{list(one_hot.static_names)}; got {list(panel.static_names)}. Set "
                "them with `panel.with_static(static, names)`."
            )
        return one_hot.encode(panel)

    def _dataset(self, panel: Panel, **options) -> PanelDataset:
        """Standardize a panel with the statistics of the training data."""
        options["dtype"] = self._dtype
        return self.statistics_.dataset(panel, self.time_scale_, **options)

    def _weigh(self, weight: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the weights, the largest of which is 1: only their ratios count."""
        return weight

    def _check_training(
        self, X, y, sample_weight, groups, *, reset: bool = True
    ) -> Training:
        """Check parameters and data of `fit`; series of weight 0 are left out of all.

        `_check_y` and `_weigh`, those of classes or of numbers, check the targets.
        Without `reset` the channels and the times must be as before.
        """
        self._check_parameters()
        panel = self._check_panel(X, reset=reset, sample_weight=sample_weight)
        given = self._check_targets(panel, y, sample_weight, groups)
        lengths, durations = panel.lengths[given.used], durations_of(panel)[given.used]
        self._describe_training(given, lengths, durations)
        return given

    def _describe_training(self, given: Training, lengths, durations) -> None:
        """Keep what model cards tell."""
        parts = lengths, durations, given.y
        self.training_data_ = TrainingData.of(*parts, classes=is_classifier(self))

    def _check_targets(
        self, panel: Panel | ParquetPanel, y, sample_weight, groups
    ) -> Training:
        """Check what belongs to the series of a panel, perhaps one on disk."""
        given = {"y": y, "sample_weight": sample_weight, "groups": groups}
        for name, array in given.items():
            check_same_order(name, array, panel)
        n_series = len(panel)
        y = self._check_y(y, n_series)
        own_weight = weights_of(sample_weight, n_series)
        groups = groups_of(groups, n_series)
        weight = self._weigh(own_weight / own_weight.max(), y)
        used = np.flatnonzero(weight > 0)
        return Training(
            panel=panel,
            used=used,
            y=y[used],
            weight=weight[used],
            own_weight=own_weight[used],
            groups=None if groups is None else groups[used],
        )


def _named(channels: tuple[str, ...]) -> bool:
    """Whether channels have other names than the default ones."""
    return channels != tuple(f"channel_{i}" for i in range(len(channels)))


def _difference(expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    """Say which names are missing, which are new, or that the order is another."""
    missing = [name for name in expected if name not in found]
    new = [name for name in found if name not in expected]
    parts = [f"missing are {missing}"] if missing else []
    parts += [f"unknown are {new}"] if new else []
    order = f"got the order {list(found)} instead of {list(expected)}"
    return " and ".join(parts) or order

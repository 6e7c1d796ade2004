"""A fit on series on disk: what is learned in passes, and what of a sample."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from ckts.estimators._interface import Training
from ckts.estimators.preprocessing.batches import PanelDataset, PanelStatistics
from ckts.estimators.preprocessing.on_disk import (
    SeriesOnDisk,
    fits_in_memory,
    learn_statistics_on_disk,
    scan,
)
from ckts.estimators.preprocessing.sampling import (
    check_classes_drawn,
    draw_sample,
    most_sampled,
)
from ckts.estimators.preprocessing.time import Clock, check_clock
from ckts.estimators.preprocessing.windows import DiskDataset
from ckts.estimators.training.trained import AbstractTrained
from ckts.panel import Panel, ParquetPanel, hide_after


class AbstractFromDisk(AbstractTrained):
    """Train on a `ParquetPanel` that does not fit in memory.

    Where it fits, it is loaded. Else three passes read it before the training: labels
    and lengths, a sample, and statistics; then every epoch is a pass.
    """

    def _check_training(
        self, X, y, sample_weight, groups, *, reset: bool = True
    ) -> Training:
        if not isinstance(X, ParquetPanel):
            return super()._check_training(X, y, sample_weight, groups, reset=reset)
        if fits_in_memory(X):
            parts = X.load(), y, sample_weight, groups
            return super()._check_training(*parts, reset=reset)
        self._check_parameters()
        given = self._check_targets(X, y, sample_weight, groups)
        used = X if len(given.used) == len(X) else X[given.used]
        series, n_rows, durations = self._look_through(used, reset=reset)
        self._describe_training(given, n_rows, durations)
        return replace(given, panel=series, used=np.arange(len(used)))

    def _look_through(
        self, panel: ParquetPanel, *, reset: bool
    ) -> tuple[SeriesOnDisk, np.ndarray, np.ndarray]:
        """Learn or check channels, labels and static features; count rows."""
        if reset:
            self._fitted_on_table = False
            self._keep_landmark()
        scale = panel.time_scale if reset else self.time_scale_
        hide = partial(hide_after, landmark=self._landmark, time_scale=scale)
        head = panel[:1].load()
        if not reset:
            self._check_interface(head)
        series = SeriesOnDisk(panel, self._prepare, panel.lengths)
        found = scan(series, hide)
        if reset:
            self._learn_interface(head, found.one_hot)
        return replace(series, lengths=found.lengths), found.n_rows, found.durations

    def _prepare(self, part: Panel) -> Panel:
        """Return what `fit` sees of some series: numbers, up to the landmark."""
        return hide_after(self._check_interface(part), self._landmark, self.time_scale_)

    def _dataset(self, panel: Any, **options) -> Any:
        """Standardize series, those on disk when they are read."""
        if isinstance(panel, Panel):
            return super()._dataset(panel, **options)
        return DiskDataset(panel, self._in_memory, dtype=self._dtype, **options)

    def _in_memory(self, panel: Panel) -> PanelDataset:
        return super()._dataset(panel)

    def _draw(self, part: Training) -> tuple[Training, np.ndarray]:
        """Load a sample of series on disk; return it, and their numbers."""
        codes = self._labels.encode(part.y) if is_classifier(self) else None
        series, rng = part.panel, np.random.RandomState(0)  # the same in every call
        limits = most_sampled(), rng, series.rows_at_a_time
        parts = codes, part.groups, series.panel.lengths
        drawn, factor = draw_sample(*parts, *limits)
        if codes is not None and self._joins():
            check_classes_drawn(codes, drawn, "use `rocket=False`")
        sample = part.take(drawn)
        weight = factor * sample.weight
        return replace(sample, panel=series[drawn].load(), weight=weight), drawn

    def _set_units(self, statistics: PanelStatistics) -> None:
        """Keep statistics, and the units of time that are public."""
        self.statistics_, time = statistics, statistics.time
        self.time_step_, self.horizon_ = time.time_step, time.horizon
        self.resolution_ = time.resolution

    def _learn_in_passes(self, part: Training, sample: Training) -> PanelStatistics:
        """Learn statistics of series on disk, of which a sample is loaded."""
        self._clock = Clock.of(sample.panel)
        series, panel = part.panel, sample.panel
        return learn_statistics_on_disk(series, part.weight, panel, sample.weight)

    def _compare_clocks(self, sample: Training) -> None:
        """Warn if times seem to be in another unit than those of a fit before."""
        known = self.statistics_.time.known
        check_clock(self._clock, sample.panel, known=known, wide=False)

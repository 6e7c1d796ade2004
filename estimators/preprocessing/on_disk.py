"""Series on disk: read part by part, and looked through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ckts.estimators.preprocessing.batches import PanelStatistics
from ckts.estimators.preprocessing.categories import OneHot, static_columns
from ckts.estimators.preprocessing.sketches import ColumnSketches
from ckts.estimators.preprocessing.statistics import warn_of_codes
from ckts.estimators.preprocessing.time import learn_time_units, longest_span
from ckts.panel import Panel, ParquetPanel, hide_after

# Numbers in memory, of rows x (channels and time), eight bytes each. A panel on disk
# that has at most as many in all is loaded, and all is exact.
MOST_NUMBERS = 2**23
# Numbers that are read at a time, of which a fit holds some copies.
NUMBERS_AT_A_TIME = 2**21


def fits_in_memory(panel: ParquetPanel) -> bool:
    """Tell whether a panel is so small that it is loaded."""
    return panel.n_rows * (panel.in_channels + 1) <= MOST_NUMBERS


@dataclass(frozen=True, eq=False)
class SeriesOnDisk:
    """Series of a panel on disk, prepared when they are read.

    Parameters
    ----------
    panel : ParquetPanel
    prepare : callable
        From a panel as it is read to what the estimator sees of it.
    lengths : ndarray of int of shape (n_series,)
        Rows of each series with an observation, as far as they are known.
    """

    panel: ParquetPanel
    prepare: Callable[[Panel], Panel]
    lengths: np.ndarray

    @property
    def rows_at_a_time(self) -> int:
        """How many rows are read at a time."""
        return max(NUMBERS_AT_A_TIME // (self.panel.in_channels + 1), 1)

    def __len__(self) -> int:
        return len(self.panel)

    def __getitem__(self, series: np.ndarray) -> SeriesOnDisk:
        return replace(self, panel=self.panel[series], lengths=self.lengths[series])

    def load(self) -> Panel:
        """Read them all."""
        return self.prepare(self.panel.load())

    def raw_partitions(self) -> Iterator[tuple[slice, Panel]]:
        """Yield successive series, their numbers and a panel as it is read."""
        start = 0
        for part in self.panel.partitions(self.rows_at_a_time):
            yield slice(start, start + len(part)), part
            start += len(part)

    def partitions(self) -> Iterator[tuple[slice, Panel]]:
        """Yield successive series, their numbers and a prepared panel."""
        return ((series, self.prepare(part)) for series, part in self.raw_partitions())


class Scan(NamedTuple):
    """What a look through all series finds.

    Attributes
    ----------
    n_rows, lengths : ndarray of int of shape (n_series,)
        Rows, and those of them with an observation.
    durations : ndarray of shape (n_filled,)
        Time from the first to the last row of those that have rows.
    one_hot : OneHot
        The labels that occur.
    """

    n_rows: np.ndarray
    lengths: np.ndarray
    durations: np.ndarray
    one_hot: OneHot


def scan(series: SeriesOnDisk, hide: Callable[[Panel], Panel]) -> Scan:
    """Look through all series once.

    Parameters
    ----------
    series : SeriesOnDisk
    hide : callable
        Hides what `fit` must not see.
    """
    n_rows, lengths = np.zeros((2, len(series)), dtype=int)
    durations, labels, seen = [], [], None
    for numbers, part in series.raw_partitions():
        seen = hide(part)
        observed = seen.observations.row_counts() > 0
        ends = np.append(0, np.cumsum(observed))[seen.indptr]
        n_rows[numbers], lengths[numbers] = seen.lengths, np.diff(ends)
        durations.append(seen.elapsed[seen.indptr[1:][seen.lengths > 0] - 1])
        labels.append(OneHot.learn(seen))
    assert seen is not None, "there is a series"
    return Scan(n_rows, lengths, np.concatenate(durations), OneHot.join(labels, seen))


def labels_on_disk(panel: ParquetPanel, landmark: Any) -> OneHot | None:
    """Find the labels that occur up to a landmark in one pass; None without labels.

    A sample may lack some of them.
    """
    if not panel.categories and not panel.static_categories:
        return None
    hide = partial(hide_after, landmark=landmark, time_scale=panel.time_scale)
    return scan(SeriesOnDisk(panel, hide, panel.lengths), hide).one_hot


def _start(
    kind: str,
    columns: Iterable[tuple[np.ndarray, np.ndarray]],
    names: Sequence[str],
    weight: np.ndarray,
) -> ColumnSketches:
    """Begin sketches without the codes that a sample of the columns holds."""
    return ColumnSketches(
        [
            warn_of_codes(values.astype(np.float64), weight[rows], f"{kind} {name!r}")
            for (rows, values), name in zip(columns, names, strict=True)
        ]
    )


def learn_statistics_on_disk(
    series: SeriesOnDisk, weight: np.ndarray, sample: Panel, sample_weight: np.ndarray
) -> PanelStatistics:
    """Learn statistics in one pass with bounded memory.

    Center and scale are those of sketches of all values. The units of time, which are
    medians over series, and codes for "unknown" are those of a sample; the horizon is
    the longest of all series.

    Parameters
    ----------
    series : SeriesOnDisk
        Training series.
    weight : ndarray of shape (n_series,)
        Positive weights.
    sample : Panel
        Some of them.
    sample_weight : ndarray of shape (n_sampled,)
        Their weights.

    Returns
    -------
    PanelStatistics

    Warns
    -----
    UserWarning
        If one extreme value is a large share of a channel or a static feature.
    """
    weight, sample_weight = weight / weight.max(), sample_weight / sample_weight.max()
    of_rows = np.repeat(sample_weight, sample.lengths)
    found = sample.observations.columns(), static_columns(sample)
    values = _start("channel", found[0], sample.channels, of_rows)
    static = _start("static feature", found[1], sample.static_names, sample_weight)
    time = learn_time_units(sample, sample_weight)
    horizon, n_known = 0.0, np.zeros(len(sample.static_names), dtype=int)
    for numbers, part in series.partitions():
        own = weight[numbers]
        values.update(part.observations.columns(), np.repeat(own, part.lengths))
        columns = list(static_columns(part))
        static.update(columns, own)
        n_known += np.array([len(rows) for rows, _ in columns], dtype=int)
        horizon = max(horizon, longest_span(part, time.longest_gap))
    return PanelStatistics(
        values=values.center_scale(),
        static=static.center_scale(),
        static_missing=n_known < len(series),
        time=replace(time, horizon=horizon) if time.known else time,
    )


def load(panel: Panel | SeriesOnDisk) -> Panel:
    """Read series, if they are on disk."""
    return panel if isinstance(panel, Panel) else panel.load()

"""From a ragged panel to standardized, padded tensors, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import gen_batches
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ckts.estimators.preprocessing.statistics import CenterScale, learn_center_scale
from ckts.estimators.preprocessing.time import TimeUnits, learn_time_units, set_apart
from ckts.estimators.saving.values import savable
from ckts.panel import AbstractObservations, Panel, TimeScale
from ckts.regularity import stamp_rounding

# Batches per window that is sorted by length. Larger windows pad less and shuffle less.
WINDOW = 16


@savable
@dataclass(frozen=True)
class PanelStatistics:
    """Weighted statistics of a training panel, which no single value or stamp decides.

    Attributes
    ----------
    values : CenterScale of shape (in_channels,)
        Of each channel's observations.
    static : CenterScale of shape (n_static,)
        Of the static features.
    static_missing : ndarray of shape (n_static,)
        Whether a static feature was unknown somewhere: it gets an indicator.
    time : TimeUnits
        Units of time, and the longest lag of the kernels.
    """

    values: CenterScale
    static: CenterScale
    static_missing: np.ndarray
    time: TimeUnits

    def prepare_static(self, static: np.ndarray | None) -> np.ndarray | None:
        """Standardize and impute static features, and append the indicators.

        Parameters
        ----------
        static : ndarray of shape (n_series, n_static) or None
            NaN is unknown.

        Returns
        -------
        ndarray of shape (n_series, n_static + n_indicators) or None
            A feature that was unknown throughout `fit` is 0.
        """
        if static is None or static.shape[1] == 0:
            return None
        # Values pass asinh in the network, static features do not: clip them harder.
        scaled = np.clip(self.static.standardize(static), -10, 10)
        indicators = np.isnan(static)[:, self.static_missing].astype(float)
        return np.hstack([np.where(np.isnan(scaled), 0.0, scaled), indicators])

    def dataset(
        self, panel: Panel, time_scale: TimeScale, **options: Any
    ) -> PanelDataset:
        """Standardize a panel.

        Parameters
        ----------
        panel : Panel
        time_scale : TimeScale
            What the units of time were learned in.
        **options
            `target`, `weight` and `dtype` of :class:`PanelDataset`.

        Returns
        -------
        PanelDataset
        """
        time_factor = panel.time_scale.factor_to(time_scale)
        if not self.time.known and len(panel):
            panel, time_factor = set_apart(panel), 1.0
        return PanelDataset(
            panel,
            static=self.prepare_static(panel.static),
            observations=panel.observations.map(self.values.standardize),
            time_factor=time_factor,
            **options,
        )


def learn_statistics(panel: Panel, sample_weight: np.ndarray) -> PanelStatistics:
    """Learn the statistics of a panel; a weight of 2 counts like the series twice.

    Parameters
    ----------
    panel : Panel
        Training series.
    sample_weight : ndarray of shape (n_series,)
        Positive weights; all of them times a constant give the same statistics.

    Returns
    -------
    PanelStatistics

    Warns
    -----
    UserWarning
        If one extreme value is a large share of a channel or a static feature, as -999
        for "unknown" would be.
    """
    weight = sample_weight / sample_weight.max()
    static = np.empty((len(weight), 0)) if panel.static is None else panel.static
    known = ~np.isnan(static)
    return PanelStatistics(
        values=learn_center_scale(
            panel.observations.columns(),
            np.repeat(weight, np.diff(panel.indptr)),
            [f"channel {name!r}" for name in panel.channels],
        ),
        static=learn_center_scale(
            [(rows, static[rows, one]) for one, rows in enumerate(known.T)],
            weight,
            [f"static feature {name!r}" for name in panel.static_names],
        ),
        static_missing=np.asarray(~known.all(axis=0)),
        time=learn_time_units(panel, weight),
    )


class PanelDataset(Dataset):
    """Standardized rows of a panel; many indices at once give a padded batch.

    They are stored as the panel stores them; only a batch is a table.

    Rows without any observation are dropped. Times are counted from the first
    observation of their series: the difference is taken in the panel's own integers or
    float64, before any change of unit, because float64 cannot hold nanoseconds since
    1970.

    Parameters
    ----------
    panel : Panel
        Series with NaN where nothing was observed.
    target : array-like of shape (n_series, ...), optional
        Targets; zeros by default, for prediction.
    weight : ndarray of shape (n_series,), optional
        Sample weights; ones by default. Only their ratios count: they are divided by
        their mean before they become `dtype`, so that none vanishes by being tiny.
    observations : AbstractObservations of shape (n_rows, in_channels), optional
        Standardized values. By default those of the panel.
    static : ndarray of shape (n_series, n_static), optional
        Prepared static features, without NaN.
    time_factor : float, default=1.0
        Multiplies the times.
    dtype : torch.dtype, default=torch.float32
        Type of values, static features, weights and numeric targets; times are float64.

    Attributes
    ----------
    lengths : ndarray of shape (n_series,)
        Number of observed rows per series.
    rounding : ndarray of shape (n_series,)
        Largest error of the times, because the original stamps were rounded.
    lead : ndarray of shape (n_series,)
        Time from the first row of a series to its first observation: on a grid it says
        where the series began.
    """

    def __init__(
        self,
        panel: Panel,
        target: Any = None,
        weight: np.ndarray | None = None,
        *,
        observations: AbstractObservations | None = None,
        static: np.ndarray | None = None,
        time_factor: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if observations is None:
            observations = panel.observations
        rows = np.flatnonzero(observations.row_counts())
        self.observations = observations.take(rows)
        self.indptr = np.searchsorted(rows, panel.indptr)
        times, filled = panel.times[rows], np.diff(self.indptr) > 0
        self.lengths = np.diff(self.indptr)
        firsts = np.repeat(self.indptr[:-1], self.lengths)
        self.times = (times - times[firsts]).astype(np.float64) * time_factor
        self.rounding = stamp_rounding(times, self.indptr) * time_factor
        self.lead = np.zeros(len(filled))
        begun = panel.times[panel.indptr[:-1][filled]]
        late = times[self.indptr[:-1][filled]] - begun
        self.lead[filled] = late.astype(np.float64) * time_factor
        self.static = static
        self.dtype = dtype
        ones = np.ones(len(self.lengths))
        target = torch.as_tensor(0 * ones if target is None else target)
        self.target = target.to(dtype) if target.is_floating_point() else target
        weight = ones if weight is None else weight / weight.mean()
        self.weight = torch.as_tensor(weight).to(dtype)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> tuple:
        return self.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> tuple:
        return self.batch(indices), (self.target[indices], self.weight[indices])

    def n_batches(self, batch_size: int) -> int:
        """Count the batches of an epoch."""
        return -(-len(self) // batch_size)

    def sample(self) -> PanelDataset:
        """Return series that tell what batches have in common: all of them."""
        return self

    def training_batches(
        self, batch_size: int, generator: torch.Generator, n_epochs_before: int = 0
    ) -> DataLoader:
        """Load random batches, those after some epochs."""
        batches = BucketSampler(self.lengths, batch_size, generator)
        loader = _load(self, batches, generator)
        for _ in range(n_epochs_before):
            next(iter(loader))  # draws the order of an epoch, and makes its first batch
        return loader

    def prediction_batches(self, batch_size: int) -> DataLoader:
        """Load batches in the order of length."""
        order = self.by_length()
        batches = [order[part] for part in gen_batches(len(order), batch_size)]
        return _load(self, batches, torch.Generator())  # the default is the global one

    def by_length(self) -> np.ndarray:
        """Return the numbers of the series, the shortest first."""
        return np.argsort(self.lengths, kind="stable")

    def batch(self, series: Sequence[int] | np.ndarray) -> dict[str, Tensor]:
        """Pad some series to the longest of them.

        Parameters
        ----------
        series : array-like of shape (batch,)
            Numbers of the series.

        Returns
        -------
        dict
            "values" (batch, time, channels), "times" (batch, time), "observed"
            (batch, time, channels), "rounding" and "lead" (batch,) and, if there are
            any, "static" (batch, n_static). Padding is not observed and repeats the
            last time; there is at least one row, also for series without any.
        """
        series = np.asarray(series)
        starts, lengths = self.indptr[series], self.lengths[series]
        steps = np.arange(max(1, lengths.max(initial=0)))
        real = steps < lengths[:, None]
        rows = starts[:, None] + np.minimum(steps, lengths[:, None] - 1)
        found = self.observations.take(rows[real]).dense()
        observed = np.zeros((*real.shape, found.shape[1]), bool)
        observed[real] = ~np.isnan(found)
        values = np.zeros(observed.shape)
        values[real] = np.where(observed[real], found, 0.0)
        times = np.zeros(real.shape)
        filled = lengths > 0
        times[filled] = self.times[rows[filled]]
        tensors = {
            "values": torch.from_numpy(values).to(self.dtype),
            "times": torch.from_numpy(times),
            "observed": torch.from_numpy(observed),
            "rounding": torch.from_numpy(self.rounding[series]),
            "lead": torch.from_numpy(self.lead[series]),
        }
        if self.static is not None:
            static = torch.from_numpy(self.static[series])
            tensors["static"] = static.to(self.dtype)
        return tensors


@dataclass(eq=False)
class BucketSampler(Sampler):
    """Random batches of series of similar lengths, all of nearly the same size.

    Parameters
    ----------
    lengths : ndarray of shape (n_series,)
        Lengths of the series.
    batch_size : int
        Largest size of a batch.
    generator : torch.Generator
        Where the random numbers come from.
    """

    lengths: np.ndarray
    batch_size: int
    generator: torch.Generator

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self):
        order = torch.randperm(len(self.lengths), generator=self.generator).numpy()
        batches = []
        # Sizes are balanced: a last batch of one series would be a noisy step.
        parts = np.array_split(order, len(self))
        for start in range(0, len(parts), WINDOW):
            window = parts[start : start + WINDOW]
            series = np.concatenate(window)
            series = series[np.argsort(self.lengths[series], kind="stable")]
            batches += np.split(series, np.cumsum([len(p) for p in window[:-1]]))
        for number in torch.randperm(len(batches), generator=self.generator).tolist():
            yield sorted(batches[number].tolist())


def _load(dataset, batches, generator) -> DataLoader:
    return DataLoader(
        dataset, batch_sampler=batches, collate_fn=_as_it_is, generator=generator
    )


def _as_it_is(batch: Any) -> Any:
    return batch

"""Features of random kernels: each over an own or a common scale, on two clocks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import torch
from torch import Tensor

from ckts.estimators._batches import PanelDataset
from ckts.estimators._time import TimeUnits
from ckts.rocket import PATTERNS, KernelGroup, Signal, draw_kernels, fill_gaps

# Values of a batch. There are 12 numbers for each of them, in float64.
BATCH_NUMBERS = 2**18
# Biases are quantiles of the responses to so many series, at so many times of each.
N_SAMPLED, N_TIMES = 64, 16
# Values beyond this many standard deviations grow logarithmically.
LINEAR = 10.0
# The scale of a series is that of all series as if it had this many values of those.
PRIOR_COUNT = 2.0
# Kernels are half as fine as what the times resolve.
FINEST_STEP = 0.5
VIEWS = tuple(product(("absolute", "relative"), ("common", "own")))
# A series has levels in so many parts of its span, fewer where channels are many.
MOST_PARTS, FEWEST_PARTS, MOST_LEVELS = 32, 4, 1024


@dataclass(frozen=True, eq=False)
class KernelFeatures:
    """Kernels, and how they see a series.

    Attributes
    ----------
    groups : list of (str, str, KernelGroup)
        The clock, "absolute" or "relative": the time since the first observation or its
        share of the span. The scale, "common" or "own": center and deviation of a
        channel in all series or in each. The kernels.
    longest_gap : float
        Longer gaps are this long on both clocks: one odd stamp moves the others little.
    n_channels : int
    """

    groups: list[tuple[str, str, KernelGroup]]
    longest_gap: float
    n_channels: int

    @classmethod
    def learn(
        cls,
        dataset: PanelDataset,
        weight: np.ndarray,
        time: TimeUnits,
        n_kernels: int,
        rng: np.random.RandomState,
    ) -> KernelFeatures:
        """Draw kernels, and learn their biases from responses to training series.

        Parameters
        ----------
        dataset : PanelDataset
            Standardized training series.
        weight : ndarray of shape (n_series,)
            A weight of 2 is the same as the series twice.
        time : TimeUnits
        n_kernels : int
            Number of features that is aimed at.
        rng : RandomState

        Returns
        -------
        KernelFeatures
        """
        n_channels = dataset.observations.shape[1]
        # The order of the series, and how often one occurs, must not matter.
        order = np.argsort(content_keys(dataset, time.row_time_step), kind="stable")
        places = (np.arange(N_SAMPLED) + rng.random_sample(N_SAMPLED)) / N_SAMPLED
        cumulated = np.cumsum(weight[order])
        drawn = np.searchsorted(cumulated, places * cumulated[-1], side="right")
        sample = order[np.minimum(drawn, len(order) - 1)]
        per_view = n_kernels / len(VIEWS) / len(PATTERNS)
        shortest = FINEST_STEP * time.row_resolution
        groups = []
        for clock, scale in VIEWS:
            unit = 1.0 if clock == "absolute" else time.horizon
            drawn_groups = draw_kernels(
                shortest / unit, time.horizon / unit, n_channels, per_view, rng
            )
            groups += [(clock, scale, group) for group in drawn_groups]
        views = cls(groups, time.longest_gap, n_channels)
        at = rng.random_sample((len(groups), N_SAMPLED, N_TIMES))
        responses = views._responses(dataset, sample, at)
        n_biases = max(1, round(n_kernels / len(groups) / len(PATTERNS)))
        groups = [
            (clock, scale, group.with_biases(found, n_biases, rng))
            for (clock, scale, group), found in zip(
                groups, torch.from_numpy(responses), strict=True
            )
        ]
        return replace(views, groups=groups)

    def _responses(
        self, dataset: PanelDataset, sample: np.ndarray, at: np.ndarray
    ) -> np.ndarray:
        """Compute responses of all groups to sampled series at shares of their span.

        Parameters
        ----------
        dataset : PanelDataset
        sample : ndarray of int of shape (n_sampled,)
        at : ndarray of shape (n_groups, n_sampled, n_times)

        Returns
        -------
        ndarray of shape (n_groups, n_sampled * n_times, 84)
        """
        found = np.empty((*at.shape, len(PATTERNS)))
        for series in self._batches(dataset, np.unique(sample)):
            signals = self._signals(dataset.batch(series))
            hits = sample[:, None] == series
            drawn, place = np.nonzero(hits)
            for number, (clock, scale, group) in enumerate(self.groups):
                responses, counts = group.responses(signals[clock, scale])
                column = at[number, drawn] * counts.numpy()[place, None]
                column = column.astype(np.int64)
                found[number, drawn] = responses.numpy()[place[:, None], column]
        return found.reshape(len(at), -1, len(PATTERNS))

    @property
    def n_features(self) -> int:
        """Number of features."""
        return sum(group.biases.numel() for _, _, group in self.groups)

    def compute(
        self, dataset: PanelDataset, device: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the features of series, and their levels over time.

        Parameters
        ----------
        dataset : PanelDataset
        device : str

        Returns
        -------
        features : ndarray of shape (n_series, n_features)
            float32, shares of time between 0 and 1. A series has the same features in
            whatever company.
        levels : ndarray of shape (n_series, n_parts * in_channels)
            float32, the mean of each channel in equal parts of the span, standardized;
            NaN where a channel has no observation or the span is 0.
        """
        groups = [
            (clock, scale, group.to(device)) for clock, scale, group in self.groups
        ]
        features = np.empty((len(dataset), self.n_features), dtype=np.float32)
        n_levels = self.n_parts * dataset.observations.shape[1]
        levels = np.empty((len(dataset), n_levels), dtype=np.float32)
        for series in self._batches(dataset, np.arange(len(dataset))):
            batch = {
                name: tensor.to(device)
                for name, tensor in dataset.batch(series).items()
                if name in ("times", "values", "observed")
            }
            signals = self._signals(batch)
            parts = [group.features(signals[c, s]) for c, s, group in groups]
            features[series] = torch.cat(parts, dim=1).cpu().numpy()
            known = batch["observed"].any(dim=1, keepdim=True)
            found = self._levels(signals["relative", "common"], known)
            levels[series] = found.flatten(1).cpu().numpy()
        return features, levels

    @property
    def n_parts(self) -> int:
        """Number of parts of a span."""
        return int(np.clip(MOST_LEVELS // self.n_channels, FEWEST_PARTS, MOST_PARTS))

    def _levels(self, signal: Signal, known: Tensor) -> Tensor:
        """Average the channels of signals on the relative clock over parts of it."""
        ends = torch.linspace(
            0, 1, self.n_parts + 1, dtype=torch.float64, device=known.device
        )
        channels = torch.arange(known.shape[2], device=known.device)
        integral = signal.integral(ends.expand(len(known), -1), channels)
        levels = integral.diff(dim=1) * self.n_parts
        known = known & (signal.span > 0).view(-1, 1, 1)
        return torch.where(known, levels, torch.nan)

    def is_own(self) -> np.ndarray:
        """Tell which features are over the own scale, bool of shape (n_features,)."""
        sizes = [group.biases.numel() for _, _, group in self.groups]
        return np.repeat([scale == "own" for _, scale, _ in self.groups], sizes)

    def names(self) -> list[str]:
        """Name the features by clock, scale, dilation, pattern and bias."""
        return [
            f"{clock} time, {scale} scale, dilation {group.dilation:.4g}, "
            f"kernel {kernel}, bias {bias}"
            for clock, scale, group in self.groups
            for bias in range(len(group.biases))
            for kernel in range(len(PATTERNS))
        ]

    def _batches(
        self, dataset: PanelDataset, series: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yield some of the series in batches of similar spans."""
        sizes = dataset.lengths[series]
        spans = np.zeros(len(series))
        lasts = dataset.indptr[1:][series] - 1
        spans[sizes > 0] = dataset.times[lasts[sizes > 0]]
        order = series[np.lexsort((sizes, spans))]
        while len(order):
            rows = np.maximum.accumulate(dataset.lengths[order])
            numbers = rows * np.arange(1, len(order) + 1) * self.n_channels
            n_series = max(1, np.searchsorted(numbers, BATCH_NUMBERS, side="right"))
            yield order[:n_series]
            order = order[n_series:]

    def _signals(self, batch: dict[str, Tensor]) -> dict[tuple[str, str], Signal]:
        """Interpolate a batch on both clocks and both scales."""
        times, observed = batch["times"], batch["observed"]
        elapsed = torch.zeros_like(times)
        elapsed[:, 1:] = times.diff(dim=1).clamp_max(self.longest_gap).cumsum(1)
        span = elapsed[:, -1:]
        clocks = {
            "absolute": elapsed,
            "relative": elapsed / torch.where(span > 0, span, 1.0),
        }
        values = _bound(batch["values"].double())
        scales = {"common": values, "own": _own_scale(values, observed)}
        signals = {}
        for scale, scaled in scales.items():
            filled = fill_gaps(elapsed, scaled, observed)
            for clock, clocked in clocks.items():
                signals[clock, scale] = Signal.through(clocked, filled)
        return signals


def content_keys(dataset: PanelDataset, time_step: float) -> np.ndarray:
    """Return a key per series; equal series have the same.

    Standardized values and times in steps are rounded to a millionth, so that the order
    of the keys does not hang on the last bit of a unit, a center or a scale.

    Parameters
    ----------
    dataset : PanelDataset
    time_step : float
        Typical step of the rows.

    Returns
    -------
    ndarray of bytes of shape (n_series,)
    """
    keys: list[bytes] = []
    for first, last in zip(dataset.indptr[:-1], dataset.indptr[1:], strict=True):
        rows = np.arange(first, last)
        parts = [dataset.times[rows] / time_step, dataset.observations.take(rows)]
        parts[1] = parts[1].dense()
        if dataset.static is not None:
            parts.append(dataset.static[len(keys)])
        key = hashlib.blake2b(digest_size=16)
        for part in parts:
            rounded = np.round(np.asarray(part, np.float64), 6) + 0.0  # -0 is 0
            key.update(np.where(np.isnan(rounded), np.nan, rounded).tobytes())
        keys.append(key.digest())
    return np.array(keys, dtype="S16")


def _bound(values: Tensor) -> Tensor:
    """Let extreme values grow as slowly as the logarithm, and keep their order."""
    size = values.abs().clamp_min(LINEAR)
    far = LINEAR * (1 + torch.log(size / LINEAR))
    return torch.where(values.abs() > LINEAR, values.sign() * far, values)


def _own_scale(values: Tensor, observed: Tensor) -> Tensor:
    """Standardize each channel of each series by its own mean and deviation.

    The common deviation, 1, counts as `PRIOR_COUNT` further values: a constant series
    stays constant, instead of becoming rounding noise of deviation 1.
    """
    count = observed.sum(1, keepdim=True)
    known = torch.where(observed, values, 0.0)
    mean = known.sum(1, keepdim=True) / count.clamp_min(1)
    shifted = torch.where(observed, values - mean, 0.0)
    squares = shifted.square().sum(1, keepdim=True)
    deviation = ((squares + PRIOR_COUNT) / (count + PRIOR_COUNT)).sqrt()
    return shifted / deviation

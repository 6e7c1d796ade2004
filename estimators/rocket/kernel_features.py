"""Features of random kernels: each over an own or a common scale, on some clocks."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.rocket.views import AbstractViews, CausalViews
from ckts.estimators.saving.values import savable
from ckts.rocket import (
    PATTERNS,
    AbstractKernelGroup,
    BalancedDraws,
    CausalKernelGroup,
    draw_kernels,
)

# Values of a batch. There are 12 numbers for each of them, in float64.
BATCH_NUMBERS = 2**18
# Biases are quantiles of the responses to so many series, at so many times of each.
N_SAMPLED, N_TIMES = 64, 16
# Kernels are half as fine as what the times resolve.
FINEST_STEP = 0.5


@savable
@dataclass(frozen=True, eq=False)
class KernelFeatures:
    """Kernels, and how they see a series.

    Attributes
    ----------
    groups : list of (str, str, AbstractKernelGroup)
        The clock and the scale of what they see, and the kernels.
    views : AbstractViews
    """

    groups: list[tuple[str, str, AbstractKernelGroup]]
    views: AbstractViews

    @classmethod
    def learn(
        cls,
        dataset: PanelDataset,
        weight: np.ndarray,
        views: AbstractViews,
        keys: np.ndarray,
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
        views : AbstractViews
        keys : ndarray of shape (n_series,)
            See :func:`content_keys`.
        n_kernels : int
            Number of features: at most, and less by less than 84.
        rng : RandomState

        Returns
        -------
        KernelFeatures
        """
        # The order of the series, and how often one occurs, must not matter.
        order = np.argsort(keys, kind="stable")
        places = (np.arange(N_SAMPLED) + rng.random_sample(N_SAMPLED)) / N_SAMPLED
        cumulated = np.cumsum(weight[order])
        drawn = np.searchsorted(cumulated, places * cumulated[-1], side="right")
        sample = order[np.minimum(drawn, len(order) - 1)]
        drawn, n_biases = [], []
        draws = BalancedDraws(views.n_channels, rng)
        for (clock, scale), n_features in zip(
            views.names, share_out(n_kernels, len(views.names)), strict=True
        ):
            resolution, longest = views.reach(clock)
            for group, n in draw_kernels(
                FINEST_STEP * resolution, longest, n_features, draws, rng, views.kernels
            ):
                drawn.append((clock, scale, group))
                n_biases.append(n)
        fresh = cls(drawn, views)
        at = rng.random_sample((len(drawn), N_SAMPLED, N_TIMES))
        groups = [
            (clock, scale, group.with_biases(torch.from_numpy(found), n, rng))
            for (clock, scale, group), found, n in zip(
                drawn, fresh._responses(dataset, sample, at), n_biases, strict=True
            )
        ]
        return replace(fresh, groups=groups)

    def _responses(
        self, dataset: PanelDataset, sample: np.ndarray, at: np.ndarray
    ) -> list[np.ndarray]:
        """Compute responses of all groups to sampled series at shares of their span.

        Parameters
        ----------
        dataset : PanelDataset
        sample : ndarray of int of shape (n_sampled,)
        at : ndarray of shape (n_groups, n_sampled, n_times)

        Returns
        -------
        list of ndarray of shape (n_sampled * n_times, n_kernels)
            One of each group.
        """
        found = [np.empty((*at.shape[1:], g.weight.shape[1])) for *_, g in self.groups]
        for series in self.batches(dataset, np.unique(sample)):
            signals = self.views.signals(dataset.batch(series))
            hits = sample[:, None] == series
            drawn, place = np.nonzero(hits)
            for number, (clock, scale, group) in enumerate(self.groups):
                responses, lasting = group.responses(signals[clock, scale])
                ends = lasting.cumsum(1)[place]
                share = torch.from_numpy(at[number, drawn]) * ends[:, -1:]
                column = torch.searchsorted(ends, share, right=True).numpy()
                found[number][drawn] = responses.numpy()[place[:, None], column]
        return [one.reshape(-1, one.shape[-1]) for one in found]

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
        levels : ndarray of shape (n_series, n_levels)
            float32, standardized means of channels and counts over parts of the time;
            NaN where unknown.
        """
        features, levels = self._empty(len(dataset))
        moved = self.to(device)
        for series in self.batches(dataset, np.arange(len(dataset))):
            batch = load(dataset, series, device)
            signals = self.views.signals(batch)
            parts = [group.features(signals[c, s]) for c, s, group in moved.groups]
            features[series] = torch.cat(parts, dim=1).cpu().numpy()
            found = self.views.levels(signals, batch["observed"])
            levels[series] = found.cpu().numpy()
        return features, levels

    def compute_at(
        self, dataset: PanelDataset, device: str, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute what causal features were as of some rows.

        Parameters
        ----------
        dataset : PanelDataset
        device : str
        rows : ndarray of int of shape (n_prefixes,)
            Increasing numbers of rows of the dataset.

        Returns
        -------
        features : ndarray of shape (n_prefixes, n_features)
        levels : ndarray of shape (n_prefixes, n_levels)
            As `compute` has them of series that end with each of the rows.
        """
        features, levels = self._empty(len(rows))
        moved, views = self.to(device), self.views
        assert isinstance(views, CausalViews)  # nobody asks others for the past
        owners = np.searchsorted(dataset.indptr, rows, side="right") - 1
        for series in self.batches(dataset, np.unique(owners)):
            batch = load(dataset, series, device)
            signals = views.signals(batch)
            prefixes, asked = _prefixes_of(owners, series)
            within = rows[prefixes] - dataset.indptr[series, None]
            places = torch.from_numpy(within).to(device)
            start = 0
            for clock, scale, group in moved.groups:
                assert isinstance(group, CausalKernelGroup)
                signal = signals[clock, scale]
                found = group.features_at(signal, signal.times.gather(1, places))
                stop = start + found.shape[2]
                features[prefixes[asked], start:stop] = found.cpu().numpy()[asked]
                start = stop
            times = signals["absolute", "common"].times.gather(1, places)
            found = views.levels_at(signals, batch["observed"], times)
            levels[prefixes[asked]] = found.cpu().numpy()[asked]
        return features, levels

    def _empty(self, n_prefixes: int) -> tuple[np.ndarray, np.ndarray]:
        return (
            np.empty((n_prefixes, self.n_features), dtype=np.float32),
            np.empty((n_prefixes, self.views.n_levels), dtype=np.float32),
        )

    def to(self, device: str) -> KernelFeatures:
        """Return the features with their kernels on a device."""
        groups = [
            (clock, scale, group.to(device)) for clock, scale, group in self.groups
        ]
        return replace(self, groups=groups)

    def is_own(self) -> np.ndarray:
        """Tell which features are over the own scale, bool of shape (n_features,)."""
        sizes = [group.biases.numel() for _, _, group in self.groups]
        return np.repeat([scale == "own" for _, scale, _ in self.groups], sizes)

    def names(self) -> list[str]:
        """Name the features by clock, scale, dilation, pattern and bias."""
        names: list[str] = []
        counted: Counter[str] = Counter()
        for clock, scale, group in self.groups:
            view = f"{clock} time, {scale} scale, dilation {group.dilation:.4g}"
            n_biases, n_kernels = group.biases.shape
            names += [
                f"{view}, kernel {counted[view] + kernel}, bias {bias}"
                for bias in range(n_biases)
                for kernel in range(n_kernels)
            ]
            counted[view] += n_kernels
        return names

    def batches(
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
            numbers = rows * np.arange(1, len(order) + 1) * self.views.n_channels
            n_series = max(1, np.searchsorted(numbers, BATCH_NUMBERS, side="right"))
            yield order[:n_series]
            order = order[n_series:]


def share_out(n_kernels: int, n_views: int) -> list[int]:
    """Share kernels out among views: in 84s, as many as patterns, if these suffice.

    Parameters
    ----------
    n_kernels : int
    n_views : int

    Returns
    -------
    list of int
        Number of features of each view.
    """
    unit = len(PATTERNS) if n_kernels >= n_views * len(PATTERNS) else 1
    ends = np.arange(n_views + 1) * (n_kernels // unit) // n_views
    return (unit * np.diff(ends)).tolist()


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


def _prefixes_of(
    owners: np.ndarray, series: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the prefixes of each series, padded by its first, and which are its own.

    Parameters
    ----------
    owners : ndarray of int of shape (n_prefixes,)
        The series of each prefix, increasing.
    series : ndarray of int of shape (n_series,)

    Returns
    -------
    prefixes : ndarray of int of shape (n_series, most)
    asked : ndarray of bool of shape (n_series, most)
        False of padding.
    """
    first = np.searchsorted(owners, series)[:, None]
    counts = np.searchsorted(owners, series, side="right")[:, None] - first
    places = np.arange(counts.max())
    asked = places < counts
    return np.where(asked, first + places, first), asked


def load(dataset: PanelDataset, series: np.ndarray, device: str) -> dict[str, Tensor]:
    """Return times, values and what is observed of some series, padded, on a device."""
    batch = dataset.batch(series)
    names = "times", "values", "observed"
    return {name: batch[name].to(device) for name in names}

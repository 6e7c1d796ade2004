"""Periods: in which bands of frequency series have power, and the shape of a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.statistics import weighted_quantiles
from ckts.estimators.rocket.scales import bound
from ckts.estimators.rocket.views import AbstractViews
from ckts.estimators.saving.values import savable
from ckts.regularity import count_steps
from ckts.rocket import fit_harmonics, power_spectrum

# Observations that a spectrum needs.
FEWEST = 16
# Frequencies per one over the span: a peak between two of them loses little.
PER_SPAN = 4
# Irregular stamps tell waves faster than half of their mean rate: up to so many times.
BEYOND = 64.0
# Frequencies of a typical series in a channel, and in all; others have twice as many.
MOST_OF_ONE, MOST_OF_ALL = 2**14, 2**15
# Bands of all channels together; of each at least and at most so many.
ALL_BANDS, FEWEST_BANDS, MOST_BANDS = 96, 6, 24
# A wave with so many harmonics tells the shape of what repeats.
N_HARMONICS = 3
# A series whose span is so many times that on the clock, where no gap is too long, has
# an odd stamp. Other gaps count in full: a wave goes on while nobody looks.
MOST_STRETCHED = 4.0
# Points of the grids of Fourier transforms at once.
MOST_POINTS = 2**20
TINY = 1e-12
PEAK = ("peak power", "peak frequency")
SHAPE = (
    *("share of harmonics", "amplitude"),
    *(
        f"{part} of harmonic {order}"
        for order in range(2, N_HARMONICS + 1)
        for part in ("relative amplitude", "cosine of phase", "sine of phase")
    ),
)


@savable
@dataclass(frozen=True, eq=False)
class Periods:
    """Columns that tell of periods, which kernels of a few steps do not see.

    A star that is observed once a night is seen at another phase of its period each
    time. Waves that last for the whole span find the period: the more irregular the
    stamps, the faster the waves that they tell apart.

    Attributes
    ----------
    edges : ndarray of shape (n_bands + 1,)
        Of the bands, in periods per unit of the clock.
    single : ndarray of int of shape (n_single,)
        Channels that are observed often enough to have columns of their own.
    """

    edges: np.ndarray
    single: np.ndarray

    @classmethod
    def learn(
        cls, dataset: PanelDataset, weight: np.ndarray, views: AbstractViews
    ) -> Periods | None:
        """Choose bands, from a period in a typical span to the finest that stamps tell.

        Parameters
        ----------
        dataset : PanelDataset
            Standardized training series.
        weight : ndarray of shape (n_series,)
            A weight of 2 is the same as the series twice.
        views : AbstractViews
            With the clock.

        Returns
        -------
        Periods or None
            None if typical series have too few rows, or no span.
        """
        span, owners = views.time.typical_span, _owners(dataset)
        counts = [
            np.bincount(owners[rows], minlength=len(dataset))
            for rows, _ in dataset.observations.columns()
        ]
        n_rows, *typical = (
            weighted_quantiles(each.astype(float), weight, [0.5])[0]
            for each in (dataset.lengths, *counts)
        )
        if n_rows < FEWEST or span <= 0:
            return None
        single = np.flatnonzero(np.asarray(typical) >= FEWEST)
        n_spectra = len(single) + (len(counts) > 1)
        most = min(MOST_OF_ONE, MOST_OF_ALL / n_spectra)
        highest = min(BEYOND * n_rows / 2, most / PER_SPAN) / span
        step = _lattice_step(dataset, owners)
        if step is not None:
            highest = min(highest, 1 / (2 * step))
        edges = _band_edges(1 / span, highest, ALL_BANDS // n_spectra)
        return None if edges is None else cls(edges, single)

    def names(self, channels: tuple[str, ...]) -> list[tuple[str, str | None]]:
        """Name the columns: what, and of which channel; None of all together.

        Parameters
        ----------
        channels : tuple of str

        Returns
        -------
        list of (str, str or None)
        """
        bands = [f"power at {a:.4g} to {b:.4g}" for a, b in pairwise(self.edges)]
        together = [None] if len(channels) > 1 else []
        owners = [*(channels[one] for one in self.single), *together]
        return [(what, one) for one in owners for what in (*bands, *PEAK, *SHAPE)]

    def compute(
        self,
        dataset: PanelDataset,
        views: AbstractViews,
        batches: Iterable[np.ndarray],
        device: str,
    ) -> np.ndarray:
        """Describe series by their periods.

        Parameters
        ----------
        dataset : PanelDataset
        views : AbstractViews
        batches : iterable of ndarray of int
            Numbers of the series that are computed together.
        device : str

        Returns
        -------
        ndarray of shape (n_series, n_columns)
            float32; NaN is unknown. A series has the same in whatever company.
        """
        n_columns = len(self.names(("",) * views.n_channels))
        table = np.full((len(dataset), n_columns), np.nan, dtype=np.float32)
        for series in batches:
            batch = dataset.batch(series)
            times, values, seen = (
                batch[name].to(device) for name in ("times", "values", "observed")
            )
            elapsed = real_unless_odd(times, views.elapsed(times))
            values = bound(values.double(), views.limits)
            sizes = self._n_frequencies(elapsed[:, -1].cpu().numpy())
            for size in np.unique(sizes[sizes > 0]):
                rows = torch.from_numpy(np.flatnonzero(sizes == size))
                for some in rows.split(
                    1 + MOST_POINTS // int(8 * size * len(seen[0, 0]))
                ):
                    parts = elapsed[some], values[some], seen[some]
                    found = self._describe(*parts, int(size))
                    table[series[some.numpy()]] = found.float().cpu().numpy()
        return table

    @property
    def n_bands(self) -> int:
        """Number of bands."""
        return len(self.edges) - 1

    def _n_frequencies(self, spans: np.ndarray) -> np.ndarray:
        """Return the number of frequencies of series, of few sizes; 0 of no span."""
        wanted = np.ceil(PER_SPAN * spans * self.edges[-1]) + 1
        # a power of 2 or three quarters of one, for the Fourier transform
        power = 2 ** np.ceil(np.log2(np.clip(wanted, 8, 2 * MOST_OF_ONE)))
        sizes = np.where(wanted <= 0.75 * power, 0.75 * power, power)
        return np.where(spans > 0, sizes, 0).astype(int)

    def _describe(
        self, elapsed: Tensor, values: Tensor, observed: Tensor, n: int
    ) -> Tensor:
        """Describe series that have as many frequencies."""
        lowest = 1 / (PER_SPAN * elapsed[:, -1:])
        phases = elapsed * lowest
        single = torch.from_numpy(self.single).to(values.device)
        parts = [
            (phases, values[..., one], observed[..., one]) for one in single.tolist()
        ]
        if values.shape[2] > 1:
            parts.append(pool_channels(phases, values, observed))
        columns = []
        for where, what, seen in parts:
            enough = seen.sum(1, keepdim=True) >= FEWEST
            # of too little anything is computed, and then forgotten
            seen = seen | ~enough
            bands, peak, place = self._find_peak(
                power_spectrum(where, what, seen, n), lowest
            )
            shape = describe_shape(where * place, what, seen)
            found = torch.cat([bands, peak, shape], dim=1)
            columns.append(torch.where(enough, found, torch.nan))
        return torch.cat(columns, dim=1)

    def _find_peak(
        self, spectrum: Tensor, lowest: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the most power of each band, that of all and its frequency.

        The last is the place of the peak, in multiples of the lowest frequency, between
        the places of the spectrum: on a parabola through the peak and its neighbors.
        """
        k = torch.arange(spectrum.shape[1], device=spectrum.device)
        edges = torch.from_numpy(self.edges).to(spectrum.device)
        band = torch.searchsorted(edges, (k * lowest).contiguous(), right=True)
        used = (band > 0) & (band <= self.n_bands) & ~spectrum.isnan()
        power = torch.where(used, spectrum, -1.0)
        bands = power.new_full((len(power), self.n_bands + 2), -1.0)
        bands = bands.scatter_reduce_(1, band, power, "amax")[:, 1:-1]
        most, place = power.max(1, keepdim=True)
        around = place + torch.arange(-1, 2, device=k.device)
        around = spectrum.gather(1, around.clamp(0, len(k) - 1))
        left, middle, right = around.nan_to_num().split(1, dim=1)
        bend = 2 * middle - left - right
        shift = torch.where(bend > 0, (right - left) / (2 * bend), 0.0)
        exact = (place + shift.clamp(-0.5, 0.5)).clamp_min(1.0)
        known = most >= 0
        frequency = torch.where(known, torch.log(exact * lowest), torch.nan)
        peak = torch.cat([torch.where(known, most, torch.nan), frequency], dim=1)
        return torch.where(bands < 0, torch.nan, bands), peak, exact


def real_unless_odd(times: Tensor, clock: Tensor) -> Tensor:
    """Return the times of each series, or its clock if a stamp is far from the others.

    Parameters
    ----------
    times, clock : Tensor of shape (batch, n_rows)
        Since the first row; on the clock no gap is too long.

    Returns
    -------
    Tensor of shape (batch, n_rows)
    """
    odd = times[:, -1:] > MOST_STRETCHED * clock[:, -1:]
    return torch.where(odd, clock, times)


def pool_channels(
    times: Tensor, values: Tensor, observed: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Make one channel of all, each around its own mean, as of a star in all bands.

    Parameters
    ----------
    times : Tensor of shape (batch, n_rows)
    values : Tensor of shape (batch, n_rows, channels)
        float64, standardized.
    observed : Tensor of shape (batch, n_rows, channels)
        bool.

    Returns
    -------
    times, values, observed : Tensor of shape (batch, n_rows * channels)
        A channel with a single observation, which tells nothing, is left out.
    """
    counts = observed.sum(1, keepdim=True)
    known = torch.where(observed, values, 0.0)
    mean = known.sum(1, keepdim=True) / counts.clamp_min(1)
    times = times.unsqueeze(2).expand_as(values)
    told = observed & (counts > 1)
    return times.flatten(1), (values - mean).flatten(1), told.flatten(1)


def describe_shape(phases: Tensor, values: Tensor, observed: Tensor) -> Tensor:
    """Describe the shape of a period, wherever it begins.

    Amplitudes relative to that of the wave, and phases relative to its own, are what
    astronomers describe pulsating stars by (Simon and Lee, 1981).

    Parameters
    ----------
    phases : Tensor of shape (batch, n_rows)
        Time in periods, float64.
    values : Tensor of shape (batch, n_rows)
    observed : Tensor of shape (batch, n_rows)

    Returns
    -------
    Tensor of shape (batch, n_shape)
        See `SHAPE`.
    """
    amplitudes, explained = fit_harmonics(phases, values, observed, N_HARMONICS)
    size = amplitudes[:, 0].abs()
    turn = amplitudes[:, 0] / size.clamp_min(TINY)
    columns = [explained, size]
    for order in range(2, N_HARMONICS + 1):
        moved = amplitudes[:, order - 1] * turn.conj() ** order
        unit = moved / moved.abs().clamp_min(TINY)
        columns += [moved.abs() / size.clamp_min(TINY), unit.real, unit.imag]
    return torch.stack(columns, dim=1)


def _band_edges(lowest: float, highest: float, n: int) -> np.ndarray | None:
    """Return edges of equal ratios, or farther apart where frequencies are few."""
    if highest <= lowest:
        return None
    ratio = (highest / lowest) ** (1 / np.clip(n, FEWEST_BANDS, MOST_BANDS))
    edges = [lowest]
    while edges[-1] * (1 + 1e-9) < highest:
        edges.append(max(edges[-1] * ratio, edges[-1] + lowest / 2))
    edges[-1] = highest * (1 + 1e-9)  # the highest frequency belongs to the last band
    return np.array(edges)


def _owners(dataset: PanelDataset) -> np.ndarray:
    """Return the series of each row."""
    return np.repeat(np.arange(len(dataset)), dataset.lengths)


def _lattice_step(dataset: PanelDataset, owners: np.ndarray) -> float | None:
    """Return the common step of all stamps, if there is one."""
    firsts = np.diff(owners, prepend=-1) > 0
    gaps = np.where(firsts, 0.0, np.diff(dataset.times, prepend=0.0))
    found = count_steps(gaps, dataset.times, firsts, dataset.rounding[owners])
    return None if found is None else found[0].shortest

"""Summaries of series as features of a linear model: each in steps at its quantiles."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.statistics import (
    SUMMARIES,
    summarize,
    weighted_quantiles,
)
from ckts.estimators.saving.values import savable
from ckts.panel import Panel

CLOCK = ("number of rows", "span", "mean gap", "longest gap")
# More observations have extremes that are farther apart.
TELLING_LENGTHS = ("min", "max", "count")


@savable
@dataclass(frozen=True)
class StepCoding:
    """Code columns of numbers by monotone steps, and say where a number is unknown.

    A linear model of the codes is an additive model of any shape in each column, and
    the unit and the outliers of a column do not matter. Where a number is unknown, all
    steps are at half height.

    Attributes
    ----------
    quantiles : list of ndarray
        The places of the steps of each column, increasing, each in the middle between
        two numbers that were learned: the rounding of a number decides no step.
    """

    quantiles: list[np.ndarray]

    @classmethod
    def learn(cls, table: np.ndarray, weight: np.ndarray, n_steps: int) -> "StepCoding":
        """Learn the quantiles of columns.

        Parameters
        ----------
        table : ndarray of shape (n_series, n_columns)
            NaN is unknown.
        weight : ndarray of shape (n_series,)
            A weight of 2 is the same as the row twice.
        n_steps : int
            Steps per column.
        """
        shares = [step / (n_steps + 1) for step in range(1, n_steps + 1)]
        quantiles = []
        for column in table.T:
            known = ~np.isnan(column)
            places: list[float] = []
            if known.any():
                places = weighted_quantiles(column[known], weight[known], shares)
            quantiles.append(_between(np.unique(places), np.unique(column[known])))
        return cls(quantiles)

    def code(self, table: np.ndarray) -> np.ndarray:
        """Code a table.

        Parameters
        ----------
        table : ndarray of shape (n_series, n_columns)

        Returns
        -------
        ndarray of shape (n_series, n_codes)
            float32. For each column whether it exceeds each quantile, its rank among
            them in [0, 1], and whether it is unknown.
        """
        codes = []
        for column, places in zip(table.T, self.quantiles, strict=True):
            unknown = np.isnan(column)[:, None]
            steps = column[:, None] > places
            rank = np.zeros((len(column), 0))
            if len(places) > 1:
                heights = np.linspace(0, 1, len(places))
                rank = np.interp(column, places, heights)[:, None]
            known = np.hstack([steps, rank])
            codes += [np.where(unknown, 0.5, known), unknown]
        return np.hstack(codes, dtype=np.float32)

    def starts(self) -> np.ndarray:
        """Return the place of the first code of each column."""
        sizes = [len(places) + (len(places) > 1) + 1 for places in self.quantiles]
        return np.cumsum([0, *sizes[:-1]])

    def names(self, columns: list[str]) -> list[str]:
        """Name the codes of named columns."""
        names = []
        for column, places in zip(columns, self.quantiles, strict=True):
            names += [f"{column} > {place:.15g}" for place in places]
            names += [f"{column} rank"] * (len(places) > 1)
            names.append(f"{column} unknown")
        return names


def _between(places: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Move places halfway to the next larger number; the last has none."""
    places = places[places < numbers.max(initial=-np.inf)]
    following = numbers[np.searchsorted(numbers, places, side="right")]
    return np.unique(places / 2 + following / 2)  # halves: the sum may be infinite


def summarize_series(
    panel: Panel, dataset: PanelDataset, *, lengths: bool
) -> np.ndarray:
    """Summarize channels, static features, and how often a series was observed.

    Parameters
    ----------
    panel : Panel
    dataset : PanelDataset
        The same series.
    lengths : bool
        Whether to tell counts, spans and gaps, and the extremes, which are the farther
        apart, the more observations there are.

    Returns
    -------
    ndarray of shape (n_series, n_columns)
        NaN is unknown; :func:`summary_names` names the columns.
    """
    table = summarize(panel)
    if not lengths:
        return _without_lengths(table, panel.in_channels)
    filled = dataset.lengths > 0
    clock = np.full((len(dataset), len(CLOCK)), np.nan)
    clock[filled] = _clock_at(dataset, dataset.indptr[1:][filled] - 1)
    clock[:, 0] = dataset.lengths
    return np.hstack([table, clock])


def summarize_at(
    panel: Panel, dataset: PanelDataset, rows: np.ndarray, *, lengths: bool
) -> np.ndarray:
    """Summarize what was known of a series as of some rows.

    Parameters
    ----------
    panel : Panel
    dataset : PanelDataset
        The same series.
    rows : ndarray of int of shape (n_prefixes,)
    lengths : bool

    Returns
    -------
    ndarray of shape (n_prefixes, n_columns)
        As :func:`summarize_series` has them of series that end with each of the rows,
        up to rounding.
    """
    owner = panel.series_of_rows
    tables = []
    for own_rows, values in panel.observations.columns():
        latest = np.searchsorted(own_rows, rows, side="right") - 1
        known = latest >= 0
        known[known] = owner[own_rows[latest[known]]] == owner[rows[known]]
        table = np.full((len(rows), len(SUMMARIES)), np.nan)
        table[:, -1] = 0.0
        table[known] = _expand(values, owner[own_rows])[latest[known]]
        tables.append(table)
    parts = list(np.stack(tables, axis=2).transpose(1, 0, 2))
    if panel.static is not None:
        parts.append(panel.static[owner[rows]])
    table = np.hstack(parts)
    if not lengths:
        return _without_lengths(table, panel.in_channels)
    return np.hstack([table, _clock_at(dataset, rows)])


def _expand(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Summarize the values of each owner up to each of them.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Of one channel, without NaN.
    owner : ndarray of int of shape (n,)
        Increasing.

    Returns
    -------
    ndarray of shape (n, n_summaries)
    """
    series = pd.Series(values.astype(np.float64))
    grouped = series.groupby(owner)
    first, count = grouped.transform("first"), grouped.cumcount() + 1
    # Differences to the first value keep the digits of the deviation.
    shifted = series - first
    mean = shifted.groupby(owner).cumsum() / count
    squares = shifted.pow(2).groupby(owner).cumsum() - count * mean**2
    variance = squares.clip(lower=0.0) / (count - 1).where(count > 1)
    columns = {
        "mean": first + mean,
        "std": np.sqrt(variance),
        "min": grouped.cummin(),
        "max": grouped.cummax(),
        "first": first,
        "last": series,
        "count": count,
    }
    return np.column_stack([columns[name] for name in SUMMARIES])


def _clock_at(dataset: PanelDataset, rows: np.ndarray) -> np.ndarray:
    """Measure rows, span and gaps of series up to some rows."""
    owner = np.searchsorted(dataset.indptr, rows, side="right") - 1
    number = rows - dataset.indptr[owner]
    span = dataset.times[rows]
    starts = dataset.indptr[:-1][dataset.lengths > 0]
    gaps = np.diff(dataset.times, prepend=0.0)
    gaps[starts] = 0.0
    whose = np.repeat(np.arange(len(dataset)), dataset.lengths)
    longest = pd.Series(gaps).groupby(whose).cummax().to_numpy()[rows]
    return np.column_stack([number + 1, span, span / np.maximum(number, 1), longest])


def _without_lengths(table: np.ndarray, n_channels: int) -> np.ndarray:
    """Leave out of a table of summaries what tells the number of observations."""
    # That a deviation is unknown would tell a single observation.
    deviation = slice(n_channels, 2 * n_channels)
    single = np.isnan(table[:, deviation]) & ~np.isnan(table[:, :n_channels])
    table[:, deviation][single] = 0.0
    left_out = [
        SUMMARIES.index(name) * n_channels + channel
        for name in TELLING_LENGTHS
        for channel in range(n_channels)
    ]
    return np.delete(table, left_out, axis=1)


def summary_names(
    channels: tuple[str, ...], static_names: tuple[str, ...], *, lengths: bool
) -> list[str]:
    """Name the columns of :func:`summarize_series`."""
    told = [name for name in SUMMARIES if lengths or name not in TELLING_LENGTHS]
    names = [f"{name} of {channel}" for name in told for channel in channels]
    return [*names, *static_names, *(CLOCK if lengths else ())]

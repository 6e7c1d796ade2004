"""Summaries of series as features of a linear model: each in steps at its quantiles."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.preprocessing.statistics import weighted_quantiles
from ckts.estimators.preprocessing.summary import SUMMARIES, by_channel, summarize
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
        # All columns at once, padded: a hundred small arrays are milliseconds a call.
        sizes = np.array([len(places) for places in self.quantiles])
        given = np.arange(sizes.max(initial=0)) < sizes[:, None]
        places = np.full(given.shape, np.inf)
        places[given] = np.concatenate([*self.quantiles, []])
        codes = np.empty((*table.shape, given.shape[1] + 2), dtype=np.float32)
        codes[:, :, :-2] = table[:, :, None] > places
        codes[:, :, -2] = _ranks(table, places, sizes)
        unknown = np.isnan(table)
        codes[unknown] = 0.5
        codes[:, :, -1] = unknown
        kept = np.column_stack([given, sizes > 1, np.ones_like(sizes, dtype=bool)])
        return np.ascontiguousarray(codes[:, kept])  # its layout decides rounding

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


def _ranks(table: np.ndarray, places: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Interpolate the rank of numbers among places, as `numpy.interp`, to the last bit.

    Parameters
    ----------
    table : ndarray of shape (n_series, n_columns)
    places : ndarray of shape (n_columns, n_steps)
        Those of each column, increasing, padded by infinity.
    sizes : ndarray of int of shape (n_columns,)
        How many places a column has; the ranks of one with fewer than two mean nothing.

    Returns
    -------
    ndarray of shape (n_series, n_columns)
        From 0 to 1.
    """
    if places.shape[1] < 2:
        return np.zeros(table.shape)
    columns, last = np.arange(len(sizes)), np.maximum(sizes - 1, 1)
    reached = (table[:, :, None] >= places).sum(2)
    below = np.clip(reached - 1, 0, last - 1)
    low, high = places[columns, below], places[columns, below + 1]
    step = 1.0 / last
    start = below * step
    end = np.where(below + 1 == last, 1.0, (below + 1) * step)
    with np.errstate(over="ignore", invalid="ignore"):  # huge numbers, and padding
        slope = (end - start) / (high - low)
        rank = slope * (table - low) + start
        rank = np.where(np.isnan(rank), slope * (table - high) + end, rank)
    return np.where(reached == 0, 0.0, np.where(reached >= sizes, 1.0, rank))


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
    owner, start, tables = panel.series_of_rows, 0, []
    columns, *observed = by_channel(panel)
    expanded = _expand(*observed)
    for own_rows in columns:
        latest = np.searchsorted(own_rows, rows, side="right") - 1
        known = latest >= 0
        known[known] = owner[own_rows[latest[known]]] == owner[rows[known]]
        table = np.full((len(rows), len(SUMMARIES)), np.nan)
        table[:, -1] = 0.0
        table[known] = expanded[start + latest[known]]
        tables.append(table)
        start += len(own_rows)
    parts = list(np.stack(tables, axis=2).transpose(1, 0, 2))
    if panel.static is not None:
        parts.append(panel.static[owner[rows]])
    table = np.hstack(parts)
    if not lengths:
        return _without_lengths(table, panel.in_channels)
    return np.hstack([table, _clock_at(dataset, rows)])


def summarize_ends(panel: Panel, dataset: PanelDataset, *, lengths: bool) -> np.ndarray:
    """Summarize series as of their last rows, those without any as a whole.

    Parameters and result are those of :func:`summarize_series`.
    """
    filled = dataset.lengths > 0
    ends = summarize_at(panel, dataset, dataset.indptr[1:][filled] - 1, lengths=lengths)
    if filled.all():
        return ends
    table = summarize_series(panel, dataset, lengths=lengths)
    table[filled] = ends
    return table


def _expand(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Summarize the values of each owner up to each of them.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Without NaN.
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

"""Summaries of series as features of a linear model: each in steps at its quantiles."""

from dataclasses import dataclass

import numpy as np

from ckts.estimators._batches import PanelDataset
from ckts.estimators._statistics import SUMMARIES, summarize, weighted_quantiles
from ckts.panel import Panel

CLOCK = ("number of rows", "span", "mean gap", "longest gap")


@dataclass(frozen=True)
class StepCoding:
    """Code columns of numbers by monotone steps, and say where a number is unknown.

    A linear model of the codes is an additive model of any shape in each column, and
    the unit and the outliers of a column do not matter. Where a number is unknown, all
    steps are at half height.

    Attributes
    ----------
    quantiles : list of ndarray
        The places of the steps of each column, increasing.
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
            quantiles.append(np.unique(places))
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
        Whether to tell counts, spans and gaps.

    Returns
    -------
    ndarray of shape (n_series, n_columns)
        NaN is unknown; :func:`summary_names` names the columns.
    """
    table, n_channels = summarize(panel), panel.in_channels
    if not lengths:
        # That a deviation is unknown would tell a single observation.
        deviation = slice(n_channels, 2 * n_channels)
        single = np.isnan(table[:, deviation]) & ~np.isnan(table[:, :n_channels])
        table[:, deviation][single] = 0.0
        place = SUMMARIES.index("count") * n_channels
        return np.delete(table, slice(place, place + n_channels), axis=1)
    filled = dataset.lengths > 0
    lasts, firsts = dataset.indptr[1:][filled] - 1, dataset.indptr[:-1][filled]
    gaps = np.diff(dataset.times, prepend=0.0)
    gaps[firsts] = 0.0
    clock = np.full((len(dataset), len(CLOCK)), np.nan)
    clock[:, 0] = dataset.lengths
    clock[filled, 1] = dataset.times[lasts]
    clock[filled, 2] = dataset.times[lasts] / np.maximum(dataset.lengths[filled] - 1, 1)
    if filled.any():
        clock[filled, 3] = np.maximum.reduceat(gaps, firsts)
    return np.hstack([table, clock])


def summary_names(
    channels: tuple[str, ...], static_names: tuple[str, ...], *, lengths: bool
) -> list[str]:
    """Name the columns of :func:`summarize_series`."""
    told = [name for name in SUMMARIES if lengths or name != "count"]
    names = [f"{name} of {channel}" for name in told for channel in channels]
    return [*names, *static_names, *(CLOCK if lengths else ())]

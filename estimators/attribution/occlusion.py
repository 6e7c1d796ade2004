"""Occlusion: hide a span of time of a channel, and see how the decision changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from ckts.estimators.attribution.decisions import Score
from ckts.estimators.attribution.result import Attribution
from ckts.panel import Panel

# Each observation is hidden with its neighbors before and behind it: spans of a second
# tiling are shifted by half.
N_TILINGS = 2
# Numbers of a panel of hidden copies, and copies: more would take much memory.
MOST_NUMBERS, MOST_COPIES = 2**20, 2**11
# What lengths may lack of the whole time and still be it.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Hidden:
    """What one copy of a series hides.

    Attributes
    ----------
    series : int
    rows : ndarray of int of shape (n_hidden,)
        Of the panel, consecutive observations of a channel.
    column : int
        The channel, or, if there are no rows, the static feature.
    share : float
        Part of the change of the decision that counts: one of each tiling.
    """

    series: int
    rows: np.ndarray
    column: int
    share: float


def occlude(
    panel: Panel, score: Score, outputs: np.ndarray, span: float | None, n_spans: int
) -> Attribution:
    """Attribute by hiding spans of time.

    Spans tile the time from the first to the last observation of a series, once from
    the first on and once shifted by half a span. What the decision loses when a span of
    a channel is hidden is shared equally by its observations there, and the mean over
    both tilings is what an observation contributes: if the decision is a sum over
    observations, exactly what these add.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
    score : callable
    outputs : ndarray of int of shape (n_series,)
        What `score` needs besides a panel.
    span : float or None
        Length in the unit of the stamps; None is `n_spans` in each series.
    n_spans : int

    Returns
    -------
    Attribution
        Without `target`.
    """
    whole = score(panel, outputs)
    hidden = chain(_hidden_spans(panel, span, n_spans), _hidden_features(panel))
    contributions = np.where(panel.observed, 0.0, np.nan)
    static = np.zeros((len(panel), len(panel.static_names)))
    for copies in _in_batches(hidden, panel):
        owners = np.array([one.series for one in copies])
        changed = score(_hide(panel, copies), outputs[owners])
        for one, lost in zip(copies, whole[owners] - changed, strict=True):
            if len(one.rows):
                part = one.share * lost / len(one.rows)
                contributions[one.rows, one.column] += part
            else:
                static[one.series, one.column] = lost
    made = panel.with_values(contributions, panel.channels, categories={})
    return Attribution(made, static, whole, score(_nothing(panel), outputs), None)


def _hidden_spans(panel: Panel, span: float | None, n_spans: int) -> Iterator[Hidden]:
    """Yield the spans of each series and channel that hold an observation.

    A span of both tilings that holds the same observations is hidden once.
    """
    series, (elapsed, lasts) = panel.series_of_rows, _clock(panel)
    for column, (rows, _) in enumerate(panel.observations.columns()):
        bounds = np.searchsorted(series[rows], np.arange(len(panel) + 1))
        for number, (start, stop) in enumerate(pairwise(bounds)):
            own, last = rows[start:stop], lasts[number]
            sizes = _span_sizes(last, last / n_spans if span is None else span)
            runs = Counter(
                run for size in sizes for run in _runs(elapsed[own], last, size)
            )
            n_tilings = N_TILINGS * len(sizes)
            for (first, end), count in runs.items():
                yield Hidden(number, own[first:end], column, count / n_tilings)


def _span_sizes(last: float, shortest: float) -> list[float]:
    """Return the lengths of spans, each twice the one before, up to the whole time."""
    sizes = [shortest]
    while 0 < sizes[-1] < last * (1 - ROUNDING):
        sizes.append(2 * sizes[-1])
    return sizes


def _clock(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Return the time of each row since the first observation, and that of the last.

    Returns
    -------
    elapsed : ndarray of shape (n_rows,)
    lasts : ndarray of shape (n_series,)
        0 of series without any observation.
    """
    series = panel.series_of_rows
    seen = np.flatnonzero(panel.observations.row_counts())
    owners, firsts = np.unique(series[seen], return_index=True)
    ends = np.append(firsts[1:], len(seen)) - 1
    origins = np.zeros(len(panel), dtype=panel.times.dtype)
    origins[owners] = panel.times[seen[firsts]]
    elapsed = (panel.times - origins[series]).astype(np.float64)
    lasts = np.zeros(len(panel))
    lasts[owners] = elapsed[seen[ends]]
    return elapsed, lasts


def _runs(times: np.ndarray, last: float, size: float) -> Iterator[tuple[int, int]]:
    """Yield the first and the last but one observation of each span of all tilings."""
    for tiling in range(N_TILINGS):
        shift = tiling / N_TILINGS
        places, most = np.zeros((2, len(times)))
        if size > 0:
            # The last observation belongs to the span that it ends.
            most = max(np.ceil(last / size + shift) - 1, 0)
            places = np.minimum(np.floor(times / size + shift), most)
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        yield from pairwise([*starts.tolist(), len(times)])


def _hidden_features(panel: Panel) -> Iterator[Hidden]:
    """Yield the static features that are known of each series."""
    if panel.static is not None:
        for number, column in np.argwhere(~np.isnan(panel.static)):
            yield Hidden(int(number), np.empty(0, int), int(column), 1.0)


def _in_batches(hidden: Iterable[Hidden], panel: Panel) -> Iterator[list[Hidden]]:
    """Join copies up to a size that fits in memory."""
    sizes = panel.lengths * panel.in_channels
    batch: list[Hidden] = []
    n_numbers = 0
    for one in hidden:
        n_numbers += int(sizes[one.series])
        if batch and (n_numbers > MOST_NUMBERS or len(batch) == MOST_COPIES):
            yield batch
            batch, n_numbers = [], int(sizes[one.series])
        batch.append(one)
    if batch:
        yield batch


def _hide(panel: Panel, copies: list[Hidden]) -> Panel:
    """Copy series, and hide in each copy what it says."""
    owners = np.array([one.series for one in copies])
    made = panel[owners]
    values = np.array(made.values)
    static = None if made.static is None else np.array(made.static)
    for place, one in enumerate(copies):
        if len(one.rows):
            moved = made.indptr[place] - panel.indptr[one.series]
            values[one.rows + moved, one.column] = np.nan
        elif static is not None:
            static[place, one.column] = np.nan
    made = made.with_values(values)
    return made.with_static(static, panel.static_names, panel.static_categories)


def _nothing(panel: Panel) -> Panel:
    """Hide everything, static features, too."""
    made = panel.with_values(np.full((len(panel.times), panel.in_channels), np.nan))
    if panel.static is None:
        return made
    static = np.full(panel.static.shape, np.nan)
    return made.with_static(static, panel.static_names, panel.static_categories)

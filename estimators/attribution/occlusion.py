"""Occlusion: hide spans of time of a channel, and see how the decision changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np

from ckts.estimators.attribution.decisions import Score
from ckts.estimators.attribution.result import Attribution
from ckts.estimators.attribution.spans import Run, Span, halve, leaves
from ckts.panel import Panel

# Numbers in a panel of copies of series, and copies: more would take much memory.
MOST_NUMBERS, MOST_COPIES = 2**20, 2**11
# Of a series; so many cannot be told from single observations.
MOST_SPANS = 2**40


@dataclass(frozen=True, eq=False)
class Tiled:
    """The observations of a channel of a series, and the spans that they lie in.

    Attributes
    ----------
    series, channel : int
    rows : ndarray of int of shape (n_observations,)
        Of the panel.
    trees : list of Span
        The whole time, halved again and again; one of each tiling.
    """

    series: int
    channel: int
    rows: np.ndarray
    trees: list[Span]

    @property
    def whole(self) -> Run:
        """All observations."""
        return 0, len(self.rows)

    def parts(self) -> list[Run]:
        """Return the observations of all spans, but for the whole time."""
        found = {run for tree in self.trees for run in tree.runs()}
        return sorted(found - {self.whole})

    def hidden(self) -> Iterator[np.ndarray]:
        """Yield the rows that copies hide: the channel, each part, all but this."""
        yield self.rows
        for first, end in self.parts():
            yield self.rows[first:end]
            yield np.delete(self.rows, slice(first, end))

    def contributions(self, whole: float, found: np.ndarray) -> np.ndarray:
        """Divide among the observations what the decision owes to the channel.

        Parameters
        ----------
        whole : float
            What the model says of the series.
        found : ndarray of shape (n_copies,)
            What it says of the copies of :meth:`hidden`.

        Returns
        -------
        ndarray of shape (n_observations,)
        """
        without, lost, alone = found[0], whole - found[1::2], found[2::2] - found[0]
        effects = dict(zip(self.parts(), (lost + alone) / 2, strict=True))
        effects[self.whole] = whole - without
        shared = np.zeros(len(self.rows))
        for tree in self.trees:
            _divide(tree, effects[self.whole], effects, shared)
        return shared / len(self.trees)


def occlude(
    panel: Panel, score: Score, outputs: np.ndarray, span: float | None, n_spans: int
) -> Attribution:
    """Attribute by hiding channels, halves of their time, and parts of these.

    A channel contributes what the decision loses without it. That is divided between
    the halves of the time, and so on: a span adds, to the mean of all others and none
    of the channel, so much; what a span adds beyond its halves is divided by their
    lengths. So contributions of a channel add up, and where the decision is a sum over
    observations, they are its summands.

    Parameters
    ----------
    panel : Panel of shape (n_series,)
    score : callable
    outputs : ndarray of int of shape (n_series,)
        What `score` needs besides a panel.
    span : float or None
        Shortest length in the unit of the stamps; None is `n_spans` in each series.
    n_spans : int

    Returns
    -------
    Attribution
        Without `target`.
    """
    whole = score(panel, outputs)
    tiled = list(_tile(panel, span, n_spans))
    copies = [(t.series, rows, t.channel) for t in tiled for rows in t.hidden()]
    features = np.argwhere(_known(panel))
    none = np.empty(0, int)
    copies += [(int(series), none, int(column)) for series, column in features]
    found = _evaluate(panel, copies, score, outputs)
    contributions, place = np.full((len(panel.times), panel.in_channels), np.nan), 0
    for one in tiled:
        own = found[place : place + 1 + 2 * len(one.parts())]
        place += len(own)
        parts = one.contributions(whole[one.series], own)
        contributions[one.rows, one.channel] = parts
    static = np.zeros((len(panel), len(panel.static_names)))
    static[tuple(features.T)] = whole[features[:, 0]] - found[place:]
    made = panel.with_values(contributions, panel.channels, categories={})
    return Attribution(made, static, whole, score(_nothing(panel), outputs), None)


def _tile(panel: Panel, span: float | None, n_spans: int) -> Iterator[Tiled]:
    """Yield the spans of each channel of each series that observes it."""
    series, (elapsed, lasts) = panel.series_of_rows, _clock(panel)
    for channel, (rows, _) in enumerate(panel.observations.columns()):
        bounds = np.searchsorted(series[rows], np.arange(len(panel) + 1))
        for number, (start, stop) in enumerate(pairwise(bounds)):
            if start == stop:
                continue
            own, last = rows[start:stop], lasts[number]
            n = min(n_spans, MOST_SPANS)
            if span is not None:
                n = max(ceil(last / max(span, last / MOST_SPANS)), 1)
            places = [
                leaves(elapsed[own], last, n, shifted=shifted)
                for shifted in ([False, True] if n > 1 else [False])
            ]
            yield Tiled(number, channel, own, [halve(one, n) for one in places])


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
    owners, firsts, counts = np.unique(
        series[seen], return_index=True, return_counts=True
    )
    ends = firsts + counts - 1
    origins = np.zeros(len(panel), dtype=panel.times.dtype)
    origins[owners] = panel.times[seen[firsts]]
    # differences first: float64 cannot hold nanoseconds since 1970
    elapsed = (panel.times - origins[series]).astype(np.float64)
    lasts = np.zeros(len(panel))
    lasts[owners] = elapsed[seen[ends]]
    return elapsed, lasts


def _divide(
    span: Span, budget: float, effects: Mapping[Run, float], shared: np.ndarray
) -> None:
    """Add to the observations of a span their shares of what it contributes."""
    if not span.halves:
        first, end = span.run
        shared[first:end] += budget / (end - first)
        return
    surplus = budget - sum(effects[half.run] for half in span.halves)
    for half, share in zip(span.halves, span.shares, strict=True):
        _divide(half, effects[half.run] + share * surplus, effects, shared)


def _known(panel: Panel) -> np.ndarray:
    """Tell which static features are known of each series."""
    none = np.zeros((len(panel), 0), dtype=bool)
    return none if panel.static is None else ~np.isnan(panel.static)


# A series, the rows that its copy hides, and of which channel; or, if there are none,
# which static feature it hides.
Copy = tuple[int, np.ndarray, int]


def _evaluate(
    panel: Panel, copies: Sequence[Copy], score: Score, outputs: np.ndarray
) -> np.ndarray:
    """Say what the model says of copies of series, of shape (n_copies,)."""
    found, start = np.empty(len(copies)), 0
    owners = np.array([series for series, _, _ in copies], dtype=int)
    sizes = np.cumsum(panel.lengths[owners] * panel.in_channels)
    while start < len(copies):
        before = sizes[start - 1] if start else 0
        fitting = int(np.searchsorted(sizes, before + MOST_NUMBERS, side="right"))
        stop = max(start + 1, min(fitting, start + MOST_COPIES))
        part = slice(start, stop)
        found[part] = score(_hide(panel, copies[part]), outputs[owners[part]])
        start = stop
    return found


def _hide(panel: Panel, copies: Sequence[Copy]) -> Panel:
    """Copy series, and hide in each copy what it says."""
    made = panel[[series for series, _, _ in copies]]
    values = np.array(made.values)
    static = None if made.static is None else np.array(made.static)
    for place, (series, rows, column) in enumerate(copies):
        if len(rows):
            values[rows + (made.indptr[place] - panel.indptr[series]), column] = np.nan
        elif static is not None:
            static[place, column] = np.nan
    made = made.with_values(values)
    return made.with_static(static, panel.static_names, panel.static_categories)


def _nothing(panel: Panel) -> Panel:
    """Hide everything, static features, too."""
    made = panel.with_values(np.full((len(panel.times), panel.in_channels), np.nan))
    if panel.static is None:
        return made
    static = np.full(panel.static.shape, np.nan)
    return made.with_static(static, panel.static_names, panel.static_categories)

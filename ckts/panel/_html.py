"""A panel as a small page in a notebook: facts, channels, and when it was sampled."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice

import numpy as np

from ckts._html import listing, page, short, table
from ckts.panel._base import AbstractPanel
from ckts.panel._describe import percent, shown, spread_of, spread_words, times_words

# What a cell of a notebook has room for.
MOST_CHANNELS, MOST_LABELS, MOST_SERIES = 12, 5, 8
LANE, WIDTH, MARK = 12, 320, 8  # pixels
LEAST_MARK = 0.1  # of a row without any observation


def as_html(panel: AbstractPanel) -> str:
    """Write facts, a table of the channels, and a sparkline of the sampling.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    str
        HTML without scripts. Names are escaped.
    """
    head = [("channel", "observed", "range")]
    parts = [table(_facts(panel))]
    parts.append(table(islice(_channels(panel), MOST_CHANNELS), head))
    if panel.in_channels > MOST_CHANNELS:
        n_more = panel.in_channels - MOST_CHANNELS
        parts.append(f"<small>and {n_more:,} more channels</small>")
    if len(panel.times):
        parts.append(_sampling(panel))
    return page("Panel", *parts)


def _facts(panel: AbstractPanel) -> Iterator[tuple[str, str]]:
    """Yield names of facts and what they are, in the words of `describe`."""
    filled = panel.lengths > 0
    yield "series", _series_words(panel, int(np.sum(~filled)))
    if len(panel.times):
        spans = spread_of(panel.elapsed[panel.indptr[1:][filled] - 1])
        yield "span", times_words(spans, panel.time_scale)
        yield "gaps", times_words(spread_of(panel.gaps()[0]), panel.time_scale)
        yield "values", f"{percent(panel.observations.missing)} missing"
    yield "time", escape(str(panel.time_scale))
    if panel.static_names:
        yield "static", listing(panel.static_names, MOST_CHANNELS)


def _series_words(panel: AbstractPanel, n_empty: int) -> str:
    n_rows = len(panel.times)
    if not n_rows:
        return f"{panel.n_series:,}, without rows"
    rows = spread_words(spread_of(panel.lengths), "rows")
    empty = f", {n_empty:,} series without any" if n_empty else ""
    return f"{panel.n_series:,}, {rows}, {n_rows:,} in all{empty}"


def _channels(panel: AbstractPanel) -> Iterator[tuple[str, str, str]]:
    """Yield name, share observed, and range or labels of each channel."""
    n_rows = max(len(panel.times), 1)
    columns = panel.observations.columns()
    for name, (rows, values) in zip(panel.channels, columns, strict=True):
        share = len(rows) / n_rows
        bar = f'<span class="bar"><i style="width:{100 * share:.0f}%"></i></span>'
        words = "never observed"
        if name in panel.categories:
            words = listing(panel.categories[name], MOST_LABELS)
        elif len(values):
            words = f"{shown(np.min(values))} to {shown(np.max(values))}"
        yield short(name), f"{bar}{percent(share)}", words


def _sampling(panel: AbstractPanel) -> str:
    """Draw when evenly spaced series have rows, since the first row of each.

    A mark is the taller, the more channels were observed; marks on one pixel are one.
    """
    n_lanes = min(MOST_SERIES, panel.n_series)
    part = panel[np.linspace(0, panel.n_series - 1, n_lanes).round().astype(int)]
    elapsed = part.elapsed.astype(np.float64)
    longest = np.max(elapsed, initial=0.0) or 1.0
    places = np.round(elapsed / longest * (WIDTH - 2)).astype(int)
    tall = np.zeros((n_lanes, WIDTH))
    shares = np.maximum(part.observations.row_counts() / part.in_channels, LEAST_MARK)
    np.maximum.at(tall, (part.series_of_rows, places), shares)
    marks = "".join(
        f"M{place + 1} {(lane + 1) * LANE - 2}v{-MARK * tall[lane, place]:.2g}"
        for lane, place in np.argwhere(tall).tolist()
    )
    of = f"{n_lanes} of " if n_lanes < panel.n_series else ""
    title = f"rows of {of}{panel.n_series:,} series over the time since their first"
    size = WIDTH, n_lanes * LANE
    return (
        f'<svg width="{size[0]}" height="{size[1]}" role="img"><title>{title}</title>'
        f'<path d="{marks}" stroke="currentColor" fill="none"/></svg>'
        f"<small>{title}</small>"
    )

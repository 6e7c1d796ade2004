"""Spans of time that are halved again and again, and the observations in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# The first observation of a run, and the one after its last.
Run = tuple[int, int]


@dataclass(frozen=True)
class Span:
    """A span of time, and its halves that hold observations.

    Attributes
    ----------
    run : (int, int)
        The observations in it.
    halves : tuple of Span
        None, or two: a half without observations is left out, and the other is what the
        span is.
    shares : tuple of float
        Of each half, of the length of the span.
    """

    run: Run
    halves: tuple[Span, ...] = ()
    shares: tuple[float, ...] = ()

    def runs(self) -> Iterator[Run]:
        """Yield the observations of the span and of all spans within."""
        yield self.run
        for half in self.halves:
            yield from half.runs()


def leaves(
    times: np.ndarray, last: float, n_spans: int, *, shifted: bool
) -> np.ndarray:
    """Return the number of the shortest span that each observation is in.

    Parameters
    ----------
    times : ndarray of shape (n_observations,)
        From 0 to `last`.
    last : float
    n_spans : int
    shifted : bool
        Whether spans begin half a span earlier, so that the first and the last one are
        half as long as the others within the time. At least two spans.

    Returns
    -------
    ndarray of int of shape (n_observations,)
        From 0 to ``n_spans - 1``.

    Examples
    --------
    >>> leaves(np.arange(5.0), 4.0, 2, shifted=False)
    array([0, 0, 1, 1, 1])
    >>> leaves(np.arange(5.0), 4.0, 3, shifted=True)
    array([0, 1, 1, 2, 2])
    """
    if last <= 0:
        return np.zeros(len(times), dtype=int)
    size = last / (n_spans - shifted)
    places = np.floor(times / size + shifted / 2).astype(int)
    return np.minimum(places, n_spans - 1)  # the last stamp ends the last span


def halve(places: np.ndarray, n_spans: int) -> Span:
    """Halve the whole time down to the shortest spans.

    Parameters
    ----------
    places : ndarray of int of shape (n_observations,)
        The shortest span of each observation, not decreasing.
    n_spans : int

    Returns
    -------
    Span

    Examples
    --------
    >>> halve(np.array([0, 0, 3]), 4)
    Span(run=(0, 3), halves=(Span(run=(0, 2), halves=(), shares=()), Span(run=(2, 3), \
halves=(), shares=())), shares=(0.5, 0.5))
    """

    def part(run: Run, low: int, high: int) -> Span:
        if high - low == 1 or run[1] - run[0] == 1:
            return Span(run)
        middle = (low + high) // 2
        cut = int(np.searchsorted(places, middle))
        if cut <= run[0]:
            return part(run, middle, high)
        if cut >= run[1]:
            return part(run, low, middle)
        halves = part((run[0], cut), low, middle), part((cut, run[1]), middle, high)
        share = (middle - low) / (high - low)
        return Span(run, halves, (share, 1 - share))

    return part((0, len(places)), 0, n_spans)

"""Channels of a panel by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ckts.panel._arrays import as_names
from ckts.panel._base import PanelT
from ckts.panel._categories import Categories
from ckts.panel._observations import list_values


def with_channels(panel: PanelT, channels: Sequence[str]) -> PanelT:
    """Return a panel with these channels; those that it lacks were never observed.

    Parameters
    ----------
    panel : Panel
    channels : sequence of str
        Its own, in any order, and others.

    Returns
    -------
    Panel
        A list of what was observed stays one: missing channels take no memory there.

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0]], [0, 1], [0, 2], channels=["pulse"])
    >>> with_channels(panel, ["lactate", "pulse"]).values
    array([[nan,  1.],
           [nan,  2.]])
    """
    channels = tuple(channels)
    own = dict(zip(panel.channels, panel.observations.columns(), strict=True))
    nothing = np.empty(0, np.intp), panel.observations.data[:0].ravel()
    columns = [own.get(name, nothing) for name in channels]
    return with_columns(panel, columns, channels, panel.categories)


def with_columns(
    panel: PanelT,
    columns: Sequence[tuple[np.ndarray, np.ndarray]],
    channels: Sequence[str],
    categories: Mapping[str, tuple[str, ...]] | None = None,
) -> PanelT:
    """Return a panel with other channels in the same rows.

    Parameters
    ----------
    panel : Panel
    columns : sequence of (ndarray of shape (n_values,), ndarray of shape (n_values,))
        Of each channel the rows that observe it, and what they observe.
    channels : sequence of str
        Their names.
    categories : mapping of str to tuple of str, default None
        The labels of those that are categorical.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from ckts import Panel
    >>> panel = Panel([[1.0], [2.0]], [0, 1], [0, 2])
    >>> one = np.array([1]), np.array([5.0])
    >>> with_columns(panel, [one], ["rate"]).values.ravel()
    array([nan,  5.])
    """
    channels = as_names("channels", channels, len(columns))
    sizes = [len(rows) for rows, _ in columns]
    rows, data = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    places = np.repeat(np.arange(len(columns)), sizes)
    order = np.lexsort((places, rows))
    listed = list_values(
        rows[order], places[order], data[order], (len(panel.times), len(columns))
    )
    return panel._derive(
        observations=listed.compact(),
        channels=channels,
        categories=Categories(categories),
    )

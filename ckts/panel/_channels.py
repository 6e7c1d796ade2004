"""Channels of a panel by their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ckts.panel._base import PanelT
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
    listed = panel.observations.sparse()
    places = np.array([channels.index(name) for name in panel.channels])[
        listed.channels
    ]
    rows = listed.rows()
    order = np.lexsort((places, rows))
    spread = list_values(
        *(rows, places[order], listed.data[order], (len(panel.times), len(channels)))
    )
    return panel._derive(observations=spread.compact(), channels=channels)

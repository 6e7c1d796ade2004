"""Copies of a panel with something changed, and several panels as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from ckts.panel._base import AbstractPanel, PanelT
from ckts.panel._categories import Categories
from ckts.panel._export import AbstractExports
from ckts.panel._observations import concat_rows, row_pointers


class AbstractCopies(AbstractExports):
    """What makes another panel of a panel, or one of several."""

    @classmethod
    def concat(cls, panels: Iterable[Self]) -> Self:
        """Join panels of the same channels, static features and time scale.

        Their categories are joined, too, and codes count those of all panels.

        Parameters
        ----------
        panels : iterable of Panel

        Returns
        -------
        Panel

        Examples
        --------
        >>> from ckts import Panel
        >>> panel = Panel([[1.0], [2.0]], [0.0, 0.7], [0, 1, 2])
        >>> Panel.concat([panel[1:], panel[:1]]).instances
        array([1, 0])
        """
        panels = _check_panels(panels)
        for name in ("channels", "static_names", "time_scale"):
            first, *others = (getattr(panel, name) for panel in panels)
            if other := [found for found in others if found != first]:
                raise ValueError(
                    f"`panels` must have the same `{name}`; got {other[0]} and {first}."
                )
        panels = join_categories(panels)
        joined = {
            name: np.concatenate([getattr(panel, name) for panel in panels])
            for name in ("times", "instances", "static")
            if getattr(panels[0], name) is not None
        }
        return panels[0]._derive(
            **joined,
            observations=concat_rows([panel.observations for panel in panels]),
            indptr=row_pointers(np.concatenate([panel.lengths for panel in panels])),
        )

    def with_values(self, values, channels=None, categories=None):
        """Return the panel with other values at the same times.

        Parameters
        ----------
        values : array-like or observations of shape (n_rows, in_channels)
        channels : sequence of str, optional
            By default the old names, if there are as many.
        categories : dict of str to tuple of str, optional
            By default those of channels that keep their names.
        """
        if channels is None and np.shape(values)[-1:] == (self.in_channels,):
            channels = self.channels
        if categories is None:
            categories = self.categories.among(map(str, channels or ()))
        return self._with(values=values, channels=channels, categories=categories)

    def with_times(self, times, time_scale=None):
        """Return the panel with other time stamps.

        Parameters
        ----------
        times : array-like of shape (n_rows,)
        time_scale : TimeScale, optional
            By default what `times` itself says.
        """
        return self._with(times=times, time_scale=time_scale)

    def with_static(self, static, names=None, categories=None):
        """Return the panel with other static features.

        Parameters
        ----------
        static : array-like of shape (n_series, n_static), DataFrame or None
            A DataFrame is indexed by instance, and may hold labels; an array has the
            order of the series.
        names : sequence of str, optional
            By default the columns of the DataFrame, or "static_0", ...
        categories : dict of str to tuple of str, optional
            The labels of codes. By default those of a DataFrame, or, for an array,
            of features that keep their names.
        """
        if categories is None and not hasattr(static, "columns"):
            categories = self.static_categories.among(map(str, names or ()))
        return self._with(
            static=static, static_names=names, static_categories=categories
        )

    def with_instances(self, instances):
        """Return the panel with other names of the series.

        Parameters
        ----------
        instances : array-like of shape (n_series,)
        """
        return self._with(instances=instances, _numbered=None)

    def _with(self, **fields):
        state = self.__getstate__()
        state["values"] = state.pop("observations")
        return type(self)(**{**state, **fields, "copy": "values" in fields})


def _check_panels(panels: Any) -> list[Any]:
    """Return a list of panels in memory, at least one."""
    listed = list(panels) if isinstance(panels, Iterable) else [panels]
    if not listed:
        raise ValueError("`panels` must hold at least one panel; got none.")
    for one in listed:
        if not isinstance(one, AbstractPanel):
            on_disk = hasattr(one, "load")
            way_out = "Use `panel.load()` of" if on_disk else "Use `as_panel` for"
            raise TypeError(
                f"`panels` must be a list of Panels; got a {type(one).__name__}. "
                f"{way_out} each of them."
            )
    return listed


def join_categories(panels: Sequence[PanelT]) -> list[PanelT]:
    """Give panels of the same columns the categories of all of them.

    Labels are sorted if those of every panel are; else new ones follow the others.
    """
    for name in ("categories", "static_categories"):
        parts = [getattr(panel, name) for panel in panels]
        if any(part != parts[0] for part in parts):
            joined = {key: _union(key, parts) for part in parts for key in part}
            panels = [_recode(panel, name, Categories(joined)) for panel in panels]
    return list(panels)


def _union(name, parts):
    known = [part[name] for part in parts if name in part]
    labels = tuple(dict.fromkeys(label for one in known for label in one))
    return tuple(sorted(labels)) if all(list(o) == sorted(o) for o in known) else labels


def _recode(panel, field, joined):
    """Return a panel with codes that count the labels of other categories."""
    is_static, old = field == "static_categories", getattr(panel, field)
    names = panel.static_names if is_static else panel.channels
    tables = {}
    for place, name in enumerate(names):
        if name in joined:
            own = old.get(name)
            if own is None:
                _check_empty(panel, name, place, is_static)
                own = ()
            tables[place] = np.array([joined[name].index(one) for one in own], float)
    if is_static:
        changed: Any = _change(panel.static, tables, slice(None))
        return panel._derive(static=changed, static_categories=joined.among(names))
    changed = panel.observations.map(lambda v, columns: _change(v, tables, columns))
    return panel._derive(observations=changed, categories=joined.among(names))


def _change(values, tables, columns):
    width = values.shape[-1] if isinstance(columns, slice) else None
    places = columns if width is None else np.broadcast_to(range(width), values.shape)
    values = np.array(values)
    for place, table in tables.items():
        cells = (places == place) & ~np.isnan(values)
        values[cells] = table[values[cells].astype(np.intp)]
    return values


def _check_empty(panel, name, place, is_static):
    """Raise if a column that another panel has labels of holds numbers."""
    if is_static:
        some = ~np.isnan(panel.static[:, place])
    else:
        listed = panel.observations.sparse()
        some = listed.channels == place
    if some.any():
        raise ValueError(
            f"`panels` must have labels, or numbers, in {name!r} throughout; got both. "
            f'Read it as a category everywhere: `categorical=["{name}"]`.'
        )

"""Labels of channels and static features as indicators, one of each label of `fit`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ckts._warnings import warn
from ckts.estimators.saving.values import savable
from ckts.panel import Panel, with_columns

# Each label is a channel, which kernels, statistics and batches have to carry.
MOST_LABELS = 100

Column = tuple[np.ndarray, np.ndarray]  # rows, and what stands there
Labels = dict[str, tuple[str, ...]]


@savable
@dataclass(frozen=True)
class OneHot:
    """Makes of a categorical column "drug" indicators "drug=a", "drug=b", ...

    An indicator is 1 or 0 where the column is observed, and unobserved elsewhere. A
    label that `fit` has not seen counts as unobserved in a channel; of a static feature
    all indicators are 0 then. Labels are compared, never codes.

    Attributes
    ----------
    channels, static_names : tuple of str
        The names of all columns, as they are given.
    labels, static_labels : dict of str to tuple of str
        Those that occur, by the name of their column. A column without any value has
        none, stays one, and takes labels as unknown ones, and numbers.
    """

    channels: tuple[str, ...]
    labels: Labels
    static_names: tuple[str, ...]
    static_labels: Labels

    @classmethod
    def learn(cls, panel: Panel) -> OneHot:
        """Learn the labels that occur in the series of a panel."""
        columns = zip(panel.channels, panel.observations.columns(), strict=True)
        return cls(
            panel.channels,
            _occurring("channel", panel.categories, columns),
            panel.static_names,
            _occurring(
                "static feature",
                panel.static_categories,
                zip(panel.static_names, static_columns(panel), strict=True),
            ),
        )

    @classmethod
    def join(cls, parts: Sequence[OneHot], panel: Panel) -> OneHot:
        """Join what was learned of parts of a panel, each with the same categories.

        Parameters
        ----------
        parts : sequence of OneHot
        panel : Panel
            Any of the parts: its categories give the order of the labels.
        """
        own = panel.categories, panel.static_categories
        labels = [part.labels for part in parts]
        static = [part.static_labels for part in parts]
        return cls(
            panel.channels,
            _joined("channel", labels, own[0]),
            panel.static_names,
            _joined("static feature", static, own[1]),
        )

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The names of the channels that it makes."""
        return _indicator_names(self.channels, self.labels)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the static features that it makes."""
        return _indicator_names(self.static_names, self.static_labels)

    def has_made(self, panel: Panel) -> bool:
        """Whether a panel holds indicators already, as that of `PanelScaler` does."""
        names = panel.channels, panel.static_names
        return names == (self.channel_names, self.feature_names) and not (
            panel.categories or panel.static_categories
        )

    def encode(self, panel: Panel, *, silent: bool = False) -> Panel:
        """Return a panel of numbers.

        Parameters
        ----------
        panel : Panel
            With as many channels, and static features of the same names.
        silent : bool, default False
            Whether not to warn of labels that are not known.

        Raises
        ------
        ValueError
            If a column holds labels here and numbers in `fit`, or the reverse.
        """
        own = panel.categories, panel.static_categories
        if not any((self.labels, self.static_labels, *own)):
            return panel
        unknown: list[str] = []
        columns = _expand(
            "channel",
            self.channels,
            self.labels,
            panel.observations.columns(),
            map(own[0].get, panel.channels),
            unknown,
            fill=None,
        )
        features = _expand(
            "static feature",
            self.static_names,
            self.static_labels,
            static_columns(panel),
            map(own[1].get, panel.static_names),
            unknown,
            fill=0.0,
        )
        if unknown and not silent:
            warn(
                f"`X` holds labels that fit has not seen: {', '.join(unknown[:5])}"
                f"{' and others' * (len(unknown) > 5)}. In a channel they count as not "
                "observed, in a static feature as none of those of fit.",
            )
        if self.labels:
            panel = with_columns(panel, columns, self.channel_names)
        if self.static_labels:
            table = np.full((len(panel), len(self.feature_names)), np.nan)
            for place, (rows, values) in enumerate(features):
                table[rows, place] = values
            panel = panel.with_static(table, self.feature_names, {})
        return panel


def as_numbers(panel: Panel) -> Panel:
    """Return a panel with indicators of its own labels."""
    if not panel.categories and not panel.static_categories:
        return panel
    return OneHot.learn(panel).encode(panel)


def static_columns(panel: Panel) -> Iterator[Column]:
    """Yield of each static feature the series that know it, and its values."""
    if panel.static is not None:
        for column in panel.static.T:
            rows = np.flatnonzero(~np.isnan(column))
            yield rows, column[rows]


def _occurring(kind: str, categories, columns: Iterable[tuple[str, Column]]) -> Labels:
    """Return the labels of categorical columns that occur; raise if they are many.

    A column without any value has none, whatever its kind.
    """
    found = {}
    for name, (_, codes) in columns:
        if name not in categories and len(codes):
            continue
        labels = categories.get(name, ())
        found[name] = tuple(labels[code] for code in np.unique(codes).astype(int))
        _check_number_of_labels(kind, name, found[name])
    return found


def _joined(kind: str, parts: Sequence[Labels], categories) -> Labels:
    """Return the labels that occur in any part, in the order of the categories.

    A column of numbers is named only by parts in which it has no value.
    """
    found = {}
    for name in parts[0]:
        if all(name in part for part in parts):
            occurring = {label for part in parts for label in part[name]}
            known = categories.get(name, ())
            found[name] = tuple(label for label in known if label in occurring)
            _check_number_of_labels(kind, name, found[name])
    return found


def _check_number_of_labels(kind: str, name: str, labels: tuple[str, ...]) -> None:
    if len(labels) > MOST_LABELS:
        raise ValueError(
            f"`X` must have at most {MOST_LABELS} labels in a channel or static "
            f"feature; got {len(labels):,} in {kind} {name!r}. Join the rare ones "
            "before, e.g. `column.where(column.isin(frequent), 'other')`, or leave it "
            "out."
        )


def _indicator_names(names: Sequence[str], labels: Labels) -> tuple[str, ...]:
    made = ([f"{n}={one}" for one in labels.get(n, ())] or [n] for n in names)
    return tuple(name for some in made for name in some)


def _expand(
    kind: str,
    names: Sequence[str],
    labels: Labels,
    columns: Iterable[Column],
    counted: Iterable[tuple[str, ...] | None],
    unknown: list[str],
    fill: float | None,
) -> list[Column]:
    """Return the columns that are made of some.

    Parameters
    ----------
    kind : str
        What they are, for messages.
    names : sequence of str
    labels : dict
        Those of `fit`, by name.
    columns : iterable of (ndarray, ndarray)
    counted : iterable of tuple of str, or None
        The labels that the codes of each column count; None of numbers.
    unknown : list of str
        Gets the labels that are not known.
    fill : float or None
        What indicators of an unknown label are; None if they are not observed.
    """
    made: list[Column] = []
    for name, column, own in zip(names, columns, counted, strict=True):
        known, described = labels.get(name), f"{kind} {name!r}"
        if known == ():  # of an empty column: there is nothing to refuse
            known = None if own is None else ()
        elif len(column[0]) and (known is None) != (own is None):
            _refuse(described, own)
        made += _indicators(described, column, known, own, unknown, fill)
    return made


def _indicators(
    name: str,
    column: Column,
    labels: tuple[str, ...] | None,
    own: tuple[str, ...] | None,
    unknown: list[str],
    fill: float | None,
) -> Iterator[Column]:
    """Yield the columns that are made of one."""
    rows, codes = column
    if labels is None:
        yield column
        return
    places = {label: place for place, label in enumerate(labels)}
    table = np.array([places.get(label, -1) for label in own or ()], dtype=int)
    found = table[codes.astype(int)] if len(rows) else np.empty(0, int)
    missed = np.unique(codes[found < 0]).astype(int)
    unknown += [f"{own[code]!r} in {name}" for code in missed] if own else []
    if fill is None or not labels:
        rows, found = rows[found >= 0], found[found >= 0]
    for place in range(max(len(labels), 1)):
        yield rows, (found == place).astype(codes.dtype)


def _refuse(name: str, own: tuple[str, ...] | None) -> None:
    """Raise for labels where `fit` had numbers, or numbers where it had labels."""
    if own is None:
        raise ValueError(
            f"`X` must hold labels in {name}, as in fit; got numbers. Read it as "
            "labels: `categorical=[...]` of `Panel.from_long`, or "
            "`.astype('category')`."
        )
    raise ValueError(
        f"`X` must hold numbers in {name}, as in fit; got labels such as {own[0]!r}. "
        "Convert it, e.g. with `pandas.to_numeric`."
    )

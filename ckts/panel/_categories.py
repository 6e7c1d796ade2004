"""Categories: which columns hold labels, their codes in a panel, and labels again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from ckts.panel._arrays import CONVERT, as_floats, is_number, shown

if TYPE_CHECKING:
    import pandas as pd

Labels = tuple[str, ...]
NAME_IT = "If it holds labels, name it in `categorical=[...]`."
# Measured, perhaps with a bound, sign, unit or flag ("<5", "5.1 H"), or a date.
_MEASURED = re.compile("[\\s<>=~≈≤≥±+\N{MINUS SIGN}\N{EN DASH}-]*[.,]?\\d")
_WHOLE_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,15})\.0")


class Categories(Mapping[str, Labels]):
    """The labels of columns by their names; columns of numbers have none.

    A code, the number that a panel holds, counts the labels from 0. It cannot be
    changed, and is equal to a dict of the same labels.

    Examples
    --------
    >>> Categories({"drug": ("a", "b")})
    {'drug': ('a', 'b')}
    """

    def __init__(self, labels: Mapping[str, Labels] | None = None) -> None:
        self._labels = dict(labels or {})

    def __getitem__(self, name: str) -> Labels:
        return self._labels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def __repr__(self) -> str:
        return repr(self._labels)

    def among(self, names: Iterable[str]) -> Categories:
        """Return those of some columns."""
        return Categories({name: self[name] for name in names if name in self})


def check_categories(
    argument: str,
    given: Any,
    names: Sequence[str],
    columns: Callable[[], Iterable[np.ndarray]],
) -> Categories:
    """Return labels by name; raise if a column of a categorical name is not of codes.

    Parameters
    ----------
    argument : str
        Its name, for messages.
    given : mapping of str to sequence of str, or None
    names : sequence of str
        The names of all columns.
    columns : callable
        Returns what each column holds, of shape (n_values,); NaN is missing.
    """
    if not isinstance(given, Mapping | None):
        raise TypeError(
            f"`{argument}` must be a dict of names and their labels; got {given!r}. "
            'Write e.g. `{"drug": ("a", "b")}`.'
        )
    found = {str(name): labels for name, labels in (given or {}).items()}
    if unknown := [name for name in found if name not in names]:
        raise ValueError(
            f"`{argument}` must be of columns that are there; got {unknown}, where "
            f"there are {list(names)}. Leave out the others."
        )
    for name, labels in found.items():
        listed = not isinstance(labels, str) and isinstance(labels, Sequence)
        if not listed or {type(one) for one in labels} - {str}:
            raise TypeError(
                f"`{argument}` must hold a tuple of strings for each name; got "
                f"{labels!r} for {name!r}. Convert labels by `str`."
            )
        if len(set(labels)) < len(labels):
            raise ValueError(
                f"`{argument}` must hold each label once; got {labels!r} for "
                f"{name!r}. Leave out the repeated ones, and count codes anew."
            )
    if found:
        _check_codes(argument, found, zip(names, columns(), strict=True))
    return Categories({name: tuple(found[name]) for name in names if name in found})


def _check_codes(argument, found, columns):
    for name, column in columns:
        if name not in found:
            continue
        codes = column[~np.isnan(column)]
        bad = codes[(codes % 1 != 0) | (codes < 0) | (codes >= len(found[name]))]
        if len(bad):
            raise ValueError(
                f"`{argument}` must have a label for every code, 0 to "
                f"{len(found[name]) - 1} in {name!r}; got {shown(bad[0])}. Where the "
                f"column holds numbers now, leave it out of `{argument}`."
            )


def encode_frame(
    frame: pd.DataFrame, argument: str, way_out: str
) -> tuple[np.ndarray, dict[int, Labels]]:
    """Convert columns of numbers and of labels to floats.

    A column holds labels if it is Categorical, or text that has letters and nowhere
    begins like a number or a date; then its labels are sorted. Booleans are numbers.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    argument, way_out : str
        As in `as_floats`.

    Returns
    -------
    table : ndarray of shape (n_rows, n_columns)
        NaN where something is missing.
    labels : dict
        The labels of each categorical column by its position.
    """
    found = {
        place: coded
        for place, dtype in enumerate(frame.dtypes)
        if dtype.kind not in "biuf"
        if (coded := encode(frame.iloc[:, place]))
    }
    if not found:
        return as_floats(frame, argument, way_out=way_out), {}
    rest = [place for place in range(frame.shape[1]) if place not in found]
    numbers = np.empty((len(frame), 0))
    if rest:
        numbers = as_floats(frame.iloc[:, rest], argument, way_out=way_out)
    table = np.empty(frame.shape, numbers.dtype)
    table[:, rest] = numbers
    for place, (codes, _) in found.items():
        table[:, place] = codes
    return table, {place: labels for place, (_, labels) in found.items()}


def encode(column: pd.Series) -> tuple[np.ndarray, Labels] | None:
    """Return the codes of a column, NaN where missing, and its labels.

    None stands for a column that holds no labels.
    """
    import pandas as pd

    if _is_categorical(column.dtype):
        return _merge_labels(column.cat.codes.to_numpy(), column.cat.categories)
    if not (column.dtype.kind == "O" or pd.api.types.is_string_dtype(column.dtype)):
        return None
    try:
        codes, values = pd.factorize(column)
    except TypeError:  # cells that are lists
        return None
    if not are_labels(values):
        return None
    order = np.argsort(np.asarray(values, dtype=object), kind="stable")
    places = np.append(np.argsort(order), -1)  # of code -1: missing
    return _merge_labels(places[codes], np.asarray(values, dtype=object)[order])


def are_labels(values: Iterable[Any]) -> bool:
    """Whether distinct values, one at least, are text, blank or like a label."""
    texts = list(values)
    return bool(texts) and all(
        isinstance(text, str) and (is_label(text) or not text.strip()) for text in texts
    )


def is_label(text: str) -> bool:
    """Whether text has a letter, and does not begin like a number or a date.

    What does was meant to be measured, as "<5", "5 mg" or "120/80", and so may have
    been the rest of a column of "." or "?" only.
    """
    bare = text.strip(" \t<>=~≤≥%")
    measured = is_number(bare) or _MEASURED.match(text)
    return not measured and any(map(str.isalpha, text))


def as_label(value: object) -> str:
    """Write a label: a whole number as an integer, whatever its type.

    Missing values make floats of a column of integers, which files write as "1.0".
    """
    if isinstance(value, str) and _WHOLE_FLOAT.fullmatch(value):
        return str(int(float(value)))
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return str(value)
    if isinstance(value, Integral):
        return str(int(value))
    return str(int(float(value)) if float(value).is_integer() else float(value))


def _merge_labels(codes, values):
    """Return codes as floats, and labels as text, each once; blank text is missing."""
    texts = [as_label(value) for value in values]
    labels = tuple(dict.fromkeys(text for text in texts if text.strip()))
    places = {label: float(place) for place, label in enumerate(labels)}
    table = np.array([*(places.get(text, np.nan) for text in texts), np.nan])
    return table[codes], labels


def _is_categorical(dtype):
    import pandas as pd

    return isinstance(dtype, pd.CategoricalDtype)


def decode(codes: np.ndarray, labels: Labels) -> pd.Categorical:
    """Return the labels of codes of shape (n_rows,)."""
    import pandas as pd

    whole = np.where(np.isnan(codes), -1, codes).astype(np.intp)
    return pd.Categorical.from_codes(whole, list(labels))


def names_of_labels(categorical: Any) -> list[str]:
    """Return the names that `categorical` lists, as text: channels have no others."""
    if categorical is None:
        return []
    if isinstance(categorical, str) or not isinstance(categorical, Iterable):
        return [str(categorical)]
    return [str(name) for name in categorical]


def as_categorical(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return a frame some columns of which are Categorical, with sorted labels."""
    named = set(names)
    changed = {name: "category" for name in frame.columns if str(name) in named}
    return frame.astype(changed) if changed else frame


def encode_measured(
    values: pd.Series, channels: np.ndarray, names: Sequence[str], named: Iterable[str]
) -> tuple[np.ndarray, dict[str, Labels]]:
    """Convert measurements of several channels, some of numbers, some of labels.

    Each channel is as a column of its own would be. Text of numbers, which a file
    gives if another channel holds labels, is read as numbers.

    Parameters
    ----------
    values : Series of shape (n_measurements,)
    channels : ndarray of int of shape (n_measurements,)
        The number of the channel of each.
    names : sequence of str
        Of the channels.
    named : iterable of str
        The channels that hold labels whatever these look like.

    Returns
    -------
    values : ndarray of shape (n_measurements,)
    labels : dict
        The labels of each categorical channel by its name.
    """
    named = set(names if _is_categorical(values.dtype) else named)
    if values.dtype.kind in "biuf" and not named:
        return as_floats(values, "value"), {}
    values = values.reset_index(drop=True)
    table, found = np.full(len(values), np.nan), {}
    for number, name in enumerate(names):
        own = channels == number
        column = values[own]
        if name in named:
            column = column.astype("category").cat.remove_unused_categories()
        coded = encode(column)
        if coded:
            table[own], found[name] = coded
    rest = ~np.isin(channels, [names.index(name) for name in found])
    left = values[rest]
    if found and left.dtype.kind == "O":
        left = left.astype(object).map(_read_number, na_action="ignore")
    table[rest] = as_floats(left, "value", way_out=f"{CONVERT} {NAME_IT}")
    return table, found


def _read_number(value):
    return float(value) if isinstance(value, str) and is_number(value) else value

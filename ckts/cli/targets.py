"""The label of each instance, and whether it is a class or a number."""

from typing import NamedTuple

import numpy as np
import pandas as pd

MOST_CLASSES = 10  # of whole numbers; more are a quantity
LARGEST = 2**53  # whole numbers of larger size are not all told apart
SHOWN = 5


class Target(NamedTuple):
    """What is to be predicted.

    Attributes
    ----------
    task : {"classification", "regression"}
    y : ndarray of shape (n_series,)
    reason : str
        Why it is this task.
    """

    task: str
    y: np.ndarray
    reason: str


def labels_of(
    frame: pd.DataFrame,
    instance: str,
    label: str,
    order: np.ndarray,
    option: str = "--label",
) -> pd.Series:
    """Return the label of each instance, missing where it has none.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    instance, label : str
    order : ndarray of shape (n_series,)
        The instances.
    option : str
        What names the column, for the message.

    Returns
    -------
    Series of shape (n_series,)
    """
    known = frame[[instance, label]].dropna()
    groups = known.groupby(instance, sort=False, observed=True)[label]
    different = groups.nunique()
    if (different > 1).any():
        one = different.index[different > 1][0]
        found = known.loc[known[instance] == one, label].unique()[:2].tolist()
        raise ValueError(
            f"`{option}` must name a column with one value per instance; got "
            f"{found[0]!r} and {found[1]!r} in {label!r} of instance {shown(one)}. "
            "What changes in time is a channel; make a column that does not."
        )
    return groups.first().reindex(order)


def check_labeled(found: pd.Series, label: str) -> None:
    """Raise if an instance has no label."""
    missing = found.index[found.isna()]
    if len(missing):
        names = ", ".join(map(shown, missing[:SHOWN]))
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise ValueError(
            f"`--label` must be known of every instance; got none in {label!r} of "
            f"{names}{more}. Add it, or leave them out by `--drop-unlabeled`; where "
            f"text such as 'None' is a class, add `--categorical {label}`."
        )


def find_target(labels: pd.Series, asked: str, name: str) -> Target:
    """Decide between classes and numbers.

    Parameters
    ----------
    labels : Series of shape (n_series,)
    asked : {"auto", "classification", "regression"}
    name : str
        Of the column.

    Returns
    -------
    Target
    """
    if pd.api.types.infer_dtype(labels) == "decimal":
        labels = labels.astype(float)
    numbers = labels.dtype.kind in "iuf"
    if numbers and not np.isfinite(labels).all():
        raise ValueError(
            f"`--label` must be finite; got inf in {name!r}. Correct it, or leave "
            "it out by `--missing inf --drop-unlabeled`."
        )
    if asked == "regression":
        if not numbers and labels.dtype.kind != "b":
            raise ValueError(
                f"`--label` must hold numbers for a regression; got {labels.iloc[0]!r} "
                f"in {name!r}. Use `--task classification`."
            )
        return Target("regression", labels.to_numpy(float), "as --task says")
    values = labels.to_numpy()
    whole = numbers and bool(
        np.all((values == np.round(values)) & (np.abs(values) <= LARGEST))
    )
    n_values = labels.nunique()
    if asked == "auto" and numbers and (not whole or n_values > MOST_CLASSES):
        what = f"{n_values} different {'whole ' if whole else ''}numbers"
        return Target("regression", labels.to_numpy(float), what)
    y = _classes(labels, whole)
    if len(np.unique(y)) < 2:
        raise ValueError(
            f"`--label` must hold at least two classes; got {shown(y[0])} only in "
            f"{name!r}. Choose another column, or add instances of the other class."
        )
    return Target("classification", y, f"{n_values} different values")


def _classes(labels: pd.Series, whole: bool) -> np.ndarray:
    """Return classes as a model takes them: whole numbers, booleans or text."""
    if whole:
        return labels.to_numpy().astype(np.int64)
    if labels.dtype.kind == "b":
        return labels.to_numpy(bool)
    return labels.astype(str).to_numpy(dtype=str)


def shown(name: object) -> str:
    """Write an instance for a message, without numpy's type around it."""
    return repr(name.item() if isinstance(name, np.generic) else name)

"""Weights of classes as weights of series."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np


def weigh_classes(
    weight: np.ndarray, columns: list[np.ndarray], class_weight: Any
) -> np.ndarray:
    """Multiply weights with those of the classes in each column.

    As `sklearn.utils.compute_sample_weight`, which raises where a class of the dict is
    absent: a part of the series, as in `partial_fit` and in folds, may lack it.

    Parameters
    ----------
    weight : ndarray of shape (n_series,)
    columns : list of ndarray of shape (n_series,)
        The classes of each output.
    class_weight : "balanced", dict, list of dict or None
        A class without a weight has 1, a weight without a class is ignored.

    Returns
    -------
    ndarray of shape (n_series,)

    Raises
    ------
    ValueError
        If it is something else, or leaves no series a positive and finite weight.
    """
    dicts: list[Mapping[Any, float]] = []
    if isinstance(class_weight, str) and class_weight == "balanced":
        found = _balance(weight, columns)
    else:
        dicts, found = _dicts(class_weight, len(columns)), weight
        for column, own in zip(columns, dicts, strict=True):
            found = found * _look_up(column, own)
    listed = [one for own in dicts for one in own.values()]  # of absent classes, too
    fine = all(0 <= one < np.inf for one in listed)
    if not (fine and found.min() >= 0 and 0 < found.max() < np.inf):
        raise ValueError(
            "`class_weight` must be finite, not negative, and positive for a class "
            f"of a positive `sample_weight`; got {class_weight!r}. Leave a "
            "class out to give it the weight 1."
        )
    return found


def _dicts(given: Any, n_columns: int) -> list[Mapping[Any, float]]:
    """Return a dict for each column, or raise."""
    if given is None:
        return [{}] * n_columns
    several = n_columns > 1
    entries = given if several and isinstance(given, list) else [given]
    if len(entries) == n_columns and all(map(_is_dict_of_numbers, entries)):
        return entries
    dicts = f"list of {n_columns} dicts" if several else "dict"
    each = "one for each column of `y`; " if several else ""
    raise ValueError(
        f'`class_weight` must be None, "balanced" or a {dicts} of a number for a class'
        f"; got {given!r}. Write e.g. {{0: 1.0, 1: 2.0}}, {each}classes that are left "
        "out weigh 1."
    )


def _is_dict_of_numbers(given: Any) -> bool:
    return isinstance(given, Mapping) and all(
        isinstance(one, Real) for one in given.values()
    )


def _look_up(column: np.ndarray, given: Mapping[Any, float]) -> np.ndarray:
    """Return the weight of the class of each series."""
    classes, numbers = np.unique(column, return_inverse=True)
    weights = [float(given.get(one, 1.0)) for one in classes.tolist()]
    return np.array(weights)[numbers]


def _balance(weight: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
    """Give every class the same sum of weights, whatever that is.

    scikit-learn counts the series of a class, also those of weight 0. Of several
    columns it is the product of what each alone would need.
    """
    balanced = weight
    for column in columns:
        _, numbers = np.unique(column, return_inverse=True)
        totals = np.bincount(numbers, weight)[numbers]
        out = np.zeros_like(weight)
        balanced = np.divide(balanced, totals, out=out, where=totals > 0)
    return balanced

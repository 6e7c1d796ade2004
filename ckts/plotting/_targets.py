"""Which of the probabilities of a classifier a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ckts.panel import Panel


@dataclass(frozen=True)
class Target:
    """One class, or one label, of a classifier.

    Parameters
    ----------
    name : str
        For a picture.
    column : int
        Of the probabilities, those of several outputs beside each other.
    output : int or None
        Column of `y`, if it has several.
    label : object
        The value of `y` whose probability it is.
    classes : list
        All values that `y` had in `fit`.
    """

    name: str
    column: int
    output: int | None
    label: Any
    classes: list

    def of(self, proba: Any) -> np.ndarray:
        """Choose of probabilities, (n_series, n_classes) or a list of such."""
        table = np.hstack(proba) if isinstance(proba, list) else np.asarray(proba)
        return table[:, self.column]

    def truth(self, y: Any) -> np.ndarray:
        """Tell which series have it: bool, of shape (n_series,)."""
        y = np.asarray(y)
        if self.output is not None:
            if y.ndim != 2 or y.shape[1] <= self.output:
                raise ValueError(
                    f"`y` must have a column {self.output}, as in `fit`; got the shape "
                    f"{y.shape}. Give all columns."
                )
            y = y[:, self.output]
        elif y.ndim != 1:
            raise ValueError(
                "`y` must have one label per series, as in `fit`; got the shape "
                f"{y.shape}. Give `y[:, 0]`, if it has one column."
            )
        found = list(dict.fromkeys(y.tolist()))
        if found and not set(found) & set(self.classes):  # "0" is not 0
            raise ValueError(
                f"`y` must hold classes of `fit`, among {self.classes}; got "
                f"{found[:5]}. Give the labels as they were there."
            )
        return y == self.label


def find_target(estimator: Any, series: Panel, target: Any) -> Target:
    """Choose what a classifier's picture shows.

    Parameters
    ----------
    estimator : fitted classifier
    series : Panel
        Of which it is asked for the shape of its predictions, one series is enough.
    target : object
        A class, by default the last of `classes_`. Of a classifier of several labels
        the number of one; of several outputs an output's number and its class.

    Returns
    -------
    Target

    Raises
    ------
    TypeError
        If the estimator has no classes.
    ValueError
        If there is no such target, or none is given and there are several outputs.
    """
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise TypeError(
            "`estimator` must be a fitted classifier; got "
            f"{type(estimator).__name__}. Fit one, such as CKCNNClassifier."
        )
    if isinstance(classes, list):
        return _of_outputs([np.asarray(one).tolist() for one in classes], target)
    known = np.asarray(classes).tolist()
    # Labels of a matrix have the numbers of its columns as `classes_`, which may be
    # classes, too.
    if np.ndim(estimator.predict(series)) == 2:
        return _of_labels(known, target)
    label = known[-1] if target is None else target
    if label not in known:
        raise ValueError(
            f"`target` must be one of the classes {known}; got {target!r}."
        )
    name = label if isinstance(label, str) else f"class {label}"
    return Target(name, known.index(label), None, label, known)


def _of_labels(numbers: list, target: Any) -> Target:
    if target is None or isinstance(target, bool) or target not in numbers:
        raise ValueError(
            f"`target` must be the number of one of {len(numbers)} labels, 0 to "
            f"{len(numbers) - 1}; got {target!r}. Draw one label at a time, e.g. "
            "`target=0`."
        )
    return Target(f"label {target}", int(target), int(target), 1, [0, 1])


def _of_outputs(classes: list[list], target: Any) -> Target:
    pairs = [(output, label) for output, own in enumerate(classes) for label in own]
    found = tuple(target) if isinstance(target, tuple | list) else target
    if found not in pairs:
        raise ValueError(
            "`target` must be the number of an output and one of its classes, which "
            f"are {classes}; got {target!r}. Write e.g. `target={pairs[0]!r}`."
        )
    output, label = pairs[pairs.index(found)]
    name, column = f"{label} (output {output})", pairs.index(found)
    return Target(name, column, output, label, classes[output])

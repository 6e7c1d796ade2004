"""Labels: one per series, indicators of several, or one for each of several outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit, log_softmax, softmax

from ckts.estimators.saving.values import savable

# Types of numbers, of which 0 and 1 throughout are indicators of labels.
NUMBERS = "biuf"
# The log-probability of a class that a model has never seen: no series of it was given,
# its weight is 0, or early stopping took its series.
LOG_OF_NONE = -20.0


@savable
@dataclass(frozen=True, eq=False)
class Labels:
    """The classes of each output, and how scores of them become predictions.

    Scores are unnormalized log-probabilities of shape (n_series, n_scores): those of
    the classes of the first output, then those of the second, and so on. A label that
    a series has or has not is an output of two classes.

    Attributes
    ----------
    kind : {"single", "multilabel", "multioutput"}
        As `sklearn.utils.multiclass.type_of_target`: "multilabel" is a matrix of 0 and
        1, of which scikit-learn wants other probabilities than of "multioutput".
    names : tuple of str
        The name of each output.
    classes : list of ndarray of shape (n_classes,)
        Of each output, sorted.
    """

    kind: str
    names: tuple[str, ...]
    classes: list[np.ndarray]

    @classmethod
    def of(
        cls, y: np.ndarray, names: Sequence[str] = ("y",), kind: str | None = None
    ) -> Labels:
        """Learn the classes of targets of shape (n_series,) or (n_series, n_outputs).

        A matrix of 0 and 1 is one of indicators, unless `kind` says what it is part of.
        """
        classes = [np.unique(column) for column in columns_of(y)]
        return cls(kind or _kind_of(y, classes), tuple(names), classes)

    @property
    def public(self) -> np.ndarray | list[np.ndarray]:
        """What scikit-learn calls ``classes_``."""
        if self.kind == "multilabel":
            return np.arange(len(self.classes))
        return self.classes[0] if self.kind == "single" else self.classes

    @property
    def sizes(self) -> list[int]:
        """The number of classes of each output."""
        return [len(one) for one in self.classes]

    def split(self, scores: np.ndarray) -> list[np.ndarray]:
        """Cut scores of shape (n_series, n_scores) into those of the outputs."""
        return np.split(scores, np.cumsum(self.sizes)[:-1], axis=1)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the numbers of the classes of targets, in their shape."""
        codes = [
            np.searchsorted(classes, column)
            for classes, column in zip(self.classes, columns_of(y), strict=True)
        ]
        return np.column_stack(codes).reshape(y.shape).astype(np.int64)

    def each(
        self, scores: np.ndarray, codes: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield scores and codes of each output."""
        columns = codes.reshape(len(codes), -1).T
        return zip(self.split(scores), columns, strict=True)

    def decode(self, scores: np.ndarray) -> np.ndarray:
        """Return the class of the highest score, as `y` was in `fit`."""
        columns = [
            classes[part.argmax(axis=1)]
            for classes, part in zip(self.classes, self.split(scores), strict=True)
        ]
        if self.kind == "single":
            return columns[0]
        return np.column_stack([one.astype(common_type(columns)) for one in columns])

    def proba(self, scores: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Return probabilities as scikit-learn wants them of this kind."""
        if self.kind == "multilabel":
            return expit(self.evidence(scores))
        found = [softmax(part, axis=1) for part in self.split(scores)]
        return found[0] if self.kind == "single" else found

    def log_proba(self, scores: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Return the logarithms of probabilities, finite where those are 0."""
        if self.kind == "multilabel":
            return log_expit(self.evidence(scores))
        found = [log_softmax(part, axis=1) for part in self.split(scores)]
        return found[0] if self.kind == "single" else found

    def evidence(self, scores: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Return log-odds of two classes or labels, else log-probabilities."""
        logs = [log_softmax(part, axis=1) for part in self.split(scores)]
        if self.kind == "multioutput":
            return logs
        if self.kind == "multilabel":
            odds = map(_log_odds, logs, self.classes)
            return np.column_stack(list(odds))
        one = logs[0]
        return _log_odds(one, self.classes[0]) if one.shape[1] == 2 else one

    def score_names(self) -> list[str]:
        """Name each score: by its class, and by its output where there are several."""
        return [
            str(label) if self.kind == "single" else f"{name}={label}"
            for name, classes in zip(self.names, self.classes, strict=True)
            for label in classes
        ]

    def including(self, found: Labels, *, whole: bool, way_out: str) -> Labels:
        """Return these labels; raise if others were found, or columns of other names.

        Parameters
        ----------
        found : Labels
        whole : bool
            Whether each class must have been found.
        way_out : str
        """
        shapes = [(one.kind == "single", len(one.classes)) for one in (self, found)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"`y` must have {_shown_width(self)} as before; got "
                f"{_shown_width(found)}. {way_out}"
            )
        if self.names != found.names and self._is_named() and found._is_named():
            raise ValueError(
                f"`y` must have the columns of before, {list(self.names)}; got "
                f"{list(found.names)}. Select these, in this order."
            )
        for name, ours, theirs in zip(
            self.names, self.classes, found.classes, strict=True
        ):
            known, new = set(ours.tolist()), set(theirs.tolist())
            if new - known or (whole and known != new):
                where = "" if self.kind == "single" else f" in column {name!r}"
                raise ValueError(
                    f"`y` must have the classes of before{where}, {ours.tolist()}; got "
                    f"{theirs.tolist()}. {way_out}"
                )
        return self

    def _is_named(self) -> bool:
        """Whether the columns have names of a frame; those of arrays are 0, 1, ..."""
        return self.names != tuple(map(str, range(len(self.names))))


def _kind_of(y: np.ndarray, classes: list[np.ndarray]) -> str:
    if y.ndim == 1:
        return "single"
    indicators = all(
        one.dtype.kind in NUMBERS and np.isin(one, (0, 1)).all() for one in classes
    )
    return "multilabel" if indicators else "multioutput"


def _log_odds(logs: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the log-odds of the second class, or of 1 where there is 0 or 1 only."""
    if len(classes) == 2:
        return logs[:, 1] - logs[:, 0]
    return np.full(len(logs), -LOG_OF_NONE if classes[0] else LOG_OF_NONE)


def _shown_width(labels: Labels) -> str:
    several = labels.kind != "single"
    return f"{len(labels.classes)} columns" if several else "one label per series"


def declared(classes: Any, found: Labels) -> Labels:
    """Return the labels that the first call of `partial_fit` declares.

    Parameters
    ----------
    classes : array-like of shape (n_classes,), list of such, or None
        Those of a single output; of each output; the numbers of the labels of a matrix
        of 0 and 1, or these of each, for which None is enough.
    found : Labels
        Of the targets of this call, which need not have all classes.
    """
    width = len(found.classes)
    if found.kind == "multilabel" and _are_labels(classes, width):
        both = [np.array([0, 1]).astype(one.dtype) for one in found.classes]
        return Labels(found.kind, found.names, both)
    if classes is None:
        raise ValueError(
            "`classes` must be passed on the first call to partial_fit; got None. "
            "Give all classes that any call will have, e.g. `numpy.unique(y)`, or a "
            "list of them for each column of `y`."
        )
    nested = [classes] if np.ndim(next(iter(classes), 0)) == 0 else list(classes)
    if len(nested) != width or (found.kind == "single") != (nested[0] is classes):
        raise ValueError(
            f"`classes` must be those of {_shown_width(found)}; got {classes!r}. Give "
            "an array of one label per series, else a list with one for each column."
        )
    kind = "single" if found.kind == "single" else "multioutput"
    return Labels(kind, found.names, [np.unique(one) for one in nested])


def _are_labels(classes: Any, n_labels: int) -> bool:
    """Whether they are those of a matrix of indicators.

    That is what `classes_` is of it, or 0 and 1 for each column, or nothing.
    """
    if classes is None:
        return True
    if np.ndim(next(iter(classes), 0)) == 0:
        return np.array_equal(np.sort(classes), np.arange(n_labels))
    return len(classes) == n_labels and all(
        np.array_equal(np.unique(one), [0, 1]) for one in classes
    )


def columns_of(y: np.ndarray) -> list[np.ndarray]:
    """Return the columns of targets, each of its own type where they are objects."""
    if y.ndim == 1:
        return [y]
    if y.dtype != object:
        return list(y.T)
    return [pd.Series(list(one)).infer_objects().to_numpy() for one in y.T]


def common_type(columns: Sequence[np.ndarray]) -> np.dtype:
    """Return a type that holds each label as it is; that of objects if need be."""
    kinds = {column.dtype.kind for column in columns}
    alike = len(kinds) == 1 or kinds <= set(NUMBERS)
    return np.result_type(*columns) if alike else np.dtype(object)


def strata_of(codes: np.ndarray, least: int) -> np.ndarray | None:
    """Find what all parts of a split should have the same share of.

    Of several outputs that is each combination. Combinations of fewer series than
    `least` are one stratum together, and part of the most frequent one if they are too
    few even so: no rare combination keeps series from being split.

    Parameters
    ----------
    codes : ndarray of int of shape (n_series,) or (n_series, n_outputs)
    least : int
        Series of a stratum.

    Returns
    -------
    ndarray of int of shape (n_series,) or None
        Of one output the codes themselves. None if there is one stratum only.
    """
    if codes.ndim == 1:
        return codes
    _, numbers = np.unique(codes, axis=0, return_inverse=True)
    numbers = numbers.ravel()
    counts = np.bincount(numbers)
    rare = counts[numbers] < least
    rest = len(counts) if np.count_nonzero(rare) >= least else int(counts.argmax())
    numbers = np.unique(np.where(rare, rest, numbers), return_inverse=True)[1]
    return numbers if numbers.any() else None

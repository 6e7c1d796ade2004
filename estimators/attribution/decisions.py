"""The number that a decision is about: log-odds of a class, or a predicted number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.validation import check_is_fitted

from ckts.panel import Panel, check_same_order

# Probabilities nearer to 0 or 1 count as so near: a forest says 0 and 1.
NEAREST = 1e-9

# From panels, and the numbers of the outputs of their series, to scores.
Score = Callable[[Panel, np.ndarray], np.ndarray]


def decision_of(
    estimator: Any, panel: Panel, target: Any
) -> tuple[Score, np.ndarray, np.ndarray | None]:
    """Say which number of each series contributions are to explain.

    Parameters
    ----------
    estimator : object
        A fitted classifier or regressor, or any model where the target is a function.
    panel : Panel of shape (n_series,)
    target : object
        See :func:`ckts.estimators.channel_time_attribution`.

    Returns
    -------
    score : callable
        Maps a panel and the outputs of its series, of shape (n_series,), to numbers of
        that shape.
    outputs : ndarray of int of shape (n_series,)
        The number of the class, or of the target, of each series of the panel.
    shown : ndarray of shape (n_series,) or None
        What these are called.
    """
    none = np.zeros(len(panel), dtype=int)
    if callable(target):
        return _of_function(estimator, target), none, None
    check_is_fitted(estimator)
    if is_classifier(estimator):
        return _of_class(estimator, panel, target)
    if is_regressor(estimator):
        return _of_number(estimator, panel, target)
    raise TypeError(
        f"`estimator` must be a classifier or a regressor; got {estimator!r}. Or give "
        "`target=f`, a function of the estimator and a panel that returns a number for "
        "each series."
    )


def _of_function(estimator: Any, function: Callable[..., Any]) -> Score:
    def score(panel: Panel, outputs: np.ndarray) -> np.ndarray:
        found = np.asarray(function(estimator, panel), dtype=np.float64)
        if found.shape != outputs.shape:
            raise ValueError(
                "`target` must return a number for each series, of shape "
                f"{outputs.shape}; got {found.shape}. Select one column."
            )
        return found

    return score


def _of_class(estimator, panel, target):
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            f"`estimator` must have `predict_proba`; got {estimator!r}. Give "
            "`target=lambda model, panel: model.decision_function(panel)`, or wrap it "
            "in a `CalibratedClassifierCV`."
        )

    def score(panel: Panel, outputs: np.ndarray) -> np.ndarray:
        proba = np.asarray(_proba(estimator, panel))
        one = proba[np.arange(len(outputs)), outputs].astype(np.float64)
        one = np.clip(one, NEAREST, 1 - NEAREST)  # float32 would round these to 1
        return np.log(one) - np.log1p(-one)

    if isinstance(estimator.classes_, list) or target is None:
        outputs = _proba(estimator, panel).argmax(axis=1)  # raises on several outputs
    classes = np.asarray(estimator.classes_)
    if target is not None:
        outputs = class_numbers(classes, target, panel)
    return score, outputs, classes[outputs]


def _proba(estimator: Any, panel: Panel) -> np.ndarray:
    proba = estimator.predict_proba(panel)
    if isinstance(proba, list):
        raise ValueError(
            "`target` must be a function where `y` had columns of classes; got a model "
            f"of {len(proba)}. Write e.g. `target=lambda model, panel: "
            "numpy.log(model.predict_proba(panel)[0][:, 1])`."
        )
    return proba


def class_numbers(classes: np.ndarray, target: Any, panel: Panel) -> np.ndarray:
    """Return the numbers of one class for all series, or of one for each."""
    check_same_order("target", target, panel)
    wanted = np.asarray(target)
    if wanted.ndim > 1 or (wanted.ndim == 1 and len(wanted) != len(panel)):
        raise ValueError(
            f"`target` must be a class, or one for each of the {len(panel)} series; "
            f"got shape {wanted.shape}. None takes the class that is predicted."
        )
    wanted = np.broadcast_to(wanted, (len(panel),))
    hits = wanted[:, None] == classes
    if not hits.any(axis=1).all():
        odd = wanted[~hits.any(axis=1)][0]
        raise ValueError(
            f"`target` must be among the classes {classes.tolist()}; got {odd!r}. None "
            "takes the class that is predicted."
        )
    return hits.argmax(axis=1)


def _of_number(estimator, panel, target):
    def score(panel: Panel, outputs: np.ndarray) -> np.ndarray:
        found = np.asarray(estimator.predict(panel), dtype=np.float64)
        found = found.reshape(len(panel), -1)
        return found[np.arange(len(panel)), outputs]

    first = np.asarray(estimator.predict(panel[:1]))
    number = target_number(target, first.reshape(len(first), -1).shape[1])
    outputs = np.full(len(panel), number)
    return score, outputs, outputs


def target_number(target: Any, n_targets: int) -> int:
    """Return the number of a target of a regressor."""
    whole = hasattr(target, "__index__") and not isinstance(target, bool)
    if target is None and n_targets == 1:
        return 0
    if not whole or not 0 <= target < n_targets:
        raise ValueError(
            f"`target` must be the number of one of the {n_targets} targets, from 0; "
            f"got {target!r}. Explain one after the other."
        )
    return int(target)

"""The model that is asked for, and those that it is compared with."""

from __future__ import annotations

import argparse
import ast
from difflib import get_close_matches
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.pipeline import make_pipeline

from ckts.estimators import (
    CKCNNClassifier,
    CKCNNRegressor,
    CKRocketClassifier,
    CKRocketRegressor,
    PanelSummary,
)

NETWORKS = {"classification": CKCNNClassifier, "regression": CKCNNRegressor}
ROCKETS = {"classification": CKRocketClassifier, "regression": CKRocketRegressor}
BOOSTING = {
    "classification": HistGradientBoostingClassifier,
    "regression": HistGradientBoostingRegressor,
}
ROCKET, SUMMARIES, DUMMY = "CKRocket", "summaries + boosting", "no data (dummy)"


class KnownColumns(TransformerMixin, BaseEstimator):
    """Leave out columns without any number in `fit`, for which boosting has no bins."""

    def fit(self, X: np.ndarray, y: Any = None) -> Self:
        """Find the columns that have a number.

        Parameters
        ----------
        X : ndarray of shape (n_series, n_columns)
        y : ignored
        """
        self.known_ = ~np.isnan(X).all(axis=0)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return these columns."""
        return X[:, self.known_]


def make_model(options: argparse.Namespace, task: str) -> Any:
    """Make the estimator that the options describe.

    Parameters
    ----------
    options : Namespace
        Of :func:`ckts.cli.arguments.add_model`.
    task : {"classification", "regression"}

    Returns
    -------
    estimator
    """
    rocket = options.model == "rocket"
    model = (ROCKETS if rocket else NETWORKS)[task](random_state=options.seed)
    given: dict[str, Any] = {}
    if options.model == "network":
        given["rocket"] = False
    if options.max_epochs is not None:
        if rocket:
            raise ValueError(
                "`--max-epochs` must be left out with `--model rocket`, which has no "
                f"epochs; got {options.max_epochs}. Leave out one of them."
            )
        given["max_epochs"] = options.max_epochs
    return model.set_params(**given, **read_params(options.param, model))


def read_params(given: list[str], model: Any) -> dict[str, Any]:
    """Read parameters as Python writes them; what Python cannot read is text.

    Examples
    --------
    >>> read_params(["causal=True", "kernel=siren"], CKCNNClassifier())
    {'causal': True, 'kernel': 'siren'}
    """
    known, found = model.get_params(deep=False), {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals or name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"`--param` must be NAME=VALUE of {type(model).__name__}; got {one!r}. "
                f"{meant}The names are {', '.join(known)}."
            )
        try:
            found[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            found[name] = text
    return found


def name_of(options: argparse.Namespace) -> str:
    """Name the model of the options in tables."""
    return {
        "joined": "CKCNN + CKRocket",
        "network": "CKCNN, one network",
        "rocket": ROCKET,
    }[options.model]


def make_rivals(
    task: str, seed: int, *, rocket: bool, n_series: int = 200
) -> dict[str, Any]:
    """Make the models to compare with, by their names in tables.

    Parameters
    ----------
    task : {"classification", "regression"}
    seed : int
    rocket : bool
        Whether CKRocket is one of them.
    n_series : int, default 200
        How many they are fitted to. Of fewer than 200, leaves of boosting are smaller
        than the usual 20: of 39 series it could not split any, and predict nothing.

    Returns
    -------
    dict of str to estimator
    """
    classes = task == "classification"
    rivals: dict[str, Any] = {}
    if rocket:
        rivals[ROCKET] = ROCKETS[task](random_state=seed)
    least = min(20, max(2, n_series // 10))
    boosting = BOOSTING[task](random_state=seed, min_samples_leaf=least)
    rivals[SUMMARIES] = make_pipeline(PanelSummary(), KnownColumns(), boosting)
    rivals[DUMMY] = DummyClassifier(strategy="prior") if classes else DummyRegressor()
    return rivals

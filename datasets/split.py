"""The split of the CKConv paper: 70 % to train, 15 % to validate, 15 % to test."""

from textwrap import shorten
from typing import Any

import numpy as np

from ckts.panel import Panel, as_panel


def paper_split(
    X: Panel, y: np.ndarray, *, stratify: bool = True
) -> tuple[Panel, Panel, Panel, np.ndarray, np.ndarray, np.ndarray]:
    """Split like the published code of the CKConv paper: 70/15/15 %.

    Two calls of `sklearn.model_selection.train_test_split`: the first, of seed 0, gives
    70 % to train; the second, of seed 1, halves the rest. Both keep the shares of the
    classes. The paper has it so for CharacterTrajectories (2000, 429 and 429 series),
    Speech Commands and PhysioNet 2019. Since the seeds are fixed, the split
    depends on nothing but the order of the series.

    Parameters
    ----------
    X : Panel of shape (n_series,)
        Or anything that `ckts.as_panel` takes.
    y : array-like of shape (n_series,) or (n_series, ...)
        The targets.
    stratify : bool, default True
        Keep the shares of the values of `y`, which must be classes then. Use False for
        targets that are numbers.

    Returns
    -------
    X_train, X_validation, X_test : Panel
    y_train, y_validation, y_test : ndarray

    Examples
    --------
    >>> from ckts.datasets import load_japanese_vowels
    >>> X, y = load_japanese_vowels()
    >>> X_train, X_validation, X_test, *_ = paper_split(X, y)
    >>> len(X_train), len(X_validation), len(X_test)
    (448, 96, 96)
    """
    X, y = as_panel(X), np.asarray(y)
    if y.shape[:1] != X.shape:
        raise ValueError(
            f"`y` must have one target per series; got shape {y.shape} for {len(X)} "
            "series. Line it up with `X.instances`."
        )
    from sklearn.model_selection import train_test_split

    def cut(part: np.ndarray, train_size: float, seed: int) -> Any:
        labels = y[part] if stratify else None
        return train_test_split(
            part, train_size=train_size, random_state=seed, stratify=labels
        )

    try:
        train, rest = cut(np.arange(len(X)), 0.7, seed=0)
        validation, test = cut(rest, 0.5, seed=1)
    except ValueError as error:
        way_out = " Or use `stratify=False`." if stratify else ""
        raise ValueError(
            "`y` must hold enough series (of each class) to be split 70/15/15; got "
            f"{len(y)}, and scikit-learn says: {shorten(str(error), 150)} Take more "
            f"series, 7 of each class are always enough.{way_out}"
        ) from error
    parts = (train, validation, test)
    return (*(X[part] for part in parts), *(y[part] for part in parts))

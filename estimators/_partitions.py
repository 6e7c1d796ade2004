"""Predict and transform part by part what does not fit in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np

from ckts.panel import Panel, ParquetPanel


def by_partitions(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method of one panel take a ParquetPanel or an iterator of panels, too.

    What the method returns for the parts is joined in the order of the series: only
    this has to fit in memory.

    Parameters
    ----------
    method : callable
        Of an estimator, `X` and options; it returns an array, a panel, or a tuple
        of such.
    """

    @wraps(method)
    def joined(self, X, **options):
        if isinstance(X, ParquetPanel):
            X = X.partitions() if len(X) else X.load()
        if not isinstance(X, Iterator):
            return method(self, X, **options)
        results = [method(self, part, **options) for part in X]
        if not results:
            raise ValueError(
                "`X` must yield at least one panel; got an iterator at its end. Make "
                "it anew: it can be read once."
            )
        return _join(results)

    return joined


def _join(results: list[Any]) -> Any:
    """Join arrays, panels, or tuples of them."""
    if isinstance(results[0], tuple):
        return tuple(_join(list(part)) for part in zip(*results, strict=True))
    if isinstance(results[0], Panel):
        return Panel.concat(results)
    return np.concatenate(results)

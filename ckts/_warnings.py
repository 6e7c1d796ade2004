"""Warnings that name the line of the user, however deep they arise."""

from __future__ import annotations

import sys
import warnings

# The way from the user to the library leads through these, too: cross-validation,
# threads, callbacks of a training, adapters, decorators.
_THROUGH = {"ckts", "sklearn", "skorch", "joblib", "sktime", "torch", "contextlib"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line that belongs neither to this library nor to its tools.

    A fixed `stacklevel` names a line of the library as soon as a caller is added.

    Parameters
    ----------
    message : str
    category : type of Warning, default UserWarning
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_library(frame.f_globals):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)


def _is_library(names: dict) -> bool:
    return str(names.get("__name__")).partition(".")[0] in _THROUGH

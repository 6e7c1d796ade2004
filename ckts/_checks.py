"""Checks of scalars, names and choices: the only copy, without numpy and torch."""

import math
import os
from collections.abc import Iterable, Sequence
from numbers import Real
from pathlib import Path
from typing import Any


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """Raise if a value is not one of the choices."""
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"`{name}` must be one of {listed}; got {value!r}.")


def check_some_of(
    name: str, values: str | Iterable[str], choices: Sequence[str]
) -> tuple[str, ...]:
    """Return one choice, or several different ones, as a tuple."""
    if not isinstance(values, Iterable):
        raise TypeError(
            f"`{name}` must be a string or a sequence of strings; got {values!r}. "
            f"Choose among {', '.join(map(repr, choices))}."
        )
    chosen = (values,) if isinstance(values, str) else tuple(values)
    for value in chosen:
        check_choice(name, value, choices)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"`{name}` must name each choice once and at least one; got {values!r}. "
            f"Choose among {', '.join(map(repr, choices))}."
        )
    return chosen


def check_bool(name: str, value: object) -> None:
    """Raise if a value is neither True nor False, numpy's included."""
    if not _is_bool(value):
        raise TypeError(f"`{name}` must be True or False; got {value!r}.")


def check_count(name: str, value: Any, minimum: int = 1) -> int:
    """Return an integer of at least `minimum` as an int."""
    if _is_bool(value) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer; got {value!r}.")
    if value < minimum:
        raise ValueError(f"`{name}` must be at least {minimum}; got {value!r}.")
    return int(value)


def check_real(name: str, value: float, minimum: float = -math.inf) -> float:
    """Return a finite number of at least `minimum` as a float."""
    check_number(name, value)
    if not (value >= minimum and math.isfinite(value)):
        least = "" if minimum == -math.inf else f" and at least {minimum:g}"
        raise ValueError(f"`{name}` must be finite{least}; got {value!r}.")
    return float(value)


def check_positive(name: str, value: float) -> float:
    """Return a positive finite number as a float."""
    check_number(name, value)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"`{name}` must be positive and finite; got {value!r}.")
    return float(value)


def check_share(name: str, value: float) -> float:
    """Return a number in [0, 1) as a float."""
    check_number(name, value)
    if not 0 <= value < 1:
        raise ValueError(
            f"`{name}` must be in [0, 1); got {value!r}. It is a share, such as 0.3 "
            "for 30 %."
        )
    return float(value)


def check_path(name: str, path: str | os.PathLike[str], example: str) -> Path:
    """Return the path of a file; `example` is one for the message."""
    try:
        return Path(path)
    except TypeError:
        raise TypeError(
            f"`{name}` must be the path of a file; got {path!r}. Write for example "
            f'"{example}".'
        ) from None


def check_number(name: str, value: object) -> None:
    """Raise if a value is not a real number."""
    if _is_bool(value) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be a number; got {value!r}.")


def _is_bool(value: object) -> bool:
    return type(value).__name__ in ("bool", "bool_")  # the latter is numpy's

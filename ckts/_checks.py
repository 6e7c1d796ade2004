"""Checks of scalars, names and choices: messages, no maths."""

import inspect
import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Refuse a value that is not one of the choices."""
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"`{name}` must be one of {listed}; got {value!r}.")


def check_bool(name: str, value: object) -> None:
    """Refuse what is neither True nor False, numpy's included."""
    if type(value).__name__ not in ("bool", "bool_"):
        raise TypeError(f"`{name}` must be True or False; got {value!r}.")


def check_size(name: str, value: Any) -> int:
    """Return a positive int, or refuse."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"`{name}` must be an integer; got {value!r}.")
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1; got {value!r}.")
    return int(value)


def check_positive(name: str, value: float) -> float:
    """Return a positive finite float, or refuse."""
    check_number(name, value)
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"`{name}` must be positive and finite; got {value!r}.")
    return float(value)


def check_parameters(
    name: str, params: Mapping[str, object], make: Callable[..., object]
) -> None:
    """Refuse parameters that `make` does not take."""
    known = set(inspect.signature(make).parameters)
    known -= {"in_channels", "out_channels", "causal", "n_steps", "activation"}
    known -= {"generator"}  # that of the layer or of `random_state`
    unknown = sorted(set(params) - known)
    if unknown:
        raise ValueError(
            f"`{name}` must only hold parameters of the kernel; got {unknown}. "
            f"It takes {sorted(known)}."
        )


def check_number(name: str, value: object) -> None:
    """Refuse what is not a real number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"`{name}` must be a number; got {value!r}.")


def check_interval(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside of [low, high)."""
    check_number(name, value)
    if not low <= value < high:
        raise ValueError(f"`{name}` must be in [{low}, {high}); got {value!r}.")

"""What the functions and classes of users take, as their signatures say."""

import inspect
from collections.abc import Sequence
from typing import Any


def accepted(function: Any, names: Sequence[str]) -> list[str]:
    """Return the names that a function, or the constructor of a class, takes."""
    parameters = inspect.signature(function).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return list(names)
    return [name for name in names if name in parameters]


def draws_from_generator(function: Any) -> bool:
    """Tell whether a function, or the constructor of a class, names a `generator`."""
    return "generator" in inspect.signature(function).parameters

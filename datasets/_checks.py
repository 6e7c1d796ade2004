"""Wrong arguments of data sets -> messages: argument must rule; got value; way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real

import numpy as np


def check_count(argument: str, value: int, minimum: int = 1) -> None:
    """Hold a number of things to an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(
            f"`{argument}` must be an integer; got {value!r}. Use `int(...)`."
        )
    if value < minimum:
        raise ValueError(
            f"`{argument}` must be at least {minimum}; got {value}. Choose a larger "
            "number."
        )


def check_real(
    argument: str, value: float, *, minimum: float = 0.0, positive: bool = False
) -> None:
    """Hold a number to be finite and at least, or with `positive` above, `minimum`."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"`{argument}` must be a number; got {value!r}. Use `float(...)`."
        )
    low = value <= minimum if positive else value < minimum
    if low or not np.isfinite(value):
        rule = "above" if positive else "at least"
        raise ValueError(
            f"`{argument}` must be finite and {rule} {minimum:g}; got {value}. Choose "
            "another number."
        )


def check_share(argument: str, value: float) -> None:
    """Hold a share to [0, 1)."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(
            f"`{argument}` must be a number; got {value!r}. Use `float(...)`."
        )
    if not 0 <= value < 1:
        raise ValueError(
            f"`{argument}` must be in [0, 1); got {value}. It is a share, such as 0.3 "
            "for 30 %."
        )


def check_measurement(n_channels: int, noise: float, missing: float) -> None:
    """Check what all generators share: channels, noise and missing values."""
    check_count("n_channels", n_channels)
    check_real("noise", noise)
    check_share("missing", missing)


def check_choice(argument: str, value: object, choices: Sequence[object]) -> None:
    """Hold a value to be one of `choices`."""
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise ValueError(
            f"`{argument}` must be one of {names}; got {value!r}. Choose one of them."
        )


def check_some_of(
    argument: str, values: str | Sequence[str], choices: Sequence[str]
) -> tuple[str, ...]:
    """Return one or several different `choices` as a tuple."""
    if not isinstance(values, Iterable):
        raise TypeError(
            f"`{argument}` must be a string or a sequence of strings; got {values!r}. "
            f"Choose among {', '.join(map(repr, choices))}."
        )
    chosen = (values,) if isinstance(values, str) else tuple(values)
    for value in chosen:
        check_choice(argument, value, choices)
    if not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"`{argument}` must name each choice once and at least one; got "
            f"{values!r}. Choose among {', '.join(map(repr, choices))}."
        )
    return chosen


def check_length(length: int | tuple[int, int]) -> tuple[int, int]:
    """Return the (shortest, longest) length of an integer or a pair of integers."""
    pair = (length, length) if isinstance(length, Integral) else length
    if not isinstance(pair, Sequence) or len(pair) != 2:
        raise TypeError(
            "`length` must be an integer or a pair (shortest, longest); got "
            f"{length!r}. Write e.g. `length=(20, 60)`."
        )
    low, high = pair
    check_count("length", low)
    check_count("length", high)
    if low > high:
        raise ValueError(
            f"`length` must have the shortest before the longest; got {length!r}. "
            f"Write `length=({high}, {low})`."
        )
    return int(low), int(high)

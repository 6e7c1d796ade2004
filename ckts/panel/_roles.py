"""Roles of columns: each is told by the name of one, or by the names of several."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from ckts.panel._arrays import is_frame

ONE, SEVERAL = ("channel", "value"), ("values", "static")
EXAMPLES = {
    **{"instance": "patient", "time": "day", "channel": "variable", "value": "value"},
    **{"values": "pulse", "static": "age"},
}


def check_roles(instance: Any, time: Any, roles: Mapping[str, Any]) -> None:
    """Raise unless roles are told by names, whatever the columns are.

    Parameters
    ----------
    instance, time : hashable
    roles : mapping
        Other arguments of `Panel.from_long`: `channel` and `value` are names or None;
        `values` and `static` a name, an iterable of names, or None; `static` may be a
        frame.
    """
    for argument, name in (("instance", instance), ("time", time)):
        if name is None:
            _refuse(argument, "the name of a column", name, EXAMPLES[argument])
        _check_one(argument, name)
    for argument in ONE:
        _check_one(argument, roles.get(argument))
    for argument in SEVERAL:
        _check_several(argument, roles.get(argument))
    format_ = roles.get("date_format")
    if not isinstance(format_, str | None):
        _refuse("date_format", "text or None", format_, "%d/%m/%Y %H:%M")


def _check_one(argument: str, name: Any) -> None:
    if not _is_name(name):
        _refuse(argument, "the name of a column", name, EXAMPLES[argument])


def _check_several(argument: str, names: Any) -> None:
    """Raise unless they are names; those of an iterator are not looked at."""
    told = is_frame(names) or hasattr(names, "to_frame")  # static features, an index
    if names is None or told or isinstance(names, str | Iterator):
        return
    is_list = isinstance(names, Iterable) and not isinstance(names, bytes)
    if not is_list or not all(map(_is_name, names)):
        example = [EXAMPLES[argument]]
        _refuse(argument, "the name of a column, or a list of such", names, example)


def _is_name(name: Any) -> bool:
    """Whether it may be the name of a column, such as text, 5, or ("a", 5)."""
    if not isinstance(name, Hashable):
        return False
    try:
        hash(name)
    except TypeError:  # a tuple with a list in it
        return False
    return True


def _refuse(argument: str, rule: str, found: Any, example: Any) -> None:
    raise TypeError(
        f"`{argument}` must be {rule}; got {found!r}. Write for example "
        f"`{argument}={example!r}`."
    )

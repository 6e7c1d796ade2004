"""Frozen: a record of arrays and other attributes that cannot be changed."""

from __future__ import annotations

from inspect import get_annotations
from typing import ClassVar

import numpy as np


class Frozen:
    """Record whose attributes are set once; its arrays become read-only.

    The annotations of a subclass name its fields. It pickles and copies with these
    alone, also where joblib maps the arrays from disk. Fields with a leading underscore
    tell where the data came from, and do not count for `equals`.
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls):
        cls._fields = (*cls._fields, *get_annotations(cls))

    def __setattr__(self, name, value):
        raise AttributeError(
            f"`{type(self).__name__}` must not be changed; got a new value for "
            f"{name!r}. Make another one, e.g. with `with_values`."
        )

    def __delattr__(self, name):
        raise AttributeError(
            f"`{type(self).__name__}` must not be changed; got `del {name}`."
        )

    def __getstate__(self):
        return {name: getattr(self, name) for name in self._fields}

    def __setstate__(self, state):
        self._set(**state)

    def equals(self, other: object) -> bool:
        """Whether another object holds the same data.

        Parameters
        ----------
        other : object

        Returns
        -------
        bool
            NaN equals NaN; an array of integers and one of floats are different.
        """
        if type(self) is not type(other):
            return False
        mine, theirs = self.__getstate__(), other.__getstate__()
        data = [name for name in mine if not name.startswith("_")]
        return all(_same(mine[name], theirs[name]) for name in data)

    def _set(self, **fields):
        for value in fields.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(fields)

    def _derive(self, **fields):
        """Make a record with some fields changed, which the caller has checked."""
        derived = object.__new__(type(self))
        derived._set(**{**self.__getstate__(), **fields})
        return derived


def _same(left, right):
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return bool(left == right)
    nan = left.dtype.kind == "f" and right.dtype.kind == "f"
    return left.dtype == right.dtype and np.array_equal(left, right, equal_nan=nan)

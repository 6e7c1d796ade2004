"""Fitted values as JSON and arrays, and back, by explicit rules and none of a file.

What JSON has stands as it is; everything else is ``{"type": NAME, ...}`` of a rule in
`RULES`, or of a class that is registered here. Nothing is called by a name that a file
gives, but what the two tables hold.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from sklearn.frozen import FrozenEstimator

Class = TypeVar("Class", bound=type)

# The classes whose instances are written, by the names that stand in files.
CLASSES: dict[str, type] = {}
# What safetensors holds as it is. Other arrays of plain numbers, dates or text are
# written as bytes.
NATIVE = {*"biu", "f2", "f4", "f8"}
PLAIN = re.compile(r"[<>|]?([biufcSU]\d+|[mM]8(\[\w+\])?)")


def savable(cls: Class) -> Class:
    """Let instances of a class of ckts be written: its fields, or what it says.

    A class that is no dataclass has a method ``to_state()``, which returns a dict, and
    a class method ``from_state(state, place)``; `place` turns the device of a file into
    one of this machine. Names stay, as they stand in files.
    """
    other = CLASSES.get(cls.__name__, cls)
    assert other.__module__ == cls.__module__, (cls, other)  # it may be reloaded
    CLASSES[cls.__name__] = cls
    return cls


class Writer:
    """Turns values into what JSON can hold, and into arrays beside it.

    Parameters
    ----------
    defaults : mapping, optional
        What to propose instead of parameters that cannot be written.

    Attributes
    ----------
    arrays : dict of ndarray
        C-contiguous, by where they were, such as "ridge_.coefficients.1".
    """

    def __init__(self, defaults: Mapping[str, Any] | None = None) -> None:
        self.defaults = defaults or {}
        self.arrays: dict[str, np.ndarray] = {}

    def write(self, value: Any, path: str) -> Any:
        """Return what stands for a value.

        Parameters
        ----------
        value : object
        path : str
            Where it is, for messages and as the name of an array.

        Raises
        ------
        TypeError
            If there is no rule for it. Nothing is pickled.
        """
        kind = type(value)
        if kind in (type(None), bool, int, str):
            return value
        if kind is float and math.isfinite(value):
            return value
        if kind is list:
            return self.write_all(value, path)
        if CLASSES.get(kind.__name__) is kind:
            state = self.write_named(_state_of(value), path)
            return {"type": "object", "class": kind.__name__, "state": state}
        name = NAMES.get(np.generic if isinstance(value, np.generic) else kind)
        if name is None:
            raise self.refusal(value, path)
        return {"type": name, **RULES[name].write(self, value, path)}

    def write_all(self, values: Iterable[Any], path: str) -> list[Any]:
        """Return what stands for each of some values."""
        return [self.write(one, f"{path}.{i}") for i, one in enumerate(values)]

    def write_named(self, values: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return what stands for values with names."""
        before = f"{path}." if path else ""
        return {name: self.write(one, before + name) for name, one in values.items()}

    def keep(self, array: np.ndarray, path: str) -> str:
        """Keep an array, and return its name."""
        while path in self.arrays:
            path += "'"
        self.arrays[path] = array
        return path

    def refusal(self, value: Any, path: str) -> TypeError:
        """Make the error of a value that there is no rule for."""
        name = path.partition(".")[0]
        reset, shown = "", " ".join(repr(value).split())[:80]
        if name in self.defaults:
            reset = f"`model.set_params({name}={self.defaults[name]!r})` before, or "
        where = "" if path == name else f" at `{path}`"
        return TypeError(
            f"`{name}` must be made of plain values to be saved: numbers, strings, "
            f"dates, arrays, lists, tuples, dicts; got {shown}{where}. Use {reset}"
            "`joblib.dump`, whose files run code when they are loaded."
        )


class Reader:
    """Turns what a :class:`Writer` made into values.

    Parameters
    ----------
    arrays : dict of ndarray
    place : callable
        From the device where something was to the one where it is to be.
    """

    def __init__(
        self, arrays: Mapping[str, np.ndarray], place: Callable[[str], str]
    ) -> None:
        self.arrays = arrays
        self.place = place

    def read(self, node: Any) -> Any:
        """Return the value that something stands for.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it stands for none, as in a file that something else wrote.
        """
        if isinstance(node, list):
            return self.read_all(node)
        if not isinstance(node, dict):
            return node
        if node["type"] == "object":
            return self._read_object(node)
        if node["type"] not in RULES:
            raise ValueError(f"its state has the unknown type {node['type']!r}")
        return RULES[node["type"]].read(self, node)

    def read_all(self, nodes: Iterable[Any]) -> list[Any]:
        """Return the values that some nodes stand for."""
        return [self.read(node) for node in nodes]

    def read_named(self, nodes: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of named nodes."""
        return {name: self.read(node) for name, node in nodes.items()}

    def _read_object(self, node: Mapping[str, Any]) -> Any:
        name, state = node["class"], self.read_named(node["state"])
        if name not in CLASSES:
            raise ValueError(f"its state names the class {name!r}, which is not known")
        cls = CLASSES[name]
        if hasattr(cls, "from_state"):
            return cls.from_state(state, self.place)
        if state.keys() != {one.name for one in fields(cls)}:
            raise ValueError(f"its {name} has the fields {sorted(state)}")
        made: Any = object.__new__(cls)
        for field, value in state.items():
            object.__setattr__(made, field, value)  # it may be frozen
        return made


@dataclass(frozen=True)
class Rule:
    """How values of exactly one type are written and read.

    Attributes
    ----------
    kind : type
    write : callable
        From a writer, a value and its path to a dict of nodes.
    read : callable
        From a reader and such a dict to a value.
    """

    kind: type
    write: Callable[[Writer, Any, str], dict[str, Any]]
    read: Callable[[Reader, dict[str, Any]], Any]


def _state_of(value: Any) -> Mapping[str, Any]:
    if not hasattr(value, "to_state"):
        assert is_dataclass(value), value
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return value.to_state()


def _write_dict(writer: Writer, value: dict, path: str) -> dict[str, Any]:
    keys = writer.write_all(value, f"{path}.key")
    names = (key if isinstance(key, str) else number for number, key in enumerate(keys))
    pairs = zip(names, value.values(), strict=True)
    return {"keys": keys, "values": [writer.write(v, f"{path}.{k}") for k, v in pairs]}


def _read_dict(reader: Reader, node: dict[str, Any]) -> dict:
    both = reader.read_all(node["keys"]), reader.read_all(node["values"])
    return dict(zip(*both, strict=True))


def _write_array(writer: Writer, array: np.ndarray, path: str) -> dict[str, Any]:
    """Write an array, whose memory layout decides the rounding of its products."""
    dtype = array.dtype
    if dtype.hasobject and dtype.fields is None:
        items = writer.write_all(array.flat, path)
        return {"shape": list(array.shape), "items": items}
    if not PLAIN.fullmatch(dtype.str):
        raise writer.refusal(array, path)
    columns = array.flags.f_contiguous and not array.flags.c_contiguous
    rows = np.ascontiguousarray(array.T if columns else array)
    rows = rows.reshape(array.shape[::-1] if columns else array.shape)  # 0-d stays
    node: dict[str, Any] = {"order": "columns"} if columns else {}
    if dtype.isnative and NATIVE & {dtype.kind, dtype.str[1:]}:
        return {**node, "entry": writer.keep(rows, path)}
    raw = np.frombuffer(rows.tobytes(), np.uint8).reshape(-1)
    node |= {"dtype": dtype.str, "shape": list(rows.shape)}
    return {**node, "entry": writer.keep(raw, path)}


def _read_array(reader: Reader, node: dict[str, Any]) -> np.ndarray:
    if "items" in node:
        array = np.empty(len(node["items"]), dtype=object)
        for place, item in enumerate(reader.read_all(node["items"])):
            array[place] = item  # several at once might be of equal length
        return array.reshape(node["shape"])
    raw = reader.arrays[node["entry"]]
    if "dtype" not in node:
        rows = raw.copy()
    elif PLAIN.fullmatch(node["dtype"]):
        dtype = np.dtype(node["dtype"])
        rows = np.ndarray(node["shape"], dtype, buffer=raw.tobytes()).copy()
    else:
        raise ValueError(f"its state has the unknown dtype {node['dtype']!r}")
    return rows.T if node.get("order") == "columns" else rows


def _write_scalar(writer: Writer, value: np.generic, path: str) -> dict[str, Any]:
    return _write_array(writer, np.asarray(value), path)


def _write_tensor(writer: Writer, tensor: torch.Tensor, path: str) -> dict[str, Any]:
    try:
        return _write_array(writer, tensor.detach().cpu().numpy(), path)
    except (RuntimeError, TypeError):  # sparse, or of a type that numpy lacks
        raise writer.refusal(tensor, path) from None


def _read_torch_dtype(reader: Reader, node: dict[str, Any]) -> torch.dtype:
    dtype = getattr(torch, node["name"], None)
    if not isinstance(dtype, torch.dtype):
        raise ValueError(f"its state has the unknown dtype {node['name']!r}")
    return dtype


RULES: dict[str, Rule] = {
    "float": Rule(  # NaN and infinity, which JSON lacks
        float,
        lambda w, value, path: {"value": repr(value)},
        lambda r, n: float(n["value"]),
    ),
    "tuple": Rule(
        tuple,
        lambda w, value, path: {"items": w.write_all(value, path)},
        lambda r, node: tuple(r.read_all(node["items"])),
    ),
    "dict": Rule(dict, _write_dict, _read_dict),
    "array": Rule(np.ndarray, _write_array, _read_array),
    "scalar": Rule(np.generic, _write_scalar, lambda r, node: _read_array(r, node)[()]),
    "tensor": Rule(
        torch.Tensor,
        _write_tensor,
        lambda r, node: torch.from_numpy(_read_array(r, node)),
    ),
    "torch dtype": Rule(
        torch.dtype,
        lambda w, value, path: {"name": str(value).removeprefix("torch.")},
        _read_torch_dtype,
    ),
    "torch device": Rule(
        torch.device,
        lambda w, value, path: {"name": str(value)},
        lambda r, node: torch.device(node["name"]),
    ),
    "frozen": Rule(
        FrozenEstimator,
        lambda w, value, path: {"estimator": w.write(value.estimator, path)},
        lambda r, node: FrozenEstimator(r.read(node["estimator"])),
    ),
    "timedelta": Rule(
        datetime.timedelta,
        lambda w, v, path: {"parts": [v.days, v.seconds, v.microseconds]},
        lambda r, node: datetime.timedelta(*node["parts"]),
    ),
    "pandas timedelta": Rule(
        pd.Timedelta,
        lambda w, value, path: {"value": w.write(value.to_timedelta64(), path)},
        lambda r, node: pd.Timedelta(r.read(node["value"])),
    ),
}


NAMES = {rule.kind: name for name, rule in RULES.items()}

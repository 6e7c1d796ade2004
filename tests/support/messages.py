"""What the messages of the library name in code quotes, and whether it exists."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import sklearn
import skorch
import torch
from sklearn import calibration, metrics, pipeline, preprocessing
from skorch import callbacks as skorch_callbacks

import ckts

ROOT = Path(__file__).parents[2]
FOLDERS = ("ckts", "datasets", "estimators")
QUOTED = re.compile(r"`([^`]+)`")
HOLE = "_hole_"  # what a message fills in
MODULES = {
    **{"numpy": np, "np": np, "pandas": pd, "pd": pd, "ckts": ckts, "torch": torch},
    **{"skorch": skorch, "joblib": joblib, "functools": functools, "io": io},
    "sklearn": sklearn,
}
# Where names stand without their module: `pandas.to_datetime`, `to_timedelta`.
NAMESPACES = (
    *(builtins, skorch_callbacks, pd),
    *(calibration, metrics, pipeline, preprocessing),
)
# What is no name of Python: of files, of what they hold, and of what a user has.
OTHERS = {"archive", "saved", "train_length", "permutation", "scorer", "MODEL"}
OPTIONAL = ("awkward", "sparse", "xarray", "polars", "pyarrow")


@dataclass(frozen=True)
class Quote:
    """Code that a message names."""

    place: str
    code: str


def quotes(root: Path = ROOT) -> Iterator[Quote]:
    """Yield what stands in code quotes in strings that are no docstrings."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            for line, text in texts(tree):
                for code in QUOTED.findall(text):
                    yield Quote(f"{path.relative_to(root)}:{line}", code)


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of strings, but of docstrings and parts of f-strings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            skipped.add(id(node.body[0].value))
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        if isinstance(node, ast.JoinedStr):
            parts = (getattr(part, "value", HOLE) for part in node.values)
            yield (
                node.lineno,
                "".join(part if isinstance(part, str) else HOLE for part in parts),
            )


def unknown_names(code: str) -> list[str]:
    """Name what does not exist of the names, parameters and attributes of code."""
    try:
        tree = ast.parse(code.strip().replace("...", "Ellipsis"))
    except SyntaxError:  # a shell command, or prose
        return []
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        value = tree.body[0].value
        if isinstance(value, ast.Name):
            return [] if exists(value.id) else [value.id]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not known_attribute(node):
            found.append(ast.unparse(node))
        if isinstance(node, ast.Call):
            found += unknown_call(node)
    return found


def exists(name: str) -> bool:
    """Whether something of the library, or of those around it, has a name."""
    known = HOLE in name or name in library_names() or name in {*MODULES, *OTHERS}
    return known or any(hasattr(one, name) for one in NAMESPACES)


def known_attribute(node: ast.Attribute) -> bool:
    """Whether an attribute is one of its module, or of any class of a user's data."""
    path = ast.unparse(node)
    root, *rest = path.split(".")
    if HOLE in path:
        return True
    if root in OPTIONAL:
        MODULES.setdefault(root, try_import(root))
    if root in MODULES and all(part.isidentifier() for part in rest):
        if MODULES[root] is None:
            return True  # not installed
        return resolve(path) is not None
    return node.attr in attributes()


def resolve(path: str) -> object:
    """Return what a dotted name of a known module is; None if it is nothing."""
    root = path.partition(".")[0]
    try:
        return pkgutil.resolve_name(path.replace(root, MODULES[root].__name__, 1))
    except (AttributeError, ImportError, KeyError, ValueError):
        return None


def unknown_call(node: ast.Call) -> list[str]:
    """Name the function of a call if it is unknown, and its unknown parameters."""
    name = ast.unparse(node.func)
    function = resolve(name)
    if function is None and not isinstance(node.func, ast.Name):
        known = library_names(others=True)  # a method: of what, nobody tells
        given = [one.arg for one in node.keywords if one.arg and HOLE not in one.arg]
        return [f"{name}({one}=)" for one in given if one not in known]
    function = function or library_names().get(name)
    if function is None:
        return [] if exists(name) else [f"{name}()"]
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return []
    given = [one.arg for one in node.keywords if one.arg and HOLE not in one.arg]
    return [f"{name}({one}=)" for one in given if one not in parameters]


def try_import(name: str):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


@cache
def library() -> list:
    """Import every module of the library."""
    found = []
    for one in pkgutil.walk_packages(ckts.__path__, "ckts."):
        if not one.name.endswith("__main__"):
            found.append(importlib.import_module(one.name))
    return found


@cache
def library_names(others: bool = False) -> dict[str, object]:
    """Return public names, parameters and attributes of the library.

    With `others`, parameters of the methods of pandas and numpy, too.
    """
    names: dict[str, object] = {}
    for module in library():
        for name, one in vars(module).items():
            home = getattr(one, "__module__", "ckts") or ""
            if name.startswith("_") or not home.startswith("ckts"):
                continue
            if inspect.isfunction(one) or inspect.isclass(one):
                add(names, name, one)
    if others:
        for owner in (pd.DataFrame, pd.Series, pd.Index, pd, np, np.ndarray, *extra()):
            for _, one in inspect.getmembers(owner, callable):
                names |= dict.fromkeys(parameters_of(one))
    return names


def add(names: dict[str, object], name: str, one: object) -> None:
    names[name] = one
    for parameter in parameters_of(one):
        names.setdefault(parameter, None)
    if inspect.isclass(one):
        for attribute, member in vars(one).items():
            names.setdefault(attribute, None)
            if inspect.isfunction(inspect.unwrap(getattr(member, "__func__", member))):
                for parameter in parameters_of(getattr(member, "__func__", member)):
                    names.setdefault(parameter, None)
        for attribute in getattr(one, "__annotations__", {}):
            names.setdefault(attribute, None)


def parameters_of(one: object) -> list[str]:
    try:
        return list(inspect.signature(one).parameters)
    except (TypeError, ValueError):
        return []


def extra() -> list:
    """Return classes of libraries that may not be there."""
    found = []
    for name_of, *names in (
        ("xarray", "DataArray", "Dataset"),
        ("polars", "DataFrame", "Series"),
        ("sparse", "COO"),
        ("awkward", "Array"),
        ("scipy.sparse", "csr_matrix"),
    ):
        module = try_import(name_of)
        found += [getattr(module, name) for name in names if module is not None]
    return found


@cache
def attributes() -> set[str]:
    """Return attributes of what a user may have in hand, and of the library's own."""
    classes = [
        *(pd.DataFrame, pd.Series, pd.Index, pd.DatetimeIndex, np.ndarray, str, list),
        *(np.ma.MaskedArray, torch.Tensor, torch.nn.Module, skorch.NeuralNet),
        *extra(),
    ]
    fitted = {"module_"}  # of a net
    own = {name for name in library_names() if not name.startswith("__")}
    return own.union(fitted, *(dir(one) for one in classes))

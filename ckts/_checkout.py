"""Finds ``ckts.datasets`` and ``ckts.estimators`` in a source checkout.

There, both folders lie beside this package; an installation puts them inside. With the
root of the checkout on ``ckts.__path__`` they would be found, but so would
``ckts.ckts``, a second copy of every class. An entry of its own with a path hook finds
two names only, goes before the finder of an editable installation, and shows the names
to ``pkgutil``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("datasets", "estimators")
ENTRY = f"{ROOT}:{','.join(NAMES)}"  # of `ckts.__path__`; no folder


class CheckoutFinder:
    """Path entry finder of the folders beside the package."""

    def __init__(self, entry: str) -> None:
        if entry != ENTRY:
            raise ImportError(f"only for the path entry {ENTRY}", path=entry)

    def find_spec(self, name: str, target: object = None) -> ModuleSpec | None:
        """Find one of the two packages, and nothing else."""
        known = name.removeprefix("ckts.") in NAMES
        return PathFinder.find_spec(name, [str(ROOT)]) if known else None

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """Name them for `pkgutil`, as packages."""
        return ((prefix + name, True) for name in NAMES)


def add_folders(package_path: list[str]) -> None:
    """Add the folders to the path of the package, in a checkout only."""
    files = ("pyproject.toml", *(f"{name}/__init__.py" for name in NAMES))
    if not all((ROOT / file).is_file() for file in files):
        return
    if CheckoutFinder not in sys.path_hooks:  # it is there when `ckts` is reloaded
        sys.path_hooks.append(CheckoutFinder)
    package_path.append(ENTRY)

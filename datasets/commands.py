"""What `ckts datasets` does: list, fetch, verify and remove data sets of the cache."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from textwrap import fill, indent
from typing import ParamSpec

from ckts.datasets._cache import fetch_version, folder_of, is_right
from ckts.datasets._home import find_data_home
from ckts.datasets._tsml import read_records
from ckts.datasets.catalog import DATASETS, find_dataset, find_versions
from ckts.datasets.fetch._bunch import Dataset

P = ParamSpec("P")


def _say_errors(command: Callable[P, int]) -> Callable[P, int]:
    """Turn what a person can mend into a message and the exit status 1."""

    @wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> int:
        try:
            return command(*args, **options)
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1

    return run


@_say_errors
def list_datasets(data_home: Path | None = None, *, every: bool = False) -> int:
    """Print name, size, cached or not, terms and citation of the data sets.

    Parameters
    ----------
    data_home : Path, optional
    every : bool, default False
        Name the sets of the UEA, UCR and TSER archives that are not cached, too.

    Returns
    -------
    int
        Exit status, 0.
    """
    print(f"Cache: {find_data_home(data_home)}\n")
    for dataset in DATASETS.values():
        print(_describe(dataset, data_home), end="\n\n")
    for name in sorted(read_records().keys() - DATASETS.keys()):
        if _is_any_there(name, data_home):
            print(_describe(_kept(name, data_home), data_home), end="\n\n")
    print("Sets of the UEA and UCR archives (uea/NAME) and for regression (tser/NAME):")
    names = ", ".join(read_records())
    if every:
        print(indent(fill(names, 84, break_on_hyphens=False), "  "))
    else:
        print(f"  {len(read_records())}; `ckts datasets --all` lists their names.")
    return 0


@_say_errors
def fetch_dataset(name: str, data_home: Path | None = None) -> int:
    """Download the files of a data set that are not in the cache.

    Returns
    -------
    int
        Exit status: 0, or 1 if there is no such set or it cannot be had.
    """
    versions = find_versions(name)
    dataset, paths = fetch_version(versions, data_home=data_home, verbose=True)
    for path in paths.values():
        print(path)
    print(_terms(dataset))
    return 0


@_say_errors
def verify_datasets(names: Sequence[str], data_home: Path | None = None) -> int:
    """Hold cached files to their digests.

    Parameters
    ----------
    names : sequence of str
        None of them means all that are cached.
    data_home : Path, optional

    Returns
    -------
    int
        Exit status: 0, or 1 if a file is wrong, or one of a named set is missing.
    """
    chosen = [_kept(name, data_home) for name in names] or _all_kept(data_home)
    states = [_verify(dataset, data_home, bool(names)) for dataset in chosen]
    if not chosen:
        print(f"Nothing is cached in {find_data_home(data_home)}.")
    return 0 if all(states) else 1


@_say_errors
def remove_dataset(name: str, data_home: Path | None = None) -> int:
    """Remove all versions of a data set from the cache.

    Returns
    -------
    int
        Exit status: 0, or 1 if there is no such set, or it is not cached.
    """
    folder = folder_of(find_dataset(name), data_home).parent
    if not folder.is_dir():
        raise ValueError(
            f"`name` must be a data set in the cache; got {name!r}, and there is no "
            f"{folder}. `ckts datasets` lists what is cached."
        )
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    print(f"Removed {folder} ({_bytes(size)}).")
    return 0


def _describe(dataset: Dataset, data_home: Path | None) -> str:
    size, state = _size(dataset), _state(dataset, data_home)
    head = f"{dataset.name}  {dataset.version}  {size}  {state}"
    return f"{head}\n{indent(fill(dataset.title, 84), '  ')}\n{_terms(dataset)}"


def _size(dataset: Dataset) -> str:
    sizes = [file.size for file in dataset.files if file.size is not None]
    if not sizes:
        return "size not published"
    more = "" if len(sizes) == len(dataset.files) else "over "
    return more + _bytes(sum(sizes))


def _terms(dataset: Dataset) -> str:
    terms = (f"License: {dataset.license}", f"Cite: {dataset.citation}")
    return "\n".join(
        fill(text, 86, initial_indent="  ", subsequent_indent="    ") for text in terms
    )


def _state(dataset: Dataset, data_home: Path | None) -> str:
    folder = folder_of(dataset, data_home)
    there = sum((folder / file.name).is_file() for file in dataset.files)
    if there == len(dataset.files):
        return "cached"
    total = len(dataset.files)
    return f"{there} of {total} files cached" if there else "not cached"


def _is_any_there(name: str, data_home: Path | None) -> bool:
    return (find_data_home(data_home) / name).is_dir() and any(
        _state(version, data_home) != "not cached" for version in find_versions(name)
    )


def _kept(name: str, data_home: Path | None) -> Dataset:
    """Return the version of a data set that is cached, or else the first choice."""
    versions = find_versions(name)
    kept = (v for v in versions if _state(v, data_home) != "not cached")
    return next(kept, versions[0])


def _all_kept(data_home: Path | None) -> list[Dataset]:
    return [
        version
        for name in {**DATASETS, **read_records()}
        if _is_any_there(name, data_home)
        for version in find_versions(name)
        if _state(version, data_home) != "not cached"
    ]


def _verify(dataset: Dataset, data_home: Path | None, strict: bool) -> bool:
    """Print the state of each file; `strict` wants all of them."""
    folder = folder_of(dataset, data_home)
    right = True
    for file in dataset.files:
        path = folder / file.name
        if not path.is_file():
            state, right = "missing", right and not strict
        elif is_right(file, path):
            state = "right"
        else:
            state, right = "WRONG", False
        print(f"{state:8}{path}")
    return right


def _bytes(size: int) -> str:
    """Write a number of bytes as a person reads it."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}"

"""What `ckts datasets` does: list, fetch, verify and remove data sets of the cache."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill, indent

from ckts.datasets._cache import Cache
from ckts.datasets.catalog import Dataset, find_versions, list_names, read_catalog


def list_datasets(data_home: Path | None = None, *, every: bool = False) -> int:
    """Print name, size, cached or not, terms and citation of the data sets.

    Parameters
    ----------
    data_home : Path, optional
    every : bool, default False
        Also name the sets of the UEA, UCR and TSER archives that are not cached.

    Returns
    -------
    int
        Exit status, 0.
    """
    cache = Cache(data_home)
    print(f"Cache: {cache.home}\n")
    members = sorted(name for name in read_catalog() if "/" in name)
    for name in list_names() + members:
        cached = _cached_versions(name, cache)
        if cached or name not in members:
            dataset = (cached or find_versions(name))[0]
            state = f"{_size(dataset)}  {_state(dataset, cache)}"
            print(f"{name}  {dataset.version}  {state}")
            print(f"{indent(fill(dataset.title, 84), '  ')}\n{_terms(dataset)}\n")
    print("Sets of the UEA and UCR archives (uea/NAME) and for regression (tser/NAME):")
    if every:
        print(indent(fill(", ".join(members), 84, break_on_hyphens=False), "  "))
    else:
        print(f"  {len(members)}; `ckts datasets --all` lists their names.")
    return 0


def fetch_dataset(name: str, data_home: Path | None = None) -> int:
    """Download the files of a data set that are not in the cache.

    Returns
    -------
    int
        Exit status, 0.
    """
    dataset, paths = Cache(data_home, verbose=True).fetch(name)
    print(*paths.values(), _terms(dataset), sep="\n")
    return 0


def verify_datasets(names: Sequence[str], data_home: Path | None = None) -> int:
    """Compare cached files with their digests.

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
    cache = Cache(data_home)
    if names:
        chosen = [(_cached_versions(n, cache) or find_versions(n))[0] for n in names]
    else:
        chosen = [d for name in read_catalog() for d in _cached_versions(name, cache)]
    bad = {"WRONG", "missing"} if names else {"WRONG"}
    status = 0
    for dataset in chosen:
        for file in cache.files(dataset):
            state = "missing"
            if file.path.is_file():
                state = "right" if file.is_right() else "WRONG"
            print(f"{state:8}{file.path}")
            status = 1 if state in bad else status
    if not chosen:
        print(f"Nothing is cached in {cache.home}.")
    return status


def remove_dataset(name: str, data_home: Path | None = None) -> int:
    """Remove all versions of a data set from the cache.

    Returns
    -------
    int
        Exit status, 0.

    Raises
    ------
    ValueError
        If there is no such set, or it is not cached.
    """
    folder = Cache(data_home).home / find_versions(name)[0].name
    if not folder.is_dir():
        raise ValueError(
            f"`name` must be a data set in the cache; got {name!r}, and there is no "
            f"{folder}. `ckts datasets` lists what is cached."
        )
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder)
    print(f"Removed {folder} ({_bytes(size)}).")
    return 0


def _cached_versions(name: str, cache: Cache) -> list[Dataset]:
    """Return the versions of a data set of which at least one file is cached."""
    if not (cache.home / name).is_dir():
        return []
    return [v for v in find_versions(name) if _state(v, cache) != "not cached"]


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


def _state(dataset: Dataset, cache: Cache) -> str:
    there = [file.path.is_file() for file in cache.files(dataset)]
    if all(there):
        return "cached"
    return f"{sum(there)} of {len(there)} files cached" if any(there) else "not cached"


def _bytes(size: int) -> str:
    """Write a number of bytes as a person reads it."""
    number, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}"

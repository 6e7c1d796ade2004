"""What can be downloaded: every data set with its files, terms and citation.

The sets are listed in ``data/catalog.toml``; a new one is a table there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

_TERMS = ("title", "license", "citation", "homepage")
# Keys of the tables, and the type of their values.
_Kinds = Mapping[str, type]
_DATASET: _Kinds = {
    **dict.fromkeys(("version", *_TERMS, "checksums"), str),
    **dict.fromkeys(("mirrors", "files"), list),
}
_FILE: _Kinds = {"name": str, "path": str, "digest": str, "size": int}
_FAMILY: _Kinds = {"license": str, "homepage": str, "sources": list, "archives": dict}
_ARCHIVE: _Kinds = {"title": str, "citation": str, "records": dict}
_OPTIONAL = {"checksums", "path", "digest", "size"}
_DIGEST = re.compile("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")


@dataclass(frozen=True)
class RemoteFile:
    """A file on the network, and how to know that it is the right one.

    Parameters
    ----------
    name : str
        Its name in the cache.
    urls : tuple of str
        Mirrors, in the order in which they are tried.
    digest : str, optional
        As published: "sha256:..." or "md5:...". Without one, the digest of the first
        download is recorded beside the file and compared later.
    size : int, optional
        As published, in bytes.
    checksums : str, optional
        URL of the record at Zenodo that publishes the digest, if it is not known here.
    """

    name: str
    urls: tuple[str, ...]
    digest: str | None = None
    size: int | None = None
    checksums: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set: its files, its terms and whom to cite.

    Parameters
    ----------
    name, version : str
        Folders of the cache: other data come under another version.
    title : str
        What it is, in one line.
    license : str
        The terms as published; "none stated" where the publisher is silent.
    citation : str
        Whom to cite.
    homepage : str
        Where a person reads about it.
    files : tuple of RemoteFile
    """

    name: str
    version: str
    title: str
    license: str
    citation: str
    homepage: str
    files: tuple[RemoteFile, ...]

    def only(self, names: Iterable[str]) -> Dataset:
        """Return the data set with some of its files, in the order of `names`."""
        files = {file.name: file for file in self.files}
        return replace(self, files=tuple(files[name] for name in names))


@cache
def read_catalog() -> dict[str, tuple[Dataset, ...]]:
    """Return name -> versions of all data sets; the first version is the first choice.

    Sets of a family, such as "uea/PLAID", have the family's name before the slash.
    """
    path = files("ckts.datasets.data").joinpath("catalog.toml")
    return parse_catalog(path.read_text("utf-8"))


def list_names() -> list[str]:
    """Return the names of the data sets that belong to no family."""
    return [name for name in read_catalog() if "/" not in name]


def find_dataset(name: str) -> Dataset:
    """Return the first choice among the versions of a data set.

    Parameters
    ----------
    name : str
        As `ckts datasets` lists it, such as "physionet2012" or "uea/PLAID".
    """
    return find_versions(name)[0]


def find_versions(name: str) -> tuple[Dataset, ...]:
    """Return a data set as every place publishes it, the first choice first.

    Parameters
    ----------
    name : str
        As for `find_dataset`.
    """
    catalog = read_catalog()
    if name in catalog:
        return catalog[name]
    known = {known.lower(): known for known in catalog}
    close = [known[near] for near in get_close_matches(str(name).lower(), known)]
    choice = ", ".join(close or list_names())
    raise ValueError(
        f"`name` must be a data set; got {name!r}. Choose e.g. {choice}; "
        "`ckts datasets --all` lists the names."
    )


def parse_catalog(text: str) -> dict[str, tuple[Dataset, ...]]:
    """Parse a catalog.

    Parameters
    ----------
    text : str
        TOML, as `data/catalog.toml` describes it in its comments.

    Returns
    -------
    dict of str to tuple of Dataset
        Name -> versions.

    Raises
    ------
    ValueError
        If the text is not TOML, or an entry lacks a key, has an unknown one or a value
        of the wrong kind; the message names the entry.
    """
    tables = tomllib.loads(text)
    families = tables.pop("families", {})
    catalog: dict[str, tuple[Dataset, ...]] = {}
    for name, table in tables.items():
        catalog[name] = (_make(name, name, table),)
    for family, table in families.items():
        catalog.update(_expand(family, table))
    return catalog


def _expand(
    family: str, table: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Dataset, ...]]]:
    """Yield name and versions of each set of a family."""
    _check(f"families.{family}", table, _FAMILY)
    for archive, terms in table["archives"].items():
        _check(where := f"families.{family}.archives.{archive}", terms, _ARCHIVE)
        shared = {key: (table | terms)[key] for key in _TERMS}
        for name, record in terms["records"].items():
            sources = (
                _fill(where, shared | source, {"name": name, "record": record})
                for source in table["sources"]
            )
            full = f"{family}/{name}"
            yield full, tuple(_make(where, full, source) for source in sources)


def _fill(where: str, value: Any, known: Mapping[str, object]) -> Any:
    """Replace {name} and {record} in all strings of a table."""
    if isinstance(value, dict):
        return {key: _fill(where, part, known) for key, part in value.items()}
    if isinstance(value, list):
        return [_fill(where, part, known) for part in value]
    try:
        return value.format(**known) if isinstance(value, str) else value
    except (LookupError, ValueError) as error:
        raise _error(where, "have {name} and {record} in braces only", value) from error


def _make(where: str, name: str, table: Any) -> Dataset:
    _check(where, table, _DATASET)
    parts = tuple(_make_file(where, table, part) for part in table["files"])
    if len({part.name for part in parts}) < len(parts):
        raise _error(where, "name each file once", [part.name for part in parts])
    terms = {key: table[key] for key in _TERMS}
    return Dataset(name=name, version=table["version"], files=parts, **terms)


def _make_file(where: str, table: Mapping[str, Any], part: Any) -> RemoteFile:
    _check(f"{where}.files", part, _FILE)
    name, digest = part["name"], part.get("digest")
    where = f"{where}.files {name}"
    if set(name) & set("/\\"):
        raise _error(where, "have `name`, without folders", name)
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise _error(where, "have `digest`, sha256:... or md5:...", digest)
    path = part.get("path", name)
    urls = tuple(f"{mirror}/{path}" for mirror in table["mirrors"])
    return RemoteFile(name, urls, digest, part.get("size"), table.get("checksums"))


def _check(where: str, table: Any, kinds: _Kinds) -> None:
    """Raise if keys are missing or unknown, or a value is empty or of another type."""
    if not isinstance(table, dict):
        raise _error(where, "be a table", table)
    if unknown := sorted(table.keys() - kinds):
        raise _error(where, f"hold only {', '.join(kinds)}", unknown)
    for key, kind in kinds.items():
        value = table.get(key)
        if key in _OPTIONAL and key not in table:
            continue
        if type(value) is not kind or not value:
            raise _error(where, f"have `{key}`, a filled {kind.__name__}", value)


def _error(where: str, rule: str, got: object) -> ValueError:
    return ValueError(
        f"`catalog.toml` must {rule} in [{where}]; got {got!r}. Mend the entry."
    )

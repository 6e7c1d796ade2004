"""What can be downloaded: every data set with its files, terms and citation.

The sets are listed in ``data/catalog.toml``; a new one is a table there, which
``tests/datasets/test_catalog.py`` checks.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any


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
    description : str
        What the series are, their units, what was left out; with names in braces.
    """

    name: str
    version: str
    title: str
    license: str
    citation: str
    homepage: str
    files: tuple[RemoteFile, ...]
    description: str

    def as_bunch(
        self,
        X: Any,
        y: Any,
        counts: Mapping[str, Any],
        *,
        return_X_y: bool = False,
        **more: Any,
    ) -> Any:
        """Return what a fetcher returns: (X, y), or a Bunch that also has the terms.

        Parameters
        ----------
        X : Panel of shape (n_series,)
        y : ndarray of shape (n_series, ...)
        counts : mapping of str to object
            What the description has in braces.
        return_X_y : bool, default False
        **more : object
            Further fields of the Bunch.
        """
        if return_X_y:
            return X, y
        from sklearn.utils import Bunch

        terms = (
            f"{self.title}\n\n{self.description.format(**counts)}\n\n"
            f"Version: {self.version}\nLicense: {self.license}\n"
            f"Citation: {self.citation}\nHomepage: {self.homepage}\n"
        )
        return Bunch(
            data=X,
            target=y,
            DESCR=terms,
            license=self.license,
            citation=self.citation,
            version=self.version,
            **more,
        )


@cache
def read_catalog() -> dict[str, tuple[Dataset, ...]]:
    """Return name -> versions of all data sets; the first version is the first choice.

    Sets of a family, such as "uea/PLAID", have the family's name before the slash.
    """
    path = files("ckts.datasets").joinpath("data/catalog.toml")
    return parse_catalog(path.read_text("utf-8"))


def list_names() -> list[str]:
    """Return the names of the data sets that belong to no family."""
    return [name for name in read_catalog() if "/" not in name]


def find_versions(name: str) -> tuple[Dataset, ...]:
    """Return a data set as every place publishes it, the first choice first.

    Parameters
    ----------
    name : str
        As `ckts datasets` lists it, such as "physionet2012" or "uea/PLAID".
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
    """
    tables = tomllib.loads(text)
    families, texts = tables.pop("families", {}), tables.pop("descriptions", {})
    catalog: dict[str, tuple[Dataset, ...]] = {
        name: (_make(name, table, texts),) for name, table in tables.items()
    }
    for family, table in families.items():
        catalog.update(_expand(family, table, texts))
    return catalog


def _expand(
    family: str, table: dict[str, Any], texts: dict[str, str]
) -> Iterator[tuple[str, tuple[Dataset, ...]]]:
    """Yield name and versions of each set of a family."""
    sources, archives = table.pop("sources"), table.pop("archives")
    for terms in archives.values():
        for short, record in terms.pop("records").items():
            name = f"{family}/{short}"
            tables = (
                _fill(table | terms | source, name=short, record=record)
                for source in sources
            )
            yield name, tuple(_make(name, filled, texts) for filled in tables)


def _fill(value: Any, **known: object) -> Any:
    """Replace {name} and {record} in all strings of a table."""
    if isinstance(value, dict):
        return {key: _fill(part, **known) for key, part in value.items()}
    if isinstance(value, list):
        return [_fill(part, **known) for part in value]
    return value.format(**known) if isinstance(value, str) else value


def _make(name: str, table: dict[str, Any], texts: dict[str, str]) -> Dataset:
    """Make a data set of its table; a key that it does not have raises TypeError."""
    mirrors, checksums = table.pop("mirrors"), table.pop("checksums", None)
    parts = []
    for part in table.pop("files"):
        path = part.pop("path", part["name"])
        urls = tuple(f"{mirror}/{path}" for mirror in mirrors)
        parts.append(RemoteFile(urls=urls, checksums=checksums, **part))
    description = texts.get(table.pop("description", name), "")
    return Dataset(name, files=tuple(parts), description=description, **table)

"""What is known of a data set before it is downloaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sklearn.utils import Bunch

if TYPE_CHECKING:
    from collections.abc import Iterable


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
        As published: "sha256:..." or "md5:...". None if nobody publishes one: then the
        digest of the first download is recorded beside the file and held to.
    size : int, optional
        As published, in bytes.
    record : int, optional
        The record at Zenodo that publishes the digest, where it is not known here.
    """

    name: str
    urls: tuple[str, ...]
    digest: str | None = None
    size: int | None = None
    record: int | None = None


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


def answer(
    dataset: Dataset,
    X: Any,
    y: Any,
    descr: str,
    *,
    return_X_y: bool = False,
    **more: Any,
) -> Any:
    """Return what a fetcher returns: (X, y), or a Bunch that also has the terms.

    Parameters
    ----------
    dataset : Dataset
    X : Panel of shape (n_series,)
    y : ndarray of shape (n_series, ...)
    descr : str
        What the series are, their units, what was left out: the first part of `DESCR`.
    return_X_y : bool, default False
    **more : object
        Further fields of the Bunch.
    """
    if return_X_y:
        return X, y
    terms = (
        f"{dataset.title}\n\n{descr.strip()}\n\n"
        f"Version: {dataset.version}\nLicense: {dataset.license}\n"
        f"Citation: {dataset.citation}\nHomepage: {dataset.homepage}\n"
    )
    return Bunch(
        data=X,
        target=y,
        DESCR=terms,
        license=dataset.license,
        citation=dataset.citation,
        version=dataset.version,
        **more,
    )

"""Files of a data set in the cache: downloaded once, whole, and the right ones."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ckts.datasets._archives import check_archive, checks_itself
from ckts.datasets._download import discard, download_part
from ckts.datasets._home import HOME, find_data_home, is_offline
from ckts.datasets._zenodo import published_digest
from ckts.datasets.fetch._bunch import Dataset, RemoteFile

if TYPE_CHECKING:
    from filelock import AcquireReturnProxy


def fetch_files(
    dataset: Dataset,
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
) -> dict[str, Path]:
    """Return where the files of a data set are, after downloading what is missing.

    Every file is held to its digest each time, also when it comes from the cache. Two
    processes may call this at once: one downloads, the other waits.

    Parameters
    ----------
    dataset : Dataset
        `dataset.only(names)` fetches some of its files.
    data_home : path, optional
        The cache; by default `CKTS_DATA` or the folder of the operating system.
    download_if_missing : bool, default True
        If False, or where `CKTS_OFFLINE` is set, nothing is downloaded.
    verbose : bool, default False
        Draw progress bars.

    Returns
    -------
    dict of str to Path
        Name of the file -> its path.

    Raises
    ------
    FileNotFoundError
        If a file is missing and must not be downloaded.
    OSError
        If no mirror gives the right file, or the disk is full.
    """
    folder = folder_of(dataset, data_home)
    paths = {}
    for file in dataset.files:
        path = folder / file.name
        if not is_right(file, path):
            if not download_if_missing or is_offline():
                raise FileNotFoundError(_missing(dataset, file, path))
            _download_alone(dataset, file, path, verbose)
        paths[file.name] = path
    return paths


def fetch_version(
    versions: Sequence[Dataset],
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    verbose: bool = False,
) -> tuple[Dataset, dict[str, Path]]:
    """Fetch the version of a data set that is cached, or else the first to be had.

    Parameters
    ----------
    versions : sequence of Dataset
        In the order in which they are tried.
    data_home, download_if_missing, verbose
        As for `fetch_files`, whose errors of all versions are raised as one.
    """
    failures: list[OSError] = []
    for version in sorted(versions, key=lambda v: not is_cached(v, data_home)):
        try:
            return version, fetch_files(
                version,
                data_home=data_home,
                download_if_missing=download_if_missing,
                verbose=verbose,
            )
        except OSError as error:
            if error.errno is not None:  # this machine's, not a mirror's
                raise
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise type(failures[0])("\n".join(map(str, failures))) from failures[-1]


def is_cached(
    dataset: Dataset, data_home: str | os.PathLike[str] | None = None
) -> bool:
    """Return whether all files are in the cache, without a look into them."""
    folder = folder_of(dataset, data_home)
    return all((folder / file.name).is_file() for file in dataset.files)


def folder_of(
    dataset: Dataset, data_home: str | os.PathLike[str] | None = None
) -> Path:
    """Return the folder of one version of a data set in the cache."""
    return find_data_home(data_home) / dataset.name / dataset.version


def is_right(file: RemoteFile, path: Path) -> bool:
    """Return whether the file is in the cache, and is the right one.

    A file that nobody publishes a digest of and that a person put there is believed
    if it is whole, and its digest recorded.
    """
    if not path.is_file():
        return False
    expected = known_digest(file, path)
    if expected is not None:
        return _matches(path, expected)
    if _flaw(path, announced=True):
        return False
    with suppress(OSError):  # a cache that is only read needs no record
        _record(path, path)
    return True


def known_digest(file: RemoteFile, path: Path) -> str | None:
    """Return the digest that is published, or was recorded at the first download."""
    record = record_of(path)
    recorded = record.read_text("utf-8").strip() if record.is_file() else None
    return file.digest or recorded


def record_of(path: Path) -> Path:
    """Return where the digest of a file is recorded if none is published here."""
    return path.with_name(path.name + ".digest")


def part_of(path: Path) -> Path:
    """Return where the file grows during its download."""
    return path.with_name(path.name + ".part")


def lock_of(path: Path) -> Path:
    """Return the file that only one process at a time can lock."""
    return path.with_name(f".{path.name}.lock")


def _download_alone(
    dataset: Dataset, file: RemoteFile, path: Path, verbose: bool
) -> None:
    with _lock(path):
        if not is_right(file, path):  # another process may have been faster
            _download(dataset, file, path, verbose)


def _lock(path: Path) -> AcquireReturnProxy:
    from filelock import FileLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(lock_of(path)).acquire()
    except OSError as error:
        message = (
            f"`data_home` must be a folder that can be written; got {path.parent}: "
            f"{error.strerror}. Choose another one by `data_home` or {HOME}."
        )
        raise OSError(error.errno, message) from error


def _download(dataset: Dataset, file: RemoteFile, path: Path, verbose: bool) -> None:
    """Try every mirror until one gives the right file."""
    expected = known_digest(file, path) or published_digest(file)
    failures = []
    for url in file.urls:
        try:
            _download_from(url, file, path, expected, verbose)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise OSError(error.errno, _full(dataset, file, path)) from error
            if error.errno is not None:  # this machine's, not the mirror's
                raise
            failures.append(f"{url}: {error}")
        else:
            return
    raise OSError(_unobtainable(dataset, file, path, expected, failures))


def _download_from(
    url: str, file: RemoteFile, path: Path, expected: str | None, verbose: bool
) -> None:
    part = part_of(path)
    continued = part.exists()
    total = download_part(
        url, part, size=file.size, verifiable=expected is not None, verbose=verbose
    )
    wrong = _wrong(part, expected, total)
    if not wrong:
        if file.digest is None:
            _record(part, path, expected)
        os.replace(part, path)
        discard(part)
        return
    discard(part)
    if not continued:
        raise OSError(wrong)
    # What was there may have been the beginning of something else.
    _download_from(url, file, path, expected, verbose)


def _wrong(part: Path, expected: str | None, total: int | None) -> str:
    """Return what is wrong with a download; empty if it is the file expected."""
    if expected is None:
        return _flaw(part, announced=total is not None)
    if _matches(part, expected):
        return ""
    return f"its digest is {_digest(part, expected.partition(':')[0])}"


def _flaw(path: Path, announced: bool) -> str:
    """Return why a file without a known digest is not believed; empty if it is.

    An archive carries checksums of its own. Any other file must have the length that
    was announced; one that a person put into the cache is believed.
    """
    if not checks_itself(path):
        return "" if announced else "it may be cut: nobody announced its length"
    try:
        check_archive(path)
    except ValueError as error:
        return str(error)
    return ""


def _matches(path: Path, expected: str) -> bool:
    return _digest(path, expected.partition(":")[0]) == expected.lower()


def _digest(path: Path, algorithm: str = "sha256") -> str:
    import pooch

    return f"{algorithm}:{pooch.file_hash(str(path), alg=algorithm)}"


def _record(source: Path, path: Path, digest: str | None = None) -> str:
    """Record the digest of `source` as that of `path`, at once or not at all."""
    digest = digest or _digest(source)
    fresh = record_of(path).with_name(f"{record_of(path).name}.{os.getpid()}")
    fresh.write_text(digest + "\n", "utf-8")
    os.replace(fresh, record_of(path))
    return digest


def _by_hand(dataset: Dataset, file: RemoteFile, path: Path) -> str:
    urls = "\n".join(f"  {url}" for url in file.urls)
    return (
        f"Or download it by hand from\n{urls}\nsave it as\n  {path}\nand check it with "
        f"`ckts datasets verify {dataset.name}`."
    )


def _missing(dataset: Dataset, file: RemoteFile, path: Path) -> str:
    state = "broken" if path.exists() else "missing"
    return (
        f"`download_if_missing` must be True, and CKTS_OFFLINE unset, for "
        f"{dataset.name} {dataset.version}; got a cache in which {path} is {state}. "
        f"Allow the download. {_by_hand(dataset, file, path)}"
    )


def _full(dataset: Dataset, file: RemoteFile, path: Path) -> str:
    size = f"{file.size:,} bytes" if file.size else "enough"
    return (
        f"`data_home` must have room for {file.name} of {dataset.name} ({size}); "
        f"{path.parent} is full. Make room, and the download goes on from "
        f"{part_of(path).name}; or choose another folder by `data_home` or CKTS_DATA."
    )


def _unobtainable(
    dataset: Dataset,
    file: RemoteFile,
    path: Path,
    expected: str | None,
    failures: list[str],
) -> str:
    size = f"{file.size:,} bytes, " if file.size else ""
    reasons = "\n".join(f"  {failure}" for failure in failures)
    recorded = record_of(path)
    changed = (
        f" The digest is that of the first download; if the publisher changed the file "
        f"and you want the new one, remove {recorded}."
        if file.digest is None and recorded.exists()
        else ""
    )
    return (
        f"{dataset.name} {dataset.version} must come as published; no mirror gave the "
        f"file expected, {file.name} ({size}{expected or 'no digest published'}):\n"
        f"{reasons}\nTry again later.{changed} {_by_hand(dataset, file, path)}"
    )

"""Files of data sets in the cache: downloaded once, whole, and the right ones."""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ckts.datasets._archives import check_archive, checks_itself
from ckts.datasets._download import Download, discard, request_digest
from ckts.datasets.catalog import Dataset, RemoteFile, find_versions

if TYPE_CHECKING:
    from filelock import AcquireReturnProxy

_HOME = "CKTS_DATA"
_OFFLINE = "CKTS_OFFLINE"
_NO = {"", "0", "false", "no", "off"}
_DIGEST = re.compile("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Cache:
    """The folder of all downloaded data sets, as NAME/VERSION/FILE.

    Parameters
    ----------
    data_home : path, optional
        The folder; by default `CKTS_DATA` or the folder of the operating system.
    download_if_missing : bool, default True
        If False, or where `CKTS_OFFLINE` is set, nothing is downloaded.
    verbose : bool, default False
        Draw progress bars.
    """

    data_home: str | os.PathLike[str] | None = None
    download_if_missing: bool = True
    verbose: bool = False

    @property
    def home(self) -> Path:
        """The folder, which need not exist: `~/.cache/ckts` by default on Linux."""
        chosen = self.data_home
        if chosen is None:
            chosen = os.environ.get(_HOME, "")
        if chosen == "":
            import pooch

            return Path(pooch.os_cache("ckts"))
        if not isinstance(chosen, str | os.PathLike):
            raise TypeError(
                f"`data_home` must be a path; got {chosen!r}. Write e.g. "
                "`data_home='data'`."
            )
        home = Path(chosen).expanduser().absolute()
        if home.exists() and not home.is_dir():
            raise ValueError(
                f"`data_home` must be a folder; got {home}. Choose another one by "
                f"`data_home` or {_HOME}."
            )
        return home

    def files(self, dataset: Dataset) -> tuple[CachedFile, ...]:
        """Return the files of a data set, which need not be there."""
        folder = self.home / dataset.name / dataset.version
        return tuple(CachedFile(dataset, f, folder / f.name) for f in dataset.files)

    def fetch(
        self, name: str, only: Collection[str] | None = None
    ) -> tuple[Dataset, dict[str, Path]]:
        """Fetch the version of a data set that is cached, or else the first available.

        Every file is compared with its digest each time, also when it comes from the
        cache. Two processes may call this at once: one downloads, the other waits.

        Parameters
        ----------
        name : str
            As for `find_versions`.
        only : collection of str, optional
            Names of the files to fetch; by default all.

        Returns
        -------
        dataset : Dataset
            The version, with the files that were fetched.
        paths : dict of str to Path
            Name of the file -> its path.

        Raises
        ------
        ValueError
            If there is no such data set.
        FileNotFoundError
            If a file is missing and must not be downloaded.
        OSError
            If no mirror gives the right file, or the disk is full. The errors of
            several versions are raised as one.
        """
        versions = []
        for known in find_versions(name):
            files = (f for f in known.files if only is None or f.name in only)
            versions.append(replace(known, files=tuple(files)))
        failures: list[OSError] = []
        for version in sorted(versions, key=lambda v: not self._is_cached(v)):
            try:
                return version, self.fetch_version(version)
            except OSError as error:
                if error.errno is not None:  # this machine's, not a mirror's
                    raise
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        raise type(failures[0])("\n".join(map(str, failures))) from failures[-1]

    def fetch_version(self, dataset: Dataset) -> dict[str, Path]:
        """Download the missing files of one version; return name -> path of all."""
        offline = os.environ.get(_OFFLINE, "").lower() not in _NO
        files = self.files(dataset)
        for file in files:
            if not file.is_right():
                if offline or not self.download_if_missing:
                    raise FileNotFoundError(file.describe_missing())
                file.download(self.verbose)
        return {file.path.name: file.path for file in files}

    def _is_cached(self, dataset: Dataset) -> bool:
        return all(file.path.is_file() for file in self.files(dataset))


@dataclass(frozen=True)
class CachedFile:
    """A file of a data set and its place in the cache.

    Beside `path` there may be `part` (an unfinished download), `record` (the digest of
    the first download, if the catalog has none) and a lock.
    """

    dataset: Dataset
    file: RemoteFile
    path: Path

    @property
    def part(self) -> Path:
        """The file while it is downloaded."""
        return self.path.with_name(self.path.name + ".part")

    @property
    def record(self) -> Path:
        """The digest of the first download, in a file."""
        return self.path.with_name(self.path.name + ".digest")

    @property
    def digest(self) -> str | None:
        """The digest that is published, or was recorded at the first download."""
        return self.file.digest or self._read_record()

    def is_right(self) -> bool:
        """Return whether the file is in the cache, and is the right one.

        A file without a published digest that a person put there is accepted if it is
        whole, and its digest is recorded.
        """
        if not self.path.is_file():
            return False
        if self.digest is not None:
            return _digest(self.path, self.digest) == self.digest
        if _flaw(self.path, announced=True):
            return False
        with suppress(OSError):  # a read-only cache needs no record
            self._write_record(_digest(self.path))
        return True

    def download(self, verbose: bool) -> None:
        """Download the file from the first mirror that has it, in one process only."""
        with self._lock():
            if self.is_right():  # another process was faster
                return
            expected = self.digest
            if expected is None and self.file.checksums is not None:
                expected = request_digest(self.file.checksums, self.file.name)
            failures = []
            for url in self.file.urls:
                try:
                    return self._download_from(url, expected, verbose)
                except OSError as error:
                    if error.errno in _FULL:
                        raise OSError(error.errno, self._full()) from error
                    if error.errno is not None:  # this machine's, not the mirror's
                        raise
                    failures.append(f"  {url}: {error}")
            raise OSError(self._unavailable(expected, failures))

    def describe_missing(self) -> str:
        """Say that the file is missing or broken and what to do."""
        state = "broken" if self.path.exists() else "missing"
        return (
            f"`download_if_missing` must be True, and {_OFFLINE} unset, for "
            f"{self.dataset.name} {self.dataset.version}; got a cache in which "
            f"{self.path} is {state}. Allow the download. {self._by_hand()}"
        )

    def _lock(self) -> AcquireReturnProxy:
        from filelock import FileLock

        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return FileLock(folder / f".{self.path.name}.lock").acquire()
        except OSError as error:
            message = (
                f"`data_home` must be a folder that can be written; got {folder}: "
                f"{error.strerror}. Choose another one by `data_home` or {_HOME}."
            )
            raise OSError(error.errno, message) from error

    def _download_from(self, url: str, expected: str | None, verbose: bool) -> None:
        continued = self.part.exists()
        verifiable = expected is not None
        total = Download(url, self.part, self.file.size, verifiable, verbose).run()
        digest = _digest(self.part, expected)
        if expected is None:
            wrong = _flaw(self.part, announced=total is not None)
        else:
            wrong = "" if digest == expected else f"its digest is {digest}"
        if wrong:
            discard(self.part)
            if not continued:
                raise OSError(wrong)
            # The part of an earlier attempt may have been of another file.
            return self._download_from(url, expected, verbose)
        if self.file.digest is None:
            self._write_record(digest)
        os.replace(self.part, self.path)
        discard(self.part)

    def _read_record(self) -> str | None:
        """Return the recorded digest; None without a record or if it is malformed.

        A malformed one, such as an empty file after a power cut, would fit no file.
        """
        if not self.record.is_file():
            return None
        text = self.record.read_text("utf-8", errors="replace").strip().lower()
        return text if _DIGEST.fullmatch(text) else None

    def _write_record(self, digest: str) -> None:
        """Record a digest; a crash leaves the old record or the new one."""
        fresh = self.record.with_name(f"{self.record.name}.{os.getpid()}")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(digest + "\n")
            file.flush()
            # Without it, the name may be on the disk before the content is.
            os.fsync(file.fileno())
        os.replace(fresh, self.record)

    def _by_hand(self) -> str:
        urls = "\n".join(f"  {url}" for url in self.file.urls)
        return (
            f"Or download it by hand from\n{urls}\nsave it as\n  {self.path}\nand "
            f"check it with `ckts datasets verify {self.dataset.name}`."
        )

    def _full(self) -> str:
        size = f"{self.file.size:,} bytes" if self.file.size else "enough"
        return (
            f"`data_home` must have room for {self.file.name} of {self.dataset.name} "
            f"({size}); {self.path.parent} is full. Make room, and the download "
            f"continues from {self.part.name}; or choose another folder by `data_home` "
            f"or {_HOME}."
        )

    def _unavailable(self, expected: str | None, failures: list[str]) -> str:
        size = f"{self.file.size:,} bytes, " if self.file.size else ""
        changed = (
            " The digest is that of the first download; if the publisher changed the "
            f"file and you want the new one, remove {self.record}."
        )
        reasons = "\n".join(failures)
        return (
            f"{self.dataset.name} {self.dataset.version} must come as published; no "
            f"mirror gave the file expected, {self.file.name} "
            f"({size}{expected or 'no digest published'}):\n{reasons}\nTry again later."
            f"{changed if self._read_record() else ''} {self._by_hand()}"
        )


def _flaw(path: Path, announced: bool) -> str:
    """Return why a file without a known digest is rejected; empty if it is not.

    An archive has checksums of its own. Any other file must have the length that was
    announced; one that a person put into the cache is accepted.
    """
    if not checks_itself(path):
        return "" if announced else "it may be cut: the server announced no length"
    try:
        check_archive(path)
    except ValueError as error:
        return str(error)
    return ""


def _digest(path: Path, like: str | None = None) -> str:
    """Return the digest of a file, by the algorithm of another digest or sha256."""
    algorithm = (like or "sha256").partition(":")[0]
    with path.open("rb") as file:
        # Not for security: machines under FIPS rules allow md5 for nothing else.
        digest = hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        )
    return f"{algorithm}:{digest.hexdigest()}"

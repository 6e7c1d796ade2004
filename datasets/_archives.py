"""Members of zip and tar archives, read without trusting the archive."""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

MAX_BYTES = 16 * 2**30
MAX_MEMBERS = 1_000_000
_CHECKED = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
# RuntimeError: encrypted, or compressed in a way that Python does not know.
_BROKEN = (
    ValueError,
    RuntimeError,
    EOFError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
)


def checks_itself(path: Path) -> bool:
    """Return whether the name, of a file or its part, is that of a checked archive.

    A plain tar archive has no checksum of what is in its files.
    """
    return path.name.removesuffix(".part").lower().endswith(_CHECKED)


def read_members(
    path: Path,
    select: Callable[[str], bool] = lambda name: True,
    *,
    max_bytes: int = MAX_BYTES,
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files in an archive, in its order.

    Nothing is written: what is never extracted cannot be left half extracted, and only
    the verified archive is in the cache. Sort by name if the order matters, since
    archives of the same files differ in theirs.

    Parameters
    ----------
    path : Path
        A zip or tar archive; a tar archive may be compressed by gzip, xz or bzip2.
    select : callable, optional
        Name -> whether to read this file. All names are checked.
    max_bytes : int, default 16 GiB
        Of all files that are read.

    Raises
    ------
    ValueError
        If the archive is broken, has a name that leads out of it, a link or device, or
        is larger than allowed.
    """
    try:
        yield from _checked(path, select, max_bytes)
    except _BROKEN as error:
        raise ValueError(_refusal(path, error)) from error
    except OSError as error:
        if error.errno is not None:  # the disk; gzip and bzip2 complain without number
            raise
        raise ValueError(_refusal(path, error)) from error


def check_archive(path: Path) -> None:
    """Read an archive to its end, so that its own checksums are compared."""
    for _ in read_members(path):
        pass


def _checked(
    path: Path, select: Callable[[str], bool], max_bytes: int
) -> Iterator[tuple[str, bytes]]:
    left = max_bytes
    for number, (name, size, read) in enumerate(_members(path)):
        _check_name(name)
        if number >= MAX_MEMBERS:
            raise ValueError(f"it has more than {MAX_MEMBERS:,} files")
        if not select(name):
            continue
        left -= size
        if left < 0:
            raise ValueError(f"its files have more than {max_bytes:,} bytes")
        yield name, read()


def _members(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Yield (name, size, reader) of the files; folders are implied by the names."""
    return _zip_members(path) if zipfile.is_zipfile(path) else _tar_members(path)


def _zip_members(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                raise ValueError(f"{info.filename!r} is a link or device")
            if not info.is_dir():
                yield info.filename, info.file_size, partial(archive.read, info)


def _tar_members(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    with tarfile.open(path) as archive:
        for info in archive:
            if not info.isfile() and not info.isdir():
                raise ValueError(f"{info.name!r} is a link or device")
            if info.isfile():
                yield info.name, info.size, partial(_read_tar, archive, info)
        # The checksum of a compressed stream stands behind the last file.
        while archive.fileobj is not None and archive.fileobj.read(2**20):
            pass


def _read_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None  # it is a file
    return file.read()


def _check_name(name: str) -> None:
    """Refuse a name that leads out of the folder, on any operating system."""
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/") or set(name) & set("\\:\0"):
        raise ValueError(f"{name!r} leads out of it")


def _refusal(path: Path, reason: object) -> str:
    return (
        f"`archive` must be whole and hold plain files only; got {path}: {reason}. "
        "Remove it and download it again."
    )

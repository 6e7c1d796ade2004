"""Members of zip and tar archives, read without trusting the archive.

Everything is a stream: pieces of 64 KiB are unpacked one after the other and counted,
so that an archive that lies about its sizes, or unpacks to a thousand times its own, is
refused after a few MB and not when the memory is full. What an archive declares is only
used to refuse it sooner.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

MAX_BYTES = 16 * 2**30
MAX_FILE_BYTES = 4 * 2**30
MAX_MEMBERS = 1_000_000
# Deflate unpacks to at most 1,032 times its size, bzip2 and xz to far more; series as
# text are packed to a tenth or so, and long runs of "?" to a hundredth.
MAX_RATIO = 200
FREE_BYTES = 16 * 2**20  # not held to the ratio
_PIECE = 64 * 2**10
_CHECKED = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
_UNPACK: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZ": bz2.open,
    b"\xfd7": lzma.open,
}
# Python unpacks a whole piece of a zip at once if it is compressed in another way.
_STREAMS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
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
    max_file_bytes: int = MAX_FILE_BYTES,
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files in an archive, in its order.

    One file is in memory at a time. Nothing is written: what is never extracted cannot
    be left half extracted, and only the verified archive is in the cache. Sort by name
    if the order matters, since archives of the same files differ in theirs.

    Parameters
    ----------
    path : Path
        A zip or tar archive; a tar archive may be compressed by gzip, xz or bzip2.
    select : callable, optional
        Name -> whether to read this file. All names are checked.
    max_bytes : int, default 16 GiB
        Of all files that are read.
    max_file_bytes : int, default 4 GiB
        Of each file that is read.

    Raises
    ------
    ValueError
        If the archive is broken, has a name that leads out of it, a link or device, is
        larger than allowed, or unpacks to more than 200 times its size, beyond 16 MiB.
    """
    with _explained(path):
        limits = (_Limit(max_bytes, "its files have"), max_file_bytes)
        for name, pieces in _checked(path, select, *limits):
            content = io.BytesIO()
            for piece in pieces:
                content.write(piece)
            yield name, content.getvalue()


def check_archive(path: Path) -> None:
    """Read an archive to its end, so that its own checksums are compared.

    Takes the memory of a piece of it, whatever the sizes of its files.
    """
    with _explained(path):
        limits = (_Limit(MAX_BYTES, "its files have"), MAX_BYTES)
        for _, pieces in _checked(path, lambda name: True, *limits):
            for _ in pieces:
                pass


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn every way to be broken into a ValueError."""
    try:
        yield
    except _BROKEN as error:
        raise ValueError(_refusal(path, error)) from error
    except OSError as error:
        if error.errno is not None:  # the disk; gzip and bzip2 complain without number
            raise
        raise ValueError(_refusal(path, error)) from error


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


_Member = tuple[str, int, Callable[[], _Readable]]  # name, declared size, opener


class _Limit:
    """A number of bytes that may come."""

    def __init__(self, n_bytes: int, whose: str):
        self.n_bytes, self.left, self.whose = n_bytes, n_bytes, whose

    def check(self, n_bytes: int) -> None:
        """Refuse `n_bytes` more if they are too many."""
        if n_bytes > self.left:
            raise ValueError(f"{self.whose} more than {self.n_bytes:,} bytes")

    def take(self, n_bytes: int) -> None:
        """Count `n_bytes` that came."""
        self.check(n_bytes)
        self.left -= n_bytes


def _checked(
    path: Path, select: Callable[[str], bool], total: _Limit, max_file_bytes: int
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and pieces of the selected files."""
    for number, (name, size, unpack) in enumerate(_members(path)):
        _check_name(name)
        if number >= MAX_MEMBERS:
            raise ValueError(f"it has more than {MAX_MEMBERS:,} files")
        if not select(name):
            continue
        limits = (total, _Limit(max_file_bytes, f"{name!r} has"))
        for limit in limits:
            limit.check(size)  # what is declared may be too little, but not too much
        yield name, _pieces(unpack(), limits)


def _pieces(file: _Readable, limits: tuple[_Limit, ...]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        for limit in limits:
            limit.take(len(piece))
        yield piece


class _Packed(io.FileIO):
    """An archive on the disk, which counts what is read of it."""

    n_read = 0

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(size)
        self.n_read += len(piece)
        return piece


class _Meter:
    """Holds what came out of an archive against what went in since then."""

    def __init__(self, packed: _Packed):
        self.packed, self.start, self.n_out = packed, packed.n_read, 0
        self.size = packed.seek(0, io.SEEK_END)
        packed.seek(0)

    def count(self, n_bytes: int) -> None:
        """Count bytes that came out; refuse them if they are too many."""
        self.n_out += n_bytes
        # Files of a zip may share their bytes on the disk, which count once.
        n_in = min(self.packed.n_read - self.start, self.size)
        if self.n_out > FREE_BYTES + MAX_RATIO * n_in:
            raise ValueError(
                f"it unpacks to more than {MAX_RATIO} times its size, as data hardly "
                "do (if you trust it, unpack it by hand and pass the folder)"
            )


class _Unpacked(io.RawIOBase):
    """What comes out of an archive, in pieces that are counted."""

    def __init__(self, file: _Readable, meter: _Meter):
        self._file, self._meter = file, meter

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(min(size, _PIECE) if size >= 0 else _PIECE)
        self._meter.count(len(piece))
        return piece


def _members(path: Path) -> Iterator[_Member]:
    """Yield (name, size, opener) of the files; folders are implied by the names."""
    members = _zip_members if zipfile.is_zipfile(path) else _tar_members
    with _Packed(path) as packed:
        yield from members(packed)


def _zip_members(packed: _Packed) -> Iterator[_Member]:
    with zipfile.ZipFile(packed) as archive:
        meter = _Meter(packed)
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                raise ValueError(f"{info.filename!r} is a link or device")
            if not info.is_dir():
                unpack = partial(_open_zip, archive, info, meter)
                yield info.filename, info.file_size, unpack


def _open_zip(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: _Meter
) -> _Readable:
    if info.compress_type not in _STREAMS:
        raise ValueError(
            f"{info.filename!r} is compressed otherwise than by deflate (unpack it by "
            "hand and pass the folder)"
        )
    return _Unpacked(archive.open(info), meter)


def _tar_members(packed: _Packed) -> Iterator[_Member]:
    unpack = _UNPACK.get(packed.read(2), lambda file: file)
    meter = _Meter(packed)
    # All of it goes through the meter: headers too may claim to be a gigabyte.
    stream = _Unpacked(unpack(packed), meter)
    with tarfile.open(None, "r|", stream, bufsize=_PIECE) as archive:
        while (info := archive.next()) is not None:
            # A list of all would be half a GB for a million.
            archive.members = []  # type: ignore[attr-defined]
            if info.issparse() or not (info.isfile() or info.isdir()):
                raise ValueError(f"{info.name!r} is a link or device, or has holes")
            if info.isfile():
                yield info.name, info.size, partial(_open_tar, archive, info)
        # The checksum of a compressed stream stands behind the last file.
        while stream.read(_PIECE):
            pass


def _open_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> _Readable:
    file = archive.extractfile(info)
    assert file is not None  # it is a file
    return file


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

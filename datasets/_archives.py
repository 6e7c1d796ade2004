"""Members of zip and tar archives, read without trusting the archive.

Everything is a stream: pieces of 64 KiB are unpacked one after the other and counted,
so that an archive that lies about its sizes, or unpacks to a thousand times its own, is
rejected after a few MB and not when the memory is full. Declared sizes only serve to
reject it sooner. Lists of files, headers and the dictionaries of xz are bounded too.

zipfile and tarfile parse, but guard less: `filter="data"` of tarfile checks names and
links when files are extracted, and neither bounds what headers and contents unpack to.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

MAX_BYTES = 16 * 2**30
MAX_FILE_BYTES = 4 * 2**30
MAX_MEMBERS = 1_000_000
# Deflate unpacks to at most 1,032 times its size, bzip2 and xz to far more; series as
# text are packed to a tenth or so, and long runs of "?" to a hundredth.
MAX_RATIO = 200
# Stricter for files that are in memory as a whole: texts unpack to 3 to 20 times.
MAX_HELD_RATIO = 50
FREE_BYTES = 64 * 2**20  # to which no ratio applies
# Python reads the whole list of a zip: about 550 bytes a file and the names.
MAX_LISTED = 100_000
MAX_LIST_BYTES = 12 * 2**20
MAX_HEADER_BYTES = 2**20  # of a file in a tar: long names and extended attributes
MAX_GLOBAL_HEADERS = 16
MAX_XZ_MEMORY = 80 * 2**20  # xz -9 takes 65 MiB; a header may claim 4 GiB
_PIECE = 64 * 2**10
_BY_HAND = "(if you trust it, unpack it by hand and pass the folder)"
_CHECKED = (".zip", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
# Python unpacks a whole piece of a zip at once if it is compressed in another way.
_STREAMS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
# RuntimeError: encrypted, or compressed in a way that Python does not know.
_BROKEN = (
    OSError,
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

    A plain tar archive has no checksum of the contents of its files.
    """
    return path.name.removesuffix(".part").lower().endswith(_CHECKED)


def read_members(
    path: Path, select: Callable[[str], bool] = lambda name: True
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the files in an archive, in its order.

    One file is in memory at a time. Nothing is written: files never extracted cannot
    be left half extracted, and only the verified archive is in the cache. Sort by name
    if the order matters, since archives of the same files differ in theirs.

    Parameters
    ----------
    path : Path
        A zip or tar archive; a tar archive may be compressed by gzip, xz or bzip2.
    select : callable, optional
        Name -> whether to read this file. All names are checked.

    Raises
    ------
    ValueError
        If the archive is broken, has a name that leads out of it, a link or device,
        files of more than 4 GiB, or of 16 GiB in all, or unpacks to more than 200 times
        its size, or the files that are read to more than 50 times, beyond 64 MiB.
    """
    with _explained(path), _Packed(path) as packed:
        for name, pieces in _checked(packed, select, held=True):
            content = io.BytesIO()
            content.writelines(pieces)
            yield name, content.getvalue()


def check_archive(path: Path) -> None:
    """Read an archive to its end, so that its own checksums are compared.

    Takes the memory of a piece of it, whatever the sizes of its files.
    """
    with _explained(path), _Packed(path) as packed:
        for _, pieces in _checked(packed, lambda name: True, held=False):
            for _ in pieces:
                pass


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn all errors of a broken archive into a ValueError."""
    try:
        yield
    except _BROKEN as error:
        # An error of the disk has a number, one of gzip and bzip2 has none.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(
            f"`archive` must be whole and hold plain files only; got {path}: {error}. "
            "Remove it and download it again."
        ) from error


# Name, declared size, and a function that opens the file.
_Member = tuple[str, int, Callable[[], Any]]


@dataclass
class _Limit:
    """How many bytes may be unpacked.

    Parameters
    ----------
    message : str
        Of the error if there are more.
    most : int
        From the whole archive.
    allowed : callable, optional
        Returns the number from what was read so far; by default `most` alone counts.
    """

    message: str
    most: int
    allowed: Callable[[], float] = lambda: math.inf
    n_bytes: int = 0

    def take(self, n_bytes: int, declared: int = 0) -> None:
        """Count what was unpacked; raise if it, or what is declared, is too much."""
        self.n_bytes += n_bytes
        if self.n_bytes > self.allowed() or self.n_bytes + declared > self.most:
            raise ValueError(self.message)


def _at_most(n_bytes: int, whose: str) -> _Limit:
    return _Limit(f"{whose} more than {n_bytes:,} bytes", n_bytes)


def _ratio(packed: _Packed, ratio: int) -> _Limit:
    """Limit what is unpacked to a multiple of what is read from now on."""
    start, size = packed.n_read, os.fstat(packed.fileno()).st_size
    return _Limit(
        f"it unpacks to more than {ratio} times its size, unlike data {_BY_HAND}",
        max(FREE_BYTES, ratio * size),
        # Files of a zip may share their bytes on the disk, which count once.
        lambda: max(FREE_BYTES, ratio * min(packed.n_read - start, size)),
    )


def _checked(
    packed: _Packed, select: Callable[[str], bool], *, held: bool
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and pieces of the selected files, which may be held in memory."""
    totals = [_at_most(MAX_BYTES, "its files have")]
    if held:
        totals.append(_ratio(packed, MAX_HELD_RATIO))
    members = _zip_members if zipfile.is_zipfile(packed.name) else _tar_members
    for number, (name, size, unpack) in enumerate(members(packed)):
        _check_name(name)
        if number >= MAX_MEMBERS:
            raise ValueError(f"it has more than {MAX_MEMBERS:,} files")
        if not select(name):
            continue
        largest = _at_most(MAX_FILE_BYTES if held else MAX_BYTES, f"{name!r} has")
        for limit in (*totals, largest):
            limit.take(0, declared=size)  # a lie can only be too small
        file = _Unpacked(unpack().read, *totals, largest)
        yield name, iter(partial(file.read, _PIECE), b"")


class _Packed(io.FileIO):
    """An archive on the disk, which counts the bytes that are read."""

    n_read = 0

    def read(self, size: int | None = -1) -> bytes:
        # Only the list of a zip is read in one piece; what it declares may be a lie.
        if size is not None and size > MAX_LIST_BYTES:
            raise ValueError(
                f"its list of files has more than {MAX_LIST_BYTES:,} bytes {_BY_HAND}"
            )
        piece = super().read(size)
        if piece.count(b"PK\x01\x02") > MAX_LISTED:
            raise ValueError(f"it lists more than {MAX_LISTED:,} files {_BY_HAND}")
        self.n_read += len(piece)
        return piece


class _Unpacked(io.RawIOBase):
    """The unpacked bytes of an archive, in pieces that are counted."""

    def __init__(self, read: Callable[[int], bytes], *limits: _Limit):
        self._read, self.limits = read, limits

    def read(self, size: int = -1) -> bytes:
        piece = self._read(min(size, _PIECE) if size >= 0 else _PIECE)
        for limit in self.limits:
            limit.take(len(piece))
        return piece


def _zip_members(packed: _Packed) -> Iterator[_Member]:
    """Yield (name, size, opener) of the files; folders are implied by the names."""
    with zipfile.ZipFile(packed) as archive:
        limit = _ratio(packed, MAX_RATIO)
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                raise ValueError(f"{info.filename!r} is a link or device")
            if not info.is_dir():
                unpack = partial(_open_zip, archive, info, limit)
                yield info.filename, info.file_size, unpack


def _open_zip(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: _Limit
) -> io.RawIOBase:
    if info.compress_type not in _STREAMS:
        raise ValueError(
            f"{info.filename!r} is compressed otherwise than by deflate (unpack it by "
            "hand and pass the folder)"
        )
    return _Unpacked(archive.open(info).read, limit)


def _tar_members(packed: _Packed) -> Iterator[_Member]:
    """Yield the same of a tar, whatever its compression."""
    limit = _ratio(packed, MAX_RATIO)
    # All of it goes through the limit: headers too may claim to be a gigabyte.
    stream = _Unpacked(_decompress(packed), limit, _header_limit())
    with tarfile.open(None, "r|", stream, bufsize=_PIECE) as archive:
        while (info := archive.next()) is not None:
            stream.limits = (limit,)
            # A list of all would be half a GB for a million.
            archive.members = []  # type: ignore[attr-defined]
            if len(archive.pax_headers) > MAX_GLOBAL_HEADERS:
                raise ValueError(
                    f"it has more than {MAX_GLOBAL_HEADERS} global headers {_BY_HAND}"
                )
            if info.issparse() or not (info.isfile() or info.isdir()):
                raise ValueError(f"{info.name!r} is a link or device, or has holes")
            if info.isfile():
                yield info.name, info.size, partial(archive.extractfile, info)
            _skip_rest(archive)
            stream.limits = (limit, _header_limit())
        stream.limits = (limit,)
        # The checksum of a compressed stream follows the last file.
        while stream.read(_PIECE):
            pass


def _header_limit() -> _Limit:
    return _at_most(MAX_HEADER_BYTES, "the header of a file has")


def _skip_rest(archive: tarfile.TarFile) -> None:
    """Read to the next header in pieces, and no further than the end."""
    stream = archive.fileobj
    assert stream is not None  # it is open
    while (left := archive.offset - stream.tell()) > 0:
        if not stream.read(min(left, _PIECE)):
            raise EOFError("unexpected end of data")


def _decompress(packed: _Packed) -> Callable[[int], bytes]:
    """Return what reads a compressed archive, or any other as it is."""
    magic = packed.read(2)
    packed.seek(0)
    if magic == b"\x1f\x8b":
        return gzip.open(packed).read
    if magic == b"BZ":
        return bz2.open(packed).read
    if magic == b"\xfd7":
        pieces = _unpack_xz(packed)
        return lambda size: next(pieces, b"")
    return packed.read


def _unpack_xz(packed: _Packed) -> Iterator[bytes]:
    """Unpack the streams of xz in a file; unlike `lzma.open`, with limited memory."""
    decoder = None
    for piece in iter(partial(packed.read, _PIECE), b""):
        while True:
            if decoder is None or decoder.eof:
                piece = piece.lstrip(b"\0")  # may pad a stream before the next one
                if not piece:
                    break
                decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, MAX_XZ_MEMORY)
            if unpacked := decoder.decompress(piece, _PIECE):
                yield unpacked
            piece = decoder.unused_data
            if decoder.needs_input:
                break
    if decoder is None or not decoder.eof:
        raise EOFError("unexpected end of data")


def _check_name(name: str) -> None:
    """Raise if a name leads out of the folder, on any operating system."""
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or name.startswith("/") or set(name) & set("\\:\0"):
        raise ValueError(f"{name!r} leads out of it")

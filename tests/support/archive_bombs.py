"""Archives of a few MB that unpack to hundreds.

A process that only reads them is started by `test_archives.py`, which measures its
memory: `python archive_bombs.py FOLDER` prints what each way to read each bomb says,
and then the peak of the memory that was taken for it, in bytes.
"""

import bz2
import gzip
import lzma
import random
import sys
import tarfile
import zipfile
from pathlib import Path

from peak_memory import peak

ZEROS = bytes(2**24)
N_PIECES = 64
GIGABYTE = len(ZEROS) * N_PIECES


def write_bombs(folder):
    """Write a bomb of each kind; return their paths."""
    deflate = folder / "deflate.zip"
    with (
        zipfile.ZipFile(deflate, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.ts", "w") as file,
    ):
        for _ in range(N_PIECES):
            file.write(ZEROS)
    _lie(deflate, folder / "lie.zip")
    with zipfile.ZipFile(folder / "bzip2.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.ts", ZEROS)
    for name, compress in (("gz", gzip), ("bz2", bz2), ("xz", lzma)):
        # Streams of these kinds may follow each other: so packing is quick.
        packed = compress.compress(ZEROS) * N_PIECES
        for kind in HEADERS if name == "gz" else ["file"]:
            path = folder / f"{kind}.tar.{name}"
            path.write_bytes(compress.compress(HEADERS[kind]) + packed)
    _write_modest_bombs(folder)
    return sorted(folder.iterdir())


def _write_modest_bombs(folder):
    """Write bombs of fewer than 200 times their size, and lists of many files."""
    noisy = random.Random(0).randbytes(6000) + b"A" * (2**20 - 6000)  # a 135th, packed
    for level in (1, 9):
        path = folder / f"level{level}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, True, level) as archive:
            content = ZEROS if level == 1 else noisy * 16
            for name in "ab":  # neither is too large without the other
                archive.writestr(f"{name}.ts", content * 3)
    packed = gzip.compress(ZEROS, 1) * N_PIECES
    (folder / "level1.tar.gz").write_bytes(gzip.compress(HEADERS["file"]) + packed)
    packed = gzip.compress(noisy * 10) * 40
    for kind in ("pax", "name"):
        path = folder / f"modest-{kind}.tar.gz"
        path.write_bytes(gzip.compress(HEADERS[kind]) + packed)
    for n_files, name in ((200_000, b"a"), (300, b"a" * 60_000)):
        (folder / f"list{n_files}.zip").write_bytes(_list_files(n_files, name))
    with gzip.open(folder / "globals.tar.gz", "wb") as file:
        for number in range(300):
            file.write(_global_header(number) + _header(f"{number}.ts", 0))
        file.write(bytes(1024))


def _list_files(n_files, name):
    """Return a zip that lists empty files, all at its start."""
    header = b"PK\x01\x02" + bytes(24) + len(name).to_bytes(2, "little") + bytes(16)
    files = (header + name) * n_files
    n_entries = (n_files % 2**16).to_bytes(2, "little")
    sizes = len(files).to_bytes(4, "little") + bytes(4)
    return files + b"PK\x05\x06" + bytes(4) + 2 * n_entries + sizes + bytes(2)


def _global_header(number):
    """Return half a MiB that holds for all files behind it."""
    noise = random.Random(number).randbytes(3000).hex()
    records = {f"k{number}": noise + "A" * 2**19}
    return tarfile.TarInfo.create_pax_global_header(records)


def _lie(honest, path):
    """Write a zip that declares 10 bytes where there are a gigabyte."""
    size = GIGABYTE.to_bytes(4, "little")
    path.write_bytes(honest.read_bytes().replace(size, (10).to_bytes(4, "little")))


def _header(name, size=GIGABYTE, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf()


HEADERS = {
    "file": _header("a.ts"),
    "name": _header("a", kind=tarfile.GNUTYPE_LONGNAME),
    "pax": _header("a", kind=tarfile.XHDTYPE),
    "tail": _header("a.ts", 0) + bytes(1024),  # zeros behind the end of the archive
}


def _said(read, path):
    try:
        return f"{sum(1 for _ in read(path))} members"
    except ValueError as error:
        return str(error)


def main(folder):
    from ckts.datasets import read_ts
    from ckts.datasets._archives import check_archive, read_members

    def check(path):
        return check_archive(path) or ()

    before = peak()
    for path in sorted(Path(folder).iterdir()):
        for read in (check, read_members, read_ts):
            print(path.name, read.__name__, _said(read, path), sep="\t")
    print(peak() - before)


if __name__ == "__main__":
    main(sys.argv[1])

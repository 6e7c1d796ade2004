"""An archive is read without being trusted."""

import io
import lzma
import os
import re
import stat
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

import archive_bombs
from ckts.datasets import read_ts
from ckts.datasets._archives import check_archive, read_members
from http_server import tar_of, zip_of

FILES = {"set/b.txt": b"two", "set/a.txt": b"one", "c.txt": b""}


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.fixture(params=[".zip", ".tar", ".tar.gz", ".tar.xz", ".tar.bz2"])
def archive(request, tmp_path):
    if request.param == ".zip":
        return written(tmp_path, "a.zip", zip_of(FILES))
    compression = request.param.removeprefix(".tar").removeprefix(".")
    return written(tmp_path, "a" + request.param, tar_of(FILES, compression))


def test_members_come_in_the_order_of_the_archive(archive):
    assert list(read_members(archive)) == list(FILES.items())


def test_members_are_selected_by_name(archive):
    chosen = read_members(archive, lambda name: name.endswith("a.txt"))
    assert list(chosen) == [("set/a.txt", b"one")]


OUTSIDE = ["../a.txt", "a/../../b.txt", "/etc/a.txt", "..", "a\\..\\..\\b", "C:/a.txt"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_a_name_that_leads_out_raises(make, name, tmp_path):
    path = written(tmp_path, "a.archive", make({"good.txt": b"1", name: b"2"}))
    with pytest.raises(ValueError, match=r"must be whole.*leads out of it.*Remove it"):
        check_archive(path)
    with pytest.raises(ValueError, match="leads out of it"):
        list(read_members(path, lambda name: False))


def tar_with(kind, link="/etc/passwd"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("a")
        info.type, info.linkname = kind, link
        archive.addfile(info)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_raise(kind, tmp_path):
    path = written(tmp_path, "a.tar.gz", tar_with(kind))
    with pytest.raises(ValueError, match="'a' is a link or device"):
        check_archive(path)


def test_links_in_a_zip_raise(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("a")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ValueError, match="'a' is a link or device"):
        check_archive(tmp_path / "a.zip")


def test_more_than_is_allowed_raises_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.datasets._archives.MAX_BYTES", 1_500_000)
    bomb = zip_of({"a": bytes(10**6), "b": bytes(10**6)})
    path = written(tmp_path, "a.zip", bomb)
    with pytest.raises(ValueError, match="more than 1,500,000 bytes"):
        list(read_members(path))
    few = read_members(path, lambda name: name == "b")
    assert [name for name, _ in few] == ["b"]


def test_a_size_that_the_archive_lies_about_is_noticed(tmp_path):
    honest = zip_of({"a": bytes(10**6)})
    lie = honest.replace((10**6).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(ValueError, match="`archive` must be whole"):
        check_archive(written(tmp_path, "a.zip", lie))


def test_too_many_files_raise(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.datasets._archives.MAX_MEMBERS", 2)
    with pytest.raises(ValueError, match="more than 2 files"):
        check_archive(written(tmp_path, "a.zip", zip_of(FILES)))


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9])
def test_a_broken_archive_raises(archive, share):
    content = archive.read_bytes()
    if archive.suffix == ".tar":  # most of it are zeros behind the last file
        content = content[:515]
    archive.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="`archive` must be whole"):
        check_archive(archive)


def test_an_archive_that_is_not_there_is_no_broken_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        check_archive(tmp_path / "a.tar.gz")


@pytest.fixture(scope="module")
def explosions(tmp_path_factory):
    """What a process said that read every bomb, and the memory it took for it."""
    folder = tmp_path_factory.mktemp("bombs")
    archive_bombs.write_bombs(folder)
    command = [sys.executable, archive_bombs.__file__, str(folder)]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, memory = done.stdout.splitlines()
    return [line.split("\t") for line in lines], int(memory)


BOMBS = {
    "list200000.zip": "it lists more than 100,000 files",
    "list300.zip": "its list of files has more than 12,582,912 bytes",
    "level1.zip": "it unpacks to more than (50|200) times its size",
    "level9.zip": "it unpacks to more than 50 times its size",
    "globals.tar.gz": "it has more than 16 global headers",
    "modest-name.tar.gz": "the header of a file has more than 1,048,576 bytes",
    "modest-pax.tar.gz": "the header of a file has more than 1,048,576 bytes",
    "name.tar.gz": "the header of a file has more than 1,048,576 bytes",
    "pax.tar.gz": "the header of a file has more than 1,048,576 bytes",
    "lie.zip": "",
    "bzip2.zip": "",
}


def test_bombs_end_in_an_error(explosions):
    said, _ = explosions
    assert len(said) == 3 * (3 + 4 + 2 + 8)
    for name, reader, words in said:
        if (name, reader) == ("level9.zip", "check"):  # is never in memory as a whole
            continue
        assert "`archive` must be whole and hold plain files only; got " in words
        ratio = "it unpacks to more than (50|200) times its size"
        assert re.search(BOMBS.get(name, ratio), words)


def test_bombs_take_little_memory(explosions):
    assert explosions[1] < 100e6


def test_what_is_trusted_can_be_unpacked_by_hand(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.datasets._archives.FREE_BYTES", 1000)
    series = "@classLabel true up\n@data\n" + ",".join(["0"] * 10**6) + ":up\n"
    path = written(tmp_path, "a.zip", zip_of({"a.ts": series}))
    with pytest.raises(ValueError, match=r"50 times.*by hand and pass the fo"):
        read_ts(path)
    path.unlink()
    (tmp_path / "a.ts").write_text(series)
    X, _ = read_ts(tmp_path)
    assert X.lengths.tolist() == [10**6]


def test_a_zip_that_python_cannot_unpack_in_pieces_raises(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", "1")
    rule = "'a' is compressed otherwise than by deflate .unpack it by hand"
    with pytest.raises(ValueError, match=rule):
        check_archive(tmp_path / "a.zip")


def test_what_is_packed_well_and_honestly_is_read(tmp_path):
    text = b"?,?,?,?,?,?,?,?,0.123\n" * 10**6  # 20 MB, a hundredth when packed
    content = text + os.urandom(2 * 10**6)
    for name, pack in (("a.zip", zip_of), ("a.tar.xz", lambda f: tar_of(f, "xz"))):
        path = written(tmp_path, name, pack({"noise": os.urandom(10**5), "a": content}))
        assert dict(read_members(path))["a"] == content


def test_holes_in_a_tar_raise(tmp_path):
    info = tarfile.TarInfo("a")
    info.pax_headers = {"GNU.sparse.size": "1000000000000", "GNU.sparse.map": "0,0"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    with pytest.raises(ValueError, match="'a' is a link or device, or has holes"):
        check_archive(written(tmp_path, "a.tar", buffer.getvalue()))


def test_a_file_larger_than_allowed_raises_whatever_it_declares(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.datasets._archives.MAX_FILE_BYTES", 1000)
    honest = zip_of({"a": b"1" * 3000, "b": b"2" * 500})
    path = written(tmp_path, "a.zip", honest)
    with pytest.raises(ValueError, match="'a' has more than 1,000 bytes"):
        list(read_members(path))
    chosen = read_members(path, lambda name: name == "b")
    assert dict(chosen) == {"b": b"2" * 500}


def test_a_list_of_all_members_is_not_kept(tmp_path, monkeypatch):
    path = written(tmp_path, "a.tar", tar_of({f"{i}": b"" for i in range(50)}, ""))
    sizes = []
    following = tarfile.TarFile.next

    def count(archive):
        sizes.append(len(archive.members))
        return following(archive)

    monkeypatch.setattr(tarfile.TarFile, "next", count)
    check_archive(path)
    assert max(sizes) <= 1


def test_large_files_that_are_packed_modestly_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.datasets._archives.FREE_BYTES", 1000)
    content = b"".join(b"0.%05d,?,?," % (n * n % 99_991) for n in range(100_000))
    for name, pack in (("a.zip", zip_of), ("a.tar.gz", lambda f: tar_of(f, "gz"))):
        path = written(tmp_path, name, pack({"a": content, "b": bytes(10**6)}))
        assert dict(read_members(path, lambda name: name == "a")) == {"a": content}
    with pytest.raises(ValueError, match=r"more than 50 times its size.*by hand"):
        list(read_members(tmp_path / "a.zip", lambda name: name == "b"))


def test_a_file_that_claims_to_be_endless_is_skipped_to_the_end(tmp_path):
    info = tarfile.TarInfo("a")
    info.size = 2**62
    path = written(tmp_path, "a.tar", info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(ValueError, match="unexpected end of data"):
        list(read_members(path, lambda name: False))


def test_long_names_and_attributes_in_a_tar_are_read(tmp_path):
    name = "/".join(["a" * 200] * 20)
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        info = tarfile.TarInfo(name)
        info.pax_headers = {"SCHILY.xattr.user.note": "b" * 100_000}
        path = written(tmp_path, "a.tar", info.tobuf(form) + bytes(1024))
        assert list(read_members(path)) == [(name, b"")]


def xz_with(dictionary):
    """A tar.xz that declares a dictionary of so many bytes."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": dictionary}]
    return lzma.compress(tar_of(FILES, ""), filters=filters)


def test_a_huge_dictionary_of_xz_is_rejected_wherever_it_stands(tmp_path):
    path = written(tmp_path, "a.tar.xz", xz_with(2**26))  # that of xz -9
    assert dict(read_members(path)) == FILES
    modest = lzma.compress(bytes(10_240))
    # Small files take small dictionaries: the header is changed, and its checksum.
    huge = declare_dictionary(xz_with(2**16), 38)
    for content in (huge, modest + huge):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"be whole.*[Mm]emory usage limit"):
            check_archive(path)


def declare_dictionary(packed, code):
    """Write 2**31 bytes (38) or another code into the header of the first block."""
    size = 4 * (packed[12] + 1)
    block = bytearray(packed[12 : 12 + size])
    block[block.index(b"\x21\x01") + 2] = code
    block[-4:] = zlib.crc32(block[:-4]).to_bytes(4, "little")
    return packed[:12] + bytes(block) + packed[12 + size :]


def test_streams_of_xz_may_follow_each_other_with_padding(tmp_path):
    content = tar_of(FILES, "")
    packed = [lzma.compress(part) for part in (content[:700], content[700:])]
    path = written(tmp_path, "a.tar.xz", packed[0] + bytes(8) + packed[1] + bytes(4))
    assert dict(read_members(path)) == FILES
    path.write_bytes(packed[0] + packed[1] + b"garbage")
    with pytest.raises(ValueError, match="must be whole"):
        check_archive(path)

"""An archive is read without being trusted."""

import io
import stat
import tarfile
import zipfile

import pytest

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
def test_a_name_that_leads_out_is_refused(make, name, tmp_path):
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
def test_links_and_devices_in_a_tar_are_refused(kind, tmp_path):
    path = written(tmp_path, "a.tar.gz", tar_with(kind))
    with pytest.raises(ValueError, match="'a' is a link or device"):
        check_archive(path)


def test_links_in_a_zip_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("a")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ValueError, match="'a' is a link or device"):
        check_archive(tmp_path / "a.zip")


def test_more_than_is_allowed_is_refused_before_it_is_unpacked(tmp_path):
    bomb = zip_of({"a": bytes(10**6), "b": bytes(10**6)})
    path = written(tmp_path, "a.zip", bomb)
    with pytest.raises(ValueError, match="more than 1,500,000 bytes"):
        list(read_members(path, max_bytes=1_500_000))
    few = read_members(path, lambda name: name == "b", max_bytes=1_500_000)
    assert [name for name, _ in few] == ["b"]


def test_a_size_that_the_archive_lies_about_is_noticed(tmp_path):
    honest = zip_of({"a": bytes(10**6)})
    lie = honest.replace((10**6).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(ValueError, match="`archive` must be whole"):
        check_archive(written(tmp_path, "a.zip", lie))


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ckts.datasets._archives.MAX_MEMBERS", 2)
    with pytest.raises(ValueError, match="more than 2 files"):
        check_archive(written(tmp_path, "a.zip", zip_of(FILES)))


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9])
def test_a_broken_archive_is_said_to_be_broken(archive, share):
    content = archive.read_bytes()
    if archive.suffix == ".tar":  # most of it are zeros behind the last file
        content = content[:515]
    archive.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="`archive` must be whole"):
        check_archive(archive)


def test_an_archive_that_is_not_there_is_no_broken_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        check_archive(tmp_path / "a.tar.gz")

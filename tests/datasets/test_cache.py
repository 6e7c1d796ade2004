"""The cache serves a file whole and right, from wherever it came."""

import errno
import os
import signal
import time
from pathlib import Path

import pytest

from ckts.datasets._cache import Cache
from http_server import PAGE, md5, sha256, tar_of, zip_of
from toy_downloads import (
    CONTENT,
    MIRRORS,
    NAME,
    dataset_of,
    fetch,
    fetched,
    left_over,
    part_of,
    path_of,
    prepared,
    record_of,
    start,
)


def test_a_file_is_downloaded_once_into_a_folder_of_its_version(dataset, server, cache):
    (path,) = fetch(dataset).values()
    assert path == cache / "toy" / "1.0" / NAME
    assert path.read_bytes() == CONTENT
    assert fetch(dataset) == {NAME: path}
    assert server.requests == [("first", None)]
    assert left_over(dataset) == {NAME}


def test_a_home_that_is_no_folder_raises(dataset, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    rule = "`data_home` must be a folder; got .*file. Choose"
    with pytest.raises(ValueError, match=rule):
        fetch(dataset, data_home=tmp_path / "file")
    monkeypatch.setenv("CKTS_DATA", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=rule):
        fetch(dataset)


def test_a_home_that_is_no_path_raises(dataset):
    with pytest.raises(TypeError, match=r"`data_home` must be a path; got 3\. Write"):
        fetch(dataset, data_home=3)


def test_a_home_in_which_nothing_can_be_written_raises(dataset, cache):
    cache.mkdir()
    (cache / "toy").touch()
    rule = "`data_home` must be a folder that can be written; got .*1.0: .*CKTS_DATA"
    with pytest.raises(OSError, match=rule) as error:
        fetch(dataset)
    assert error.value.errno == errno.ENOTDIR


def test_without_a_choice_the_folder_of_the_system_is_the_home(monkeypatch, tmp_path):
    monkeypatch.delenv("CKTS_DATA")
    assert Cache().home.name == "ckts"
    assert Cache("~/x").home == Path.home() / "x"


def test_data_home_goes_before_the_environment(dataset, cache, tmp_path):
    (path,) = fetch(dataset, data_home=tmp_path / "other").values()
    assert path.is_relative_to(tmp_path / "other")
    assert not cache.exists()


def test_a_file_damaged_in_the_cache_is_downloaded_again(dataset, server):
    (path,) = fetch(dataset).values()
    path.write_bytes(CONTENT[:-1])
    assert fetched(dataset) == CONTENT
    assert len(server.requests) == 2


@pytest.mark.parametrize("damaged", [False, True])
def test_offline_nothing_is_requested(dataset, server, monkeypatch, damaged):
    if damaged:
        prepared(dataset).write_bytes(CONTENT[1:])
    state = "broken" if damaged else "missing"
    rule = f"`download_if_missing` must be True, and CKTS_OFFLINE.*is {state}"
    with pytest.raises(FileNotFoundError, match=rule):
        fetch(dataset, download_if_missing=False)
    monkeypatch.setenv("CKTS_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match=rule) as error:
        fetch(dataset)
    assert f"{server.url}/first" in str(error.value)
    assert server.requests == []


def test_offline_the_cache_is_enough(dataset, server, monkeypatch):
    fetch(dataset)
    monkeypatch.setenv("CKTS_OFFLINE", "yes")
    assert fetched(dataset) == CONTENT
    assert fetched(dataset, download_if_missing=False) == CONTENT


def test_a_file_put_there_by_hand_is_checked_and_served(dataset, server):
    prepared(dataset).write_bytes(CONTENT)
    assert fetched(dataset) == CONTENT
    assert server.requests == []


def test_md5_is_a_digest_too(server):
    server.files["first"] = CONTENT
    assert fetched(dataset_of(server, digest=md5(CONTENT))) == CONTENT
    server.behave("first", "wrong")
    path_of(dataset_of(server)).unlink()
    with pytest.raises(OSError, match="its digest is md5:"):
        fetch(dataset_of(server, mirrors=["first"], digest=md5(CONTENT)))


def test_the_first_digest_is_recorded_and_held_to(unpublished, server):
    (path,) = fetch(unpublished).values()
    assert record_of(path).read_text() == sha256(CONTENT) + "\n"
    path.unlink()
    server.files.update(dict.fromkeys(MIRRORS, b"changed silently"))
    with pytest.raises(OSError, match="digest is that of the first download") as error:
        fetch(unpublished)
    assert str(record_of(path)) in str(error.value)
    record_of(path).unlink()
    assert fetched(unpublished) == b"changed silently"


@pytest.mark.parametrize(
    "record", [b"", b"\0" * 72, b"\xff", b"junk\n", b"sha256:12\n", b"md4:" + b"0" * 32]
)
def test_a_malformed_record_counts_as_none(unpublished, server, record):
    (path,) = fetch(unpublished).values()
    record_of(path).write_bytes(record)
    assert fetched(unpublished) == CONTENT
    assert record_of(path).read_text() == sha256(CONTENT) + "\n"
    record_of(path).write_bytes(record)
    path.unlink()
    for mirror in MIRRORS:
        server.behave(mirror, "unannounced")
    with pytest.raises(OSError, match="no digest published") as error:
        fetch(unpublished)
    assert "digest is that of the first download" not in str(error.value)


def test_a_record_is_on_the_disk_before_it_gets_its_name(unpublished, monkeypatch):
    calls = []

    def sync(descriptor):
        calls.append(("fsync", os.fstat(descriptor).st_size))

    def rename(source, target, replace=os.replace):
        calls.append(("replace", Path(target).name))
        replace(source, target)

    monkeypatch.setattr("ckts.datasets._cache.os.fsync", sync)
    monkeypatch.setattr("ckts.datasets._cache.os.replace", rename)
    fetch(unpublished)
    record = ("fsync", len(sha256(CONTENT)) + 1), ("replace", NAME + ".digest")
    assert calls == [*record, ("replace", NAME)]


def test_half_a_file_raises_without_an_announced_length(unpublished, server):
    for mirror in MIRRORS:
        server.behave(mirror, "unannounced")
    with pytest.raises(OSError, match="it may be cut: the server announced"):
        fetch(unpublished)


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_an_archive_is_checked_by_its_own_checksums(server, ending):
    make = zip_of if ending == ".zip" else tar_of
    server.files["first"] = make({"a.txt": os.urandom(4000)})
    dataset = dataset_of(server, "a" + ending, ["first"], size=None)
    server.behave("first", "unannounced")
    with pytest.raises(OSError, match="`archive` must be whole"):
        fetch(dataset)
    server.behave("first", "well")
    assert fetched(dataset) == server.files["first"]


def test_an_archive_that_escapes_never_enters_the_cache(server):
    server.files["first"] = zip_of({"../a.txt": b"1"})
    dataset = dataset_of(server, "a.zip", ["first"], size=None)
    with pytest.raises(OSError, match=r"'\.\./a.txt' leads out of it"):
        fetch(dataset)
    assert left_over(dataset) == set()


def test_a_page_of_html_never_becomes_the_first_download(unpublished, server):
    for mirror in MIRRORS:
        server.behave(mirror, "disguised html")
    with pytest.raises(OSError, match="a page of HTML came instead of the file"):
        fetch(unpublished)
    assert left_over(unpublished) == set()
    assert PAGE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_raises_at_once_and_leaves_nothing_broken(dataset, server):
    path = prepared(dataset)
    part_of(path).symlink_to("/dev/full")
    with pytest.raises(OSError, match="`data_home` must have room for") as error:
        fetch(dataset)
    assert error.value.errno == errno.ENOSPC
    assert server.paths() == ["first"]
    assert not path.exists()
    part_of(path).unlink()
    assert fetched(dataset) == CONTENT


def test_the_name_appears_by_one_renaming(dataset, monkeypatch):
    def stop(source, target):
        assert Path(source).read_bytes() == CONTENT
        assert not Path(target).exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ckts.datasets._cache.os.replace", stop)
        with pytest.raises(KeyboardInterrupt):
            fetch(dataset)
    assert left_over(dataset) == {NAME + ".part", NAME + ".part.etag"}
    assert fetched(dataset) == CONTENT


def test_two_processes_download_once(dataset, server):
    server.behave("first", "slow")
    processes = [start(server) for _ in range(2)]
    for process in processes:
        out, errors = process.communicate(timeout=60)
        assert (out.strip(), errors) == (str(len(CONTENT)), "")
    assert server.requests == [("first", None)]
    assert left_over(dataset) == {NAME}


LITTLE_ROOM = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
"""


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_disk_that_gets_full_ends_the_download_which_resumes_later(dataset, server):
    process = start(server, LITTLE_ROOM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "`data_home` must have room for series.bin of toy" in errors
    assert server.requests == [("first", None)]
    assert left_over(dataset) == {NAME + ".part", NAME + ".part.etag"}
    assert fetched(dataset) == CONTENT
    assert server.requests[-1] == ("first", "bytes=200000-")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_process_leaves_a_part_that_is_resumed(dataset, server, stop):
    server.behave("first", "stall", "well")
    part = part_of(path_of(dataset))
    process = start(server)
    deadline = time.monotonic() + 30
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(stop)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert left_over(dataset) - {part.name + ".etag"} == {part.name}
    done = part.stat().st_size
    assert fetched(dataset) == CONTENT
    assert server.requests == [("first", None), ("first", f"bytes={done}-")]
    assert left_over(dataset) == {NAME}


def test_the_only_failure_is_raised_as_it_is(publish, monkeypatch):
    publish("mnist", {"t10k-labels-idx1-ubyte.gz": b"1"})
    monkeypatch.setenv("CKTS_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match=r"in which .* is missing") as error:
        Cache().fetch("mnist")
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


def test_some_files_of_a_data_set_can_be_chosen(publish, server):
    files = {f"t10k-{kind}-ubyte.gz": b"1" for kind in ("images-idx3", "labels-idx1")}
    publish("mnist", files)
    chosen, paths = Cache().fetch("mnist", ["t10k-labels-idx1-ubyte.gz"])
    assert [file.name for file in chosen.files] == list(paths) == server.paths()
    assert server.paths() == ["t10k-labels-idx1-ubyte.gz"]

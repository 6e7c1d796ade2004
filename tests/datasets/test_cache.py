"""The cache serves a file whole and right, whatever the servers do."""

import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ckts.datasets import _download
from ckts.datasets._cache import fetch_files, folder_of, part_of, record_of
from ckts.datasets._home import find_data_home
from ckts.datasets.fetch._bunch import Dataset, RemoteFile
from http_server import PAGE, MisbehavingServer, md5, sha256, tar_of, zip_of

CONTENT = bytes(range(256)) * 1600
NAME = "series.bin"
MIRRORS = ("first", "second")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(_download, "CHUNK", 1024)  # what a stall may cost


def be_impatient(monkeypatch):
    """Wait a second for a byte: long for a busy machine, short for a test."""
    monkeypatch.setattr(_download, "TIMEOUT", (10, 1))


@pytest.fixture
def dataset(server):
    """A file of which two mirrors have a good copy."""
    server.files.update(dict.fromkeys(MIRRORS, CONTENT))
    return dataset_of(server)


def dataset_of(server, name=NAME, mirrors=MIRRORS, **known):
    known = known or {"digest": sha256(CONTENT), "size": len(CONTENT)}
    urls = tuple(f"{server.url}/{mirror}" for mirror in mirrors)
    file = RemoteFile(name, urls, **known)
    return Dataset("toy", "1.0", "A toy", "none", "nobody", "nowhere", (file,))


def fetched(dataset, **options):
    (path,) = fetch_files(dataset, **options).values()
    return path.read_bytes()


def left_over(dataset):
    """Visible files in the cache."""
    folder = folder_of(dataset)
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    return {name for name in names if not name.startswith(".")}


def test_a_file_is_downloaded_once_into_a_folder_of_its_version(dataset, server, cache):
    (path,) = fetch_files(dataset).values()
    assert path == cache / "toy" / "1.0" / NAME
    assert path.read_bytes() == CONTENT
    assert fetch_files(dataset) == {NAME: path}
    assert server.requests == [("first", None)]
    assert left_over(dataset) == {NAME}


def test_a_home_that_is_no_folder_is_refused(dataset, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    rule = "`data_home` must be a folder; got .*file. Choose"
    with pytest.raises(ValueError, match=rule):
        fetch_files(dataset, data_home=tmp_path / "file")
    monkeypatch.setenv("CKTS_DATA", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=rule):
        fetch_files(dataset)


def test_a_home_that_is_no_path_is_refused(dataset):
    with pytest.raises(TypeError, match=r"`data_home` must be a path; got 3\. Write"):
        fetch_files(dataset, data_home=3)


def test_a_home_in_which_nothing_can_be_written_is_said(dataset, cache):
    cache.mkdir()
    (cache / "toy").touch()
    rule = "`data_home` must be a folder that can be written; got .*1.0: .*CKTS_DATA"
    with pytest.raises(OSError, match=rule) as error:
        fetch_files(dataset)
    assert error.value.errno == errno.ENOTDIR


def test_without_a_choice_the_folder_of_the_system_is_the_home(monkeypatch, tmp_path):
    monkeypatch.delenv("CKTS_DATA")
    assert find_data_home().name == "ckts"
    assert find_data_home("~/x") == Path.home() / "x"


def test_data_home_goes_before_the_environment(dataset, cache, tmp_path):
    (path,) = fetch_files(dataset, data_home=tmp_path / "other").values()
    assert path.is_relative_to(tmp_path / "other")
    assert not cache.exists()


@pytest.mark.parametrize(
    "manner", ["missing", "broken", "html", "disguised html", "wrong", "truncate"]
)
def test_the_next_mirror_helps(dataset, server, manner):
    server.behave("first", manner)
    if manner == "truncate":  # half of what is left each time would end well
        server.behave("first", "truncate", "missing")
    assert fetched(dataset) == CONTENT
    assert server.paths()[-1] == "second"
    assert left_over(dataset) == {NAME}


def test_a_stalled_file_goes_on_where_it_stopped(dataset, server, monkeypatch):
    be_impatient(monkeypatch)
    server.behave("first", "stall", "well")
    assert fetched(dataset) == CONTENT
    assert server.requests == [
        ("first", None),
        ("first", f"bytes={len(CONTENT) // 2}-"),
    ]


def test_a_file_cut_again_and_again_arrives_in_the_end(dataset, server):
    server.behave("first", *["truncate"] * 5, "well")
    assert fetched(dataset) == CONTENT
    assert len(server.requests) == 6


def test_a_server_without_ranges_starts_again(dataset, server):
    part_of(prepared(dataset)).write_bytes(CONTENT[:1000])
    server.behave("first", "no range")
    assert fetched(dataset) == CONTENT
    assert server.requests == [("first", "bytes=1000-")]


def test_half_a_file_of_an_earlier_day_goes_on_at_another_mirror(dataset, server):
    part_of(prepared(dataset)).write_bytes(CONTENT[:1000])
    server.behave("first", "missing")
    assert fetched(dataset) == CONTENT
    assert server.requests == [("first", "bytes=1000-"), ("second", "bytes=1000-")]


@pytest.mark.parametrize("length", [1000, len(CONTENT), len(CONTENT) + 5])
def test_a_wrong_beginning_is_thrown_away(dataset, server, length):
    part_of(prepared(dataset)).write_bytes(b"x" * length)
    assert fetched(dataset) == CONTENT
    assert set(server.paths()) == {"first"}


def test_a_part_longer_than_the_file_is_thrown_away_without_a_published_size(server):
    server.files["first"] = CONTENT
    dataset = dataset_of(server, digest=sha256(CONTENT))
    part_of(prepared(dataset)).write_bytes(b"x" * len(CONTENT))
    assert fetched(dataset) == CONTENT
    assert [status for _, status in server.requests] == [
        f"bytes={len(CONTENT)}-",
        None,
    ]


def test_a_server_may_send_less_than_the_range(dataset, server):
    part_of(prepared(dataset)).write_bytes(CONTENT[:1000])
    server.behave("first", "short range", "short range", "well")
    assert fetched(dataset) == CONTENT
    assert server.paths() == ["first"] * 3


@pytest.mark.parametrize("manner", ["broken", "hang up"])
def test_an_answer_that_may_pass_is_asked_for_again(
    dataset, server, manner, monkeypatch
):
    monkeypatch.setattr(_download, "PAUSES", (0, 0))
    server.behave("first", manner, manner, "well")
    assert fetched(dataset) == CONTENT
    assert server.paths() == ["first"] * 3


def test_an_answer_that_will_stay_is_not_asked_for_again(dataset, server, monkeypatch):
    monkeypatch.setattr(_download, "PAUSES", (0, 0))
    server.behave("first", "missing", "well")
    assert fetched(dataset) == CONTENT
    assert server.paths() == ["first", "second"]


def test_a_redirection_is_followed(dataset, server):
    server.behave("first", "redirect")
    assert fetched(dataset) == CONTENT


def prepared(dataset):
    folder_of(dataset).mkdir(parents=True)
    return folder_of(dataset) / NAME


# --- nothing broken is served ---------------------------------------------------------

REASONS = {
    "missing": "404",
    "broken": "500",
    "html": "a page of HTML came",
    "disguised html": "has 67 bytes there; expected 409,600",
    "wrong": "its digest is sha256:",
    "truncate": "",
    "unannounced": "",
    "stall": "",
    "hang up": "",
}


@pytest.mark.parametrize("manner", REASONS)
def test_what_no_mirror_has_is_refused_with_all_that_helps(
    dataset, server, manner, monkeypatch
):
    be_impatient(monkeypatch)
    for mirror in MIRRORS:
        server.behave(mirror, manner, "missing")
        if manner not in {"truncate", "unannounced", "stall"}:
            server.behave(mirror, manner)
    with pytest.raises(OSError, match="no mirror gave the file expected") as error:
        fetch_files(dataset)
    text = str(error.value)
    path = folder_of(dataset) / NAME
    for mirror in MIRRORS:
        assert re.search(f"{server.url}/{mirror}: .*{REASONS[manner]}", text)
    for hint in (NAME, "409,600 bytes", sha256(CONTENT), str(path), "by hand"):
        assert hint in text
    assert "ckts datasets verify toy" in text
    assert not path.exists()


def test_a_file_damaged_in_the_cache_is_downloaded_again(dataset, server):
    (path,) = fetch_files(dataset).values()
    path.write_bytes(CONTENT[:-1])
    assert fetched(dataset) == CONTENT
    assert len(server.requests) == 2


@pytest.mark.parametrize("damaged", [False, True])
def test_offline_nothing_is_asked_for(dataset, server, monkeypatch, damaged):
    if damaged:
        prepared(dataset).write_bytes(CONTENT[1:])
    state = "broken" if damaged else "missing"
    rule = f"`download_if_missing` must be True, and CKTS_OFFLINE.*is {state}"
    with pytest.raises(FileNotFoundError, match=rule):
        fetch_files(dataset, download_if_missing=False)
    monkeypatch.setenv("CKTS_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match=rule) as error:
        fetch_files(dataset)
    assert f"{server.url}/first" in str(error.value)
    assert server.requests == []


def test_offline_the_cache_is_enough(dataset, server, monkeypatch):
    fetch_files(dataset)
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
    (folder_of(dataset_of(server)) / NAME).unlink()
    with pytest.raises(OSError, match="its digest is md5:"):
        fetch_files(dataset_of(server, mirrors=["first"], digest=md5(CONTENT)))


def test_the_bar_is_drawn_when_asked(dataset, capsys):
    fetch_files(dataset, verbose=True)
    assert "410k/410k" in capsys.readouterr().err


def test_it_is_silent_by_default(dataset, capfd):
    fetch_files(dataset)
    assert capfd.readouterr() == ("", "")


# --- files that nobody publishes a digest of ------------------------------------------


@pytest.fixture
def unpublished(server):
    server.files.update(dict.fromkeys(MIRRORS, CONTENT))
    return dataset_of(server, size=None)


def test_the_first_digest_is_recorded_and_held_to(unpublished, server):
    (path,) = fetch_files(unpublished).values()
    assert record_of(path).read_text() == sha256(CONTENT) + "\n"
    path.unlink()
    server.files.update(dict.fromkeys(MIRRORS, b"changed silently"))
    with pytest.raises(OSError, match="digest is that of the first download") as error:
        fetch_files(unpublished)
    assert str(record_of(path)) in str(error.value)
    record_of(path).unlink()
    assert fetched(unpublished) == b"changed silently"


def test_two_versions_of_a_file_are_never_joined(unpublished, server):
    server.behave("first", "truncate", "missing")
    server.behave("second", "missing")
    with pytest.raises(OSError, match="no mirror"):
        fetch_files(unpublished)
    assert part_of(folder_of(unpublished) / NAME).stat().st_size == len(CONTENT) // 2
    server.files["first"] = CONTENT[::-1]
    server.behave("first", "well")
    assert fetched(unpublished) == CONTENT[::-1]
    assert server.requests[-1] == ("first", f"bytes={len(CONTENT) // 2}-")


def test_a_weak_validator_joins_nothing(unpublished, server):
    server.behave("first", "weak", "well")
    assert fetched(unpublished) == CONTENT
    assert server.requests == [("first", None), ("first", None)]


def test_another_range_than_asked_for_joins_nothing(unpublished, server):
    server.behave("first", "truncate", "other range")
    assert fetched(unpublished) == CONTENT
    assert server.requests[-1] == ("second", None)


def test_without_digest_a_part_does_not_go_on_elsewhere(unpublished, server):
    server.behave("first", "truncate", "missing")
    assert fetched(unpublished) == CONTENT
    assert server.requests[-1] == ("second", None)


def test_half_a_file_is_refused_though_nobody_tells_its_length(unpublished, server):
    for mirror in MIRRORS:
        server.behave(mirror, "unannounced")
    with pytest.raises(OSError, match="it may be cut: nobody announced its length"):
        fetch_files(unpublished)


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_an_archive_tells_itself_whether_it_is_whole(server, ending):
    make = zip_of if ending == ".zip" else tar_of
    server.files["first"] = make({"a.txt": os.urandom(4000)})
    dataset = dataset_of(server, "a" + ending, ["first"], size=None)
    server.behave("first", "unannounced")
    with pytest.raises(OSError, match="`archive` must be whole"):
        fetch_files(dataset)
    server.behave("first", "well")
    assert fetched(dataset) == server.files["first"]


def test_an_archive_that_escapes_never_enters_the_cache(server):
    server.files["first"] = zip_of({"../a.txt": b"1"})
    dataset = dataset_of(server, "a.zip", ["first"], size=None)
    with pytest.raises(OSError, match=r"'\.\./a.txt' leads out of it"):
        fetch_files(dataset)
    assert left_over(dataset) == set()


def test_a_page_of_html_never_becomes_the_first_download(unpublished, server):
    for mirror in MIRRORS:
        server.behave(mirror, "disguised html")
    with pytest.raises(OSError, match="a page of HTML came instead of the file"):
        fetch_files(unpublished)
    assert left_over(unpublished) == set()
    assert PAGE


# --- this machine ---------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_at_once_and_leaves_nothing_broken(dataset, server):
    path = prepared(dataset)
    part_of(path).symlink_to("/dev/full")
    with pytest.raises(OSError, match="`data_home` must have room for") as error:
        fetch_files(dataset)
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
            fetch_files(dataset)
    assert left_over(dataset) == {NAME + ".part", NAME + ".part.etag"}
    assert fetched(dataset) == CONTENT


CHILD = """
import sys
from ckts.datasets.fetch._bunch import Dataset, RemoteFile
from ckts.datasets._home import find_data_home
from ckts.datasets._cache import fetch_files
url, digest = sys.argv[1:]
file = RemoteFile("series.bin", (url,), digest=digest)
dataset = Dataset("toy", "1.0", "A toy", "none", "nobody", "nowhere", (file,))
(path,) = fetch_files(dataset).values()
print(len(path.read_bytes()))
"""


def start(server, before=""):
    code = before + CHILD
    command = [sys.executable, "-c", code, f"{server.url}/first", sha256(CONTENT)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


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
def test_a_disk_that_gets_full_ends_the_download_which_goes_on_later(dataset, server):
    process = start(server, LITTLE_ROOM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "`data_home` must have room for series.bin of toy" in errors
    assert server.requests == [("first", None)]
    assert left_over(dataset) == {NAME + ".part", NAME + ".part.etag"}
    assert fetched(dataset) == CONTENT
    assert server.requests[-1] == ("first", "bytes=200000-")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_process_leaves_a_part_that_goes_on(dataset, server, stop):
    server.behave("first", "stall", "well")
    part = part_of(folder_of(dataset) / NAME)
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


# --- whatever happens -----------------------------------------------------------------

MANNERS = [
    *("well", "no range", "truncate", "unannounced", "html", "disguised html", "wrong"),
    *("missing", "broken", "hang up", "redirect"),
]


@pytest.fixture(scope="module")
def module_server():
    running = MisbehavingServer()
    yield running
    running.close()


@given(
    st.lists(st.sampled_from(MANNERS), min_size=1, max_size=6),
    st.lists(st.sampled_from(MANNERS), min_size=1, max_size=3),
    st.one_of(st.none(), st.integers(0, 700)),
    st.sampled_from(["digest and size", "digest", "nothing"]),
)
@settings(max_examples=90)
def test_the_cache_holds_the_right_file_or_none(
    module_server, first, second, part, published
):
    content = os.urandom(600)
    module_server.files.update(dict.fromkeys(MIRRORS, content))
    module_server.behave("first", *first)
    module_server.behave("second", *second)
    known = {"digest": sha256(content) if "digest" in published else None}
    known["size"] = 600 if "size" in published else None
    # Without a digest nobody can tell other bytes of the same length.
    assume("digest" in published or "wrong" not in (*first, *second))
    dataset = dataset_of(module_server, **known)
    with tempfile.TemporaryDirectory() as home:
        path = folder_of(dataset, home) / NAME
        if part is not None:  # right if it is short, of another file if it is long
            path.parent.mkdir(parents=True)
            part_of(path).write_bytes((content if part < 600 else b"x" * part)[:part])
        try:
            assert fetched(dataset, data_home=home) == content
            assert not part_of(path).exists()
        except OSError:
            assert not path.exists()
            misled = part is not None and part >= 600  # then "well" may come too early
            assert misled or "well" not in (first[0], second[0])

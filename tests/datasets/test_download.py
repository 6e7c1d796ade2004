"""A download goes on and ends well, or says why, whatever the servers do."""

import os
import re
import tempfile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ckts.datasets import _download
from http_server import MisbehavingServer, sha256
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
)


def be_impatient(monkeypatch):
    """Wait a second for a byte: long for a busy machine, short for a test."""
    monkeypatch.setattr(_download, "TIMEOUT", (10, 1))


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


def test_a_stalled_download_resumes_where_it_stopped(dataset, server, monkeypatch):
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


def test_half_a_file_of_an_earlier_day_is_resumed_at_another_mirror(dataset, server):
    part_of(prepared(dataset)).write_bytes(CONTENT[:1000])
    server.behave("first", "missing")
    assert fetched(dataset) == CONTENT
    assert server.requests == [("first", "bytes=1000-"), ("second", "bytes=1000-")]


@pytest.mark.parametrize("length", [1000, len(CONTENT), len(CONTENT) + 5])
def test_a_wrong_beginning_is_discarded(dataset, server, length):
    part_of(prepared(dataset)).write_bytes(b"x" * length)
    assert fetched(dataset) == CONTENT
    assert set(server.paths()) == {"first"}


def test_a_part_longer_than_the_file_is_discarded_without_a_published_size(server):
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
def test_a_temporary_failure_is_requested_again(dataset, server, manner, monkeypatch):
    monkeypatch.setattr(_download, "PAUSES", (0, 0))
    server.behave("first", manner, manner, "well")
    assert fetched(dataset) == CONTENT
    assert server.paths() == ["first"] * 3


def test_a_permanent_failure_is_not_requested_again(dataset, server, monkeypatch):
    monkeypatch.setattr(_download, "PAUSES", (0, 0))
    server.behave("first", "missing", "well")
    assert fetched(dataset) == CONTENT
    assert server.paths() == ["first", "second"]


def test_a_redirection_is_followed(dataset, server):
    server.behave("first", "redirect")
    assert fetched(dataset) == CONTENT


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
def test_what_no_mirror_has_raises_with_all_that_helps(
    dataset, server, manner, monkeypatch
):
    be_impatient(monkeypatch)
    for mirror in MIRRORS:
        server.behave(mirror, manner, "missing")
        if manner not in {"truncate", "unannounced", "stall"}:
            server.behave(mirror, manner)
    with pytest.raises(OSError, match="no mirror gave the file expected") as error:
        fetch(dataset)
    text = str(error.value)
    path = path_of(dataset)
    for mirror in MIRRORS:
        assert re.search(f"{server.url}/{mirror}: .*{REASONS[manner]}", text)
    for hint in (NAME, "409,600 bytes", sha256(CONTENT), str(path), "by hand"):
        assert hint in text
    assert "ckts datasets verify toy" in text
    assert not path.exists()


def test_the_bar_is_drawn_if_verbose(dataset, capsys):
    fetch(dataset, verbose=True)
    assert "410k/410k" in capsys.readouterr().err


def test_it_is_silent_by_default(dataset, capfd):
    fetch(dataset)
    assert capfd.readouterr() == ("", "")


def test_two_versions_of_a_file_are_never_joined(unpublished, server):
    server.behave("first", "truncate", "missing")
    server.behave("second", "missing")
    with pytest.raises(OSError, match="no mirror"):
        fetch(unpublished)
    assert part_of(path_of(unpublished)).stat().st_size == len(CONTENT) // 2
    server.files["first"] = CONTENT[::-1]
    server.behave("first", "well")
    assert fetched(unpublished) == CONTENT[::-1]
    assert server.requests[-1] == ("first", f"bytes={len(CONTENT) // 2}-")


def test_a_weak_validator_joins_nothing(unpublished, server):
    server.behave("first", "weak", "well")
    assert fetched(unpublished) == CONTENT
    assert server.requests == [("first", None), ("first", None)]


def test_another_range_than_requested_joins_nothing(unpublished, server):
    server.behave("first", "truncate", "other range")
    assert fetched(unpublished) == CONTENT
    assert server.requests[-1] == ("second", None)


def test_without_digest_a_part_is_not_resumed_elsewhere(unpublished, server):
    server.behave("first", "truncate", "missing")
    assert fetched(unpublished) == CONTENT
    assert server.requests[-1] == ("second", None)


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
        path = path_of(dataset, home)
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


def test_credentials_do_not_follow_a_redirection_to_another_host(
    dataset, server, tmp_path, monkeypatch
):
    other = MisbehavingServer()
    try:
        other.files["first"] = CONTENT
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        server.redirect = other.url.replace("127.0.0.1", "localhost")
        server.behave("first", "elsewhere")
        assert fetched(dataset) == CONTENT
        assert [bool(login) for login in server.logins + other.logins] == [True, False]
    finally:
        other.close()

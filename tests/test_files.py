"""Files are written whole, or not at all."""

import os
from pathlib import Path

import pytest

from ckts._files import write_whole


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def fail(target):
        target.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=r"No space left on device: '.*a.csv'"):
        write_whole(path, fail)
    assert os.listdir(tmp_path) == ["a.csv"]
    assert path.read_text() == "old"


def test_a_link_stays_a_link_and_endings_are_kept(tmp_path):
    real, link = tmp_path / "real.tar.gz", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    seen = []

    def write(target):
        seen.append("".join(target.suffixes))
        target.write_text("new")

    write_whole(link, write)
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert seen == [".tar.gz"]


def test_the_content_is_on_the_disk_before_the_name(tmp_path, monkeypatch):
    calls = []
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda number: calls.append("fsync"))
    monkeypatch.setattr(
        Path, "replace", lambda *args: calls.append("replace") or replace(*args)
    )
    write_whole(tmp_path / "a", lambda target: target.write_text("x"))
    assert calls == ["fsync", "replace"]

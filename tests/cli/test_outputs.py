"""Files are checked before the work, and written whole or not at all."""

import os
from pathlib import Path

import pytest

from ckts.cli.outputs import STDOUT, check_output, write_text


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("gone/a.csv", ValueError, "must be a file in a folder that exists"),
        (".", ValueError, "must be a file in a folder that exists"),
        ("a.txt", ValueError, r"must end in .csv or .parquet; got 'a.txt'"),
        ("old.csv", FileExistsError, "got 'old.csv', which exists.*`--force`"),
    ],
)
def test_what_would_fail_after_the_work_fails_before(folder, name, error, message):
    Path("old.csv").touch()
    with pytest.raises(error, match=message):
        check_output(Path(name), (".csv", ".parquet"), force=False)


def test_a_file_may_be_new_or_be_replaced_on_request(folder):
    Path("old.csv").touch()
    assert check_output(Path("new.csv"), (".csv",), force=False) == Path("new.csv")
    assert check_output(Path("old.csv"), (".csv",), force=True) == Path("old.csv")


def test_a_folder_without_permission_is_told_before_the_work(folder, monkeypatch):
    # tests may run as root, whom nothing is forbidden
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="must be where you may write; got 'a"):
        check_output(Path("a.csv"), (".csv",), force=False)


def test_text_goes_to_a_file_or_to_stdout(folder, capsys):
    write_text(Path("a.csv"), "é\n")
    assert Path("a.csv").read_bytes() == "é\n".encode()
    write_text(STDOUT, "x\n")
    assert capsys.readouterr().out == "x\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_device_is_named():
    with pytest.raises(OSError, match=r"No space left on device: '/dev/full'"):
        write_text(Path("/dev/full"), "x" * 10_000)

"""Damaged checkpoints are not used; a folder that cannot be written is told early."""

import errno
import itertools
import os

import pytest

from ckts import CKCNNClassifier
from ckts.estimators.training import checkpoint
from killed_fits import QUICK, Kill, X, Y, assert_same, fit_until


@pytest.fixture(autouse=True)
def _written_after_every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)


def _flip(content):
    return content[:999] + bytes([content[999] ^ 1]) + content[1000:]


DAMAGES = {
    "damaged": _flip,
    "is damaged": lambda content: content[: len(content) // 2],
    "not in the format": lambda content: b"",
    "format of this version": lambda content: content.replace(b"1", b"2", 1),
}


@pytest.mark.parametrize("reason", DAMAGES)
def test_a_damaged_file_is_named_and_not_used(tmp_path, reason):
    fit_until(tmp_path, at=3, rocket=False)
    (path,) = tmp_path.iterdir()
    path.write_bytes(DAMAGES[reason](path.read_bytes()))
    told = f"{path.name} cannot be used: .*{reason}.* begins anew and overwrites it"
    with pytest.warns(UserWarning, match=told):
        model, n_epochs = fit_until(tmp_path, rocket=False)
    assert n_epochs == 3
    assert_same(model, fit_until(rocket=False)[0])
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_fit_under_the_same_name_is_not_used(tmp_path):
    fit_until(tmp_path, at=3, rocket=False)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    fit_until(tmp_path, rocket=False)
    fit_until(tmp_path, at=1, rocket=False, lr=0.01)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="it is of other data or parameters"):
        assert fit_until(tmp_path, rocket=False, lr=0.01)[1] == 3


def test_no_code_of_a_file_is_run(tmp_path):
    class Attack:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "attacked"),)

    fit_until(tmp_path, at=1, rocket=False)
    (path,) = tmp_path.iterdir()
    file = checkpoint.FileCheckpoint(path, path.stem.split("-")[1])
    file.networks = [Attack()]
    file.write()
    with pytest.warns(UserWarning, match="cannot be used"):
        assert fit_until(tmp_path, rocket=False)[1] == 3
    assert not (tmp_path / "attacked").exists()


def test_a_folder_that_cannot_be_written_is_told_before_the_training(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "folder", "/proc/folder"):
        told = r"`checkpoint` must be a folder that can be written .*Take another"
        model = CKCNNClassifier(**QUICK, callbacks=[Kill(1)], checkpoint=folder)
        with pytest.raises(ValueError, match=told):
            model.fit(X, Y)


def full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_before_the_training(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", full)
    model = CKCNNClassifier(**QUICK, callbacks=[Kill(1)], checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"must be a folder .* No space left"):
        model.fit(X, Y)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_later_loses_no_training(tmp_path, monkeypatch):
    expected, _ = fit_until()
    fsync, calls = os.fsync, itertools.count(1)

    def full_from_the_third_on(file):
        return full() if next(calls) > 2 else fsync(file)

    monkeypatch.setattr(os, "fsync", full_from_the_third_on)
    with pytest.warns(UserWarning, match="could not be written.*training goes on") as w:
        model, _ = fit_until(tmp_path)
    assert len([one for one in w if "written" in str(one.message)]) == 1
    assert_same(model, expected)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_the_disk_was_full_is_kept(tmp_path, monkeypatch):
    expected, _ = fit_until(rocket=False)
    fit_until(tmp_path, at=3, rocket=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ValueError, match="No space"):
            fit_until(tmp_path, rocket=False)
    model, left = fit_until(tmp_path, rocket=False)
    assert left == 1
    assert_same(model, expected)

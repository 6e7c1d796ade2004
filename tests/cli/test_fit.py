"""``ckts fit`` as a command: what it refuses, and what it leaves behind."""

import pytest

from clinic import COLUMNS, FAST, ROLES


def test_a_label_is_needed(run, visits):
    status, _, error = run("fit", "visits.csv", *COLUMNS, "-o", "m.safetensors")
    assert status == 2
    assert "--label is required" in error


def test_outputs_are_replaced_on_request_only(run, saved, folder):
    path = folder / "model.safetensors"
    before = path.read_bytes()
    command = ("fit", "visits.csv", *ROLES, *FAST, "--seed", 1, "-o", path.name)
    status, _, error = run(*command)
    assert (status, path.read_bytes()) == (1, before)
    assert "which exists. Choose another name, or replace it by `--force`" in error
    assert run(*command, "--force")[0] == 0
    assert path.read_bytes() != before


def test_a_card_is_written_and_kept(run, visits, folder):
    command = ("fit", "visits.csv", *ROLES, *FAST, "-o", "m.safetensors", "--card")
    status, out, _ = run(*command)
    assert status == 0
    assert "Wrote m.md. Fill in its intended use." in out
    assert "| series of each class | no: 30, yes: 10 |" in (folder / "m.md").read_text()
    (folder / "m.safetensors").unlink()
    status, _, error = run(*command)
    assert status == 1
    assert "`--card` must be a new file; got 'm.md'" in error
    assert run(*command, "--force")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "m.pkl"], "`--output` must end in .safetensors"),
        (["-o", "gone/m.safetensors"], "in a folder that exists"),
    ],
)
def test_outputs_are_checked_before_the_work(arguments, message, run, visits):
    status, out, error = run("fit", "visits.csv", *ROLES, *FAST, *arguments)
    assert (status, out) == (1, "")
    assert message in error


def test_one_class_is_told(run, visits):
    visits.assign(died="no").to_csv("visits.csv", index=False)
    status, _, error = run("fit", "visits.csv", *ROLES, *FAST, "-o", "m.safetensors")
    assert status == 1
    assert "at least two classes; got 'no' only in 'died'" in error


def test_errors_of_the_estimator_are_one_line(run, visits):
    wrong = ("--param", "scales=5", "-o", "m.safetensors")
    status, _, error = run("fit", "visits.csv", *ROLES, "--max-epochs", 1, *wrong)
    assert status == 1
    assert error.startswith("ckts fit: `scales` must be one of 'auto'")


def test_a_card_is_not_lost_where_the_disk_is_full(run, saved, folder, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device", "m.safetensors")

    (folder / "m.md").write_text("what somebody wrote")
    monkeypatch.setattr("ckts.estimators.saving.savable.write_file", fail)
    command = ("fit", "visits.csv", *ROLES, *FAST, "-o", "m.safetensors", "--card")
    status, _, error = run(*command, "--force")
    assert (status, "No space left" in error) == (1, True)
    assert (folder / "m.md").read_text() == "what somebody wrote"

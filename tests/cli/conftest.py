"""The command on a table of visits."""

import pytest

from ckts.cli import main
from clinic import FAST, ROLES, make_visits


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def visits(folder):
    """The table, which lies in "visits.csv" of the working folder."""
    frame = make_visits()
    frame.to_csv(folder / "visits.csv", index=False)
    return frame


@pytest.fixture
def run(capsys):
    """Run the command; return its status, what it printed, and its errors."""

    def run(*arguments):
        capsys.readouterr()
        try:
            status = main([str(one) for one in arguments])
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def saved(visits, run):
    """A model of the table, in "model.safetensors" of the working folder."""
    status, _, error = run(
        "fit", "visits.csv", *ROLES, *FAST, "-o", "model.safetensors"
    )
    assert status == 0, error
    return visits

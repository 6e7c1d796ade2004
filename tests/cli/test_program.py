"""The console command, as a newcomer types it."""

import subprocess
import sys
from pathlib import Path

import pytest

import ckts
from ckts.cli import main
from clinic import COLUMNS, FAST, ROLES


def test_help_is_helpful(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "demo" in text
    assert "CKCNNClassifier().fit(X, y)" in text


def test_no_command_shows_the_help(capsys):
    assert main([]) == 0
    assert "usage: ckts" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == ckts.__version__


def test_module_is_the_command():
    command = [sys.executable, "-m", "ckts", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ckts.__version__


def test_what_is_shown_answers_without_the_libraries_that_compute():
    code = (
        "import sys; from ckts.cli import main; main([]); "
        "heavy = {'numpy', 'torch', 'sklearn', 'pandas', 'matplotlib'}; "
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == 0


@pytest.mark.parametrize("command", ["describe", "evaluate", "fit", "predict", "plot"])
def test_help_of_a_command_teaches_by_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"  ckts {command} " in text
    assert "--static COLUMN [COLUMN ...]" in text


def test_an_error_is_one_line_with_the_command_and_status_1(run, folder):
    status, out, error = run("describe", "gone.csv", *COLUMNS)
    assert status == 1
    assert out == ""
    assert error.count("\n") == 1
    assert error.startswith("ckts describe: `FILE` must be a file; got 'gone.csv'")


def test_a_wrong_use_has_status_2(run):
    status, _, error = run("describe", "visits.csv", "--instance", "patient")
    assert status == 2
    assert "the following arguments are required: --time" in error


def test_a_traceback_is_shown_on_request(folder):
    with pytest.raises(FileNotFoundError, match=r"gone\.csv"):
        main(["describe", "gone.csv", *COLUMNS, "--traceback"])


def test_ctrl_c_ends_a_fit_with_status_130(run, visits, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("ckts.estimators.CKRocketClassifier.fit", interrupt)
    status, _, error = run("fit", "visits.csv", *ROLES, *FAST, "-o", "m.safetensors")
    assert (status, error.splitlines()[-1]) == (130, "Interrupted.")
    assert not (Path.cwd() / "m.safetensors").exists()


def test_a_closed_pipe_ends_quietly(saved):
    command = [sys.executable, "-m", "ckts", "predict", "model.safetensors"]
    process = subprocess.Popen(
        [*command, "visits.csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()  # before anything is written
    error = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 1
    assert error == "Ignored what the model did not learn from: ward, died.\n"

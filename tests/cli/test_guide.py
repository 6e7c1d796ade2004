"""The commands of the guide run as they are shown."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "command-line.md"


def blocks(language):
    text = PAGE.read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands():
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines]


@pytest.mark.slow
def test_the_commands_of_the_page_run(folder, run):
    exec(blocks("python")[0], {})  # writes the table
    for program, *arguments in commands():
        assert program == "ckts"
        status, _, error = run(*arguments)
        assert status == 0, error
    assert {path.name for path in folder.iterdir()} == {
        *("visits.csv", "sampling.png", "report.html"),
        *("model.safetensors", "model.md", "risks.csv"),
    }


def test_every_command_on_tables_is_shown():
    shown = {arguments[1] for arguments in commands()}
    assert shown == {"describe", "plot", "evaluate", "fit", "predict"}


def test_options_that_the_page_names_exist(run):
    helps = [run(name, "--help")[1] for name in ("fit", "evaluate", "predict", "plot")]
    known = set(re.findall(r"--[a-z][a-z-]+", "".join(helps)))
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE.read_text("utf-8")))
    assert named <= known

"""The figures and pictures of docs/guide/sampling.md are those of the data."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
PAGE = (GUIDE / "sampling.md").read_text("utf-8")
PNG = b"\x89PNG\r\n\x1a\n"


def load_script():
    spec = importlib.util.spec_from_file_location("sampling", GUIDE / "sampling.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["sampling"] = module  # where its dataclasses look it up
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()


@pytest.mark.parametrize("entry", SCRIPT.ENTRIES, ids=lambda entry: entry.name)
def test_the_page_says_of_each_data_set_what_is_measured(entry):
    if not entry.is_there():
        pytest.skip(f"{entry.source} is not in the shared folder")
    found = entry.load().describe()
    if entry.name == "speed":  # without figures on the page
        assert found.step is None
    elif entry.words:
        assert f"```text\n{found!r}\n```" in PAGE
    else:
        assert f"| {entry.name} | {found.n_series:,} | " in PAGE


def test_the_pictures_of_the_page_are_there_and_small():
    linked = re.findall(r"!\[[^\]]{20,}\]\((sampling/\w+\.png)\)", PAGE)
    drawn = {f"sampling/{path.name}" for path in (GUIDE / "sampling").iterdir()}
    assert set(linked) == drawn
    for name in linked:
        picture = (GUIDE / name).read_bytes()
        assert picture.startswith(PNG)
        assert len(picture) < 100_000


def test_the_script_draws_what_is_on_board(tmp_path, monkeypatch):
    monkeypatch.setattr(SCRIPT, "SHARED", tmp_path / "nowhere")
    drawn = {path.name for path in SCRIPT.draw_all(tmp_path / "pictures")}
    on_board = {f"{entry.name}.png" for entry in SCRIPT.ENTRIES if not entry.source}
    assert drawn == {*on_board, "protocols.png"}
    assert all((tmp_path / "pictures" / name).stat().st_size for name in drawn)

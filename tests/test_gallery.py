"""Every example of docs/gallery has a title and draws; the quick ones run here."""

import ast
import importlib.util
import os
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.utils import Bunch

from ckts import Panel
from ckts.datasets import read_physionet2012, read_ts

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared")) / "data"
# Examples of less than three seconds; `make gallery` runs all.
QUICK = {
    "plot_appliances",
    "plot_hospital_table",
    "plot_intensive_care",
    "plot_kernels_at_distances",
    "plot_letters",
    "plot_sampling",
    "plot_units_and_dates",
}
NEEDS_DATA = {"plot_appliances", "plot_intensive_care", "plot_letters"}
# Examples of more than 15 seconds, which only `make gallery` runs.
LONG = {
    "plot_bursts",
    "plot_channel_importance",
    "plot_grid_search",
    "plot_missing_channels",
    "plot_other_rate",
    "plot_quantiles",
    "plot_risk_over_time",
    "plot_rocket_or_network",
    "plot_torch_layer",
    "plot_wrong_numbers",
}
MOST_LINES = 130
FEWEST_EXAMPLES = 15


def load_script():
    path = ROOT / "docs" / "run_gallery.py"
    spec = importlib.util.spec_from_file_location("run_gallery", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()
EXAMPLES = SCRIPT.find_examples()
NAMES = [path.stem for path in EXAMPLES]


@pytest.fixture(autouse=True)
def no_screen(monkeypatch, tmp_path):
    """Pictures go nowhere, and no data set is cached."""
    monkeypatch.setattr(plt, "show", lambda: None)
    monkeypatch.setenv("CKTS_DATA", str(tmp_path / "data"))
    yield
    plt.close("all")


def write_example(folder, body):
    path = folder / "plot_example.py"
    path.write_text(f'"""Example."""\n\nimport matplotlib.pyplot as plt\n{body}\n')
    return path


def test_there_are_many_examples_and_the_quick_ones_are_among_them():
    assert len(EXAMPLES) >= FEWEST_EXAMPLES
    assert set(NAMES) >= QUICK >= NEEDS_DATA
    assert set(NAMES) - QUICK >= LONG


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_an_example_begins_with_a_title_and_a_text(path):
    text = path.read_text("utf-8")
    title, underline, blank, *words = ast.get_docstring(ast.parse(text)).splitlines()
    assert underline == "=" * len(title)
    assert blank == ""
    assert len(" ".join(words)) > 100
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_titles_of_cells_are_underlined_and_the_last_line_shows(path):
    text = path.read_text("utf-8")
    headings = re.findall(r"^# %%\n# (.*)\n# (-{3,})$", text, re.MULTILINE)
    assert all(len(title) == len(line) for title, line in headings)
    assert text.count("\n# ---") == len(headings) > 0
    assert text.endswith("plt.show()\n")


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_no_cell_shows_the_repr_of_a_label(path):
    cells = re.split(r"^# %%$", path.read_text("utf-8"), flags=re.MULTILINE)
    bodies = [ast.parse(cell).body for cell in cells]
    for last in (body[-1] for body in bodies if body):  # one of text alone has none
        shown = isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
        assert not shown or ast.unparse(last).startswith(("print(", "plt.show("))


def test_titles_differ():
    docstrings = [ast.get_docstring(ast.parse(p.read_text("utf-8"))) for p in EXAMPLES]
    assert len({text.splitlines()[0] for text in docstrings}) == len(EXAMPLES)


@pytest.mark.parametrize("name", sorted(QUICK - NEEDS_DATA))
def test_a_quick_example_draws(name, tmp_path):
    (path,) = SCRIPT.find_examples([name])
    n_pictures = SCRIPT.draw(path, tmp_path)
    assert n_pictures >= 1
    assert len(list(tmp_path.glob("*.png"))) == n_pictures


@pytest.mark.parametrize("name", sorted(NEEDS_DATA))
def test_an_example_without_its_data_says_what_to_fetch(name, capsys):
    (path,) = SCRIPT.find_examples([name])
    assert SCRIPT.draw(path) == 0
    assert SCRIPT.TO_FETCH in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(NAMES) - QUICK - LONG))
def test_an_example_runs_as_a_script(name):
    (path,) = SCRIPT.find_examples([name])
    done = SCRIPT.run(path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1].removesuffix(" pictures")) >= 1


def stays(source):
    X, outcomes = read_physionet2012(source, source.parent / "Outcomes-a.txt")
    found = Bunch(data=X, target=outcomes["In-hospital_death"].to_numpy())
    return "fetch_physionet2012", lambda **_: found


def appliances(source):
    def fetch_uea(name, split, **_):
        X, y = read_ts(source.parent / f"{name}_{split.upper()}.ts")
        return Bunch(data=X, target=y)

    return "fetch_uea", fetch_uea


def letters(source):
    found = np.load(source)
    times = np.concatenate([np.arange(length) for length in found["lengths"]])
    X = Panel(found["values"], times, np.r_[0, np.cumsum(found["lengths"], dtype=int)])
    made = Bunch(data=X, target=found["classes"][found["labels"]])
    return "fetch_character_trajectories", lambda **_: made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file", "read", "n_pictures"),
    [
        ("plot_appliances", "uea_ts/PLAID/PLAID_TRAIN.ts", appliances, 2),
        ("plot_intensive_care", "physionet2012/set-a.tar.xz", stays, 2),
        ("plot_letters", "character_trajectories/ct_trimmed_float32.npz", letters, 2),
    ],
)
def test_an_example_draws_where_its_data_are(name, file, read, n_pictures, monkeypatch):
    source = SHARED / file
    if not source.exists():
        pytest.skip(f"{source} is not there; CKTS_SHARED names the folder")
    fetcher, fetch = read(source)
    monkeypatch.setattr(f"ckts.datasets.{fetcher}", fetch)
    (path,) = SCRIPT.find_examples([name])
    assert SCRIPT.draw(path) == n_pictures


def test_an_unknown_example_is_named():
    with pytest.raises(ValueError, match=r"`names` must be among .*; got \['plot_x'\]"):
        SCRIPT.find_examples(["plot_sampling", "plot_x"])


@pytest.mark.parametrize(
    ("body", "well", "words"),
    [
        ("plt.plot([1, 2])", True, "1 pictures"),
        ("print('ckts datasets fetch uea/PLAID')", True, "0 pictures"),
        ("print('nothing')", False, "FAILED"),
        ("plt.plot([1, 2])\nimport warnings\nwarnings.warn('odd')", False, "odd"),
    ],
)
def test_the_script_tells_what_went_wrong(tmp_path, capsys, body, well, words):
    assert SCRIPT.report(write_example(tmp_path, body), None) is well
    assert words in capsys.readouterr().out


def test_the_status_is_1_if_an_example_fails(tmp_path, monkeypatch, capsys):
    write_example(tmp_path, "raise ValueError('broken')")
    monkeypatch.setattr(SCRIPT, "GALLERY", tmp_path)
    assert SCRIPT.main([]) == 1
    out = capsys.readouterr().out
    assert "broken" in out
    assert out.endswith("0 of 1 examples ran\n")

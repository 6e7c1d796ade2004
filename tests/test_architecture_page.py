"""The picture of the rooms is drawn from the code, and current."""

import importlib.util
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"


def load_script():
    spec = importlib.util.spec_from_file_location(
        "architecture", DOCS / "architecture.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["architecture"] = module  # where its dataclass looks it up
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()


@pytest.fixture
def rooms(tmp_path):
    """low <- middle <- high, and high also imports low; `datasets` has two folders."""
    texts = {
        "ckts/__init__.py": "from ckts import high",
        "ckts/low.py": '"""Count."""\n',
        "ckts/middle/__init__.py": '"""Join."""\n',
        "ckts/middle/a.py": "import ckts.low\nimport numpy as np\n",
        "ckts/high.py": '"""Ask."""\nfrom ckts import middle\n\n\n'
        "def f():\n    from ckts.low import a\n",
        "datasets/__init__.py": '"""Read ``x``."""\n',
        "datasets/make/__init__.py": "from ckts.middle.a import b\n",
        "datasets/make/draw.py": "",
        "datasets/data/__init__.py": "",
        "datasets/split.py": "",
        "estimators/__init__.py": '"""Fit."""\n',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return SCRIPT.read_rooms(tmp_path)


def test_picture_and_table_are_current(capsys):
    status = SCRIPT.main(["--check"])
    assert (status, capsys.readouterr().out) == (0, "")


def test_a_stale_picture_is_named_and_then_drawn(tmp_path, monkeypatch, capsys):
    page, picture = tmp_path / "a.md", tmp_path / "a.svg"
    page.write_text("Before\n" + SCRIPT.BEGIN + "old\n" + SCRIPT.END + "After\n")
    monkeypatch.setattr(SCRIPT, "PAGE", page)
    monkeypatch.setattr(SCRIPT, "PICTURE", picture)
    assert SCRIPT.main(["--check"]) == 1
    assert "a.md is not current: run" in capsys.readouterr().out
    assert SCRIPT.main([]) == 0
    assert SCRIPT.main(["--check"]) == 0
    text = page.read_text()
    assert text.startswith("Before\n<!--")
    assert text.endswith("-->\nAfter\n")
    assert "| `estimators` |" in text


def test_rooms_are_read_with_all_their_imports(rooms):
    found = {name: room.imports for name, room in rooms.items()}
    assert found == {
        "low": set(),
        "middle": {"low"},
        "high": {"low", "middle"},
        "datasets": {"middle"},
        "estimators": set(),
    }
    assert rooms["datasets"].counts == "5 files: make"
    assert rooms["low"].counts == "1 file"


def test_an_arrow_that_follows_from_others_is_not_drawn(rooms):
    arrows = [("high", "middle"), ("middle", "low"), ("datasets", "middle")]
    assert sorted(SCRIPT.drawn_arrows(rooms)) == sorted(arrows)


def test_every_arrow_points_downwards(rooms):
    assert [SCRIPT.row_of(rooms, name) for name in ("low", "middle", "high")] == [
        0,
        1,
        2,
    ]
    places = SCRIPT.Layout(rooms).places
    for upper, lower in SCRIPT.drawn_arrows(rooms):
        assert places[upper][1] < places[lower][1]  # y grows downwards


def test_the_table_has_what_the_picture_leaves_out(rooms):
    lines = SCRIPT.tabulate(rooms).splitlines()
    assert lines[2:4] == [
        "| `datasets` | Read `x`. | 5 | `middle` |",
        "| `high` | Ask. | 1 | `low`, `middle` |",
    ]


def test_boxes_do_not_touch_each_other_and_lie_in_the_picture():
    rooms = SCRIPT.read_rooms(SCRIPT.ROOT)
    layout = SCRIPT.Layout(rooms)
    boxes = [layout.places[name] for name in rooms]
    for number, (x, top) in enumerate(boxes):
        assert SCRIPT.BOX / 2 <= x <= layout.width - SCRIPT.BOX / 2
        assert 0 <= top <= layout.height - SCRIPT.HEIGHT
        for other, level in boxes[:number]:
            assert level != top or abs(x - other) > SCRIPT.BOX
    svg = ElementTree.fromstring(SCRIPT.draw(rooms))
    texts = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert set(rooms) <= set(texts)
    assert max(map(len, texts)) <= 32  # letters that fit a box

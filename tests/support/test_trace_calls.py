"""What a trace counts."""

import sys

import pytest

from ckts.panel import Panel
from trace_calls import Walk, follow, walks


def test_functions_files_and_changes_of_file_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("trace_calls.FOLDERS", (str(tmp_path),))
    (tmp_path / "low.py").write_text("def leaf(a):\n    return a\n")
    (tmp_path / "high.py").write_text(
        "import low\n"
        "def root():\n"
        "    return [low.leaf(twig(a)) for a in range(3)]\n"
        "def twig(a):\n"
        "    return abs(a)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import high

    # root twig | leaf | twig | leaf | twig | leaf, where | is a change of file
    assert follow(high.root) == Walk(functions=3, files=2, changes=5)
    for name in ("high", "low"):
        del sys.modules[name]


def test_only_the_library_is_followed():
    assert follow(lambda: sorted(range(3))) == Walk(0, 0, 0)
    panel = Panel([[1.0]], [0.0], [0, 1])
    walk = follow(lambda: panel.lengths)
    assert (walk.functions, walk.files, walk.changes) == (1, 1, 0)


def test_tracing_ends_with_an_error():
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        follow(fail)
    assert sys.getprofile() is None


def test_what_users_do_most_is_followed():
    found = walks()
    assert list(found) == [
        "fit of one training step",
        "predict_proba",
        "CKConv on a mesh",
    ]
    assert all(0 < walk.files <= walk.functions for walk in found.values())
    assert all(walk.changes >= walk.files - 1 for walk in found.values())

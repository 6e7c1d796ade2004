"""What counts as code."""

import ast

from count_code import code_lines, function_bodies, main, ninth_decile

TEXT = '''"""A module

of three lines."""

import os  # a comment behind code

# a comment alone


class A:
    """A class."""

    def f(self, a):
        """Add."""
        # why
        return (
            a +
            1
        )

    def g(self): """Nothing."""


TEXT = """a
string"""
'''


def test_comments_docstrings_and_blank_lines_are_no_code():
    assert code_lines(TEXT) == len(
        ["import", "class", "def", "return (", "a +", "1", ")", "TEXT", "string"]
    )


def test_a_body_begins_behind_the_docstring():
    found = {node.name: lines for node, lines in function_bodies(ast.parse(TEXT))}
    assert found == {"f": 4, "g": 0}


def test_nine_of_ten_do_not_exceed_the_ninth_decile():
    assert ninth_decile([*range(1, 11), 100]) == 10


def test_rooms_are_counted_file_by_file(tmp_path, capsys):
    for name in ("ckts/panel/_panel.py", "ckts/panel/a/b.py", "ckts/cli.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(TEXT)
    main(tmp_path)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1:4] == [
        ["ckts", "1", "9"],
        ["ckts/panel", "2", "18"],
        ["in", "all", "3", "27"],
    ]
    assert rows[4][:2] == ["6", "functions;"]

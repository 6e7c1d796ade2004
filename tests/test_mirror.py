"""Tests mirror the tree, are of readable length, and each of them asserts something.

The tables hold today's exceptions: one that is no longer needed is an error.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("ckts", "datasets", "estimators")
FILE_LINES = 400

# Library files without a test file of their name, and what tests them.
TESTED_ELSEWHERE = {
    "estimators/_interface.py": "test_base",
    "estimators/_rules.py": "test_parameters",
    "estimators/preprocessing/targets.py": "test_classifier, test_regressor",
    "estimators/training/net.py": "test_base, test_planning",
}
LONG_TESTS: set[str] = set()
# Warnings are errors: these pass where none is raised.
SILENT_TESTS = {
    "test_labels_of_time_do_not_matter",
    "test_no_warning_escapes",
    "test_short_series_are_not_warned_of",
    "test_the_beginning_of_a_record_and_a_sparser_one_are_not_warned_of",
    "test_the_ways_out_work",
    "test_times_may_be_tied_and_of_any_type",
    "test_units_that_are_known_are_never_warned_of",
}


def mirrored(file):
    """Where the test file of a library file stands, from the root."""
    parts = file.removeprefix("ckts/").split("/")
    name = parts[-1].removesuffix(".py").lstrip("_")
    return "/".join(["tests", *parts[:-1], f"test_{name}.py"])


def python_files(root, folder):
    files = (root / folder).rglob("*.py")
    return {path.relative_to(root).as_posix() for path in files}


def untested_files(root):
    tests = python_files(root, "tests")
    for folder in FOLDERS:
        for file in sorted(python_files(root, folder)):
            if not Path(file).name.startswith("__") and mirrored(file) not in tests:
                yield file


def strange_folders(root):
    """Yield folders of tests that mirror no folder of the library."""
    for file in sorted(python_files(root, "tests")):
        folder = Path(file).parent.relative_to("tests")
        known = [root / folder, root / "ckts" / folder]
        if folder != Path("support") and not any(path.is_dir() for path in known):
            yield file


def long_tests(root):
    for file in sorted(python_files(root, "tests")):
        if len((root / file).read_text("utf-8").splitlines()) > FILE_LINES:
            yield file


def loose_helpers(root):
    for file in sorted(python_files(root, "tests")):
        name = Path(file).name
        loose = not name.startswith("test_") and name != "conftest.py"
        if loose and not file.startswith("tests/support/"):
            yield file


def unused_helpers(root):
    """Yield helper modules that no other file imports and that are no script."""
    files = [*python_files(root, "tests"), *python_files(root, "docs")]
    texts = {file: (root / file).read_text("utf-8") for file in files}
    imported = {file: set(_imported(ast.parse(text))) for file, text in texts.items()}
    for file in sorted(python_files(root, "tests/support")):
        name = Path(file).stem
        used = any(name in names for other, names in imported.items() if other != file)
        script = '__name__ == "__main__"' in texts[file]
        if not (name.startswith("test_") or used or script):
            yield file


def unused_names(root):
    """Yield functions and constants of test files that nothing uses."""
    tests = sorted(python_files(root, "tests"))
    files = [*tests, *python_files(root, "docs")]
    texts = {file: (root / file).read_text("utf-8") for file in files}
    for file in tests:
        shared = file.startswith("tests/support/") or file.endswith("conftest.py")
        others = texts.values() if shared else [texts[file]]
        for name in _defined(ast.parse(texts[file])):
            if sum(len(re.findall(rf"\b{name}\b", text)) for text in others) < 2:
                yield f"{file}: {name}"


def _defined(tree):
    """Names of a module that must be used: neither tests nor pytest's."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            automatic = any("autouse" in ast.unparse(d) for d in node.decorator_list)
            if not automatic and not node.name.lower().startswith(("test", "pytest")):
                yield node.name
        elif isinstance(node, ast.Assign):
            names = {t.id for t in node.targets if isinstance(t, ast.Name)}
            yield from sorted(names - {"pytestmark"})


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def idle_tests(root):
    """Yield tests that assert nothing, nor does a helper that they call."""
    files = sorted(python_files(root, "tests"))
    functions = {file: _functions((root / file).read_text("utf-8")) for file in files}
    shared = [
        node
        for file in files
        if file.startswith("tests/support/") or file.endswith("conftest.py")
        for node in functions[file]
    ]
    for file in files:
        asserting = _asserting_names([*functions[file], *shared])
        for node in functions[file]:
            if node.name.startswith("test") and not _asserts(node, asserting):
                yield node.name


def _functions(text):
    nodes = ast.walk(ast.parse(text))
    return [node for node in nodes if isinstance(node, ast.FunctionDef)]


def _asserting_names(functions):
    """Names of functions that assert something, by way of others too."""
    names = {"raises", "warns", "fail"}
    before = -1
    while before < len(names):
        before = len(names)
        names |= {node.name for node in functions if _asserts(node, names)}
    return names


def _asserts(function, asserting):
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in asserting or name.startswith("assert_"):
                return True
    return False


EXCEPTIONS = [
    (untested_files, TESTED_ELSEWHERE),
    (strange_folders, set()),
    (long_tests, LONG_TESTS),
    (loose_helpers, set()),
    (unused_helpers, set()),
    (unused_names, set()),
    (idle_tests, SILENT_TESTS),
]


@pytest.mark.parametrize(("rule", "exceptions"), EXCEPTIONS)
def test_rule_holds_but_for_the_exceptions_that_are_listed(rule, exceptions):
    found = set(rule(ROOT))
    assert found - set(exceptions) == set(), "break the rule"
    assert set(exceptions) - found == set(), "need no exception any more: remove them"


@pytest.mark.parametrize(
    ("rule", "files", "complaints"),
    [
        (untested_files, {"ckts/panel/_times.py": ""}, ["ckts/panel/_times.py"]),
        (
            untested_files,
            {"datasets/make/speed.py": "", "tests/datasets/make/test_speed.py": ""},
            [],
        ),
        (untested_files, {"ckts/cli.py": "", "tests/test_cli.py": ""}, []),
        (untested_files, {"estimators/__init__.py": ""}, []),
        (strange_folders, {"tests/panels/test_a.py": ""}, ["tests/panels/test_a.py"]),
        (strange_folders, {"ckts/a/b.py": "", "tests/a/test_c.py": ""}, []),
        (long_tests, {"tests/test_a.py": "\n" * 401}, ["tests/test_a.py"]),
        (long_tests, {"tests/test_a.py": "\n" * 400}, []),
        (loose_helpers, {"tests/panel/helper.py": ""}, ["tests/panel/helper.py"]),
        (loose_helpers, {"tests/support/a.py": "", "tests/conftest.py": ""}, []),
        (unused_helpers, {"tests/support/a.py": ""}, ["tests/support/a.py"]),
        (
            unused_helpers,
            {"tests/support/a.py": "", "tests/test_b.py": "from a import f"},
            [],
        ),
        (
            unused_helpers,
            {"tests/support/a.py": 'if __name__ == "__main__":\n    main()'},
            [],
        ),
        (
            unused_names,
            {"tests/test_a.py": "A = B = 1\ndef f():\n    A\ndef test_f():\n    f()"},
            ["tests/test_a.py: B"],
        ),
        (
            unused_names,
            {
                "tests/support/a.py": "def f(): ...",
                "tests/test_b.py": "from a import f",
            },
            [],
        ),
        (
            idle_tests,
            {"tests/test_a.py": "def test_a():\n    f()\ndef f():\n    1 + 1"},
            ["test_a"],
        ),
        (
            idle_tests,
            {
                "tests/test_a.py": "def test_a():\n    f()",
                "tests/support/b.py": "def f():\n    g()\ndef g():\n    assert 1",
            },
            [],
        ),
    ],
)
def test_rule_complains_about_a_tree_that_breaks_it(tmp_path, rule, files, complaints):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(rule(tmp_path)) == complaints

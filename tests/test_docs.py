"""The code that the documentation shows runs as shown."""

import ast
import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "ckts": "ckts",
    "datasets": "ckts.datasets",
    "estimators": "ckts.estimators",
}
GUIDE = (ROOT / "docs" / "guide").glob("*.md")
PAGES = [ROOT / "README.md", ROOT / "docs" / "start.md", ROOT / "docs" / "faq.md"]
PAGES += sorted(path for path in GUIDE if path.name != "index.md")
SLOW = {"scale.md"}  # it starts processes
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MODULES_WITH_EXAMPLES = 30  # at least
ALL_PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
ALL_PAGES += sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\(([^)#:]+?)(?:#[^)]*)?\)")
FILE = re.compile(r"(?<![\w./-])(?:ckts|datasets|estimators|tests|docs)/[\w./-]*")
REFERENCE = re.compile(r":(?:attr|class|data|func|meth|mod):`~?(ckts[\w.]*)`")


def code_blocks(text):
    """Yield (line of the first statement, code) of every ```python block."""
    for match in BLOCK.finditer(text):
        yield text.count("\n", 0, match.start(1)) + 1, match[1]


def run_page(path):
    """Run the blocks of a page one after the other in one namespace; count them."""
    namespace = {"__name__": "__page__"}
    blocks = list(code_blocks(path.read_text("utf-8")))
    for line, code in blocks:
        # Blank lines in front: a traceback names the line of the page.
        exec(compile("\n" * (line - 1) + code, str(path), "exec"), namespace)
    return len(blocks)


def shows_examples(text):
    """Whether a docstring of a module holds an example that is not skipped."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, documented)]
    examples = doctest.DocTestParser().get_examples
    found = (one for node in nodes for one in examples(ast.get_docstring(node) or ""))
    return any(doctest.SKIP not in one.options for one in found)


def modules_with_examples(root):
    names = []
    for folder, prefix in FOLDERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            if shows_examples(path.read_text("utf-8")):
                names.append(".".join((prefix, *parts)).removesuffix(".__init__"))
    return names


def run_doctests(module):
    """Run the examples of a module; the report says what differed."""
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(test, out=report.write)
    return runner.summarize(verbose=False), report.getvalue()


@pytest.fixture(autouse=True)
def scratch_folder(tmp_path, monkeypatch):
    """Examples may write files."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] * (path.name in SLOW), id=path.name)
        for path in PAGES
    ],
)
def test_code_of_the_page_runs(path):
    assert run_page(path) > 0


@pytest.mark.parametrize("name", modules_with_examples(ROOT))
def test_examples_of_the_module_hold(name):
    results, report = run_doctests(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0, report


def test_only_examples_that_run_are_cases():
    assert shows_examples('def f():\n    """Add.\n\n    >>> 1 + 1\n    2\n    """\n')
    assert not shows_examples('"""Add.\n\n>>> 1 + 1  # doctest: +SKIP\n2\n"""\n')
    assert not shows_examples('"""Add."""\n# >>> 1 + 1\n')


def test_examples_are_found():
    assert len(modules_with_examples(ROOT)) >= MODULES_WITH_EXAMPLES
    assert "ckts.panel._panel" in modules_with_examples(ROOT)


def missing_paths(page, root):
    """Yield what a page links to or names in backticks and the tree does not have."""
    text = page.read_text("utf-8")
    for target in LINK.findall(text):
        if not (page.parent / target).exists():
            yield target
    for named in re.findall(r"`([^`\n]+)`", text):
        for path in FILE.findall(named):
            if not (root / path.rstrip(".")).exists():
                yield path


def test_files_that_pages_name_exist():
    found = {
        f"{page.name}: {path}"
        for page in ALL_PAGES
        for path in missing_paths(page, ROOT)
    }
    assert found == set()


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "ckts").mkdir()
    (tmp_path / "page.md").write_text(
        "[a](page.md#top) [b](gone.md) [c](https://x.org/ckts/gone) `ckts/` "
        "`python docs/gone.py` `ckts/gone.py` ckts/prose.py"
    )
    found = list(missing_paths(tmp_path / "page.md", tmp_path))
    assert found == ["gone.md", "docs/gone.py", "ckts/gone.py"]


def test_names_that_docstrings_refer_to_exist():
    folders = [*FOLDERS, "docs", "tests"]
    files = [path for name in folders for path in sorted((ROOT / name).rglob("*.py"))]
    names = {n for path in files for n in REFERENCE.findall(path.read_text("utf-8"))}
    assert len(names) >= 5
    for name in sorted(names):
        assert pkgutil.resolve_name(name) is not None


def test_blocks_of_a_page_share_their_names_and_other_languages_are_left_alone(
    tmp_path,
):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\na = 1\n```\n"
        "```sh\nrm everything\n```\n"
        "```python\nassert a == 1\nprint('both ran')\n```\n"
    )
    assert [line for line, _ in code_blocks(page.read_text())] == [2, 8]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        run_page(page)
    assert out.getvalue() == "both ran\n"


def test_error_in_a_page_is_raised_at_its_line(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n```python\na = 1\nb = a / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run_page(page)
    assert caught.traceback[-1].lineno + 1 == 5


def test_wrong_example_in_a_docstring_is_reported():
    module = type(doctest)("wrong", "Add.\n\n>>> 1 + 1\n3\n")
    results, report = run_doctests(module)
    assert results.failed == 1
    assert "Expected:" in report
    assert "Got:" in report

"""Check a built wheel, or sdist, against the documentation.

``python docs/check_wheel.py dist/*.whl`` installs it into a fresh environment, where no
compiler is found, with what it depends on from the package index of pip. ``--here``
installs into a folder, beside the packages of this environment, without an index.

Every name of ckts that the code of a page imports, or reaches by ``ckts.``, must be in
what is installed, and the code of README and guide must run with it, from a folder
where no checkout is. Pages whose other imports are missing are left out, and named:
the fresh environment holds no extras, unless ``--extras plot,sktime``. Where pip knows
a CPU build of torch, ``--constraints constraints-dev.txt`` may save some GB.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
GUIDE = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Code that runs is "python"; "py" is shown only, but its names must exist, too.
BLOCK = re.compile(r"^```(python|py)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = 77  # exit code of a page that needs what is not installed


class Installed(NamedTuple):
    """Where a distribution is, and what runs code with it.

    Attributes
    ----------
    python : str
    site : Path
        Folder that `ckts` must come from.
    environment : dict of str to str
    """

    python: str
    site: Path
    environment: dict[str, str]

    def run(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess:
        """Run Python, without the folder of a script on its path."""
        command = [self.python, "-P", *arguments]
        return subprocess.run(
            command, cwd=cwd, env=self.environment, text=True, capture_output=True
        )


def install_here(distribution: Path, folder: Path) -> Installed:
    """Install into a folder, with nothing that it depends on."""
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    pip = [sys.executable, "-m", "pip", "install", *options]
    subprocess.run([*pip, "--target", str(folder), str(distribution)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return Installed(sys.executable, folder, environment)


def install_fresh(
    distribution: Path, folder: Path, extras: str = "", constraints: str = ""
) -> Installed:
    """Make an environment without a compiler, and install into it from the index."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {name: one for name, one in os.environ.items() if name not in hidden}
    environment = {**kept, "PATH": str(programs), "CC": "no-cc", "CXX": "no-cxx"}
    python = str(programs / "python")
    wanted = f"{distribution.resolve()}[{extras}]" if extras else str(distribution)
    options = ["--constraint", constraints] if constraints else []
    pip = [python, "-m", "pip", "install", "--quiet", *options, wanted]
    subprocess.run(pip, check=True, env=environment)
    return Installed(python, folder, environment)


def code_of(page: Path, *kinds: str) -> Iterator[tuple[int, str]]:
    """Yield the first line and the code of each block of a page."""
    text = page.read_text("utf-8")
    for match in BLOCK.finditer(text):
        if match[1] in kinds:
            yield text.count("\n", 0, match.start(2)) + 1, match[2]


def names_in(code: str) -> set[str]:
    """Return the names of ckts that code imports, or reaches by ``ckts.``, dotted."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute):
            found.add(ast.unparse(node))
    return {name for name in found if re.fullmatch(r"ckts(\.\w+)*", name)}


def missing_names(installed: Installed, pages: list[Path], cwd: Path) -> list[str]:
    """Return the names that pages use and the package lacks, with the page."""
    used = {
        (name, page.name)
        for page in pages
        for _, code in code_of(page, "python", "py")
        for name in names_in(code)
    }
    names = sorted({name for name, _ in used})
    done = installed.run(__file__, "--resolve", *names, cwd=cwd)
    if done.returncode:
        raise SystemExit(done.stderr)
    missing = set(done.stdout.split())
    return sorted(f"{page}: {name}" for name, page in used if name in missing)


def resolve(names: list[str]) -> None:
    """Print the names that are not there."""
    for name in names:
        try:
            _reach(name)
        except (ImportError, AttributeError) as error:
            if not _is_foreign(error):
                print(name)


def _reach(name: str) -> None:
    """Import what a dotted name needs; say why where it cannot be reached."""
    reached, _, rest = name.partition(".")
    value = importlib.import_module(reached)
    for part in filter(None, rest.split(".")):
        reached = f"{reached}.{part}"
        found = hasattr(value, part)
        value = getattr(value, part) if found else importlib.import_module(reached)


def run_page(page: Path, site: Path) -> int:
    """Run the code of a page with the package that is installed in a folder."""
    import ckts

    where = Path(ckts.__file__).resolve()
    if not where.is_relative_to(site.resolve()):
        raise SystemExit(f"ckts must come from {site}; got {where}.")
    namespace = {"__name__": "__page__"}
    try:
        for line, code in code_of(page, "python"):
            exec(compile("\n" * (line - 1) + code, str(page), "exec"), namespace)
    except ImportError as error:
        if not _is_foreign(error):
            raise
        print(f"needs {error.name}")
        return LEFT_OUT
    return 0


def _is_foreign(error: Exception) -> bool:
    """Tell whether a package is missing that is not ckts."""
    while error.__cause__ is not None:  # ours say what to install
        error = error.__cause__
    missing = (isinstance(error, ModuleNotFoundError) and error.name) or "ckts"
    return missing.partition(".")[0] != "ckts"


def check(installed: Installed, pages: list[Path], cwd: Path) -> bool:
    """Print what is missing or fails; tell whether all is well."""
    missing = missing_names(installed, PAGES, cwd)
    for one in missing:
        print(f"missing: {one}")
    failed = 0
    for page in pages:
        page_arguments = ("--page", str(page), "--site", str(installed.site))
        done = installed.run(__file__, *page_arguments, cwd=cwd)
        state = {0: "runs", LEFT_OUT: f"left out, {done.stdout.strip()[-80:]}"}
        print(f"{page.name}: {state.get(done.returncode, 'fails')}", flush=True)
        if done.returncode not in state:
            failed += 1
            print(done.stderr)
    return not missing and not failed


def main() -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("distribution", nargs="?", type=Path, help="wheel or sdist")
    parser.add_argument("--here", action="store_true", help="without an index")
    parser.add_argument("--extras", default="", help="such as plot,sktime")
    parser.add_argument("--constraints", default="", help="a file for pip")
    parser.add_argument("--pages", nargs="*", help="names of pages; all by default")
    for inner in ("--page", "--site"):
        parser.add_argument(inner, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--resolve", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.resolve is not None:
        resolve(given.resolve)
        return 0
    if given.page:
        return run_page(given.page, given.site)
    if given.distribution is None:
        parser.error("name a wheel or an sdist, such as dist/*.whl")
    known = [page.name for page in GUIDE]
    if unknown := sorted(set(given.pages or ()) - set(known)):
        parser.error(f"--pages must be among {', '.join(known)}; got {unknown}")
    chosen = [p for p in GUIDE if given.pages is None or p.name in given.pages]
    with tempfile.TemporaryDirectory() as scratch:
        cwd, folder = Path(scratch) / "run", Path(scratch) / "site"
        cwd.mkdir()
        if given.here:
            installed = install_here(given.distribution, folder)
        else:
            options = (given.extras, given.constraints)
            installed = install_fresh(given.distribution, folder, *options)
        return 0 if check(installed, chosen, cwd) else 1


if __name__ == "__main__":
    sys.exit(main())

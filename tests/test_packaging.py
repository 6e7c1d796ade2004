"""What is built holds everything, and installs under the right names."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "ckts": "ckts",
    "datasets": "ckts/datasets",
    "estimators": "ckts/estimators",
}
SOURCES = (*FOLDERS, "docs", "tests")
BUILT = ("_build", "generated", "examples")  # of the site
CACHES = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", *BUILT)

_SPEC = importlib.util.spec_from_file_location(
    "check_wheel", ROOT / "docs" / "check_wheel.py"
)
CHECK = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(CHECK)

# One worker builds the wheel for all of these.
pytestmark = pytest.mark.xdist_group("wheel")


def copy_sources(target):
    for name in SOURCES:
        shutil.copytree(ROOT / name, target / name, ignore=CACHES)
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, target)
    return target


def installed_names(root):
    """Names in the wheel of every file in the folders that are installed."""
    return {
        f"{package}/{path.relative_to(root / folder).as_posix()}"
        for folder, package in FOLDERS.items()
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


def run(*arguments, cwd, path="", fails=False):
    """Run Python and return what it printed; `path` is its PYTHONPATH."""
    own = {"PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1", "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **own},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert (done.returncode != 0) == fails, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_sources(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def built(checkout, tmp_path_factory):
    """Folder with an sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--no-isolation", "--outdir", str(folder), cwd=checkout)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """Folder into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("site")
    options = ("--quiet", "--no-deps", "--target", str(folder))
    run("-m", "pip", "install", *options, str(wheel), cwd=folder)
    return folder


def test_wheel_holds_every_module_and_data_file_and_nothing_else(checkout, wheel):
    names = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert names == installed_names(checkout)


def test_a_file_that_is_not_shipped_would_be_noticed(tmp_path):
    for name in ("ckts/new/__init__.py", "datasets/data/new.parquet"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert installed_names(tmp_path) == {
        "ckts/new/__init__.py",
        "ckts/datasets/data/new.parquet",
    }


def test_nothing_but_ckts_is_installed_at_the_top(site):
    names = {path.name for path in site.iterdir()} - {"bin", "Scripts"}
    assert {name for name in names if not name.endswith(".dist-info")} == {"ckts"}


def test_sdist_holds_documentation_tests_and_license(checkout, built):
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "README.md", "CHANGELOG.md", "constraints-dev.txt"}
    wanted.add("CITATION.cff")
    for folder in SOURCES:
        files = (path for path in (checkout / folder).rglob("*.*") if path.is_file())
        wanted |= {path.relative_to(checkout).as_posix() for path in files}
    assert wanted <= names


PAGE = """
```python
import ckts
from ckts import Panel
print(len(Panel([[1.0]], [0.0], [0, 1])))
```

```py
from ckts.networks import GRU_OF_TOMORROW
ckts.load("model").ckts.gone, ckts.panel.gone
```
"""


def check_wheel(*arguments):
    """Run the script that compares what is installed with the documentation."""
    script = ROOT / "docs" / "check_wheel.py"
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, text=True, capture_output=True)
    return done.returncode, done.stdout, done.stderr


def test_pages_run_with_the_installed_wheel_and_name_what_it_has(wheel):
    code, out, errors = check_wheel("--here", wheel, "--pages", "sampling.md")
    assert (code, out) == (0, "sampling.md: runs\n"), errors


def test_a_page_that_does_not_exist_is_named(wheel):
    code, _, errors = check_wheel("--here", wheel, "--pages", "samplings.md")
    assert code == 2
    assert "got ['samplings.md']" in errors


def test_names_that_a_page_invents_are_found(site, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    found = CHECK.Installed(
        sys.executable, site, {**os.environ, "PYTHONPATH": str(site)}
    )
    missing = CHECK.missing_names(found, [page], tmp_path)
    assert missing == [
        "page.md: ckts.networks.GRU_OF_TOMORROW",
        "page.md: ckts.panel.gone",
    ]
    script = str(ROOT / "docs" / "check_wheel.py")
    for folder, expected in ((site, 0), (tmp_path, 1)):
        given = ("--page", str(page), "--site", str(folder))
        done = found.run(script, *given, cwd=tmp_path)
        assert done.returncode == expected, done.stderr
    assert f"ckts must come from {tmp_path}; got" in done.stderr


def test_names_that_need_what_is_not_installed_are_not_missing(tmp_path):
    code = "import runpy, sys; sys.modules['sktime'] = None; script = sys.argv.pop(1)\n"
    code += "runpy.run_path(script, run_name='__main__')"
    script = str(ROOT / "docs" / "check_wheel.py")
    names = ["ckts.sktime.CKRocket", "ckts.Panel.gone"]
    out = run("-c", code, script, "--resolve", *names, cwd=tmp_path, path=ROOT)
    assert out.split() == ["ckts.Panel.gone"]


@pytest.mark.parametrize(
    ("code", "state"),
    [("import ckts.gone", 1), ("import gone", 77), ("1 / 0", 1), ("1 / 1", 0)],
)
def test_pages_fail_by_ckts_only(site, tmp_path, code, state):
    (tmp_path / "page.md").write_text(f"```python\n{code}\n```\n")
    given = ("--page", str(tmp_path / "page.md"), "--site", str(site))
    command = [sys.executable, "-P", str(ROOT / "docs" / "check_wheel.py"), *given]
    own = {**os.environ, "PYTHONPATH": str(site)}
    assert subprocess.run(command, cwd=tmp_path, env=own).returncode == state


WHERE = "import ckts.{0} as m; print(m.__file__)"


@pytest.mark.parametrize("start", [ROOT, Path.home()], ids=["root", "elsewhere"])
@pytest.mark.parametrize("name", ["datasets", "estimators", "panel", "networks"])
def test_installed_wheel_is_imported_from_anywhere(site, start, name):
    out = run("-P", "-c", WHERE.format(name), cwd=start, path=site)
    assert Path(out.splitlines()[-1]).is_relative_to(site / "ckts")


@pytest.mark.parametrize("name", ["datasets", "estimators"])
def test_installed_wheel_leaves_the_bare_names_free(site, name, tmp_path):
    code = f"import importlib.util as u; print(u.find_spec({name!r}))"
    out = run("-P", "-S", "-c", code, cwd=tmp_path, path=site)
    assert out.strip() == "None"


def test_installed_wheel_knows_version_command_and_types(site):
    (info,) = importlib.metadata.distributions(path=[str(site)])
    version = run("-c", "import ckts; print(ckts.__version__)", cwd=site, path=site)
    assert info.version == version.strip()
    commands = {e.name: e.value for e in info.entry_points if e.group.startswith("con")}
    assert commands == {"ckts": "ckts.cli:main"}
    code = "from ckts.cli import main; print(callable(main))"
    assert run("-c", code, cwd=site, path=site).strip() == "True"
    assert (site / "ckts" / "py.typed").is_file()


@pytest.mark.parametrize("name", ["datasets", "estimators"])
def test_source_checkout_works_without_installation(checkout, name):
    out = run("-c", WHERE.format(name), cwd=checkout)
    assert Path(out.splitlines()[-1]) == checkout / name / "__init__.py"


@pytest.mark.parametrize("name", ["datasets", "estimators"])
def test_bare_import_in_a_source_checkout_raises(checkout, name):
    out = run("-c", f"import {name}", cwd=checkout, fails=True)
    assert f"must be imported as `ckts.{name}`; got '{name}'" in out
    assert f"Use `from ckts import {name}`" in out


def test_this_environment_imports_ckts_from_elsewhere(tmp_path):
    try:
        importlib.metadata.distribution("ckts")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("ckts is not installed here: tests run on the source checkout")
    for name in ("datasets", "estimators"):
        run("-P", "-c", WHERE.format(name), cwd=tmp_path)

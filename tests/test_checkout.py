"""A source checkout imports like an installed wheel: the same names, and no others."""

import importlib
import pickle
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import ckts

ROOT = Path(__file__).resolve().parent.parent


def run(code):
    """Run Python code in the root of the checkout; return what it printed."""
    command = [sys.executable, *(("-c", code) if isinstance(code, str) else code)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "name", ["ckts", "ckts.panel._panel", "tests", "docs", "docs.guide", "setup"]
)
def test_what_stands_beside_the_package_is_not_part_of_it(name):
    code = f"""
try:
    import ckts.{name}
except ModuleNotFoundError as error:
    print(error.name)
"""
    assert run(code) == f"ckts.{name.partition('.')[0]}"


@pytest.mark.parametrize("name", ["datasets", "estimators"])
def test_folder_beside_the_package_is_part_of_it(name):
    code = f"import ckts.{name} as m; print(m.__spec__.name, m.__file__, m.__path__)"
    file = ROOT / name / "__init__.py"
    assert run(code) == f"ckts.{name} {file} {[str(ROOT / name)]}"


def test_there_is_one_panel_class_after_a_reload():
    code = """
import importlib, sys, ckts
from ckts.datasets import load_pbc
hooks, Panel = len(sys.path_hooks), ckts.Panel
importlib.reload(ckts)
import ckts.estimators._base
print(ckts.Panel is Panel is type(load_pbc()[0]), len(sys.path_hooks) - hooks)
"""
    assert run(code) == "True 0"


def test_walk_over_the_packages_names_each_once():
    names = [found.name for found in pkgutil.iter_modules(ckts.__path__, "ckts.")]
    assert {"ckts.datasets", "ckts.estimators", "ckts.panel"} <= set(names)
    assert len(names) == len(set(names))
    assert not {"ckts.ckts", "ckts.tests", "ckts.docs"} & set(names)
    assert pkgutil.resolve_name("ckts.datasets:load_pbc").__name__ == "load_pbc"


def test_fresh_process_unpickles_what_a_data_set_made(tmp_path):
    X, _ = importlib.import_module("ckts.datasets").load_pbc()
    (tmp_path / "panel").write_bytes(pickle.dumps(X))
    code = f"import pickle; print(pickle.load(open({str(tmp_path / 'panel')!r}, 'rb')))"
    assert run(code) == repr(X)


def test_spawned_worker_imports_the_function_it_is_sent():
    code = """
import multiprocessing
from ckts.datasets import make_speed
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        X, y = pool.apply(make_speed, (4,))
    print(len(X))
"""
    assert run(code) == "4"


def test_module_is_run_from_a_folder_beside_the_package():
    assert run(["-m", "ckts", "--version"]) == ckts.__version__
    assert run(["-m", "ckts.datasets.catalog"]) == ""

"""Who may import whom, and how long a file or a function may be.

The rules are functions from the sources to complaints, so that each is shown to
complain about a small tree that breaks it.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from count_code import function_bodies, ninth_decile

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "ckts": "ckts",
    "datasets": "ckts.datasets",
    "estimators": "ckts.estimators",
}

# A room is a file or a folder of ckts/. Here stands which others it imports, exactly.
# Modules of one room may import each other as long as no cycle results.
ARROWS = {
    "": {"_checkout", "_version"},  # ckts/__init__.py resolves its names on first use
    "_checkout": set(),
    "_version": set(),
    **{one: set() for one in ("_checks", "_files", "_html", "_warnings")},
    "transforms": set(),
    "randomness": set(),
    "regularity": set(),
    "panel": {"_checks", "_files", "_html", "_warnings", "regularity"},
    "kernels": {"_checks", "transforms", "randomness"},
    "convolution": {"_checks", "transforms", "kernels", "regularity"},
    "layers": {"_checks", "convolution", "kernels", "transforms"},
    "networks": {"_checks", "convolution", "kernels", "layers", "transforms"},
    "datasets": {"_checks", "_warnings", "panel"},
    "plotting": {"_checks", "estimators", "kernels", "layers", "networks", "panel"},
    "rocket": set(),
    "estimators": {
        *("_checks", "_files", "_html", "_version", "_warnings", "convolution"),
        *("kernels", "layers", "networks", "panel", "randomness", "regularity"),
        "rocket",
    },
    "sktime": {"estimators", "panel"},
    "demo": {"datasets", "estimators", "plotting"},
    "cli": {"_files", "datasets", "demo", "estimators", "panel", "plotting"},
    "__main__": {"cli"},
}

# Exactly these libraries of others; rooms that are not named import none.
LIBRARIES = {
    "transforms": {"torch"},
    "randomness": {"numpy", "torch"},
    "regularity": {"numpy"},
    "panel": {"numpy"},
    "kernels": {"torch"},
    "convolution": {"numpy", "scipy", "torch"},
    "layers": {"torch"},
    "networks": {"torch"},
    "datasets": {"numpy"},
    "plotting": {"numpy", "torch"},
    "rocket": {"numpy", "torch"},
    "estimators": {
        *("joblib", "numpy", "pandas", "safetensors", "scipy", "sklearn", "skorch"),
        *("torch", "tqdm"),
    },
    "sktime": {"pandas", "sktime"},
    "demo": {"numpy", "scipy", "sklearn", "tqdm"},
    "cli": {"numpy", "pandas", "sklearn", "torch", "tqdm"},
}

# What may be imported inside a function, because a user may lack it or never need it.
LATE = {"filelock", "matplotlib", "pandas", "pooch", "requests", "tqdm"}
LATE |= {"awkward", "crick", "dask", "pyarrow", "sparse", "xarray"}  # formats
LATE |= {"scipy", "sklearn"}  # two seconds, which listing and reading data does without
# `ckts --help` must answer at once: programs import what they run when they run it.
PROGRAMS = {"cli", "demo"}

FILE_LINES = 400
BODY_LINES = 45
MOST_BODIES = 20  # lines, which nine of ten functions do not exceed


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def room(self):
        return self.name.removeprefix("ckts").removeprefix(".").partition(".")[0]


@dataclass(frozen=True)
class Import:
    target: str
    line: int
    late: bool


def read_modules(root):
    modules = {}
    for folder, prefix in FOLDERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            name = ".".join((prefix, *parts)).removesuffix(".__init__")
            modules[name] = Module(name, path, ast.parse(path.read_text("utf-8")))
    return modules


def _statements(node, types, late=False):
    """Yield (import, is inside a function), with `types` of type checkers' blocks."""
    for child in ast.iter_child_nodes(node):
        block = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, late
        elif block and not types:
            yield from _statements(ast.Module(child.orelse, []), types, late)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _statements(child, types, late or function)


def imports(module, modules, types=False) -> Iterator[Import]:
    for statement, late in _statements(module.tree, types):
        if isinstance(statement, ast.Import):
            targets = [alias.name for alias in statement.names]
        elif statement.level:
            targets = ["." * statement.level + (statement.module or "")]
        else:
            names = (f"{statement.module}.{alias.name}" for alias in statement.names)
            targets = {n if n in modules else statement.module for n in names}
        for target in sorted(targets):
            yield Import(target, statement.lineno, late)


def _top(target):
    return target.partition(".")[0]


def relative_imports(modules):
    for module in modules.values():
        for found in imports(module, modules):
            if found.target.startswith("."):
                yield f"{module.path}:{found.line} imports relatively"


def foreign_libraries(modules):
    for module in modules.values():
        allowed = LIBRARIES.get(module.room, set()) | {"ckts", "__future__"}
        for found in imports(module, modules):
            top = _top(found.target)
            if top in sys.stdlib_module_names or top in allowed:
                continue
            if not (found.late and top in LATE):
                yield f"{module.path}:{found.line} imports {found.target}"


def late_imports(modules):
    for module in modules.values():
        for found in imports(module, modules):
            top = _top(found.target)
            if found.late and top not in LATE and module.room not in PROGRAMS:
                yield f"{module.path}:{found.line} imports {found.target} in a function"


def broken_arrows(modules):
    for module in modules.values():
        if module.room not in ARROWS:
            yield f"{module.path} has no room: add it to ARROWS and docs/decisions"
            continue
        for found in imports(module, modules):
            if _top(found.target) != "ckts" or found.target == "ckts":
                continue
            room = found.target.split(".")[1]
            if room != module.room and room not in ARROWS[module.room]:
                yield f"{module.path}:{found.line} imports {found.target}"


def unused_arrows(modules):
    used = {room: set() for room in ARROWS}
    for module in modules.values():
        targets = (found.target.split(".") for found in imports(module, modules))
        rooms = {parts[1] for parts in targets if parts[0] == "ckts" and parts[1:]}
        used.setdefault(module.room, set()).update(rooms)
    present = {module.room for module in modules.values()}
    for room in sorted(present & set(ARROWS)):
        for target in sorted(ARROWS[room] - used[room]):
            yield f"{room} imports nothing of {target}: remove it from ARROWS"


def unused_libraries(modules):
    eager, late = {}, set()
    for module in modules.values():
        for found in imports(module, modules):
            used = late if found.late else eager.setdefault(module.room, set())
            used.add(_top(found.target))
    for room in sorted(set(eager) & set(LIBRARIES)):
        for library in sorted(LIBRARIES[room] - eager[room]):
            yield f"{room} does not import {library}: remove it from LIBRARIES"
    if set(ARROWS) <= {module.room for module in modules.values()}:
        for library in sorted(LATE - late):
            yield f"no function imports {library}: remove it from LATE"


def import_cycles(modules):
    """An import for a type checker is an edge, too: such modules are one."""
    graph = {
        name: {f.target for f in imports(module, modules, types=True)} & set(modules)
        for name, module in modules.items()
    }
    for name, targets in graph.items():
        targets.discard(name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " -> ".join(error.args[1])


def long_files(modules):
    for module in modules.values():
        lines = len(module.path.read_text("utf-8").splitlines())
        if lines > FILE_LINES:
            yield f"{module.path} has {lines} lines"


def long_functions(modules):
    lengths = []
    for module in modules.values():
        for node, lines in function_bodies(module.tree):
            lengths.append(lines)
            if lines > BODY_LINES:
                yield f"{module.path}:{node.lineno} {node.name} has {lines} lines"
    if len(lengths) > 1 and ninth_decile(lengths) > MOST_BODIES:
        yield f"more than a tenth of the functions exceed {MOST_BODIES} lines"


def _public(nodes):
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in nodes:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)


def undocumented_names(modules):
    for module in modules.values():
        if ast.get_docstring(module.tree) is None:
            yield f"{module.path} has no docstring"
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        for node in _public(module.tree.body):
            if ast.get_docstring(node) is None:
                yield f"{module.path}:{node.lineno} {node.name} has no docstring"


RULES = (
    relative_imports,
    foreign_libraries,
    late_imports,
    broken_arrows,
    unused_arrows,
    unused_libraries,
    import_cycles,
    long_files,
    long_functions,
    undocumented_names,
)


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds(rule):
    assert list(rule(read_modules(ROOT))) == []


# Each tree breaks one rule, in one place; {path: text}.
_CYCLE = {
    "ckts/panel/_rows.py": '"""."""\nfrom ckts.panel._times import a',
    "ckts/panel/_times.py": '"""."""\nfrom ckts.panel import _rows',
}
_LONG_BODY = "\n".join(["    a = 1"] * (BODY_LINES + 1))
_LATE_BATCH = "def f():\n    from ckts.panel import Panel"
VIOLATIONS = [
    (relative_imports, {"ckts/layers/pool.py": "from . import block"}),
    (foreign_libraries, {"ckts/kernels/sines.py": "import scipy.signal"}),
    (foreign_libraries, {"ckts/convolution/plan.py": "from pandas import Series"}),
    (foreign_libraries, {"ckts/panel/_panel.py": "import torch"}),
    (
        foreign_libraries,
        {"ckts/panel/_times.py": "try:\n    import torch\nfinally:\n    a = 1"},
    ),
    (foreign_libraries, {"ckts/panel/_convert.py": "def f():\n    import torch"}),
    (foreign_libraries, {"datasets/load.py": "import torch"}),
    (foreign_libraries, {"estimators/training/net.py": "import matplotlib.pyplot"}),
    (late_imports, {"ckts/panel/_panel.py": "def f():\n    import json"}),
    (late_imports, {"estimators/training/net.py": _LATE_BATCH}),
    (broken_arrows, {"ckts/kernels/sines.py": "from ckts.layers import CKConv"}),
    (broken_arrows, {"ckts/convolution/plan.py": "from ckts import layers"}),
    (broken_arrows, {"ckts/panel/_panel.py": "from ckts.estimators import _net"}),
    (broken_arrows, {"datasets/load.py": "from ckts.estimators import _base"}),
    (broken_arrows, {"estimators/training/net.py": "import ckts.datasets.load"}),
    (broken_arrows, {"ckts/helpers.py": ""}),
    (import_cycles, _CYCLE),
    (
        import_cycles,
        {**_CYCLE, "ckts/panel/_rows.py": "if 1:\n    import ckts.panel._times"},
    ),
    (
        import_cycles,
        {
            "ckts/kernels/__init__.py": "from ckts.kernels.sines import BandKernel",
            "ckts/kernels/sines.py": "from ckts.kernels import make_kernel",
        },
    ),
    (
        import_cycles,
        {
            **_CYCLE,
            "ckts/panel/_rows.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from ckts.panel._times import a",
        },
    ),
    (long_files, {"ckts/panel/_rows.py": "\n" * (FILE_LINES + 1)}),
    (long_functions, {"ckts/panel/_rows.py": f"class A:\n  def f():\n{_LONG_BODY}"}),
    (undocumented_names, {"ckts/kernels/a.py": "a = 1"}),
    (undocumented_names, {"ckts/kernels/a.py": '"""."""\ndef f(): ...'}),
    (
        undocumented_names,
        {"ckts/kernels/a.py": '"""."""\nclass _A:\n  def f(): ...\ndef g(): ...'},
    ),
    (undocumented_names, {"ckts/a.py": '"""."""\nclass A:\n  """."""\n  def f(): ...'}),
]


@pytest.mark.parametrize(("rule", "files"), VIOLATIONS)
def test_rule_complains_about_a_tree_that_breaks_it(rule, files, tmp_path):
    skeleton = {
        "ckts/convolution/plan.py": "",
        "ckts/layers/__init__.py": "",
    }
    for name, text in {**skeleton, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text else '"""."""')
    (complaint,) = rule(read_modules(tmp_path))
    assert any(Path(name).stem.strip("_") in complaint for name in files)


def test_most_functions_are_short(tmp_path):
    (tmp_path / "ckts").mkdir()
    body = "".join(["    a = 1\n"] * (MOST_BODIES + 1))
    functions = [f"def f{number}():\n{body}" for number in range(5)]
    (tmp_path / "ckts/cli.py").write_text("".join(functions))
    complaints = list(long_functions(read_modules(tmp_path)))
    assert complaints == ["more than a tenth of the functions exceed 20 lines"]


def test_an_arrow_that_no_import_needs_is_named(tmp_path):
    (tmp_path / "ckts").mkdir()
    (tmp_path / "ckts/sktime.py").write_text("import ckts.panel")
    complaints = list(unused_arrows(read_modules(tmp_path)))
    assert complaints == ["sktime imports nothing of estimators: remove it from ARROWS"]


def test_a_library_that_no_module_imports_is_named(tmp_path):
    (tmp_path / "ckts").mkdir()
    (tmp_path / "ckts/randomness.py").write_text("import torch")
    complaints = list(unused_libraries(read_modules(tmp_path)))
    assert complaints == ["randomness does not import numpy: remove it from LIBRARIES"]
    for room in ARROWS:
        (tmp_path / f"ckts/{room or '__init__'}.py").write_text("")
    complaints = list(unused_libraries(read_modules(tmp_path)))
    assert complaints == [
        f"no function imports {library}: remove it from LATE"
        for library in sorted(LATE)
    ]


def test_imports_for_type_checkers_and_optional_libraries_are_free(tmp_path):
    (tmp_path / "ckts").mkdir()
    (tmp_path / "ckts/regularity.py").write_text(
        '"""A panel."""\n'
        "import numpy\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    import torch\n"
        "    from ckts.estimators import CKCNNClassifier\n"
        "def to_frame():\n"
        '    """Import pandas late."""\n'
        "    import pandas\n"
    )
    modules = read_modules(tmp_path)
    assert [list(rule(modules)) for rule in RULES] == [[]] * len(RULES)

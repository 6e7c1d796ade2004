"""Parameters: written once, known to every tool, checked before anything else."""

import ast
import inspect
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from ckts import (
    CKCNNClassifier,
    CKCNNRegressor,
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
    estimators,
)
from ckts.datasets import make_speed
from ckts.estimators.training.recipe import automatic_batch_size
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
BOTH = [CKCNNClassifier, CKCNNRegressor]
ROCKETS = [CKRocket, CKRocketClassifier, CKRocketRegressor]
# What says nothing of the parameters of a family: nets and batches have a `dtype` and
# `lengths` of their own, and each family has its own `device` and `n_jobs`.
OWN = {"training/net.py", "preprocessing/batches.py", "preprocessing/on_disk.py"}
OWN |= {"preprocessing/windows.py"}
FAMILIES = [
    (BOTH, {*OWN, "rocket/base.py", "rocket/learning.py", "rocket/models.py"}),
    (
        ROCKETS,
        {*OWN, "_base.py", "_passes.py", "_parameters.py", "training/trained.py"},
    ),
]
PANEL, _ = make_speed(4, random_state=0)

# --- written once ---------------------------------------------------------------------

CLASSES = {
    base.__name__
    for estimator in BOTH + ROCKETS
    for base in estimator.__mro__
    if base.__module__.startswith("ckts.")
}


def _places(tree):
    """Yield the names in signatures, entries of docstrings, tables, and uses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in CLASSES:
            yield from re.findall(r"^(\w+) : ", ast.get_docstring(node), re.MULTILINE)
            for part in node.body:
                if isinstance(part, ast.AnnAssign):
                    yield part.target.id
                    keys = getattr(part.value, "keys", [])
                    yield from (key.value for key in keys if key is not None)
        elif isinstance(node, ast.FunctionDef):
            if node.name == "__init__":
                yield from (argument.arg for argument in node.args.kwonlyargs)
            yield from {
                part.attr  # a function that reads or sets it is one place
                for part in ast.walk(node)
                if isinstance(part, ast.Attribute)
                and getattr(part.value, "id", "") in ("self", "estimator", "model")
            }


@pytest.mark.parametrize(("family", "others"), FAMILIES)
def test_a_parameter_is_written_in_four_places_at_most(family, others):
    counts = Counter()
    root = Path(estimators.__file__).parent
    for path in root.rglob("*.py"):
        if path.relative_to(root).as_posix() not in others:
            counts.update(_places(ast.parse(path.read_text("utf-8"))))
    names = {one.name for estimator in family for one in fields(estimator)}
    found = {name: counts[name] for name in names}
    assert min(found.values()) >= 2  # a default and an entry
    assert max(found.values()) <= 4, found


@pytest.mark.parametrize("estimator", BOTH + ROCKETS)
def test_signature_and_docstring_name_every_parameter_and_its_default(estimator):
    signature = inspect.signature(estimator).parameters
    assert set(signature) == set(estimator().get_params())
    doc = inspect.getdoc(estimator)
    section = doc.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    entries = dict(re.findall(r"^(\w+) : .*, default=(.*)$", section, re.MULTILINE))
    assert entries == {name: repr(one.default) for name, one in signature.items()}
    assert re.match(r"[A-Z].*\.\n", doc)  # the summary comes first
    quick = QUICK if estimator in BOTH else {"n_kernels": 84}
    for name in vars(estimator(**quick).fit(*irregular_panel())):
        if name.endswith("_") and name not in ("static_names_", "feature_names_in_"):
            assert re.search(rf"^(.*, )?{name}(, .*)? : ", doc, re.MULTILINE), name


def test_estimators_have_defaults_of_their_own():
    assert CKCNNClassifier().dropout == 0.2
    assert CKCNNRegressor().get_params()["dropout"] == 0.0
    assert repr(CKCNNRegressor(dropout=0.2)) == "CKCNNRegressor(dropout=0.2)"
    one, other = CKCNNRegressor(), CKCNNRegressor()
    assert one != other  # as all of scikit-learn
    assert len({one, other, clone(one)}) == 3


def test_a_subclass_of_a_user_adds_a_parameter_as_everywhere_in_scikit_learn():
    class Own(CKCNNClassifier):
        def __init__(self, *, horizon=3.0, max_epochs=1):
            super().__init__(max_epochs=max_epochs)
            self.horizon = horizon

    assert clone(Own(horizon=5.0)).get_params() == {"horizon": 5.0, "max_epochs": 1}


# --- checked --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"kernel": "sine"}, ValueError, "`kernel` must be one of 'bands', .*'sine'"),
        ({"kernel_params": {"omega": 3}}, ValueError, r"`kernel_params`.*\['omega'\]"),
        ({"kernel_params": {"horizon": 3}}, ValueError, r"`kernel_params`.*horizon"),
        ({"kernel_params": "a"}, TypeError, "`kernel_params` must be a dict or None"),
        ({"network_params": 3}, TypeError, "`network_params` must be a dict or None"),
        ({"causal": "yes"}, TypeError, "`causal` must be True or False; got 'yes'"),
        ({"early_stopping": None}, TypeError, "`early_stopping` must be True or"),
        ({"callbacks": "a"}, TypeError, "`callbacks` must be a list of skorch"),
        ({"callbacks": [3]}, TypeError, r"`callbacks` must be a list.*got \[3\]"),
        (
            {"quadrature": "kde"},
            ValueError,
            "`quadrature` must be one of 'gap', 'linear', 'none'",
        ),
        (
            {"scoring": "auc"},
            ValueError,
            "`scoring` must be None.*; got 'auc'",
        ),
        ({"scoring": 3}, TypeError, "`scoring` must be None.*; got 3"),
        ({"dtype": "float16"}, ValueError, "`dtype` must be one of 'float32'"),
        ({"max_epochs": 0}, ValueError, "`max_epochs` must be at least 1; got 0"),
        ({"max_epochs": 2.5}, TypeError, "`max_epochs` must be an integer; got 2.5"),
        ({"lr": -1.0}, ValueError, "`lr` must be positive and finite; got -1.0"),
        ({"dropout": 1.0}, ValueError, r"`dropout` must be in \[0, 1\); got 1.0"),
        (
            {"observation_dropout": -0.1},
            ValueError,
            r"`observation_dropout` must be in \[0, 1\); got -0.1",
        ),
        ({"dropout": "a"}, TypeError, "`dropout` must be a number; got 'a'"),
        ({"batch_size": 0}, ValueError, "`batch_size` must be at least 1; got 0"),
        (
            {"batch_size": "big"},
            TypeError,
            "`batch_size` must be an integer",
        ),
        ({"device": "gpu9"}, ValueError, "`device` must be .*; got 'gpu9'"),
        (
            {"checkpoint": 3},
            TypeError,
            '`checkpoint` must be .*; got 3.*="checkpoints"',
        ),
        ({"n_jobs": 0}, ValueError, "`n_jobs` must be None, .*; got 0. Use -1"),
        ({"n_jobs": 1.5}, TypeError, "`n_jobs` must be None, .*; got 1.5. Use -1"),
        ({"n_jobs": True}, TypeError, "`n_jobs` must be None, .*; got True. Use -1"),
    ],
)
def test_bad_parameters(params, error, message):
    with pytest.raises(error, match=message):
        CKCNNClassifier(**{**QUICK, **params}).fit(*irregular_panel())


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"device": "meta"}, ValueError, "`device` must be .* got 'meta'.*torch says"),
        ({"verbose": -1}, ValueError, "`verbose` must be .*; got -1. Use 0, 1 or 2"),
        (
            {"verbose": "yes"},
            TypeError,
            "`verbose` must be .*; got 'yes'. Use 0, 1 or",
        ),
        ({"verbose": None}, TypeError, "`verbose` must be .*; got None. Use 0, 1 or 2"),
        ({"verbose": 0.5}, TypeError, "`verbose` must be .*; got 0.5. Use 0, 1 or 2"),
    ],
)
def test_devices_and_verbosities_that_mean_nothing_raise(parameters, error, message):
    with pytest.raises(error, match=message):
        CKCNNClassifier(max_epochs=1, **parameters).fit(PANEL, [0, 1, 0, 1])


@pytest.mark.parametrize("verbose", [0, False, np.bool_(False), np.int64(0)])
def test_verbosity_may_be_of_any_integer_type(verbose):
    model = CKCNNClassifier(max_epochs=1, device="cpu", verbose=verbose)
    assert model.fit(PANEL, [0, 1, 0, 1]).n_iter_ == 1


def test_automatic_batch_size():
    def size(n_series, length=50):
        return automatic_batch_size(np.full(n_series, length), n_channels=32)

    assert [size(n) for n in (1, 100, 270, 600, 2000, 10**6)] == [8, 8, 8, 16, 64, 64]
    # a hidden layer of at most 2**23 numbers, but never fewer than 8 series
    assert [size(5000, n) for n in (0, 4096, 4097, 16_000, 10**6)] == [
        64,
        64,
        32,
        16,
        8,
    ]


@pytest.mark.parametrize(
    "name", ["batch_size", "max_epochs", "weight_decay", "observation_dropout"]
)
def test_what_is_neither_a_number_nor_auto_is_told(name):
    told = rf"`{name}` must be an? .*; got 'automatic'\. Or write \"auto\"\."
    with pytest.raises(TypeError, match=told):
        CKCNNClassifier(**{name: "automatic"}).fit(*irregular_panel(8))

"""Warnings name the line of the user."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_score

from ckts import CKCNNClassifier, Panel
from ckts._warnings import warn


def called_from(names, function):
    """Call a function from a frame in each of some modules, the last one outermost."""
    for name in names:
        scope = {"__name__": name, "function": function}
        code = compile("def call():\n    function()", f"<{name}>", "exec")
        exec(code, scope)
        function = scope["call"]
    function()


@pytest.mark.parametrize("depth", [0, 1, 5])
@pytest.mark.parametrize(
    "name", ["ckts.estimators._base", "sklearn.base", "skorch.net"]
)
def test_frames_of_the_library_and_its_tools_are_passed(name, depth):
    with pytest.warns(FutureWarning, match="soon") as caught:
        called_from([name] * depth, lambda: warn("soon", FutureWarning))
    assert caught[0].filename == __file__


def test_the_innermost_line_of_a_user_is_named():
    names = ["ckts.panel", "mine", "ckts.estimators", "other"]
    scope = {"__name__": "ckts.panel._rows", "warn": warn}
    exec("def call():\n    warn('here')", scope)
    with pytest.warns(UserWarning, match="here") as caught:
        called_from(names, scope["call"])
    assert caught[0].filename == "<mine>"


def test_a_module_of_a_similar_name_is_of_a_user():
    scope = {"__name__": "ckts.panel._rows", "warn": warn}
    exec("def call():\n    warn('here')", scope)
    with pytest.warns(UserWarning, match="here") as caught:
        called_from(["cktsmine.x"], scope["call"])
    assert caught[0].filename == "<cktsmine.x>"


QUICK = {
    **{"hidden_channels": 4, "n_blocks": 1, "rocket": False, "max_epochs": 1},
    **{"random_state": 0, "warm_start": True},
}


def labeled(labels):
    codes = np.arange(120.0) % len(labels)
    options = {"channels": ["drug"], "categories": {"drug": labels}}
    return Panel(codes[:, None], np.arange(120.0), np.arange(0, 121, 5), **options)


@pytest.mark.parametrize(
    "use",
    [
        lambda model, X, y: model.fit(X, y),
        lambda model, X, y: model.partial_fit(X, y),
        lambda model, X, y: model.score(X, y),
        lambda model, X, y: model.predict_log_proba(X),
        lambda model, X, y: cross_val_score(FrozenEstimator(model), X, y, cv=2),
    ],
    ids=["warm_start", "partial_fit", "score", "predict_log_proba", "cross_val_score"],
)
def test_every_way_to_unknown_labels_names_the_caller(use):
    y = np.arange(24) % 2
    model = CKCNNClassifier(**QUICK).fit(labeled(("a", "b")), y)
    with pytest.warns(UserWarning, match="labels that fit has not seen: 'c'") as caught:
        use(model, labeled(("a", "c")), y)
    assert {one.filename for one in caught} == {__file__}

"""The model that is asked for, and those that it is compared with."""

import argparse

import numpy as np
import pytest

from ckts import CKCNNClassifier, CKRocketRegressor, Panel
from ckts.cli.models import SUMMARIES, make_model, make_rivals, name_of, read_params


def options(**given):
    usual = {"model": "joined", "max_epochs": None, "param": [], "seed": 3}
    return argparse.Namespace(**{**usual, **given})


def test_the_model_is_that_of_the_library():
    model = make_model(options(max_epochs=7), "classification")
    assert isinstance(model, CKCNNClassifier)
    expected = CKCNNClassifier(max_epochs=7, random_state=3)
    assert model.get_params() == expected.get_params()
    assert not make_model(options(model="network"), "classification").rocket
    assert isinstance(
        make_model(options(model="rocket"), "regression"), CKRocketRegressor
    )


def test_parameters_are_read_as_python_writes_them():
    given = ["causal=True", "lr=1e-3", "kernel=siren", "scoring=None", "landmark=3"]
    assert read_params(given, CKCNNClassifier()) == {
        **{"causal": True, "lr": 1e-3, "kernel": "siren", "scoring": None},
        "landmark": 3,
    }


@pytest.mark.parametrize("given", ["hiden_channels=3", "hidden_channels"])
def test_a_wrong_parameter_names_the_one_that_was_meant(given):
    meant = rf"got '{given}'\. Did you mean 'hidden_channels'\?"
    with pytest.raises(ValueError, match=meant):
        read_params([given], CKCNNClassifier())
    with pytest.raises(ValueError, match=r"got 'xyz=1'\. The names are amp, "):
        read_params(["xyz=1"], CKCNNClassifier())


def test_random_kernels_have_no_epochs():
    with pytest.raises(ValueError, match="`--max-epochs` must be left out with"):
        make_model(options(model="rocket", max_epochs=3), "classification")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_boosting_takes_channels_that_were_never_observed(task):
    values = np.column_stack([np.arange(40.0), np.full(40, np.nan)])
    X = Panel(values, np.zeros(40), np.arange(41), channels=("a", "empty"))
    y = np.repeat([0, 1], 20)
    model = make_rivals(task, 0, rocket=False)[SUMMARIES].fit(X, y)
    np.testing.assert_array_equal(np.round(model.predict(X)), y)
    # seven summaries of each, of which those of "empty" are NaN but for its count,
    # and the deviation of one row is, too
    assert model[1].known_.sum() < 14


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_rival_stands_twice(task):
    assert len(make_rivals(task, 0, rocket=True)) == 3
    for model in ("joined", "network", "rocket"):
        rivals = make_rivals(task, 0, rocket=model != "rocket")
        assert name_of(options(model=model)) not in rivals


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_boosting_splits_small_tables_too(task):
    X = Panel(np.arange(30.0)[:, None], np.zeros(30), np.arange(31), channels=("a",))
    y = np.repeat([0, 1], 15)
    rivals = make_rivals(task, 0, rocket=False, n_series=30)
    found = rivals[SUMMARIES].fit(X, y).predict(X)
    np.testing.assert_array_equal(np.round(found), y)
    usual = make_rivals(task, 0, rocket=False, n_series=200)[SUMMARIES][-1]
    assert usual.get_params() == {**type(usual)().get_params(), "random_state": 0}

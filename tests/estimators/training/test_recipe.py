"""The recipe: what is "auto" follows from what random kernels found."""

from types import SimpleNamespace

import numpy as np
import pytest

from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.datasets import make_speed
from ckts.estimators.training import recipe
from ckts.estimators.training.recipe import choose_bins, choose_epochs, choose_recipe
from irregular import irregular_panel

QUICK = {"max_epochs": 1, "hidden_channels": 4, "random_state": 0}


def found(unexplained, own):
    ridge = SimpleNamespace(shares=np.array([1 - own, own, 0, 0]))
    return SimpleNamespace(unexplained_=unexplained, ridge_=ridge)


def test_noise_wants_more_regularization():
    clean, noisy = choose_recipe(found(0.0, 0.2)), choose_recipe(found(1.0, 0.0))
    assert clean == {
        "weight_decay": pytest.approx(0.05),
        "observation_dropout": pytest.approx(0.1),
        "scales": "both",
    }
    assert noisy == {
        "weight_decay": pytest.approx(5.0),
        "observation_dropout": pytest.approx(0.7),
        "scales": "common",
    }
    middle = choose_recipe(found(0.5, 0.0))
    assert middle["weight_decay"] == pytest.approx(0.5)
    assert middle["observation_dropout"] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("length", "expected"), [(0, 8), (5, 8), (9, 16), (64, 64), (65, 64), (9999, 64)]
)
def test_bins_are_as_many_as_a_typical_series_has_rows(length, expected):
    assert choose_bins(np.array([length, length, 1000])) == expected


@pytest.mark.parametrize("rocket", [False, True])
def test_what_is_auto_is_chosen_and_what_is_given_is_taken(rocket):
    X, y = irregular_panel()
    model = CKCNNClassifier(rocket=rocket, **QUICK).fit(X, y)
    assert 0.05 <= model.weight_decay_ <= 5
    assert 0.1 <= model.observation_dropout_ <= 0.7
    module = model.net_.module_
    assert module.observation_dropout == model.observation_dropout_
    assert model.net_.optimizer__weight_decay == model.weight_decay_
    assert module.own_scale == (model.scales_ == "both")
    given = {"weight_decay": 0.3, "observation_dropout": 0.2, "scales": "both"}
    model = CKCNNClassifier(rocket=rocket, **given, **QUICK).fit(X, y)
    found = {name: getattr(model, f"{name}_") for name in given}
    assert found == given
    assert model.net_.module_.own_scale


def test_random_labels_are_regularized_more_than_clear_ones():
    X, y = make_speed(80, random_state=0)
    shuffled = np.random.default_rng(0).permutation(y)
    clear, noisy = (
        CKCNNClassifier(rocket=False, **QUICK).fit(X, labels)
        for labels in (y, shuffled)
    )
    assert clear.weight_decay_ < 0.3 < 2 < noisy.weight_decay_
    numbers = CKCNNRegressor(rocket=False, **QUICK).fit(X, shuffled)
    assert numbers.weight_decay_ > 2
    assert numbers.observation_dropout_ == 0.1


def test_bins_of_the_network_follow_the_lengths():
    X, y = irregular_panel()  # of 3 to 11 rows
    model = CKCNNClassifier(rocket=False, **QUICK).fit(X, y)
    assert model.net_.module_.relative.bins.n_bins == 8


@pytest.mark.parametrize(
    ("n_steps", "n_networks", "expected"),
    [(40, 1, 20), (40, 3, 10), (15, 1, 20), (30, 3, 10), (29, 3, 11), (1, 3, 300)],
)
def test_few_series_get_more_epochs(n_steps, n_networks, expected):
    assert choose_epochs(n_steps, n_networks, np.array([50, 32, 18])) == expected


@pytest.mark.parametrize(
    ("n_steps", "n_networks", "expected"), [(20, 3, 10), (15, 3, 14), (15, 1, 20)]
)
def test_three_networks_on_short_series_have_200_steps(n_steps, n_networks, expected):
    assert choose_epochs(n_steps, n_networks, np.array([50, 31, 19])) == expected


@pytest.mark.parametrize(
    ("n_networks", "n_rows", "expected"),
    [(1, 10**5, 20), (1, 10**6, 16), (3, 10**6, 8), (3, 10**8, 4), (3, 0, 10)],
)
def test_many_rows_get_fewer_epochs(n_networks, n_rows, expected):
    assert choose_epochs(1000, n_networks, np.array([n_rows, 0, 0])) == expected


def test_a_network_of_many_rows_has_fewer_epochs(monkeypatch):
    monkeypatch.setattr(recipe, "MOST_ROWS", 1000)
    X, y = irregular_panel()
    n_rows = (~np.isnan(X.values)).any(axis=1).sum()
    model = CKCNNClassifier(hidden_channels=4, rocket=False, random_state=0).fit(X, y)
    assert model.max_epochs_ == model.n_iter_ == 1000 // n_rows == 6


def test_a_network_of_few_series_has_300_steps():
    X, y = irregular_panel()  # 3 batches of 8
    model = CKCNNClassifier(hidden_channels=4, rocket=False, random_state=0).fit(X, y)
    assert model.max_epochs_ == model.n_iter_ == 100
    assert model.net_.n_steps_ == 300

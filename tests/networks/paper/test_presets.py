"""The published hyper-parameters are parameters of the estimators, and train."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import ckts
from ckts import CKCNNClassifier, CKCNNEmbedder, CKCNNRegressor
from ckts.datasets import drop_observations, make_speed
from ckts.networks import PaperCKCNN
from ckts.networks.paper import paper_parameters
from ckts.networks.paper.presets import TASKS
from irregular import irregular_panel

QUICK = {
    "network": "paper",
    "max_epochs": 2,
    "hidden_channels": 4,
    "kernel_params": {"omega_0": 5.0},
    "weight_decay": 0.0,
    "observation_dropout": 0.0,
    "scales": "common",
    "random_state": 0,
}


@pytest.mark.parametrize("task", list(TASKS))
def test_every_preset_makes_a_network(task):
    parameters = paper_parameters(task)
    model = CKCNNClassifier(**parameters)
    model._check_parameters()
    names = ("dropout", "hidden_channels", "n_blocks", "kernel_params")
    network = PaperCKCNN(
        2,
        3,
        **{name: parameters[name] for name in names},
        **parameters["network_params"],
    )
    assert network.sampling == "grid"
    parameters["network_params"]["norm"] = "channels"
    assert "norm" not in paper_parameters(task)["network_params"]


def test_tables_are_as_printed():
    letters = paper_parameters("character_trajectories")
    assert letters["kernel_params"]["omega_0"] == pytest.approx(21.45, abs=0.005)
    assert (letters["batch_size"], letters["lr"], letters["dropout"]) == (32, 1e-3, 0.1)
    assert letters["lr_schedule"] == "plateau"
    half = paper_parameters("character_trajectories_50")
    assert half["network_params"]["kernel_penalty"] == 1e-4
    assert half["network_params"]["mask"] == "shared"
    speech = paper_parameters("speech_commands_raw")
    assert (speech["max_epochs"], speech["batch_size"]) == (300, 32)
    assert paper_parameters("pmnist_big")["hidden_channels"] == 100
    assert paper_parameters("sepsis")["scoring"] == "roc_auc"
    with pytest.raises(ValueError, match=r"`task` must be one of 'smnist', .*'mnist'"):
        paper_parameters("mnist")


def test_a_preset_trains_on_dropped_rows():
    X, y = make_speed(40, random_state=0)
    X = drop_observations(X, 0.3, random_state=0)
    quick = {"max_epochs": 2, "hidden_channels": 4, "random_state": 0}
    preset = paper_parameters("character_trajectories_30")
    model = CKCNNClassifier(**{**preset, **quick}).fit(X, y)
    network = model.net_.module_
    assert (network.sampling, network.mask) == ("grid", "shared")
    assert network.blocks[0].dropout == 0.2
    assert "valid_score" in model.history_[-1]
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    "network_params",
    [
        None,
        {"norm": "channels", "mask": "channels", "initialization": "siren"},
        {"sampling": "grid", "mask": "shared", "output": "end"},
    ],
)
def test_irregular_series_are_fitted_saved_and_cloned(network_params, tmp_path):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(**QUICK, network_params=network_params).fit(X, y)
    assert model.net_.module_.blocks[0].conv1.kernel.omega_0 == 5.0
    expected = model.predict_proba(X)
    model.save(tmp_path / "model.ckts")
    loaded = ckts.load(tmp_path / "model.ckts")
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)
    assert loaded.get_params()["network_params"] == network_params
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), expected)


def test_a_grid_search_finds_omega_0():
    X, y = irregular_panel(24)
    grid = {"kernel_params": [{"omega_0": 1.0}, {"omega_0": 20.0}]}
    model = CKCNNClassifier(**QUICK)
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    chosen = search.best_estimator_.net_.module_.blocks[0].conv1.kernel.omega_0
    assert chosen == search.best_params_["kernel_params"]["omega_0"]


def test_a_causal_one_has_paths_and_embeddings():
    X, y = irregular_panel(24)
    params = {"norm": "channels"}
    model = CKCNNClassifier(**QUICK, causal=True, network_params=params).fit(X, y)
    path = model.predict_proba_path(X)
    last = path.indptr[1:] - 1
    np.testing.assert_allclose(path.values[last], model.predict_proba(X), atol=1e-6)
    embedder = CKCNNEmbedder(estimator=model).fit(X, y)
    assert embedder.transform(X).shape == (24, 4)


def test_the_penalty_is_in_the_loss_of_the_training():
    X, y = irregular_panel(24)
    losses = []
    for factor in (0.0, 100.0):
        params = {"kernel_penalty": factor}
        model = CKCNNClassifier(**{**QUICK, "network_params": params}).fit(X, y)
        losses.append(model.history_[0]["train_loss"])
    assert losses[1] > 10 * losses[0]


@pytest.mark.parametrize("percent", [0, 30, 50, 70])
def test_dropped_rows_leave_the_grid_and_its_masks_as_published(percent):
    rng = np.random.default_rng(0)
    whole = ckts.Panel(
        rng.normal(size=(40 * 182, 3)), np.tile(np.arange(182), 40), 182 * np.arange(41)
    )
    X = drop_observations(whole, percent / 100, random_state=0) if percent else whole
    preset = paper_parameters("character_trajectories_30")
    quick = {"max_epochs": 1, "hidden_channels": 4, "random_state": 0}
    model = CKCNNClassifier(**{**preset, **quick}).fit(X, np.arange(40) % 2)
    network = model.net_.module_
    conv = network.blocks[0].conv1
    assert (conv.grid_step, conv.n_trained) == (1.0, 182)
    masks = []
    convolve = conv.convolve
    conv.convolve = lambda values, *plan, **options: (
        masks.append(values[..., 3]) or convolve(values, *plan, **options)
    )
    model.predict(X)
    masks = np.concatenate([one.numpy() for one in masks])
    assert masks.shape == (40, 182)
    assert masks.sum() == len(X.times)  # no two rows became one point
    assert 1 - masks.mean() == pytest.approx(percent / 100, abs=0.005)


@pytest.mark.parametrize("model", [CKCNNClassifier, CKCNNRegressor])
def test_outputs_at_every_row_are_not_fitted(model):
    X, _ = irregular_panel(24)
    params = {**QUICK, "network_params": {"sampling": "grid", "output": "every"}}
    told = r"`network` must give .*got \(\d+, \d+, [12]\).*Leave `output`"
    with pytest.raises(ValueError, match=told):
        model(**params).fit(X, np.arange(24) % 2)

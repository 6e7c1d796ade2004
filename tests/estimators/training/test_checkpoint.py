"""A fit that is killed continues, and ends with the weights of one that was not."""

import os
import time

import joblib
import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.utils import check_random_state
from skorch.callbacks import Callback

from ckts import CKCNNClassifier, CKCNNRegressor, Panel
from ckts.estimators.training import checkpoint
from killed_fits import (
    QUICK,
    Kill,
    Killed,
    X,
    Y,
    assert_same,
    fit_until,
    history,
    weights_of,
)


@pytest.fixture(autouse=True)
def _written_after_every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)


# --- the same weights -----------------------------------------------------------------

SETTINGS = {
    "joined": {"max_epochs": 2},
    "one network": {"rocket": False},
    "causal": {"causal": True, "rocket": False},
    "the loss stops": {"early_stopping": True, "n_iter_no_change": 1, "lr": 0.1},
    "a score stops": {"early_stopping": True, "scoring": "roc_auc", "rocket": False},
    "a regressor": {"estimator": CKCNNRegressor, "loss": "huber", "rocket": False},
    "momentum": {
        "optimizer": torch.optim.SGD,
        "lr_schedule": "cosine",
        "rocket": False,
    },
    "float64": {"kernel": "siren", "dtype": "float64", "rocket": False},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_killed_in_any_epoch_it_ends_with_the_same_weights(setting, tmp_path):
    params = SETTINGS[setting]
    expected, n_epochs = fit_until(**params)
    for at in range(1, n_epochs + 1):
        fit_until(tmp_path, at=at, **params)
        assert len(list(tmp_path.iterdir())) == 1
        model, left = fit_until(tmp_path, **params)
        assert left == n_epochs - at + 1
        assert_same(model, expected)
        assert list(tmp_path.iterdir()) == []


def test_killed_in_every_epoch_it_comes_to_its_end(tmp_path):
    params = {"early_stopping": True, "rocket": False, "max_epochs": 6}
    expected, n_epochs = fit_until(**params)
    for _ in range(n_epochs - 1):
        fit_until(tmp_path, at=2, **params)
    model, left = fit_until(tmp_path, **params)
    assert left == 1
    assert_same(model, expected)


def test_meshes_that_were_refined_are_as_fine_afterwards(tmp_path):
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 10, (12, 600)), axis=1).ravel()
    panel = Panel(rng.normal(size=(7200, 1)), times, np.arange(13) * 600)
    params = {"rocket": False, "data": (panel, Y[:12]), "batch_size": 4, "lr": 0.05}
    params["max_epochs"] = 4  # 12 steps: meshes are refined before the 1st and the 9th
    expected, _ = fit_until(**params)
    ((group, step, _),) = expected.net_.planner_.steps()
    assert step > 0
    for at in (2, 3, 4):
        fit_until(tmp_path, at=at, **params)
        model, _ = fit_until(tmp_path, **params)
        assert model.net_.planner_.steps()[0][:2] == (group, step)
        np.testing.assert_array_equal(weights_of(model), weights_of(expected))
        found = model.predict_proba(panel)
        np.testing.assert_array_equal(found, expected.predict_proba(panel))


def test_groups_weights_and_static_features_continue(tmp_path):
    given = {"sample_weight": 1.0 + np.arange(60) % 3, "groups": np.arange(60) // 2}
    params = {**QUICK, "early_stopping": True, "checkpoint": tmp_path}
    expected = CKCNNClassifier(**{**params, "checkpoint": None}).fit(X, Y, **given)
    with pytest.raises(Killed):
        CKCNNClassifier(**params, callbacks=[Kill(3)]).fit(X, Y, **given)
    callback = Kill()
    model = CKCNNClassifier(**params, callbacks=[callback]).fit(X, Y, **given)
    assert callback.n_epochs == len(expected.history_) - 2
    assert_same(model, expected)


def test_a_checkpoint_changes_no_prediction_and_leaves_the_folder(tmp_path):
    expected, _ = fit_until()
    model, _ = fit_until(tmp_path / "new" / "folder")
    assert_same(model, expected)
    assert list((tmp_path / "new" / "folder").iterdir()) == []


def test_a_fit_on_a_device_continues(tmp_path, accelerator):
    params = {"device": accelerator.device, "rocket": False, "early_stopping": True}
    expected, n_epochs = fit_until(**params)
    fit_until(tmp_path, at=n_epochs, **params)
    model, left = fit_until(tmp_path, **params)
    assert left == 1
    assert history(model) == history(expected)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


# --- random numbers -------------------------------------------------------------------


def test_without_a_seed_the_numbers_that_were_drawn_are_drawn_again(tmp_path):
    numpy_state = check_random_state(None)
    before = numpy_state.get_state()
    try:
        numpy_state.seed(1)
        expected, _ = fit_until(random_state=None)
        numpy_state.seed(1)
        fit_until(tmp_path, at=5, random_state=None)
        numpy_state.seed(2)
        left_alone = numpy_state.get_state()[1].copy()
        model, left = fit_until(tmp_path, random_state=None)
        np.testing.assert_array_equal(numpy_state.get_state()[1], left_alone)
    finally:
        numpy_state.set_state(before)
    assert left == 5
    assert_same(model, expected)


def test_without_a_seed_a_fit_at_the_same_time_is_another_one(tmp_path):
    models = []

    class Meanwhile(Kill):
        def on_epoch_end(self, net, **kwargs):
            if self.n_epochs == 2:
                models.append(fit_until(tmp_path, random_state=None, rocket=False))

    params = {**QUICK, "random_state": None, "rocket": False, "checkpoint": tmp_path}
    first = CKCNNClassifier(**params, callbacks=[Meanwhile()]).fit(X, Y)
    ((second, n_epochs),) = models
    assert n_epochs == 3
    assert not np.array_equal(weights_of(first), weights_of(second))
    assert list(tmp_path.iterdir()) == []


def test_a_random_state_is_as_far_as_after_an_uninterrupted_fit(tmp_path):
    state = np.random.RandomState(3)
    expected, _ = fit_until(random_state=state)
    fit_until(tmp_path, at=4, random_state=np.random.RandomState(3))
    again = np.random.RandomState(3)
    model, left = fit_until(tmp_path, random_state=again)
    assert left == 6
    assert_same(model, expected)
    assert again.randint(10**9) == state.randint(10**9)


# --- other fits -----------------------------------------------------------------------

OTHERS = {
    "a parameter": {"lr": 0.01},
    "the seed": {"random_state": 1},
    "the data": {"data": (X.with_values(X.values + 1e-9), Y)},
    "the target": {"data": (X, 1 - Y)},
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_fit_does_not_continue_it(tmp_path, other):
    fit_until(tmp_path, at=3, rocket=False)
    params = {"rocket": False, **OTHERS[other]}
    model, n_epochs = fit_until(tmp_path, **params)
    assert n_epochs == 3
    np.testing.assert_array_equal(weights_of(model), weights_of(fit_until(**params)[0]))
    assert len(list(tmp_path.iterdir())) == 1  # that of the first
    assert fit_until(tmp_path, rocket=False)[1] == 1


def test_n_jobs_verbosity_and_callbacks_may_change(tmp_path, capfd):
    fit_until(tmp_path, at=3, rocket=False)
    assert fit_until(tmp_path, rocket=False, n_jobs=1, verbose=1)[1] == 1
    assert "3/3" in capfd.readouterr().err  # the bar counts the epochs before


def test_a_search_in_parallel_shares_a_folder(tmp_path):
    params = {**QUICK, "max_epochs": 1, "rocket": False}
    grid = {"lr": [0.003, 0.03]}
    expected = GridSearchCV(CKCNNClassifier(**params), grid, cv=2).fit(X, Y)
    model = CKCNNClassifier(**params, checkpoint=tmp_path)
    with joblib.parallel_backend("threading", n_jobs=3):
        found = GridSearchCV(model, grid, cv=2).fit(X, Y)
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    assert list(tmp_path.iterdir()) == []


# --- callbacks and Ctrl-C -------------------------------------------------------------


class Forgetful(Callback):
    """Knows of no checkpoint."""


def test_callbacks_that_begin_anew_are_named(tmp_path):
    params = {**QUICK, "rocket": False, "checkpoint": tmp_path}
    with pytest.raises(Killed):
        CKCNNClassifier(**params, callbacks=[Kill(3), Forgetful()]).fit(X, Y)
    model = CKCNNClassifier(**params, callbacks=[Kill(), Forgetful()])
    told = r"continues after epoch 2, and `callbacks` .* anew: \['Forgetful'\]. Give"
    with pytest.warns(UserWarning, match=told):
        model.fit(X, Y)


class Noise(Forgetful):
    """Draws from torch's global generator, and forgets nothing."""

    def on_batch_end(self, net, training, **kwargs):
        with torch.no_grad():
            net.module_.head.weight += 0.1 * torch.rand(())

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        """There is nothing to know."""


def test_random_numbers_of_callbacks_continue(tmp_path):
    params = {**QUICK, "rocket": False}
    expected = CKCNNClassifier(**params, callbacks=[Noise(), Kill()]).fit(X, Y)
    params["checkpoint"] = tmp_path
    with pytest.raises(Killed):
        CKCNNClassifier(**params, callbacks=[Noise(), Kill(3)]).fit(X, Y)
    model = CKCNNClassifier(**params, callbacks=[Noise(), Kill()]).fit(X, Y)
    assert_same(model, expected)


def test_ctrl_c_keeps_what_was_learned_and_the_checkpoint(tmp_path):
    expected, _ = fit_until(rocket=False)
    stopping = Kill(3, KeyboardInterrupt)
    params = {**QUICK, "rocket": False, "checkpoint": tmp_path}
    model = CKCNNClassifier(**params, callbacks=[stopping])
    with (
        pytest.raises(KeyboardInterrupt),
        pytest.warns(ConvergenceWarning, match="with 2 of 3 epochs"),
    ):
        model.fit(X, Y)
    assert len(model.history_) == 2
    assert np.isfinite(model.predict_proba(X)).all()
    stopping.at = None
    assert_same(model.fit(X, Y), expected)
    assert stopping.n_epochs == 4  # three, and the last one again


def test_at_most_a_twentieth_of_the_time_goes_to_writing(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 20.0)
    fsync, calls = os.fsync, []

    def slow(file):
        calls.append(time.monotonic())
        time.sleep(0.5)
        fsync(file)

    monkeypatch.setattr(os, "fsync", slow)
    fit_until(tmp_path, rocket=False, max_epochs=5)
    assert len(calls) == 3  # at the beginning, after the first epoch, at the end

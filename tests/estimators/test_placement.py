"""Training and prediction on an accelerator, without one: every tensor in its place."""

import pickle

import numpy as np
import pytest
import torch
from skorch.exceptions import DeviceWarning

from ckts import CKCNNClassifier, CKCNNRegressor, CKRocketClassifier
from irregular import irregular_panel


@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKCNNRegressor])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("lattice", [True, False])
def test_fit_and_predict_as_on_the_cpu(accelerator, estimator, causal, lattice):
    X, y = irregular_panel(16, static=True)
    if lattice:
        X = X.with_times(np.round(X.times))
    options = {
        "max_epochs": 2,
        "hidden_channels": 4,
        "causal": causal,
        "random_state": 0,
    }
    there = estimator(device=accelerator.device, **options).fit(X, y)
    here = estimator(device="cpu", **options).fit(X, y)
    assert there.device_ == accelerator.device
    assert {p.device.type for p in there.net_.module_.parameters()} == {
        accelerator.device
    }
    np.testing.assert_allclose(there.predict(X), here.predict(X), rtol=1e-5)


@pytest.mark.parametrize("kernel", ["siren", "fourier", "relu"])
def test_every_kernel_is_placed(accelerator, kernel):
    X, y = irregular_panel(8)
    model = CKCNNClassifier(
        device=accelerator.device, kernel=kernel, max_epochs=1, hidden_channels=4
    )
    assert np.isfinite(model.fit(X, y).predict_proba(X)).all()


def test_early_stopping_and_weights_are_placed(accelerator):
    X, y = irregular_panel(24)
    model = CKCNNClassifier(
        device=accelerator.device,
        early_stopping=True,
        class_weight="balanced",
        max_epochs=3,
        hidden_channels=4,
    )
    model.fit(X, y, sample_weight=np.linspace(0.5, 2, 24))
    assert "valid_loss" in model.history_[0]


def test_no_tensor_lives_outside_of_the_net(accelerator):
    X, y = irregular_panel(8)
    model = CKCNNClassifier(
        device=accelerator.device, max_epochs=1, hidden_channels=4
    ).fit(X, y)
    outside = {**vars(model), **vars(model.statistics_)}
    assert not [k for k, v in outside.items() if isinstance(v, torch.Tensor)]


def test_a_model_from_a_gpu_opens_on_a_machine_without(monkeypatch):
    X, y = irregular_panel(8)
    model = CKCNNClassifier(
        max_epochs=1, hidden_channels=4, rocket=False, random_state=0
    ).fit(X, y)
    expected = model.predict_proba(X)
    with monkeypatch.context() as patch:
        # what torch writes for a tensor on the first GPU
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        model.net_.device = model.device_ = "cuda:0"
        saved = pickle.dumps(model)
    with pytest.warns(DeviceWarning):
        loaded = pickle.loads(saved)
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)


def test_random_kernels_from_a_gpu_go_on_on_the_cpu():
    X, y = irregular_panel(8)
    model = CKRocketClassifier(n_kernels=84, random_state=0).fit(X, y)
    expected = model.predict_proba(X)
    model.device_ = "cuda:7"
    saved = pickle.dumps(model)
    with pytest.warns(DeviceWarning, match="fitted on 'cuda:7'"):
        loaded = pickle.loads(saved)
    np.testing.assert_array_equal(loaded.predict_proba(X), expected)


QUICK = {"max_epochs": 2, "hidden_channels": 4, "random_state": 0}


def labels_of_two_kinds(y):
    return np.column_stack([y, np.roll(y, 1)])


# Options, and what makes targets of two classes; None is a regression.
PLACED = {
    "several columns of labels": ({}, labels_of_two_kinds),
    "passes of a training": ({"warm_start": True}, np.asarray),
    "quantiles": ({}, None),
    "the paper's network": ({"network": "paper"}, np.asarray),
    "its plateau and penalty": (
        {
            **{"network": "paper", "lr_schedule": "plateau"},
            "network_params": {"kernel_penalty": 1e-3, "mask": "channels"},
        },
        np.asarray,
    ),
    "a network that knows time": ({"network": "gru_d"}, np.asarray),
    "several networks": ({"rocket": True}, np.asarray),
}


@pytest.mark.parametrize("name", PLACED)
def test_whatever_is_trained_is_placed(accelerator, name):
    options, change = PLACED[name]
    X, y = irregular_panel(12, static=True)
    estimator = CKCNNClassifier if change else CKCNNRegressor
    given = {"loss": "quantile"} if change is None else {}
    y = y.astype(float) if change is None else change(y)
    predictions = []
    for device in ("cpu", accelerator.device):
        model = estimator(**{**QUICK, "rocket": False, **options, **given})
        model.set_params(device=device, dtype="float64").fit(X, y)
        if options.get("warm_start"):
            model.fit(X, y)
        predictions.append(model.predict_proba(X) if change else model.predict(X))
    np.testing.assert_allclose(*predictions, rtol=1e-6, atol=1e-9)

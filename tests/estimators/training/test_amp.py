"""Mixed precision changes what half precision must change, and no more."""

import joblib
import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.datasets import make_speed
from ckts.estimators.training import checkpoint
from ckts.estimators.training.amp import autocast, make_scaler, widen
from ckts.networks import NETWORKS
from killed_fits import assert_same, fit_until

X, Y = make_speed(80, random_state=0)
QUICK = {"max_epochs": 8, "rocket": False, "random_state": 0, "device": "cpu"}
# Eight bits of bfloat16 in linear layers, eleven of float16; measured 0.004 and 0.0003.
NOISE = {"bfloat16": 0.03, "float16": 0.005}


@pytest.fixture(scope="module")
def single():
    return CKCNNClassifier(**QUICK).fit(X, Y)


@pytest.mark.parametrize("amp", NOISE)
def test_losses_and_predictions_are_within_the_noise_of_half_precision(amp, single):
    model = CKCNNClassifier(amp=amp, **QUICK).fit(X, Y)
    losses, expected = (
        np.array([epoch["train_loss"] for epoch in one.history_])
        for one in (model, single)
    )
    assert (losses != expected).all()
    assert abs(losses - expected).max() < NOISE[amp]
    found, other = model.predict_proba(X), single.predict_proba(X)
    assert 0 < abs(found - other).max() < 4 * NOISE[amp]
    assert (model.predict(X) == single.predict(X)).mean() > 0.95
    assert {one.dtype for one in model.net_.module_.parameters()} == {torch.float32}


def test_linear_layers_are_in_half_precision_and_losses_are_not(monkeypatch):
    model = CKCNNClassifier(amp="bfloat16", **{**QUICK, "max_epochs": 1}).fit(X, Y)
    net, seen = model.net_, {}
    for name in ("encode", "head", "stem"):
        layer = getattr(net.module_, name)
        layer.register_forward_hook(
            lambda layer, given, output, name=name: seen.update({name: output.dtype})
        )
    probabilities = model.predict_proba(X)
    half, full = torch.bfloat16, torch.float32
    assert seen == {"encode": half, "head": half, "stem": full}
    assert abs(probabilities.sum(1) - 1).max() < 1e-6


def test_a_model_of_mixed_precision_predicts_the_same_when_it_comes_back(tmp_path):
    model = CKCNNRegressor(amp="bfloat16", **QUICK).fit(X, Y.astype(float))
    expected = model.predict(X)
    model.save(tmp_path / "model.safetensors")
    joblib.dump(model, tmp_path / "model.joblib")
    for other in (
        ckts.load(tmp_path / "model.safetensors"),
        joblib.load(tmp_path / "model.joblib"),
    ):
        assert other.amp == other.net_.amp == "bfloat16"
        assert (other.predict(X) == expected).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_trains_and_predicts_in_mixed_precision(name):
    options = {**QUICK, "max_epochs": 1, "hidden_channels": 4, "network": name}
    X, y = make_speed(12, random_state=0)
    model = CKCNNClassifier(amp="bfloat16", **options).fit(X, y)
    full = CKCNNClassifier(**options).fit(X, y)
    assert np.isfinite(model.history_[0]["train_loss"])
    found, expected = model.predict_proba(X), full.predict_proba(X)
    assert abs(found - expected).max() < 0.1  # an epoch is one step here


@pytest.mark.parametrize("amp", NOISE)
def test_killed_it_continues_to_the_same_weights(amp, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)
    params = {"amp": amp, "rocket": False}
    expected, n_epochs = fit_until(**params)
    fit_until(tmp_path, at=n_epochs - 1, **params)
    model, left = fit_until(tmp_path, **params)
    assert left == 2
    assert_same(model, expected)


class Overflow(Callback):
    """Begins with a scale at which gradients of float16 overflow."""

    def on_train_begin(self, net, **kwargs):
        net.scaler_ = torch.amp.GradScaler("cpu", init_scale=2.0**30)
        self.scales, self.changes = [], []

    def on_batch_begin(self, net, training, **kwargs):
        if training:
            self.before = [one.detach().clone() for one in net.module_.parameters()]

    def on_batch_end(self, net, training, **kwargs):
        if training:
            pairs = zip(self.before, net.module_.parameters(), strict=True)
            self.changes.append(not all(torch.equal(*pair) for pair in pairs))
            self.scales.append(net.scaler_.get_scale())


def test_steps_whose_gradients_overflow_are_left_out():
    watch = Overflow()
    model = CKCNNClassifier(amp="float16", callbacks=[watch], **QUICK).fit(X, Y)
    halved = np.diff([2.0**30, *watch.scales]) < 0
    assert halved[0]
    assert not halved[-1]
    assert (halved != np.array(watch.changes)).all()
    assert model.score(X, Y) > 0.9


def test_only_float16_needs_a_scaler():
    assert make_scaler(False, "cpu") is None
    assert make_scaler("bfloat16", "cpu") is None
    assert make_scaler("float16", "cpu").is_enabled()


def test_the_context_is_that_of_the_type():
    with autocast("bfloat16", "cpu"):
        assert torch.is_autocast_enabled("cpu")
        assert torch.get_autocast_dtype("cpu") == torch.bfloat16
    with autocast(False, "cpu"):
        assert not torch.is_autocast_enabled("cpu")


def test_only_halves_are_widened():
    assert widen(torch.zeros(1, dtype=torch.float16)).dtype == torch.float32
    assert widen(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
    assert widen("text") == "text"


@pytest.mark.parametrize("amp", [True, None, "float32", 16, torch.bfloat16])
def test_other_values_raise(amp):
    told = '`amp` must be False, "bfloat16" or "float16"; got .*="bfloat16"'
    with pytest.raises(ValueError, match=told):
        CKCNNClassifier(amp=amp).fit(X, Y)


def test_mixed_precision_of_float64_raises():
    told = "`amp` must be False if dtype='float64'; got 'bfloat16'.*dtype='float32'"
    with pytest.raises(ValueError, match=told):
        CKCNNClassifier(amp="bfloat16", dtype="float64").fit(X, Y)

"""`warm_start`: a training that begins with the weights of the one before."""

import numpy as np
import pytest
import torch

from ckts import CKCNNClassifier, CKCNNRegressor
from ckts.estimators._joining import PRIOR_SHARE
from ckts.estimators.training import checkpoint
from irregular import irregular_panel
from killed_fits import Kill, Killed

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
ALONE = {**QUICK, "rocket": False}
WARM = {**ALONE, "warm_start": True}
# A learning rate with which nothing is learned.
STILL = {"lr": 1e-30, "weight_decay": 0.0, "observation_dropout": 0.0}
BOTH = [CKCNNClassifier, CKCNNRegressor]
X, Y = irregular_panel()


def _predict(model, X):
    return getattr(model, "predict_proba", model.predict)(X)


@pytest.mark.parametrize("estimator", BOTH)
def test_the_second_fit_begins_where_the_first_ended(estimator):
    model = estimator(**{**WARM, **STILL, "lr": 0.01}).fit(X, Y)
    expected = _predict(model, X)
    model.set_params(lr=1e-30).fit(X, Y)
    np.testing.assert_allclose(_predict(model, X), expected, atol=1e-7)
    model.set_params(warm_start=False).fit(X, Y)
    assert np.abs(_predict(model, X) - expected).max() > 1e-3


def test_without_a_first_fit_it_is_a_fit():
    warm = CKCNNClassifier(**WARM).fit(X, Y)
    cold = CKCNNClassifier(**ALONE).fit(X, Y)
    np.testing.assert_array_equal(warm.predict_proba(X), cold.predict_proba(X))


def test_units_are_kept_and_lengths_may_change():
    model = CKCNNClassifier(**WARM).fit(X, Y)
    known, bins = model.statistics_, model.net_.get_params()["module__n_bins"]
    rng = np.random.default_rng(0)
    long = [(np.sort(rng.uniform(0, 99, 90)), rng.normal(size=(90, 2))) for _ in Y]
    cold = CKCNNClassifier(**ALONE).fit(long, Y)
    assert cold.net_.get_params()["module__n_bins"] > bins
    with pytest.warns(UserWarning, match="must be on the clock of fit"):
        model.fit(long, Y)
    assert model.statistics_ is known
    assert model.net_.get_params()["module__n_bins"] == bins


def test_numbers_keep_their_unit_but_for_what_was_constant():
    y = np.column_stack([Y, np.full(24, 5.0)])
    model = CKCNNRegressor(**WARM).fit(X, y)
    mean, scale = model.target_mean_.copy(), model.target_scale_.copy()
    model.fit(X, 10 * y)
    np.testing.assert_array_equal(model.target_mean_, [mean[0], 50.0])
    np.testing.assert_array_equal(model.predict(X)[:, 1], 50.0)
    model.fit(X, np.column_stack([Y, 100.0 * Y]))
    assert model.target_scale_[0] == scale[0]
    assert model.target_scale_[1] > 10
    assert np.ptp(model.predict(X)[:, 1]) > 0


def test_joined_networks_go_on_and_keep_their_share():
    X, y = irregular_panel(60)
    model = CKCNNClassifier(warm_start=True, **QUICK).fit(X, y)
    model.network_share_ = 0.9
    before = [net.module_.state_dict() for net in model.nets_]
    model.set_params(lr=1e-30, weight_decay=0.0).fit(X, y)
    assert model.network_share_ == 0.9
    for net, weights in zip(model.nets_, before, strict=True):
        for name, tensor in net.module_.state_dict().items():
            torch.testing.assert_close(tensor, weights[name])
    model.fit(X[:20], y[:20])  # too few for folds: one network is left
    assert len(model.nets_) == 1
    model.fit(X, y)
    assert len(model.nets_) == 3
    model.set_params(rocket=False).fit(X, y)
    assert model.network_share_ == 1.0
    assert not hasattr(model, "rocket_")
    model.set_params(rocket=True).fit(X, y)
    assert model.network_share_ == PRIOR_SHARE


@pytest.mark.parametrize(
    ("params", "changed", "told"),
    [
        ({}, {"y": Y + 1}, r"the classes of before, \[0, 1\]; got \[1, 2\]. Use warm"),
        ({}, {"y": 0 * Y}, r"the classes of before, \[0, 1\]; got \[0\]. Use warm_st"),
        ({}, {"y": np.eye(24)[:, :2]}, "one label per series as before; got 2 columns"),
        ({}, {"X": irregular_panel(in_channels=3)[0]}, "must have 2 channels as in"),
        ({"hidden_channels": 8}, {}, "`hidden_channels` must be 4 as before.*got 8"),
        ({"causal": True}, {}, "`causal` must be False as before.*got True. Set it"),
        ({"kernel": "siren"}, {}, "`kernel` must be 'bands' as before"),
        ({"network": "gru"}, {}, "`network` must be .*GatedCKCNN.* as before"),
        ({"landmark": 3.0}, {}, "`landmark` must be None as before.*got 3.0. Set it"),
    ],
)
def test_another_problem_or_network_raises(params, changed, told):
    model = CKCNNClassifier(**WARM).fit(X, Y)
    expected = model.predict_proba(X)
    model.set_params(**params)
    with pytest.raises(ValueError, match=told):
        model.fit(**{"X": X, "y": Y, **changed})
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_what_changes_no_weight_may_change():
    model = CKCNNClassifier(**WARM).fit(X, Y)
    model.set_params(dropout=0.0, observation_dropout=0.5, lr=0.1, batch_size=4)
    assert model.fit(X, Y).net_.module_.training is False
    assert model.observation_dropout_ == 0.5


def test_a_killed_warm_fit_continues_from_its_own_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PAUSE", 0.0)
    first = CKCNNClassifier(**WARM).fit(X, Y)
    other = CKCNNClassifier(**{**WARM, "random_state": 1}).fit(X, Y)
    other.set_params(random_state=0)
    state = first.__getstate__()

    def again():
        model = CKCNNClassifier()
        model.__setstate__(state)
        return model.set_params(max_epochs=3)

    expected = again().fit(X, Y).predict_proba(X)
    killed = again().set_params(checkpoint=str(tmp_path), callbacks=[Kill(2)])
    with pytest.raises(Killed):
        killed.fit(X, Y)
    assert len(list(tmp_path.glob("*.ckpt"))) == 1
    # A fit that begins with other weights is another one.
    other.set_params(max_epochs=3, checkpoint=str(tmp_path)).fit(X, Y)
    assert len(list(tmp_path.glob("*.ckpt"))) == 1
    continued = again().set_params(checkpoint=str(tmp_path)).fit(X, Y)
    np.testing.assert_array_equal(continued.predict_proba(X), expected)
    assert not list(tmp_path.glob("*.ckpt"))

"""A fit that fails leaves the model as it was; Ctrl-C leaves what was learned."""

import re

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from skorch.callbacks import Callback

from ckts import CKCNNClassifier, CKCNNRegressor, Panel
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
BOTH = [CKCNNClassifier, CKCNNRegressor]


class Raises(Callback):
    """Raises at the end of a batch: the n-th of all, counted from 1."""

    def __init__(self, error, at):
        self.error, self.at = error, at

    def on_train_begin(self, net, **kwargs):
        self.seen = 0
        if self.at == 0:
            raise self.error

    def on_batch_end(self, net, **kwargs):
        self.seen += 1
        if self.seen == self.at:
            raise self.error


OTHER, _ = irregular_panel(seed=5, in_channels=3)
FAILURES = {
    "X": {"X": np.full((24, 3), np.inf)},
    "y": {"y": np.full(24, np.nan)},
    "length of y": {"y": np.arange(3)},
    "weights": {"sample_weight": -np.ones(24)},
    "groups": {"groups": np.zeros(3)},
    "a parameter": {"params": {"kernel": "sine"}},
    "a type": {"params": {"dtype": "float16"}},
    "a device": {"params": {"device": "gpu9"}},
    "the loss or class_weight": {"params": {"loss": "l7", "class_weight": {0: -1}}},
    "random_state": {"params": {"random_state": "now"}},
    "too few series": {"params": {"early_stopping": True}, "groups": np.zeros(24)},
    "the score": {"params": {"early_stopping": True, "scoring": lambda *a: np.nan}},
    "the training": {"params": {"callbacks": [Raises(RuntimeError("no memory"), 2)]}},
}


@pytest.mark.parametrize("estimator", BOTH)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_refit_that_fails_leaves_the_model_as_it_was(estimator, failure):
    X, y = irregular_panel()
    model = estimator(**QUICK).fit(X, y)
    expected, state = model.predict(X), dict(vars(model))
    arguments = {"X": OTHER, "y": np.where(y, 5, 7), **FAILURES[failure]}
    params = arguments.pop("params", {})
    params = {k: v for k, v in params.items() if k in model.get_params()}
    model.set_params(**params)
    with pytest.raises((ValueError, TypeError, RuntimeError)):
        model.fit(**arguments)
    np.testing.assert_array_equal(model.predict(X), expected)
    assert vars(model) == {**state, **params}  # the very same objects
    assert model.n_features_in_ == 2


def test_parameters_set_after_fit_change_no_prediction():
    X, y = irregular_panel()
    model = CKCNNClassifier(**QUICK).fit(X, y)
    expected = model.predict_proba(X)
    model.set_params(dtype="float64", kernel="siren", hidden_channels=7, batch_size=3)
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_names_of_an_earlier_fit_are_forgotten():
    X, y = irregular_panel()
    named = Panel(X.values, X.times, X.indptr, channels=["pulse", "lactate"])
    model = CKCNNClassifier(**QUICK).fit(named, y)
    assert model.fit(X, y) is model
    assert not hasattr(model, "feature_names_in_")


# --- Ctrl-C -------------------------------------------------------------------------


def _interrupted(model, X, y, at):
    model.set_params(callbacks=[Raises(KeyboardInterrupt(), at)])
    with (
        pytest.warns(ConvergenceWarning, match="training was interrupted") as warned,
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(X, y)
    assert warned[0].filename == __file__
    return str(warned[0].message)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize(
    ("at", "n_epochs", "message"),
    [
        (1, 0, "after step 1 of network 1, with 0 of 9 epochs finished\\."),
        (5, 1, "after step . of network 1, with 1 of 9 epochs finished\\."),
    ],
)
def test_ctrl_c_says_how_far_it_came_and_keeps_it(
    at, n_epochs, message, early_stopping
):
    X, y = irregular_panel()
    model = CKCNNClassifier(
        max_epochs=9, hidden_channels=4, early_stopping=early_stopping, random_state=0
    )
    said = _interrupted(model, X, y, at)
    assert re.search(message, said)
    assert model.n_iter_ == len(model.history_) == n_epochs
    assert np.isfinite(model.predict_proba(X)).all()
    if n_epochs:
        assert type(model.history_[0]["train_loss"]) is float


def test_ctrl_c_after_the_last_epoch_counts_all_epochs():
    class AtTheEnd(Callback):
        def on_train_end(self, net, **kwargs):
            raise KeyboardInterrupt

    X, y = irregular_panel()
    model = CKCNNClassifier(callbacks=[AtTheEnd()], **QUICK)
    with (
        pytest.warns(ConvergenceWarning, match="with 2 of 2 epochs finished"),
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(X, y)
    assert model.n_iter_ == 2


def test_ctrl_c_in_a_second_training_keeps_the_second():
    X, y = irregular_panel()
    X2, y2 = irregular_panel(seed=5, in_channels=3)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    _interrupted(model, X2, y2 + 5, 1)
    assert model.classes_.tolist() == [5, 6]
    assert model.predict(X2).shape == y2.shape


def test_ctrl_c_before_the_first_step_keeps_the_model_of_before(monkeypatch):
    X, y = irregular_panel()
    fitted = CKCNNClassifier(**QUICK).fit(X, y)
    expected = fitted.predict_proba(X)
    said = _interrupted(fitted, OTHER, y, 0)
    assert "before its first step. The model is as it was before." in said
    np.testing.assert_array_equal(fitted.predict_proba(X), expected)

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("ckts.estimators._base.learn_statistics", interrupt)
    _interrupted(fitted, OTHER, y, 99)
    np.testing.assert_array_equal(fitted.predict_proba(X), expected)
    new = CKCNNClassifier(**QUICK)
    _interrupted(new, X, y, 99)
    with pytest.raises(NotFittedError):
        new.predict(X)

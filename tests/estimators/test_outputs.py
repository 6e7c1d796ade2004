"""NaN is never an answer."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning

from ckts import CKCNNClassifier, CKCNNRegressor
from irregular import irregular_panel

QUICK = {"max_epochs": 4, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}


@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKCNNRegressor])
def test_a_training_that_diverges_is_said_and_predicts_nothing(estimator):
    X, y = irregular_panel(static=True)
    model = estimator(lr=1e30, **QUICK)
    message = r"training diverged.*smaller `lr` than 1e\+30"
    with pytest.warns(ConvergenceWarning, match=message) as warned:
        model.fit(X, y)
    assert warned[0].filename == __file__
    with pytest.raises(
        ValueError, match=r"must give finite outputs; got .*24 such seri"
    ):
        model.predict(X)
    assert model.set_params(lr=1e-3).fit(X, y).predict(X).shape == y.shape


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_series_of_unknown_answer_is_named(method, monkeypatch):
    X, y = irregular_panel()
    model = CKCNNClassifier(**QUICK).fit(X, y)
    worst = int(np.argmax(X.lengths))  # the last in the order of lengths
    forward = model.net_.forward_iter

    def spoiled(*args, **kwargs):
        outputs = torch.cat(list(forward(*args, **kwargs)))
        outputs[-1, 0] = torch.nan
        yield outputs

    with monkeypatch.context() as patch:
        patch.setattr(model.net_, "forward_iter", spoiled)
        with pytest.raises(ValueError, match=r"got \[nan, .*1 such series of 24"):
            getattr(model, method)(X)
    others = np.delete(np.arange(24), worst)
    assert len(getattr(model, method)(X[others])) == 23

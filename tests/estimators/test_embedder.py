"""The features before the head."""

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from ckts import CKCNNClassifier, CKCNNEmbedder, CKCNNRegressor, CKRocketClassifier
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "random_state": 0}
EXACT = {"dropout": 0.0, "observation_dropout": 0.0, "batch_size": 10_000}
EXACT |= {"rocket": False, "dtype": "float64"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks provoke warnings
def test_check_estimator_passes(capsys):
    embedder = CKCNNEmbedder(estimator=CKCNNClassifier(**QUICK, **EXACT))
    results = check_estimator(embedder, on_fail=None, on_skip=None)
    passed = sum(one["status"] == "passed" for one in results)
    with capsys.disabled():
        print(f"\ncheck_estimator(CKCNNEmbedder): {passed} passed")
    assert not [one["check_name"] for one in results if one["status"] == "failed"]
    assert passed >= 46


@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKCNNRegressor])
def test_the_outputs_are_linear_in_the_features(estimator):
    X, y = irregular_panel(static=True)
    model = estimator(rocket=False, dtype="float64", **QUICK)
    embedder = CKCNNEmbedder(estimator=model).fit(X, y)
    head = embedder.estimator_.net_.module_.head
    weight, bias = (p.detach().numpy() for p in (head.weight, head.bias))
    outputs = embedder.transform(X) @ weight.T + bias
    np.testing.assert_allclose(outputs, embedder.estimator_._predict_raw(X), rtol=1e-9)


def test_features_of_joined_networks_stand_side_by_side():
    X, y = irregular_panel(36)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    embedder = CKCNNEmbedder(estimator=FrozenEstimator(model)).fit(X, y)
    table = embedder.set_output(transform="pandas").transform(X)
    assert table.shape == (36, 3 * 20)  # mean and maximum of two clocks, summaries
    assert table.columns[0] == "network_0_feature_0"
    assert table.columns[-1] == "network_2_feature_19"
    alone = pd.DataFrame(embedder.transform(X[5:6])).to_numpy()
    np.testing.assert_allclose(alone[0], table.to_numpy()[5], rtol=1e-4, atol=1e-5)


def test_embeddings_in_a_pipeline():
    X, y = irregular_panel()
    model = CKCNNClassifier(rocket=False, **QUICK)
    pipeline = make_pipeline(CKCNNEmbedder(estimator=model), StandardScaler())
    assert pipeline.fit_transform(X, y).shape == (24, 20)


def test_only_networks_have_embeddings():
    X, y = irregular_panel()
    with pytest.raises(TypeError, match=r"`estimator` must be .* got CKRocketClass"):
        CKCNNEmbedder(estimator=CKRocketClassifier()).fit(X, y)


def test_targets_are_required():
    X, _ = irregular_panel()
    with pytest.raises(ValueError, match="requires y to be passed"):
        CKCNNEmbedder(estimator=CKCNNClassifier(**QUICK)).fit(X, None)

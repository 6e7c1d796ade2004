"""Weights count series, however their batches are made."""

import numpy as np
import pytest
import torch
from sklearn.utils import compute_sample_weight

from ckts import CKCNNClassifier, CKCNNRegressor, as_panel
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.training.early_stopping import split_series
from ckts.estimators.training.net import PanelNet
from ckts.layers import CKConv
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
PLAIN = {
    "dropout": 0.0,
    "observation_dropout": 0.0,
    "dtype": "float64",
    "rocket": False,
}
ONE_BATCH = {**PLAIN, "batch_size": 999}


@pytest.mark.parametrize("estimator", [CKCNNClassifier, CKCNNRegressor])
def test_in_one_batch_a_weight_of_2_is_the_series_twice(estimator):
    X, y = irregular_panel(12)
    weight = np.r_[np.full(4, 2.0), np.ones(4), np.zeros(4)]
    repeated = np.r_[0:4, 0:4, 4:8]
    weighted = estimator(**ONE_BATCH, **QUICK).fit(X, y, sample_weight=weight)
    plain = estimator(**ONE_BATCH, **QUICK).fit(X[repeated], y[repeated])
    outputs = [model.net_.outputs(model._dataset(X)) for model in (weighted, plain)]
    np.testing.assert_allclose(*outputs, atol=1e-9)
    np.testing.assert_allclose(weighted.time_step_, plain.time_step_)


@pytest.mark.parametrize("factor", [1e-300, 1e-46, 3.0, 1e38, 1e300])
def test_a_common_factor_of_all_weights_changes_nothing(factor):
    X, y = irregular_panel(16)
    model = CKCNNClassifier(**QUICK).fit(X, y)
    scaled = CKCNNClassifier(**QUICK).fit(X, y, sample_weight=np.full(16, factor))
    np.testing.assert_array_equal(scaled.predict_proba(X), model.predict_proba(X))
    weight = np.linspace(1, 2, 16)
    model = CKCNNClassifier(**PLAIN, **QUICK).fit(X, y, sample_weight=weight)
    scaled = CKCNNClassifier(**PLAIN, **QUICK).fit(X, y, sample_weight=weight * factor)
    np.testing.assert_allclose(
        scaled.predict_proba(X), model.predict_proba(X), atol=1e-9
    )


def _pull(lengths, weight, batch_size=16, n_epochs=20):
    """Total gradient of each series, of a loss whose own gradient is 1."""
    panel = as_panel([(np.arange(n), np.ones(n)) for n in lengths])
    data = PanelDataset(panel, torch.arange(len(lengths)), weight)
    net = PanelNet(
        CKConv,  # any module will do: it is not called
        torch.nn.L1Loss,
        module__in_channels=1,
        module__out_channels=1,
        criterion__reduction="none",
    ).initialize()
    pull = np.zeros(len(lengths))
    generator = torch.Generator().manual_seed(0)
    for _ in range(n_epochs):
        for _, (series, weights) in data.training_batches(batch_size, generator):
            above = (series + 1.0).requires_grad_()
            net.get_loss(above, (series, weights)).backward()
            pull[series.numpy()] += above.grad.numpy()
    return pull


def test_weights_that_go_with_the_length_keep_their_ratio():
    lengths = np.where(np.arange(320) < 160, 10, 20)
    pull = _pull(lengths, np.where(lengths == 10, 10.0, 1.0))
    # 1.12 where each batch is divided by its own sum of weights
    np.testing.assert_allclose(
        pull[lengths == 10].mean() / pull[lengths > 10].mean(), 10
    )


def test_balanced_classes_of_other_lengths_are_balanced():
    y = (np.arange(640) % 10 == 0).astype(int)
    pull = _pull(np.where(y, 30, 20), compute_sample_weight("balanced", y))
    # .15 where each batch is divided by its own sum of weights
    np.testing.assert_allclose(pull[y == 1].sum() / pull[y == 0].sum(), 1)


def _contradiction(n_series, seed):
    """Short series whose class is the sign of their mean, long ones with the other."""
    rng = np.random.default_rng(seed)
    lengths = np.where(np.arange(n_series) % 2 == 0, 10, 11)
    levels = rng.normal(size=n_series)
    series = [
        (np.arange(float(n)), z + 0.3 * rng.normal(size=n))
        for n, z in zip(lengths, levels, strict=True)
    ]
    return as_panel(series), ((levels > 0) == (lengths == 10)).astype(int), lengths


@pytest.mark.slow
@pytest.mark.parametrize("heavy", [10, 11])
def test_weights_reach_what_repetition_reaches_in_as_many_steps(heavy):
    X, y, lengths = _contradiction(320, 0)
    X_test, y_test, test_lengths = _contradiction(300, 1)
    weight = np.where(lengths == heavy, 4, 1)
    repeated = np.repeat(np.arange(320), weight)

    def accuracy(X, y, batch_size, weight=None):
        found = []
        for seed in range(3):
            model = CKCNNClassifier(
                max_epochs=3, batch_size=batch_size, n_blocks=1, random_state=seed
            ).fit(X, y, sample_weight=weight)
            right = model.predict(X_test) == y_test
            found.append([right[test_lengths == n].mean() for n in (10, 11)])
        return np.mean(found, axis=0)

    # 40 steps an epoch each. Divided batch by batch: .71 where repetition has .94
    weighted = accuracy(X, y, 8, weight)
    np.testing.assert_allclose(
        weighted, accuracy(X[repeated], y[repeated], 20), atol=0.1
    )


def _losses(model, X, y):
    return -np.log(model.predict_proba(X)[np.arange(len(y)), y])


def test_the_recorded_losses_are_those_of_the_weighted_series():
    X, y = irregular_panel(40)
    y = np.random.default_rng(0).permutation(y)
    weight = np.where(X.lengths > 6, 100.0, 1.0)
    train, valid = split_series(40, 0.4, np.random.RandomState(0), classes=y)
    still = {**PLAIN, **QUICK, "lr": 1e-30, "batch_size": 4}
    model = CKCNNClassifier(early_stopping=True, validation_fraction=0.4, **still)
    model.fit(X, y, sample_weight=weight)
    for name, part in (("train_loss", train), ("valid_loss", valid)):
        expected = np.average(_losses(model, X, y)[part], weights=weight[part])
        found = [row[name] for row in model.history_]
        # skorch weighs batches of 4 and 3 by their sizes, so that it is exact
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_bad_weights():
    X, y = irregular_panel(24)
    model = CKCNNClassifier(**QUICK)
    with pytest.raises(
        ValueError, match=r"`sample_weight` must have the shape \(24,\)"
    ):
        model.fit(X, y, sample_weight=np.ones(3))
    with pytest.raises(ValueError, match="`sample_weight` must not be negative; got"):
        model.fit(X, y, sample_weight=np.r_[-1, np.ones(23)])
    with pytest.raises(ValueError, match="got zero throughout"):
        model.fit(X, y, sample_weight=np.zeros(24))

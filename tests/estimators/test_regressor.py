"""Targets of a regression: a few absurd ones, their columns, their unit."""

import numpy as np
import pytest
import torch

from ckts import CKCNNRegressor, as_panel
from ckts.estimators.regressor import LOSSES, BoundedSquaredError, QuantileLoss
from irregular import irregular_panel

QUICK = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}


def _levels(n_series, seed):
    """Series whose target is the level that they are measured at."""
    rng = np.random.default_rng(seed)
    levels = rng.normal(size=n_series)
    series = [
        (np.sort(rng.uniform(0, 10, 8)), z + 0.3 * rng.normal(size=8)) for z in levels
    ]
    return as_panel(series), 50 + 10 * levels


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_one_target_a_million_times_too_large_costs_little(seed):
    X, y = _levels(200, seed)
    X_test, y_test = _levels(200, seed + 100)
    wrong = y.copy()
    wrong[0] *= 1e6
    clean, spoiled = (
        CKCNNRegressor(random_state=seed).fit(X, targets).score(X_test, y_test)
        for targets in (y, wrong)
    )
    assert clean > 0.9
    assert abs(clean - spoiled) < 0.05


def test_an_absurd_target_concerns_its_own_column_only():
    X, y = irregular_panel()
    targets = np.c_[1000.0 + 50 * y, np.linspace(-3, 3, 24)]
    wrong = targets.copy()
    wrong[0, 0] = 1e30
    clean, spoiled = (CKCNNRegressor(**QUICK).fit(X, t) for t in (targets, wrong))
    for name in ("target_mean_", "target_scale_"):
        before, after = getattr(clean, name), getattr(spoiled, name)
        assert before[1] == after[1]
        assert abs(after[0] - before[0]) < 200  # the fences are 10 ranges away


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("unit", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_predictions_come_back_in_the_unit_of_the_targets(loss, unit):
    X, y = _levels(24, 0)
    targets = np.c_[y, -y] * unit
    model = CKCNNRegressor(loss=loss, rocket=False, **QUICK).fit(X, targets)
    outputs = model.net_.outputs(model._dataset(X))
    np.testing.assert_array_equal(
        model.predict(X), outputs * model.target_scale_ + model.target_mean_
    )
    np.testing.assert_allclose(model.target_mean_, targets.mean(0))
    np.testing.assert_allclose(model.target_scale_, (targets / unit).std(0) * unit)
    plain = CKCNNRegressor(loss=loss, rocket=False, **QUICK).fit(X, targets / unit)
    np.testing.assert_allclose(model.predict(X) / unit, plain.predict(X), rtol=1e-4)


def test_the_squared_error_counts_every_target_in_full():
    X, y = irregular_panel()
    targets = np.r_[1e9, y[1:]]
    weight = np.linspace(1, 2, 24)
    model = CKCNNRegressor(loss="squared_error", **QUICK)
    model.fit(X, targets, sample_weight=weight)
    mean = np.average(targets, weights=weight)
    np.testing.assert_allclose(model.target_mean_, mean)
    deviation = np.sqrt(np.average((targets - mean) ** 2, weights=weight))
    np.testing.assert_allclose(model.target_scale_, deviation)


@pytest.mark.parametrize(("n_far", "plain"), [(3, False), (4, True), (12, True)])
def test_many_targets_beyond_the_fences_are_no_outliers(n_far, plain):
    X, y = _levels(60, 0)
    targets = y + 1e6 * (np.arange(60) < n_far)
    both = np.c_[targets, y]
    weight = np.ones(60)
    model = CKCNNRegressor(**QUICK).fit(X, both, sample_weight=weight)
    usual = both.mean(0), both.std(0)
    assert np.isclose(model.target_scale_[0], usual[1][0]) == plain
    assert np.isclose(model.target_mean_[0], usual[0][0]) == plain
    np.testing.assert_allclose(model.target_scale_[1], usual[1][1])
    # weights are series: the far ones twice
    weight = np.where(np.arange(60) < n_far, 2.0, 1.0)
    model.fit(X, targets, sample_weight=weight)
    repeated = np.r_[targets, targets[:n_far]]
    np.testing.assert_allclose(model.target_scale_, repeated.std())


def test_a_heavy_tail_is_no_outlier():
    X, y = _levels(60, 0)
    targets = np.exp(4 * (y - 50) / 10)
    model = CKCNNRegressor(**QUICK).fit(X, targets)
    np.testing.assert_allclose(model.target_scale_, targets.std())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value", [0.0, 3.7, -1e300, 0.1])
def test_constant_targets_are_predicted_exactly(loss, value):
    X, y = irregular_panel()
    targets = np.c_[np.full(24, value), y]
    weight = np.linspace(1, 2, 24)
    model = CKCNNRegressor(loss=loss, **QUICK).fit(X, targets, sample_weight=weight)
    np.testing.assert_array_equal(model.predict(X)[:, 0], value)
    assert np.unique(model.predict(X)[:, 1]).size > 1
    assert (model.target_mean_[0], model.target_scale_[0]) == (value, 1)
    model.fit(X, targets[:, 0])
    np.testing.assert_array_equal(model.predict(X), value)
    np.testing.assert_array_equal(model.fit(X, y).predict(X).shape, y.shape)
    assert np.unique(model.predict(X)).size > 1  # nothing is left of an earlier fit


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value", [0.0, 7.0, -1e300])
def test_constant_targets_have_the_scale_1(loss, value):
    X, _ = irregular_panel()
    model = CKCNNRegressor(loss=loss, **QUICK).fit(X, np.full(24, value))
    assert (model.target_mean_, model.target_scale_) == (value, 1)


def test_the_largest_numbers_train():
    X, y = irregular_panel()
    model = CKCNNRegressor(**QUICK).fit(
        X, np.where(y, 1.0, -1.0) * np.r_[1.7e308, y[1:]]
    )
    assert np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize(
    ("loss", "error"), [("l1", ValueError), (None, TypeError), ("Huber", ValueError)]
)
def test_bad_losses(loss, error):
    X, y = irregular_panel()
    with pytest.raises((error, ValueError), match="`loss` must be one of 'huber', 'sq"):
        CKCNNRegressor(loss=loss, **QUICK).fit(X, y)


def test_the_default_loss_is_the_squared_error_up_to_a_bounded_gradient():
    residuals = torch.tensor([-9.0, -1.5, 0.0, 0.3, 2.0, 50.0], requires_grad=True)
    losses = BoundedSquaredError(reduction="none", delta=2.0)(residuals, torch.zeros(6))
    losses.sum().backward()
    # beyond delta: 2 delta |r| - delta^2
    assert losses.tolist() == pytest.approx([32, 2.25, 0, 0.09, 4, 196])
    assert residuals.grad.tolist() == pytest.approx([-4, -3, 0, 0.6, 4, 4])


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_the_quantile_has_the_least_loss(quantile):
    sample = torch.arange(100.0) ** 2
    criterion = QuantileLoss(quantile)
    losses = [float(criterion(value, sample).mean()) for value in sample]
    # (j + .5) / 100 of the sample is below the j-th number
    assert np.argmin(losses) / 100 == pytest.approx(quantile, abs=0.011)
    if quantile == 0.5:
        np.testing.assert_allclose(criterion(sample, 7 * sample), 6 * sample)


@pytest.mark.slow
def test_quantiles_hold_their_share_of_unseen_targets():
    X, level = _levels(900, 5)
    y = level + 8 * np.random.default_rng(0).exponential(size=900)
    shares = []
    for quantile in (0.2, 0.8):
        model = CKCNNRegressor(loss="quantile", quantile=quantile, random_state=0)
        predicted = model.fit(X[:600], y[:600]).predict(X[600:])
        shares.append((y[600:] <= predicted).mean())
    assert shares == pytest.approx([0.2, 0.8], abs=0.08)


@pytest.mark.parametrize("loss", ["absolute_error", "quantile"])
def test_losses_that_are_not_of_means_have_no_kernels_of_means_joined(loss):
    X, y = irregular_panel(36)
    model = CKCNNRegressor(loss=loss, **QUICK).fit(X, y)
    assert not hasattr(model, "rocket_")
    assert (model.network_share_, len(model.nets_)) == (1.0, 1)
    assert len(CKCNNRegressor(**QUICK).fit(X, y).nets_) == 3


@pytest.mark.parametrize(
    ("quantile", "error", "found"),
    [(0, ValueError, "0"), (1.0, ValueError, r"1\.0"), ("0.5", TypeError, "'0.5'")],
)
def test_bad_quantiles(quantile, error, found):
    X, y = irregular_panel()
    with pytest.raises(error, match=f"`quantile` must be .*; got {found}"):
        CKCNNRegressor(loss="quantile", quantile=quantile, **QUICK).fit(X, y)


def test_regressor_keeps_the_shape_and_scale_of_targets():
    X, y = irregular_panel()
    targets = np.c_[1000.0 + 50 * y, -3.0 * y]
    model = CKCNNRegressor(max_epochs=30, random_state=0).fit(X, targets)
    assert model.predict(X).shape == targets.shape
    assert model.score(X, targets) > 0.9
    assert CKCNNRegressor(**QUICK).fit(X, targets[:, 0]).predict(X).shape == y.shape


def test_constant_targets_are_predicted():
    X, y = irregular_panel()
    model = CKCNNRegressor(**QUICK).fit(X, np.full(len(y), 7.0))
    np.testing.assert_allclose(model.predict(X), 7.0, atol=1.5)

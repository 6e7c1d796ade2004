"""Calibration: probabilities that are right, and never worse than a plain softmax."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax

from ckts import CKRocketClassifier
from ckts.estimators.rocket import calibration
from ckts.estimators.rocket.calibration import PRIOR_COUNT, PRIOR_FACTOR, calibrate


def log_loss(scores, codes, weight, factor=1.0, offsets=0.0):
    logs = log_softmax(factor * scores + offsets, axis=1)
    return -np.average(logs[np.arange(len(codes)), codes], weights=weight)


def fit(scores, codes, weight=None, n_different=None):
    weight = np.ones(len(codes)) if weight is None else weight
    return calibrate(scores, codes, weight, n_different or len(codes))


def draw(factor, offsets, n_series=20_000, seed=0):
    """Scores of which the classes follow with a known factor and known offsets."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n_series, len(offsets)))
    chances = softmax(factor * scores + offsets, axis=1).cumsum(1)
    codes = (rng.random((n_series, 1)) > chances).sum(1).clip(max=len(offsets) - 1)
    return scores, codes


@pytest.mark.parametrize("factor", [0.1, 1.0, 12.0])
@pytest.mark.parametrize("offsets", [[0.0, 0.0], [-1.0, 0.2, 0.8]])
def test_a_known_factor_and_known_offsets_are_recovered(factor, offsets, monkeypatch):
    monkeypatch.setattr(calibration, "PRIOR_COUNT", 1e-2)
    scores, codes = draw(factor, offsets)
    found, shifts = fit(scores, codes)
    assert found == pytest.approx(factor, rel=0.1, abs=0.03)
    np.testing.assert_allclose(shifts, offsets, atol=0.15)
    assert shifts.sum() == pytest.approx(0, abs=1e-9)


def test_probabilities_of_rare_classes_have_their_frequency():
    scores, codes = draw(2.0, np.array([1.5, 0.0, -1.5]))
    factor, offsets = fit(scores, codes)
    predicted = softmax(factor * scores + offsets, axis=1).mean(0)
    # the prior pulls a little: .127 instead of .114
    np.testing.assert_allclose(predicted, np.bincount(codes) / len(codes), atol=0.02)


@settings(max_examples=40)
@given(
    st.integers(0, 2**31),
    st.integers(1, 5),
    st.integers(1, 30),
    st.integers(-3, 2),
    st.integers(1, 1000),
)
def test_it_is_never_worse_than_the_prior(seed, n_classes, n, size, n_different):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, n_classes)) * 10.0**size
    codes, weight = rng.integers(0, n_classes, n), rng.uniform(0.01, 5, n)
    factor, offsets = fit(scores, codes, weight, n_different)
    assert factor > 0
    assert offsets.sum() == pytest.approx(0, abs=1e-6)
    plain = log_loss(scores, codes, weight, PRIOR_FACTOR)
    assert log_loss(scores, codes, weight, factor, offsets) <= plain + 1e-9


@pytest.mark.parametrize("n_different", [3, 300, 30_000])
def test_the_loss_with_its_prior_is_at_its_minimum(n_different):
    scores, codes = draw(3.0, np.array([2.5, -2.5]), 300)
    weight = np.random.default_rng(0).uniform(0.1, 3, 300)
    factor, offsets = fit(scores, codes, weight, n_different)

    def objective(factor, offsets):
        loss = log_loss(scores, codes, weight, factor, offsets)
        middle = np.average(scores, axis=0, weights=weight)
        shifts = offsets + (factor - PRIOR_FACTOR) * (middle - middle.mean())
        away = shifts @ shifts + np.log(factor / PRIOR_FACTOR) ** 2
        return loss + PRIOR_COUNT / n_different / 2 * away

    best = objective(factor, offsets)
    for step in (-0.01, 0.01):
        assert objective(factor * (1 + step), offsets) > best
        assert objective(factor, offsets + step * np.array([1, -1])) > best


@pytest.mark.parametrize("share", [0.02, 0.14, 0.5])
def test_a_rare_class_is_as_sure_as_its_scores_allow(share):
    """Scores of two normal classes: the log-odds are linear, and known."""
    rng = np.random.default_rng(0)
    codes = (rng.random(4000) < share).astype(int)
    signal = rng.normal(size=4000) + codes
    truth = signal - 0.5 + np.log(share / (1 - share))
    raw = 0.05 * (signal - signal.mean()) + 2 * share - 1  # as a ridge regression has
    factor, offsets = fit(np.column_stack([-raw, raw]), codes)
    found = 2 * factor * raw + offsets[1] - offsets[0]
    # a standard error of the slope is .11 where 80 series are of the rare class
    assert np.polyfit(truth, found, 1)[0] == pytest.approx(1, abs=0.3)
    chances = 1 / (1 + np.exp(-found))
    assert chances.mean() == pytest.approx(codes.mean(), rel=0.1)


def test_two_different_series_tell_next_to_nothing():
    """Scores of one are those of the other: a model without it predicts the other."""
    codes = np.arange(400) % 2
    scores = np.where(codes[:, None] == [0, 1], -1.0, 1.0)
    factor, offsets = fit(scores, codes, n_different=2)
    hit = np.where(codes[:, None] == [0, 1], 1.0, -1.0)
    chances = softmax(factor * hit + offsets, axis=1)
    assert chances[np.arange(400), codes].min() > 0.75


def test_only_ratios_of_weights_count_and_2_is_twice():
    scores, codes = draw(3.0, np.array([0.5, -0.5]), 200)
    weight = np.r_[np.full(80, 2.0), np.ones(120)]
    twice = np.r_[np.arange(80), np.arange(200)]
    once = fit(scores, codes, weight)
    for other in (
        fit(scores, codes, 1e3 * weight),
        fit(scores[twice], codes[twice], n_different=200),
    ):
        assert other[0] == pytest.approx(once[0], rel=1e-3)
        np.testing.assert_allclose(other[1], once[1], atol=1e-3)


def test_one_class_is_certain():
    factor, offsets = fit(np.ones((5, 1)), np.zeros(5, int))
    assert factor > 0
    assert offsets.tolist() == [0.0]


@pytest.mark.parametrize("size", [1e-12, 1e4, 1e12])
def test_extreme_scores_have_finite_parameters(size):
    scores, codes = draw(1.0, np.array([0.0, 0.0]), 200)
    factor, offsets = fit(size * scores, codes)
    assert np.isfinite([factor, *offsets]).all()
    assert np.isfinite(softmax(factor * size * scores + offsets, axis=1)).all()
    assert factor > 0


def separated(n_series=40):
    codes = np.arange(n_series) % 2
    return np.where(codes[:, None] == [0, 1], 1.0, -1.0), codes


@pytest.mark.parametrize("n_different", [2, 40, 10_000])
def test_scores_that_separate_the_classes_have_the_factor_of_a_closed_form(n_different):
    """The loss is ``log(1 + exp(-2 f))``: it falls without end, and the prior holds."""
    factor, offsets = fit(*separated(), n_different=n_different)
    slope = 2 / (1 + np.exp(2 * factor))
    prior = PRIOR_COUNT / n_different
    assert slope == pytest.approx(prior * np.log(factor / PRIOR_FACTOR) / factor, 0.01)
    assert np.abs(offsets).max() < 1e-3
    assert (n_different == 2) == (factor < 2.1)


def test_scores_that_are_wrong_are_not_turned_around():
    scores, codes = separated()
    factors = [fit(-scores, codes, n_different=n)[0] for n in (2, 40, 10**6)]
    assert PRIOR_FACTOR > factors[0] > factors[1] > factors[2]
    assert factors[2] == pytest.approx(np.exp(-5))


def test_a_label_that_is_the_value_is_learned_from_two_different_series():
    """Leaving out tells nothing then, and must not make the model the majority."""
    bits = (np.arange(40) % 5 < 2).astype(int)
    X = bits.astype(float)[:, None, None]
    model = CKRocketClassifier(n_kernels=336, random_state=0).fit(X, bits)
    assert model.score(X, bits) == 1

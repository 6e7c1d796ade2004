"""Blocks of features: maps whose products are the kernels that they promise."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.estimators.rocket import blocks
from ckts.estimators.rocket.blocks import (
    LEAST_VARIANCE,
    GaussianBlock,
    LinearBlock,
    gaussian_kernel,
    weighted_moments,
)

BLOCKS = [LinearBlock, GaussianBlock]


def draw(n_series=60, n_features=5, seed=0):
    """Features of other places and sizes, and weights."""
    rng = np.random.default_rng(seed)
    features = rng.normal(5, 3, size=(n_series, n_features))
    features *= np.logspace(-2, 2, n_features)
    return features.astype(np.float32), rng.uniform(0.1, 3, n_series)


def standardized(features, weight):
    """Standardized features whose squares sum up to 1 on average, by loops."""
    columns = []
    for column in features.astype(np.float64).T:
        center = np.average(column, weights=weight)
        scale = np.sqrt(np.average((column - center) ** 2, weights=weight))
        columns.append((column - center) / scale / np.sqrt(features.shape[1]))
    return np.column_stack(columns)


def gaussian_by_loops(left, right):
    return np.array([[np.exp(-np.sum((u - v) ** 2) / 4) for v in right] for u in left])


def centered(kernel, weight):
    """What products are of vectors from whose mean each is the difference."""
    share = weight / weight.sum()
    mean = share @ kernel
    kernel = kernel - mean - mean[:, None] + share @ mean
    return kernel / (share @ np.diagonal(kernel))


def products(block, features):
    mapped = block.map(features).astype(np.float64)
    return mapped @ mapped.T


# --- All blocks ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", BLOCKS)
def test_to_learn_and_to_map_at_once_is_both_in_turn(kind):
    features, weight = draw(50, 7, 0)
    block, mapped = kind.learn_and_map(features, weight, np.arange(50)[::-1])
    np.testing.assert_array_equal(mapped, block.map(features))
    alone = kind.learn(features, weight, np.arange(50)[::-1])
    np.testing.assert_array_equal(mapped, alone.map(features))


@pytest.mark.parametrize("kind", BLOCKS)
@settings(max_examples=10)
@given(st.integers(0, 2**31), st.integers(2, 40), st.integers(1, 30))
def test_columns_have_mean_0_and_rows_squares_of_1_on_average(kind, seed, n, size):
    features, weight = draw(n, size, seed)
    mapped = kind.learn(features, weight, np.arange(n)).map(features)
    assert mapped.dtype == np.float32
    share = weight / weight.sum()
    np.testing.assert_allclose(share @ mapped, 0, atol=1e-5)
    assert share @ np.square(mapped).sum(1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_row_is_mapped_alike_in_any_company(kind):
    features, weight = draw(300, 40)
    block = kind.learn(features, weight, np.random.RandomState(0).permutation(300))
    together = block.map(features)
    for row in (0, 17, 299):
        alone = block.map(features[[row]])[0]
        np.testing.assert_allclose(alone, together[row], atol=1e-9)


@pytest.mark.parametrize("kind", BLOCKS)
def test_the_order_of_rows_does_not_matter(kind):
    features, weight = draw()
    rng = np.random.RandomState(0)
    block, moved = kind.learn(features, weight, np.arange(60)), rng.permutation(60)
    other = kind.learn(features[moved], weight[moved], np.argsort(moved))
    found, expected = products(other, features), products(block, features)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_weight_of_2_is_the_row_twice_and_a_factor_nothing(kind):
    features, _ = draw(60, 40)  # so many that no direction is left out
    weight = np.r_[np.full(10, 2.0), np.ones(50)]
    twice = np.r_[np.arange(60), np.arange(10)]
    expected = products(kind.learn(features, weight, np.arange(60)), features)
    repeated = kind.learn(features[twice], np.ones(70), np.arange(70))
    heavier = kind.learn(features, 1e6 * weight, np.arange(60))
    for other in (repeated, heavier):
        np.testing.assert_allclose(products(other, features), expected, atol=1e-5)
    plain = kind.learn(features, np.ones(60), np.arange(60))
    assert np.abs(products(plain, features) - expected).max() > 1e-2


@pytest.mark.parametrize("kind", BLOCKS)
def test_features_that_do_not_vary_count_nothing_whatever_they_are_later(kind):
    features, weight = draw()
    constant = np.full((60, 3), 7.0, np.float32)
    block = kind.learn(np.hstack([features, constant]), weight, np.arange(60))
    expected = products(kind.learn(features, weight, np.arange(60)), features)
    later = np.hstack([features, 1e3 * constant])
    np.testing.assert_allclose(products(block, later), expected, atol=1e-6)


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("features", [np.ones((4, 3), "f4"), np.empty((4, 0), "f4")])
def test_without_any_variation_all_is_0(kind, features):
    block = kind.learn(features, np.arange(1.0, 5.0), np.arange(4))
    np.testing.assert_allclose(block.map(features), 0, atol=1e-6)


@pytest.mark.parametrize("kind", BLOCKS)
def test_features_divide_all_that_a_block_adds(kind):
    features, weight = draw()
    block = kind.learn(features, weight, np.arange(60))
    mapped = block.map(features)
    coefficients = np.random.default_rng(1).normal(size=(mapped.shape[1], 2))
    values, rest = block.divide(features, coefficients)
    assert values.shape == (60, 2, 5)
    np.testing.assert_allclose(
        values.sum(2) + rest, mapped @ coefficients, atol=1e-5
    )  # features are float32
    center = np.average(features, axis=0, weights=weight).astype(np.float32)
    at_mean, _ = block.divide(center[None], coefficients)
    np.testing.assert_allclose(at_mean, 0, atol=1e-5)


# --- Kernels ------------------------------------------------------------------------


def test_a_linear_block_has_products_of_standardized_features():
    features, weight = draw()
    block = LinearBlock.learn(features, weight)
    expected = standardized(features, weight)
    np.testing.assert_allclose(block.map(features), expected, atol=1e-5)


@pytest.mark.parametrize("n_features", [1, 5, 40])
def test_a_gaussian_block_has_the_products_of_its_kernel(n_features):
    features, weight = draw(60, n_features)
    block = GaussianBlock.learn(features, weight, np.arange(60))
    rows = standardized(features, weight)
    expected = centered(gaussian_by_loops(rows, rows), weight)
    # directions of less than 1e-5 of the kernel are left out, and the rest is divided
    # by about the variance of the kernel, .4
    bound = 3 * LEAST_VARIANCE * 60
    np.testing.assert_allclose(products(block, features), expected, atol=bound)
    if n_features == 40:  # here none is
        assert block.weight.shape == (60, 60)
        np.testing.assert_allclose(products(block, features), expected, atol=1e-5)


def test_new_series_have_the_kernel_with_those_of_training():
    features, weight = draw(60, 40)
    block = GaussianBlock.learn(features[:50], weight[:50], np.arange(50))
    moved = features.astype(np.float64) - block.linear.center
    rows = moved / block.linear.scale
    kernel = gaussian_by_loops(rows, rows[:50])
    share = weight[:50] / weight[:50].sum()
    mean = kernel[:50] @ share
    kernel = kernel - mean - (kernel @ share)[:, None] + share @ mean
    size = share @ np.diagonal(kernel)
    found = block.map(features).astype(float) @ block.map(features[:50]).T
    np.testing.assert_allclose(found, kernel / size, atol=1e-5)


def test_some_landmarks_tell_nearly_all_of_many_series(monkeypatch):
    features, weight = draw(400, 3)
    order = np.random.RandomState(0).permutation(400)
    exact = GaussianBlock.learn(features, weight, order)
    errors = []
    for most in (10, 40, 160):
        monkeypatch.setattr(blocks, "MOST_LANDMARKS", most)
        block = GaussianBlock.learn(features, weight, order)
        assert len(block.landmarks) == most
        known = block.linear.map(features[np.sort(order[:most])])
        np.testing.assert_array_equal(block.landmarks, known)
        difference = products(block, features) - products(exact, features)
        errors.append(np.sqrt(np.mean(difference**2)))
    size = np.sqrt(np.mean(products(exact, features) ** 2))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.01 * size
    shuffled = np.random.RandomState(1).permutation(400)
    place = np.argsort(shuffled)
    other = GaussianBlock.learn(features[shuffled], weight[shuffled], place[order])
    np.testing.assert_allclose(
        products(other, features), products(block, features), atol=1e-4
    )


def test_equal_landmarks_are_one():
    features, _ = draw(10, 4)
    many = np.repeat(features, 30, axis=0)
    block = GaussianBlock.learn(many, np.ones(300), np.arange(300))
    assert block.weight.shape[1] <= 10
    once = GaussianBlock.learn(features, np.ones(10), np.arange(10))
    np.testing.assert_allclose(
        products(block, features), products(once, features), atol=1e-4
    )


def test_the_kernel_is_that_of_loops_and_1_of_equal_rows():
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=(7, 4)), rng.normal(size=(5, 4))
    found = gaussian_kernel(left, right)
    np.testing.assert_allclose(found, gaussian_by_loops(left, right), rtol=1e-12)
    far = 1e3 + left  # rounding makes no distance negative
    assert (gaussian_kernel(far, far) <= 1).all()
    np.testing.assert_allclose(np.diagonal(gaussian_kernel(far, far)), 1, atol=1e-8)


# --- Moments ------------------------------------------------------------------------


@pytest.mark.parametrize("n_series", [1, 255, 256, 1000])
def test_moments_are_weighted_means_and_variances(n_series):
    features, weight = draw(n_series)
    mean, variance = weighted_moments(features, weight)
    exact = features.astype(np.float64)
    expected = np.average(exact, axis=0, weights=weight)
    np.testing.assert_allclose(mean, expected, rtol=1e-12)
    expected = np.average((exact - expected) ** 2, axis=0, weights=weight)
    np.testing.assert_allclose(variance, expected, rtol=1e-9, atol=1e-12)


def test_moments_copy_a_part_of_the_features_only():
    features = np.ones((8000, 50), np.float32)
    tracemalloc.start()
    weighted_moments(features, np.ones(8000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < features.nbytes / 2  # all in float64 is twice as much

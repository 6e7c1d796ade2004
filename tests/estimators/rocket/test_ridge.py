"""Models of blocks: ridge regression on what was chosen, held to refits."""

from dataclasses import replace

import numpy as np
import pytest

from ckts.estimators.rocket import ridge
from ckts.estimators.rocket.blocks import GaussianBlock, LinearBlock
from ckts.estimators.rocket.leaving_out import PENALTIES, LeavingOut
from ckts.estimators.rocket.ridge import (
    Products,
    choose_ridge,
    conjugate_gradients,
    gram_of,
    solve_ridge,
)
from refits import left_out_by_refits, refit

MIXED = [LinearBlock, LinearBlock, GaussianBlock]


def fit(blocks, *given, kinds=MIXED, seed=0):
    rng = np.random.RandomState(seed)
    found = choose_ridge(list(blocks), kinds[: len(blocks)], *given, rng)
    return solve_ridge(found, *given[:2]), found.chosen, found.left_out


def draw_blocks(seed=0, n_series=60, informative=(0, 1), grouped=False):
    """Three blocks of other sizes and scales; only some know the target."""
    rng = np.random.default_rng(seed)
    sizes, scales = (30, 7, 4), (1.0, 100.0, 1e-3)
    blocks = [
        (scale * rng.normal(size=(n_series, size)) + 3 * scale).astype(np.float32)
        for size, scale in zip(sizes, scales, strict=True)
    ]
    target = rng.normal(0, 0.1, size=(n_series, 2))
    for number in informative:
        scaled = blocks[number].astype(float) / scales[number]
        target += scaled[:, :4] @ rng.normal(size=(4, 2))
    weight = rng.uniform(0.5, 2, n_series)
    together = rng.integers(0, 20, n_series) if grouped else np.arange(n_series)
    return blocks, target, weight, together


def joined(model, queries):
    """The features whose inner products are the kernel of a model."""
    tables = [
        np.sqrt(share) * block.map(table).astype(np.float64)
        for share, block, table in zip(model.shares, model.blocks, queries, strict=True)
    ]
    return np.hstack(tables)


# --- What a model is ----------------------------------------------------------------


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("informative", [(0,), (1, 2), (0, 1, 2)])
def test_a_model_is_ridge_regression_on_the_blocks_it_chose(informative, grouped):
    blocks, target, weight, together = draw_blocks(0, 60, informative, grouped)
    model, chosen, left_out = fit(blocks, target, weight, together)
    assert chosen.tolist() == list(range(60))
    assert [type(block) for block in model.blocks] == MIXED
    assert model.shares.sum() == pytest.approx(1)
    table = joined(model, blocks)
    queries = [block[::7] * 1.1 for block in blocks]
    expected = refit(table, target, weight, model.penalty, joined(model, queries))
    # features are float32
    np.testing.assert_allclose(model.predict(queries), expected, atol=2e-4)
    refits = left_out_by_refits(table, target, weight, together, model.penalty)
    np.testing.assert_allclose(left_out, refits, atol=2e-4)


@pytest.mark.parametrize("informative", [0, 1, 2])
def test_the_block_that_knows_the_target_is_chosen(informative):
    blocks, target, weight, together = draw_blocks(1, informative=(informative,))
    model, _, left_out = fit(blocks, target, weight, together)
    assert model.shares.argmax() == informative
    assert model.shares.max() > 0.7
    unused = [one is None for one in model.coefficients]
    assert unused == (model.shares == 0).tolist()
    error = (weight[:, None] * np.square(target - left_out)).sum()
    for kept in ([0], [1], [2], [0, 1, 2]):
        kinds = [MIXED[number] for number in kept]
        used = [blocks[number] for number in kept]
        other = fit(used, target, weight, together, kinds=kinds)[2]
        errors = weight[:, None] * np.square(target - other)
        assert errors.sum() >= error * (1 - 1e-6)


def test_a_product_of_features_is_learned_by_a_gaussian_block_only():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 3)).astype(np.float32)
    target = np.sign(features[:, :1] * features[:, 1:2]).astype(float)
    train = [features[:300]], target[:300], np.ones(300), np.arange(300)
    shares = {}
    for kind in (LinearBlock, GaussianBlock):
        model = fit(*train, kinds=[kind])[0]
        right = np.sign(model.predict([features[300:]])) == target[300:]
        shares[kind] = right.mean()
    assert shares[GaussianBlock] > 0.9
    assert 0.35 < shares[LinearBlock] < 0.65


def test_a_weight_of_2_is_a_series_twice():
    blocks, target, _, _ = draw_blocks()
    weight = np.r_[np.full(10, 2.0), np.ones(50)]
    twice = np.r_[np.arange(10), np.arange(60)]
    model, _, left_out = fit(blocks, target, weight, np.arange(60))
    table = joined(model, blocks)
    repeated = table[twice], target[twice], np.ones(70)
    expected = refit(*repeated, model.penalty, table)
    np.testing.assert_allclose(model.predict(blocks), expected, atol=2e-4)
    refits = left_out_by_refits(*repeated, twice, model.penalty)
    np.testing.assert_allclose(left_out[twice], refits, atol=2e-4)


def test_a_factor_of_all_weights_changes_nothing_but_the_penalty():
    blocks, target, weight, together = draw_blocks()
    model, _, left_out = fit(blocks, target, weight, together)
    heavier, _, same = fit(blocks, target, 1e3 * weight, together)
    assert heavier.penalty == pytest.approx(1e3 * model.penalty)
    np.testing.assert_allclose(same, left_out, atol=1e-6)
    np.testing.assert_allclose(
        heavier.predict(blocks), model.predict(blocks), atol=1e-4
    )


def test_features_that_do_not_vary_count_nothing():
    blocks, target, weight, together = draw_blocks()
    constant = np.full((60, 5), 7.0, np.float32)
    more = [np.hstack([blocks[0], constant]), *blocks[1:]]
    expected = fit(blocks, target, weight, together)[0]
    found = fit(more, target, weight, together)[0]
    more[0][:, -5:] = 1e3  # whatever they are later
    np.testing.assert_allclose(found.predict(more), expected.predict(blocks), atol=1e-5)


def test_blocks_without_any_variation_predict_the_mean():
    weight, target = np.arange(1.0, 5), np.array([[1.0], [2.0], [4.0], [3.0]])
    blocks = [
        np.ones((4, 3), np.float32),
        np.zeros((4, 0), np.float32),
        np.full((4, 2), 5.0, np.float32),
    ]
    model = fit(blocks, target, weight, np.arange(4))[0]
    np.testing.assert_allclose(model.predict(blocks), np.full((4, 1), 2.9))


def test_products_of_rows_are_float64():
    table = np.random.default_rng(0).normal(size=(9, 20)).astype(np.float32)
    found = gram_of(table)
    assert found.dtype == np.float64
    exact = table.astype(np.float64)
    np.testing.assert_allclose(found, exact @ exact.T, atol=1e-5)


@pytest.mark.parametrize("most", [5, 30])
def test_products_of_some_series_are_the_same_whether_all_are_kept(most, monkeypatch):
    monkeypatch.setattr(ridge, "MOST_LEFT_OUT", most)
    table = np.random.default_rng(0).normal(size=(9, 20)).astype(np.float32)
    products, series = Products(table), np.array([1, 4, 8])
    found, exact = products.among(series), table[series].astype(np.float64)
    np.testing.assert_allclose(found, exact @ exact.T, atol=1e-5)
    found[:] = 0  # a copy
    assert (products.among(series) != 0).all()


def test_the_kernel_of_the_choice_solves_as_products_made_anew():
    blocks, target, weight, together = draw_blocks()
    args = list(blocks), MIXED[: len(blocks)], target, weight, together
    found = choose_ridge(*args, np.random.RandomState(0))
    assert found.kernel is not None
    expected = solve_ridge(replace(found, kernel=None), target, weight)
    solved = solve_ridge(found, target, weight)
    np.testing.assert_array_equal(solved.predict(blocks), expected.predict(blocks))


# --- Many series --------------------------------------------------------------------


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_many_series_are_solved_iteratively_as_few_are(monkeypatch, n_outputs):
    blocks, target, weight, together = draw_blocks(2, 300)
    target = np.tile(target, 2)[:, :n_outputs]
    arguments = blocks, target, weight, together
    direct = fit(*arguments)[0]
    monkeypatch.setattr(ridge, "MOST_SOLVED", 100)
    found = fit(*arguments)[0]
    np.testing.assert_allclose(
        found.predict(blocks), direct.predict(blocks), atol=1e-3 * target.std()
    )


def test_conjugate_gradients_solve_several_systems_and_a_right_side_of_0():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(40, 40))
    matrix = root @ root.T + np.eye(40)
    right = rng.normal(size=(40, 3)) * [1.0, 1e-6, 0.0]
    solution = conjugate_gradients(lambda vectors: matrix @ vectors, right)
    residual = np.linalg.norm(matrix @ solution - right, axis=0)
    assert (residual <= 1.01e-5 * np.linalg.norm(right, axis=0)).all()
    assert not solution[:, 2].any()


def test_conjugate_gradients_end_where_nothing_helps():
    singular = np.diag([1.0, 0.0])
    found = conjugate_gradients(lambda vectors: singular @ vectors, np.ones((2, 1)))
    assert np.isfinite(found).all()


def test_some_groups_are_left_out_and_all_series_are_learned_from(monkeypatch):
    monkeypatch.setattr(ridge, "MOST_CHOOSING", 30)
    monkeypatch.setattr(ridge, "MOST_LEFT_OUT", 50)
    blocks, target, weight, _ = draw_blocks(3, 200)
    together = np.arange(200) // 2
    model, chosen, left_out = fit(blocks, target, weight, together)
    assert len(chosen) == 50
    assert left_out.shape == (50, 2)
    assert (np.bincount(together[chosen], minlength=100) % 2 == 0).all()
    table = joined(model, blocks)
    expected = refit(table, target, weight, model.penalty, table)
    np.testing.assert_allclose(model.predict(blocks), expected, atol=2e-3)
    some = table[chosen], target[chosen], weight[chosen], together[chosen]
    penalty = model.penalty / weight.mean() * weight[chosen].mean()
    refits = left_out_by_refits(*some, penalty)
    np.testing.assert_allclose(left_out, refits, atol=2e-3)
    error = np.square(left_out - target[chosen]).mean()
    assert error < 0.2 * target.var()


def test_what_is_chosen_has_the_least_error_on_four_disjoint_sets(monkeypatch):
    monkeypatch.setattr(ridge, "MOST_CHOOSING", 40)
    blocks, target, weight, together = draw_blocks(4, 200, informative=(0, 1))
    made, of = [], LeavingOut.of

    def keep(*given):
        made.append(of(*given))
        return made[-1]

    monkeypatch.setattr(LeavingOut, "of", keep)
    model = fit(blocks, target, weight, together)[0]
    *sets, final = made
    assert [len(one.target) for one in sets] == [40] * 4
    assert len({tuple(row) for one in sets for row in one.target}) == 160
    assert len(final.target) == 200
    number = np.argmin(np.abs(PENALTIES * weight.mean() - model.penalty))

    def error(shares, penalty):
        return np.mean([one.try_penalty(shares, penalty).error for one in sets])

    best = error(model.shares, number)
    assert best < min(error(model.shares, number - 1), error(model.shares, number + 1))
    for alone in np.eye(3):
        assert best < min(error(alone, n) for n in range(len(PENALTIES)))


def test_a_block_that_is_left_out_costs_no_product(monkeypatch):
    """Its kernel is not needed for what is said of left-out series."""
    blocks, target, weight, together = draw_blocks(1, informative=(1,))
    asked, among = [], Products.among

    def count(products, series):
        asked.append(len(series))
        return among(products, series)

    monkeypatch.setattr(Products, "among", count)
    model = fit(blocks, target, weight, together)[0]
    assert (model.shares > 0).sum() < 3
    assert len(asked) == 3 + (model.shares > 0).sum()


def test_a_fold_is_predicted_by_what_the_others_alone_choose():
    blocks, target, weight, together = draw_blocks()
    folds = np.arange(len(target)) % 3
    kinds, rng = MIXED[: len(blocks)], np.random.RandomState(0)
    args = list(blocks), kinds, target, weight, together, rng
    before = choose_ridge(*args, folds).of_folds
    changed = target.copy()
    changed[folds == 1] = np.random.default_rng(1).normal(size=target[folds == 1].shape)
    rng = np.random.RandomState(0)
    args = list(blocks), kinds, changed, weight, together, rng
    after = choose_ridge(*args, folds).of_folds
    np.testing.assert_allclose(after[folds == 1], before[folds == 1], atol=1e-9)
    assert np.abs(after[folds != 1] - before[folds != 1]).max() > 0.01


def test_many_series_are_predicted_by_all_of_the_other_folds(monkeypatch):
    """By a fit of these, with the shares and the penalty that are chosen for all."""
    monkeypatch.setattr(ridge, "MOST_LEFT_OUT", 60)
    blocks, target, weight, together = draw_blocks(3, 300)
    folds, rng = np.arange(300) % 3, np.random.RandomState(0)
    found = choose_ridge(list(blocks), MIXED, target, weight, together, rng, folds)
    assert len(found.chosen) == 60
    pairs = zip(found.shares, found.tables, strict=True)
    table = np.hstack([np.sqrt(share) * one.astype(float) for share, one in pairs])
    for fold in range(3):
        others, held = folds != fold, folds == fold
        own, penalty = weight[others], found.penalty * weight[others].mean()
        middle = np.average(target[others], axis=0, weights=own)
        right = (table[others].T * own) @ (target[others] - middle)
        left = (table[others].T * own) @ table[others] + penalty * np.eye(len(right))
        expected = middle + table[held] @ np.linalg.solve(left, right)
        np.testing.assert_allclose(
            found.of_folds[held], expected, atol=1e-3 * target.std()
        )

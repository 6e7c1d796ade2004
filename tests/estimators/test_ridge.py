"""Ridge regression: what it leaves out is what refits without it would predict."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.estimators import _ridge
from ckts.estimators._ridge import (
    LEAST_GAIN,
    PENALTIES,
    Block,
    Choice,
    choose_penalty,
    choose_shares,
    conjugate_gradients,
    draw_groups,
    fit_ridge,
    neighbors_of,
    several_together,
)


def refit(table, target, weight, penalty, queries):
    """Ridge regression with an unpenalized intercept, straight from the definition."""
    share = weight / weight.sum()
    center, mean = share @ table, share @ target
    root = np.sqrt(weight)[:, None]
    n_features, n_outputs = table.shape[1], target.shape[1]
    prior = np.sqrt(penalty) * np.eye(n_features)
    left = np.vstack([root * (table - center), prior])
    right = np.vstack([root * (target - mean), np.zeros((n_features, n_outputs))])
    solution = np.linalg.lstsq(left, right, rcond=None)[0]
    return (queries - center) @ solution + mean


def left_out_by_refits(table, target, weight, together, penalty):
    found = np.empty_like(target)
    for number in np.unique(together):
        out = together == number
        kept = [array[~out] for array in (table, target, weight)]
        found[out] = refit(*kept, penalty, table[out])
    return found


def draw(seed, n_series=18, n_features=5, n_outputs=2, *, grouped=True):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_series, n_features))
    target = table[:, :n_outputs] + rng.normal(size=(n_series, n_outputs))
    weight = rng.uniform(0.2, 3, n_series)
    together = rng.integers(0, 8, n_series) if grouped else rng.permutation(n_series)
    return table, target, weight, together


# --- Leaving out --------------------------------------------------------------------


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.booleans(), st.booleans(), st.integers(1, 3))
def test_left_out_predictions_are_those_of_refits(seed, grouped, wide, n_outputs):
    table, target, weight, together = draw(
        seed, n_features=40 if wide else 5, n_outputs=n_outputs, grouped=grouped
    )
    choice = choose_penalty(table @ table.T, target, weight, together)
    expected = left_out_by_refits(table, target, weight, together, choice.penalty)
    # a penalty of 1e-5 of the weights leaves a series 1e-6 of its residual
    np.testing.assert_allclose(choice.left_out, expected, rtol=1e-4, atol=1e-4)
    errors = weight[:, None] * np.square(target - expected)
    expected_error = errors.sum() / weight.sum() / target.shape[1]
    assert choice.error == pytest.approx(expected_error, rel=1e-4)


@pytest.mark.parametrize("grouped", [True, False])
def test_the_penalty_is_the_best_of_all_by_refits(grouped):
    for seed in range(4):
        table, target, weight, together = draw(seed, grouped=grouped)
        errors = []
        for penalty in PENALTIES * weight.sum():
            left_out = left_out_by_refits(table, target, weight, together, penalty)
            errors.append((weight[:, None] * np.square(target - left_out)).sum())
        best = PENALTIES[np.argmin(errors)] * weight.sum()
        choice = choose_penalty(table @ table.T, target, weight, together)
        assert choice.penalty == pytest.approx(best)
        assert PENALTIES[0] < PENALTIES[np.argmin(errors)] < PENALTIES[-1]


def test_a_factor_of_all_weights_and_an_offset_of_the_kernel_change_nothing():
    table, target, weight, together = draw(0)
    gram = table @ table.T
    expected = choose_penalty(gram, target, weight, together)
    heavier = choose_penalty(gram, target, 1000 * weight, together)
    np.testing.assert_allclose(heavier.left_out, expected.left_out)
    assert heavier.penalty == pytest.approx(1000 * expected.penalty)
    moved = table + 7.0  # the intercept answers for it
    found = choose_penalty(moved @ moved.T, target, weight, together)
    np.testing.assert_allclose(found.left_out, expected.left_out, atol=1e-9)


def test_duplicates_that_are_left_out_together_predict_nothing_of_each_other():
    rng = np.random.default_rng(0)
    table, pairs = rng.normal(size=(40, 60)), np.repeat(np.arange(40), 2)
    table, target = table[pairs], (table[:, :1] + rng.normal(size=(40, 1)))[pairs]
    weight = np.ones(80)
    alone = choose_penalty(table @ table.T, target, weight, np.arange(80))
    together = choose_penalty(table @ table.T, target, weight, pairs)
    assert alone.error < 0.01 < target.var() < together.error * 1.5
    assert alone.penalty < 0.01 * together.penalty


def test_a_series_without_leverage_from_others_has_a_finite_prediction():
    """One series has all the weight of its group, or all others are equal."""
    table = np.r_[np.zeros((5, 3)), np.eye(3)[:1]]
    target = np.arange(6.0)[:, None]
    weight = np.r_[np.full(5, 1e-12), 1.0]
    choice = choose_penalty(table @ table.T, target, weight, np.arange(6))
    assert np.isfinite(choice.left_out).all()
    one = choose_penalty(np.ones((1, 1)), np.ones((1, 1)), np.ones(1), np.zeros(1, int))
    assert np.isfinite(one.left_out).all()
    assert np.isfinite(one.error)


def test_series_that_are_all_together_are_left_out_one_by_one():
    table, target, weight, _ = draw(1)
    gram = table @ table.T
    one_by_one = choose_penalty(gram, target, weight, np.arange(18))
    together = choose_penalty(gram, target, weight, np.zeros(18, int))
    np.testing.assert_array_equal(together.left_out, one_by_one.left_out)


def test_several_together_are_found():
    together = np.array([3, 1, 3, 0, 1, 3, 2])
    groups = [group.tolist() for group in several_together(together)]
    assert groups == [[1, 4], [0, 2, 5]]
    assert several_together(np.arange(5)) == []
    assert several_together(np.zeros(5)) == []


# --- Models -------------------------------------------------------------------------


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


def joined(blocks, model, queries):
    """The features whose inner products are the kernel of a model."""
    tables = [
        np.sqrt(share) * block.standardize(table).astype(np.float64)
        for share, block, table in zip(model.shares, model.blocks, queries, strict=True)
    ]
    return np.hstack(tables)


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("informative", [(0,), (1, 2), (0, 1, 2)])
def test_a_model_is_ridge_regression_on_the_blocks_it_chose(informative, grouped):
    blocks, target, weight, together = draw_blocks(0, 60, informative, grouped)
    rng = np.random.RandomState(0)
    model, chosen, left_out = fit_ridge(blocks, target, weight, together, rng)
    assert chosen.tolist() == list(range(60))
    assert set(np.flatnonzero(model.shares)) >= set(informative) or len(informative) > 1
    assert model.shares.sum() == pytest.approx(1)
    table = joined(blocks, model, blocks)
    queries = [block[::7] * 1.1 for block in blocks]
    expected = refit(
        table, target, weight, model.penalty, joined(blocks, model, queries)
    )
    # features are float32
    np.testing.assert_allclose(model.predict(queries), expected, atol=2e-4)
    refits = left_out_by_refits(table, target, weight, together, model.penalty)
    np.testing.assert_allclose(left_out, refits, atol=2e-4)


@pytest.mark.parametrize("informative", [0, 1, 2])
def test_the_block_that_knows_the_target_is_chosen(informative):
    blocks, target, weight, together = draw_blocks(1, informative=(informative,))
    arguments = target, weight, together
    model, _, left_out = fit_ridge(blocks, *arguments, np.random.RandomState(0))
    assert model.shares.argmax() == informative
    assert model.shares.max() > 0.7
    unused = [one is None for one in model.coefficients]
    assert unused == (model.shares == 0).tolist()
    error = (weight[:, None] * np.square(target - left_out)).sum()
    for kept in ([0], [1], [2], [0, 1, 2]):
        used = [blocks[number] for number in kept]
        other = fit_ridge(used, *arguments, np.random.RandomState(0))[2]
        errors = weight[:, None] * np.square(target - other)
        assert errors.sum() >= error * (1 - 1e-6)


def _choose_by(error, seen):
    """What leaving out would choose if the error were this function of the shares."""

    def choose(shares):
        assert shares.sum() == pytest.approx(1)
        assert (shares >= 0).all()
        seen.append(shares)
        return Choice(shares, 1.0, np.empty((0, 1)), error(shares))

    return choose


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_shares_are_looked_for_downhill(seed, n_blocks):
    wanted = np.random.default_rng(seed).dirichlet(np.ones(n_blocks))
    seen = []
    best = choose_shares(_choose_by(lambda s: _error(s, wanted), seen), n_blocks)
    least = min(_error(shares, wanted) for shares in seen)
    assert best.error * (1 - LEAST_GAIN) <= least <= best.error
    starts = [*np.eye(n_blocks), np.full(n_blocks, 1 / n_blocks)]
    assert best.error <= min(_error(s, wanted) for s in starts)
    assert len(seen) <= n_blocks + 1 + 3 * 2 * n_blocks


def _error(shares, wanted):
    return 1 + np.square(shares - wanted).sum()


def test_a_small_gain_is_none():
    flat = choose_shares(_choose_by(lambda s: 1 - 1e-3 * s[0] * s[1] ** 3, []), 2)
    assert flat.shares.tolist() == [0.5, 0.5]
    steep = choose_shares(_choose_by(lambda s: 1 - s[0] * s[1] ** 3, []), 2)
    assert steep.shares[1] > steep.shares[0]


def test_neighbors_have_one_share_that_is_quartered_multiplied_or_new():
    def near(*shares):
        return [one.round(3).tolist() for one in neighbors_of(np.array(shares))]

    assert near(0.5, 0.5) == [[0.2, 0.8], [0.8, 0.2], [0.8, 0.2], [0.2, 0.8]]
    assert near(0.8, 0.0, 0.2) == [
        [0.5, 0.0, 0.5],
        [0.941, 0.0, 0.059],
        [0.64, 0.2, 0.16],
        [0.941, 0.0, 0.059],
        [0.5, 0.0, 0.5],
    ]
    assert [1.0, 0.0] in near(0.94, 0.06)  # less than a twentieth is none


def test_a_weight_of_2_is_a_series_twice():
    blocks, target, _, _ = draw_blocks()
    weight = np.r_[np.full(10, 2.0), np.ones(50)]
    twice = np.r_[np.arange(10), np.arange(60)]
    rng = np.random.RandomState(0)
    once, _, left_out = fit_ridge(blocks, target, weight, np.arange(60), rng)
    again, _, doubled = fit_ridge(
        [block[twice] for block in blocks], target[twice], np.ones(70), twice, rng
    )
    assert again.penalty == pytest.approx(once.penalty)
    np.testing.assert_allclose(again.predict(blocks), once.predict(blocks), atol=1e-4)
    np.testing.assert_allclose(doubled, left_out[twice], atol=1e-4)


def test_features_that_do_not_vary_count_nothing():
    blocks, target, weight, together = draw_blocks()
    constant = np.full((60, 5), 7.0, np.float32)
    more = [np.hstack([blocks[0], constant]), *blocks[1:]]
    rng = np.random.RandomState(0)
    expected = fit_ridge(blocks, target, weight, together, rng)[0]
    found = fit_ridge(more, target, weight, together, rng)[0]
    more[0][:, -5:] = 1e3  # whatever they are later
    np.testing.assert_allclose(found.predict(more), expected.predict(blocks), atol=1e-5)


def test_blocks_without_any_variation_predict_the_mean():
    weight, target = np.arange(1.0, 5), np.array([[1.0], [2.0], [4.0], [3.0]])
    blocks = [np.ones((4, 3), np.float32), np.zeros((4, 0), np.float32)]
    model = fit_ridge(blocks, target, weight, np.arange(4), np.random.RandomState(0))[0]
    np.testing.assert_allclose(model.predict(blocks), np.full((4, 1), 2.9))


def test_a_standardized_row_has_squares_that_sum_up_to_1():
    rng = np.random.default_rng(0)
    features = (rng.normal(5, 3, size=(50, 20)) * np.logspace(-2, 2, 20)).astype("f4")
    weight = rng.uniform(0.1, 1, 50)
    standard = Block.learn(features, weight).standardize(features)
    assert standard.dtype == np.float32
    share = weight / weight.sum()
    np.testing.assert_allclose(share @ standard, 0, atol=1e-5)
    np.testing.assert_allclose(share @ np.square(standard), 1 / 20, rtol=1e-4)


# --- Many series --------------------------------------------------------------------


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_many_series_are_solved_iteratively_as_few_are(monkeypatch, n_outputs):
    blocks, target, weight, together = draw_blocks(2, 300)
    target = np.tile(target, 2)[:, :n_outputs]
    arguments = blocks, target, weight, together
    direct = fit_ridge(*arguments, np.random.RandomState(0))[0]
    monkeypatch.setattr(_ridge, "MOST_SOLVED", 100)
    found = fit_ridge(*arguments, np.random.RandomState(0))[0]
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


@pytest.mark.parametrize("most", [1, 10, 50])
def test_drawn_groups_are_whole_as_many_as_fit_in(most):
    rng = np.random.RandomState(0)
    together = rng.randint(0, 40, size=200)
    chosen = draw_groups(together, most, rng)
    assert (np.diff(chosen) > 0).all()
    sizes = np.bincount(together, minlength=40)
    if most >= sizes.max():
        found = np.bincount(together[chosen], minlength=40)
        assert ((found == 0) | (found == sizes)).all()
        assert most - sizes.max() < len(chosen) <= most
    else:
        assert 0 < len(chosen) <= max(most, sizes.max())


def test_few_series_are_all_drawn_and_a_large_group_in_part():
    rng = np.random.RandomState(0)
    assert draw_groups(np.array([4, 4, 1]), 3, rng).tolist() == [0, 1, 2]
    for _ in range(5):
        assert len(draw_groups(np.zeros(100, int), 30, rng)) == 30
    drawn = {tuple(draw_groups(np.arange(30), 10, rng)) for _ in range(5)}
    assert len(drawn) == 5


def test_the_drawn_series_choose(monkeypatch):
    monkeypatch.setattr(_ridge, "MOST_CHOOSING", 50)
    blocks, target, weight, _ = draw_blocks(3, 200)
    together = np.arange(200) // 2
    model, chosen, left_out = fit_ridge(
        blocks, target, weight, together, np.random.RandomState(0)
    )
    assert len(chosen) == 50
    assert left_out.shape == (50, 2)
    assert (np.bincount(together[chosen], minlength=100) % 2 == 0).all()
    error = np.square(left_out - target[chosen]).mean()
    assert error < 0.2 * target.var()
    # all series are learned from: a penalty is a multiple of the sum of the weights
    table = joined(blocks, model, blocks)
    expected = refit(table, target, weight, model.penalty, table)
    np.testing.assert_allclose(model.predict(blocks), expected, atol=2e-3)

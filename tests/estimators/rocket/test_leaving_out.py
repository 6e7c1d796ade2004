"""Leaving out: what it says of a series is what refits without it would say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.estimators.preprocessing.sampling import LEAST_GROUPS, fair_share
from ckts.estimators.rocket.leaving_out import (
    FIRST_PENALTY,
    LEAST_GAIN,
    PENALTIES,
    AbstractLeavingOut,
    Choice,
    LeavingOut,
    LeavingOutOfSets,
    choose_shares,
    draw_groups,
    inverse,
    neighbors_of,
    predict_held,
    several_together,
)
from refits import left_out_by_refits, refit

ALONE = np.ones(1)


def draw(seed, n_series=18, n_features=5, n_outputs=2, *, grouped=True):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_series, n_features))
    target = table[:, :n_outputs] + rng.normal(size=(n_series, n_outputs))
    weight = rng.uniform(0.2, 3, n_series)
    together = rng.integers(0, 8, n_series) if grouped else rng.permutation(n_series)
    return table, target, weight, together


def leaving_out(table, *given):
    return LeavingOut.of([table @ table.T], *given)


# --- Left-out predictions -----------------------------------------------------------


@settings(max_examples=10)
@given(st.integers(0, 2**31), st.booleans(), st.booleans(), st.integers(1, 3))
def test_for_every_penalty_left_out_predictions_are_those_of_refits(
    seed, grouped, wide, n_outputs
):
    table, target, weight, together = draw(
        seed, n_features=40 if wide else 5, n_outputs=n_outputs, grouped=grouped
    )
    out = leaving_out(table, target, weight, together)
    for number, penalty in enumerate(PENALTIES * weight.mean()):
        choice = out.try_penalty(ALONE, number)
        expected = left_out_by_refits(table, target, weight, together, penalty)
        # the least penalty leaves a series 1e-6 of its residual
        np.testing.assert_allclose(choice.left_out, expected, rtol=1e-4, atol=1e-4)
        errors = weight[:, None] * np.square(target - expected)
        expected_error = errors.sum() / weight.sum() / target.shape[1]
        assert choice.error == pytest.approx(expected_error, rel=1e-4)
        assert choice.penalty == number


def test_kernels_are_added_by_their_shares():
    table, target, weight, together = draw(0, n_features=9)
    parts = [table[:, :2], 10 * table[:, 2:5], table[:, 5:]]
    shares = np.array([0.3, 0.0, 0.7])
    out = LeavingOut.of([part @ part.T for part in parts], target, weight, together)
    joined = np.hstack([np.sqrt(s) * p for s, p in zip(shares, parts, strict=True)])
    penalty = PENALTIES[4] * weight.mean()
    expected = left_out_by_refits(joined, target, weight, together, penalty)
    found = out.try_penalty(shares, 4)
    np.testing.assert_allclose(found.left_out, expected, atol=1e-6)
    assert found.shares is shares


def test_a_factor_of_all_weights_and_an_offset_of_the_kernel_change_nothing():
    table, target, weight, together = draw(0)
    expected = leaving_out(table, target, weight, together).choose_penalty(ALONE)
    heavier = leaving_out(table, target, 1000 * weight, together)
    found = heavier.choose_penalty(ALONE)
    np.testing.assert_allclose(found.left_out, expected.left_out, atol=1e-9)
    assert found.penalty == expected.penalty
    assert found.error == pytest.approx(expected.error)
    moved = leaving_out(table + 7.0, target, weight, together)  # for the intercept
    found = moved.choose_penalty(ALONE)
    np.testing.assert_allclose(found.left_out, expected.left_out, atol=1e-9)


def test_a_weight_of_2_is_a_series_twice():
    table, target, _, together = draw(0)
    weight = np.r_[np.full(6, 2.0), np.ones(12)]
    twice = np.r_[0:6, 0:18]
    once = leaving_out(table, target, weight, together).try_penalty(ALONE, 5)
    penalty = PENALTIES[5] * weight.mean()
    repeated = table[twice], target[twice], np.ones(24), together[twice]
    expected = left_out_by_refits(*repeated, penalty)
    np.testing.assert_allclose(once.left_out[twice], expected, atol=1e-9)
    error = np.square(target[twice] - expected).mean()
    assert once.error == pytest.approx(error)


def test_the_error_of_several_sets_is_the_mean_of_theirs():
    parts = [leaving_out(*draw(seed, n_series=18 + seed)) for seed in range(3)]
    sets = LeavingOutOfSets(parts)
    alone = [one.try_penalty(ALONE, 5) for one in parts]
    found = sets.try_penalty(ALONE, 5)
    assert found.error == pytest.approx(np.mean([one.error for one in alone]))
    expected = np.vstack([one.left_out for one in alone])
    np.testing.assert_array_equal(found.left_out, expected)
    errors = [sets.try_penalty(ALONE, n).error for n in range(len(PENALTIES))]
    assert sets.choose_penalty(ALONE).penalty == np.argmin(errors)


def test_duplicates_that_are_left_out_together_predict_nothing_of_each_other():
    rng = np.random.default_rng(0)
    table, pairs = rng.normal(size=(40, 60)), np.repeat(np.arange(40), 2)
    table, target = table[pairs], (table[:, :1] + rng.normal(size=(40, 1)))[pairs]
    weight = np.ones(80)
    alone = leaving_out(table, target, weight, np.arange(80)).choose_penalty(ALONE)
    together = leaving_out(table, target, weight, pairs).choose_penalty(ALONE)
    assert alone.error < 0.01 < target.var() < together.error * 1.5
    assert PENALTIES[alone.penalty] < 0.01 * PENALTIES[together.penalty]


def test_a_series_without_leverage_from_others_has_a_finite_prediction():
    """One series has all the weight of its group, or all others are equal."""
    table = np.r_[np.zeros((5, 3)), np.eye(3)[:1]]
    target = np.arange(6.0)[:, None]
    weight = np.r_[np.full(5, 1e-12), 1.0]
    out = leaving_out(table, target, weight, np.arange(6))
    assert np.isfinite(out.choose_penalty(ALONE).left_out).all()
    single = np.ones((1, 1))
    one = leaving_out(single, single, np.ones(1), np.zeros(1, int))
    found = one.choose_penalty(ALONE)
    assert np.isfinite(found.left_out).all()
    assert np.isfinite(found.error)


def test_series_that_are_all_together_are_left_out_one_by_one():
    table, target, weight, _ = draw(1)
    one_by_one = leaving_out(table, target, weight, np.arange(18))
    together = leaving_out(table, target, weight, np.zeros(18, int))
    np.testing.assert_array_equal(
        together.try_penalty(ALONE, 3).left_out,
        one_by_one.try_penalty(ALONE, 3).left_out,
    )


def test_several_together_are_found():
    together = np.array([3, 1, 3, 0, 1, 3, 2])
    groups = [group.tolist() for group in several_together(together)]
    assert groups == [[[1, 4]], [[0, 2, 5]]]
    pairs = several_together(np.array([5, 2, 2, 5, 7]))
    assert [group.tolist() for group in pairs] == [[[1, 2], [0, 3]]]
    assert several_together(np.arange(5)) == []
    assert several_together(np.zeros(5)) == []


def test_the_inverse_times_the_matrix_is_1():
    root = np.random.default_rng(0).normal(size=(30, 30))
    matrix = root @ root.T + np.eye(30)
    found = inverse(matrix)
    np.testing.assert_allclose(found @ matrix, np.eye(30), atol=1e-11)
    np.testing.assert_array_equal(found, found.T)


# --- Penalties ----------------------------------------------------------------------


@pytest.mark.parametrize("grouped", [True, False])
def test_the_penalty_is_the_best_of_all_by_refits(grouped):
    found = set()
    for seed in range(4):
        table, target, weight, together = draw(seed, grouped=grouped)
        errors = []
        for penalty in PENALTIES * weight.mean():
            left_out = left_out_by_refits(table, target, weight, together, penalty)
            errors.append((weight[:, None] * np.square(target - left_out)).sum())
        choice = leaving_out(table, target, weight, together).choose_penalty(ALONE)
        assert choice.penalty == np.argmin(errors)
        assert 0 < choice.penalty < len(PENALTIES) - 1
        found.add(choice.penalty)
    assert found != {FIRST_PENALTY}


def _walk(errors, first, monkeypatch):
    """Choose a penalty by given errors; return which were tried, too."""
    tried = []

    def try_penalty(self, shares, penalty):
        tried.append(penalty)
        return Choice(shares, penalty, np.empty((0, 1)), errors[penalty])

    monkeypatch.setattr(LeavingOut, "try_penalty", try_penalty)
    out = LeavingOut([], np.empty((0, 1)), np.empty(0), [])
    return out.choose_penalty(ALONE, first).penalty, tried


@pytest.mark.parametrize("least", range(len(PENALTIES)))
@pytest.mark.parametrize("first", [0, 1, FIRST_PENALTY, len(PENALTIES) - 1])
def test_a_walk_finds_the_least_of_errors_that_fall_and_rise(least, first, monkeypatch):
    errors = np.square(np.arange(len(PENALTIES)) - least + 0.1)
    found, tried = _walk(errors, first, monkeypatch)
    assert found == np.argmin(errors) == least
    assert len(set(tried)) == len(tried) <= abs(least - first) + 3


def test_where_nothing_is_better_a_walk_stays(monkeypatch):
    found, tried = _walk(np.ones(len(PENALTIES)), FIRST_PENALTY, monkeypatch)
    assert found == FIRST_PENALTY
    assert tried == [FIRST_PENALTY, FIRST_PENALTY + 1, FIRST_PENALTY - 1]


# --- Shares -------------------------------------------------------------------------


class _ByShares(AbstractLeavingOut):
    """What leaving out would say if the error were this function of the shares."""

    def __init__(self, error, best_penalty=7):
        self.error, self.best_penalty, self.seen = error, best_penalty, []

    def try_penalty(self, shares, penalty):
        assert shares.sum() == pytest.approx(1)
        assert (shares >= 0).all()
        self.seen.append(shares)
        error = self.error(shares) + np.square(penalty - self.best_penalty)
        return Choice(shares, penalty, np.empty((0, 1)), error)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_shares_are_looked_for_downhill(seed, n_kernels):
    wanted = np.random.default_rng(seed).dirichlet(np.ones(n_kernels))
    sets = _ByShares(lambda s: _error(s, wanted))
    best = choose_shares(sets, n_kernels)
    least = min(_error(shares, wanted) for shares in sets.seen)
    assert best.error * (1 - LEAST_GAIN) <= least <= best.error
    starts = [*np.eye(n_kernels), np.full(n_kernels, 1 / n_kernels)]
    assert best.error <= min(_error(s, wanted) for s in starts)
    # two other penalties of the first, of two alone, and of the best of each round
    assert len(sets.seen) <= (3 + n_kernels + 2 * 2) + 3 * (2 * n_kernels + 2)


def _error(shares, wanted):
    return 1 + np.square(shares - wanted).sum()


def test_a_small_gain_is_none():
    flat = choose_shares(_ByShares(lambda s: 1 - 1e-3 * s[0] * s[1] ** 3), 2)
    assert flat.shares.tolist() == [0.5, 0.5]
    steep = choose_shares(_ByShares(lambda s: 1 - s[0] * s[1] ** 3), 2)
    assert steep.shares[1] > steep.shares[0]


def _of_all_penalties(sets, n_kernels):
    """Look for shares as `choose_shares`, each with the best of its penalties."""
    best, near = None, [np.full(n_kernels, 1 / n_kernels), *np.eye(n_kernels)]
    while True:
        found = min(map(sets.choose_penalty, near), key=lambda choice: choice.error)
        if best is not None and found.error >= (1 - LEAST_GAIN) * best.error:
            return best
        best, near = found, neighbors_of(found.shares)


@pytest.mark.parametrize("seed", range(5))
def test_few_penalties_choose_what_all_would(seed):
    rng = np.random.default_rng(seed)
    tables = [rng.normal(size=(40, size)) / size**0.5 for size in (3, 30, 200)]
    target = tables[0][:, :1] + tables[seed % 3][:, 1:2] + rng.normal(size=(40, 1)) / 3
    kernels = [table @ table.T for table in tables]
    sets = LeavingOut.of(kernels, target, rng.uniform(0.5, 2, 40), np.arange(40))
    found, expected = choose_shares(sets, 3), _of_all_penalties(sets, 3)
    assert found.penalty == expected.penalty
    np.testing.assert_allclose(found.shares, expected.shares)


def test_the_best_penalty_is_found_far_from_the_first():
    sets = _ByShares(lambda s: _error(s, np.array([0.2, 0.8])), best_penalty=13)
    best = choose_shares(sets, 2)
    assert (best.penalty, best.shares.round(2).tolist()) == (13, [0.2, 0.8])


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
    assert near(1.0) == []


# --- Draws --------------------------------------------------------------------------


def drawn_of(sizes, most, n_draws=4, seed=0):
    """Draw from groups of given sizes, whose series are mixed; count them by group."""
    rng = np.random.RandomState(seed)
    together = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    sets = draw_groups(together, most, n_draws, rng)
    drawn = np.concatenate(sets)
    assert len(np.unique(drawn)) == len(drawn)  # disjoint
    for series in sets:
        assert (np.diff(series) > 0).all()
    return [np.bincount(together[series], minlength=len(sizes)) for series in sets]


DRAWS = [
    ((1000, 1000), [(384, 384)]),
    ((600, 600, 600), [(256, 256, 256)]),
    ((800, 10, 10, 10), [(738, 10, 10, 10)]),
    ((700, 60, 5), [(700, 60, 5)]),  # no more than 768
]


@pytest.mark.parametrize(("sizes", "expected"), DRAWS)
@pytest.mark.parametrize("seed", range(3))
def test_large_groups_give_equal_parts_and_small_ones_all(sizes, expected, seed):
    found = drawn_of(sizes, 768, seed=seed)
    assert [tuple(counts) for counts in found] == expected


def test_of_many_series_up_to_four_sets_are_drawn():
    counts = drawn_of(np.ones(3200, int), 768)
    assert [one.sum() for one in counts] == [768] * 4
    assert [one.sum() for one in drawn_of(np.ones(1600, int), 768)] == [768] * 2
    assert [one.sum() for one in drawn_of(np.ones(3200, int), 768, n_draws=1)] == [768]


def test_pairs_stay_together_in_every_set():
    counts = drawn_of(np.full(3200, 2), 768)
    assert [one.sum() for one in counts] == [768] * 4
    for one in counts:
        assert set(one) == {0, 2}


@settings(max_examples=60)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.integers(8, 100))
def test_drawn_sets_are_full_of_several_groups_and_rarely_cut_one(sizes, most):
    sizes = np.array(sizes)
    counts = drawn_of(sizes, most)
    if sizes.sum() <= most:
        np.testing.assert_array_equal(counts, [sizes])
        return
    quota = max(most // LEAST_GROUPS, fair_share(sizes, most))
    for one in counts:
        assert one.sum() == most
        assert (one <= quota).all()
        assert (one > 0).sum() >= min(len(sizes), most / quota)
        # the first of a set and the last one may go on in another
        assert ((one > 0) & (one < np.minimum(sizes, quota))).sum() <= 2


def test_other_random_states_draw_other_series():
    together = np.arange(30)
    drawn = {
        tuple(draw_groups(together, 10, 1, np.random.RandomState(seed))[0])
        for seed in range(5)
    }
    assert len(drawn) == 5


def test_rounding_chooses_no_penalty():
    """Of two series each is predicted by the other alone, whatever the penalty."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        table = rng.normal(size=(2, 5))
        weight = rng.uniform(1, 200, 2)
        out = leaving_out(table, np.array([[-1.0], [1.0]]), weight, np.arange(2))
        assert out.choose_penalty(ALONE).penalty == FIRST_PENALTY


@pytest.mark.parametrize("penalty", [3, 7, 12])
def test_predictions_of_held_series_are_those_of_a_refit(penalty):
    table, target, weight, _ = draw(0, n_series=40)
    held = np.arange(40) % 3 == 1
    found = predict_held(table @ table.T, target, weight, held, penalty)
    parts = table[~held], target[~held], weight[~held]
    alpha = PENALTIES[penalty] * weight[~held].mean()
    np.testing.assert_allclose(found, refit(*parts, alpha, table[held]), atol=1e-9)

"""Samples of series: every class, shares of classes, whole groups."""

import numpy as np
import pytest

from ckts.estimators.rocket.sampling import draw_sample, ranks


def draw(codes, groups=None, most=50, seed=0, n_series=None):
    n_series = len(codes) if n_series is None else n_series
    rng = np.random.RandomState(seed)
    return draw_sample(codes, groups, n_series, most, rng)


def test_few_series_are_all_drawn():
    sample, factor = draw(np.arange(50) % 3)
    assert sample.tolist() == list(range(50))
    assert factor.tolist() == [1.0] * 50


@pytest.mark.parametrize("seed", range(5))
def test_classes_have_their_shares_to_one_series(seed):
    codes = np.repeat([0, 1, 2], [600, 300, 100])
    sample, factor = draw(codes, seed=seed)
    counts = np.bincount(codes[sample])
    assert len(sample) == len(set(sample.tolist())) == 50
    assert (np.abs(counts - [30, 15, 5]) <= 1).all()
    # a sample stands for as many of each class as there are
    np.testing.assert_allclose(np.bincount(codes[sample], factor), [600, 300, 100])


@pytest.mark.parametrize("seed", range(5))
def test_a_class_of_one_series_is_drawn_and_stands_for_itself(seed):
    codes = np.zeros(5000, dtype=int)
    codes[[17, 4321]] = 1, 2
    sample, factor = draw(codes, seed=seed)
    assert {17, 4321} <= set(sample.tolist())
    assert len(sample) == 50
    assert factor[codes[sample] > 0].tolist() == [1.0, 1.0]


def test_each_class_of_each_output_is_drawn():
    codes = np.zeros((5000, 3), dtype=int)
    codes[7, 1], codes[8, 2] = 1, 1
    sample, _ = draw(codes)
    assert {7, 8} <= set(sample.tolist())


def test_numbers_are_drawn_alike():
    hits = np.zeros(200)
    for seed in range(300):
        sample, factor = draw(None, n_series=200, seed=seed)
        assert len(sample) == 50
        assert (factor == 4.0).all()
        hits[sample] += 1
    # 300 draws of 1/4: 75 with a deviation of 7.5
    assert 40 < hits.min() < hits.max() < 110


def test_groups_are_drawn_whole_but_for_one():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 300, 1000)
    sample, _ = draw(rng.integers(0, 2, 1000), groups)
    sizes = np.bincount(groups, minlength=300)
    drawn = np.bincount(groups[sample], minlength=300)
    assert len(sample) == 50
    assert np.count_nonzero((drawn > 0) & (drawn < sizes)) <= 1


def test_a_rare_class_in_a_large_group_is_drawn():
    groups = np.repeat([0, 1, 2], [5000, 100, 100])
    codes = np.zeros(5200, dtype=int)
    codes[3456] = 1
    sample, _ = draw(codes, groups)
    assert 3456 in sample
    # three groups share the sample, though one has nearly all series
    assert np.bincount(groups[sample]).min() >= 10


def test_the_same_seed_draws_the_same_and_another_one_others():
    codes = np.arange(1000) % 2
    first, again, other = (draw(codes, seed=seed)[0] for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_ranks_count_earlier_entries_of_the_same_label():
    rng = np.random.default_rng(0)
    labels, order = rng.integers(0, 5, 40), rng.permutation(40)
    expected = np.empty(40, int)
    for place, entry in enumerate(order):
        expected[entry] = np.sum(labels[order[:place]] == labels[entry])
    assert ranks(labels, order).tolist() == expected.tolist()

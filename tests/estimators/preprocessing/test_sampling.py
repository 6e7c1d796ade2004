"""Samples of series: every class, shares of classes, whole groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.estimators.preprocessing.sampling import (
    LEAST_OF_CLASS,
    check_classes_drawn,
    draw_sample,
    fair_share,
    ranks,
)


def draw(codes, groups=None, most=50, seed=0, lengths=None, **limits):
    lengths = np.ones(len(codes), int) if lengths is None else lengths
    rng = np.random.RandomState(seed)
    return draw_sample(codes, groups, lengths, most, rng, **limits)


def test_few_series_are_all_drawn():
    sample, factor = draw(np.arange(50) % 3)
    assert sample.tolist() == list(range(50))
    assert factor.tolist() == [1.0] * 50


@pytest.mark.parametrize("seed", range(5))
def test_classes_have_their_shares_to_one_series(seed):
    codes = np.repeat([0, 1, 2], [600, 300, 100])
    sample, factor = draw(codes, most=500, seed=seed)
    counts = np.bincount(codes[sample])
    assert len(sample) == len(set(sample.tolist())) == 500
    assert (np.abs(counts - [300, 150, 50]) <= 1).all()
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
        sample, factor = draw(None, lengths=np.ones(200, int), seed=seed)
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


def test_rare_classes_have_some_series_but_not_most_of_a_sample():
    codes = np.r_[np.zeros(99_900, int), np.ones(90, int), np.full(10, 2)]
    sample, factor = draw(codes, most=1000)
    assert np.bincount(codes[sample]).tolist() == [958, LEAST_OF_CLASS, 10]
    np.testing.assert_allclose(np.bincount(codes[sample], factor), [99_900, 90, 10])
    codes = np.r_[np.zeros(10_000, int), 1 + np.arange(900) // 9]  # a hundred of nine
    counts = np.bincount(codes[draw(codes, most=1000)[0]])
    assert counts[1:].min() == counts[1:].max() == 4


def test_a_rare_class_is_drawn_from_several_groups():
    groups = np.arange(20_000) // 20
    codes = ((groups % 50 == 0) & (np.arange(20_000) % 2 == 0)).astype(int)
    sample, _ = draw(codes, groups, most=400)  # twenty groups of a thousand
    assert len(np.unique(groups[sample][codes[sample] == 1])) >= 5
    assert (np.bincount(groups[sample])[np.unique(groups[sample])] == 20).all()


def test_a_sample_has_no_more_rows_than_it_may():
    lengths = np.random.default_rng(0).integers(1, 50, 1000)
    codes = np.arange(1000) % 5
    sample, _ = draw(codes, lengths=lengths, most=4096, most_rows=600)
    assert 400 < lengths[sample].sum() <= 600
    assert set(codes[sample]) == set(range(5))
    one, _ = draw(None, lengths=np.full(9, 1000), most_rows=600)
    assert len(one) == 1


def test_a_class_that_is_not_drawn_is_told_of():
    codes = np.arange(120).reshape(60, 2)
    sample, _ = draw(codes)
    with pytest.raises(
        ValueError,
        match=r"`y` must have few enough classes for a sample.*which holds 50 series; "
        r"got 60 classes, of which it lacks 20\. Join rare ones before, or go home\.",
    ):
        check_classes_drawn(codes, sample, "go home")
    check_classes_drawn(codes, np.arange(60), "go home")


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


@settings(max_examples=60)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=30), st.data())
def test_a_fair_share_is_the_least_quota_that_gives_enough(sizes, data):
    sizes = np.array(sizes)
    most = data.draw(st.integers(1, int(sizes.sum())))
    quota = fair_share(sizes, most)
    assert np.minimum(sizes, quota).sum() >= most
    assert np.minimum(sizes, quota - 1).sum() < most

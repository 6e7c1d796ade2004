"""Which kernels are drawn: how many, over which channels, and of which lengths."""

import numpy as np
import pytest
import torch

from ckts.rocket import PATTERNS, BalancedDraws, CenteredKernelGroup, draw_kernels


def draw(n_features=10_000, in_channels=1, shortest=1.0, longest=400.0, seed=0):
    rng = np.random.RandomState(seed)
    draws = BalancedDraws(in_channels, rng)
    return draw_kernels(shortest, longest, n_features, draws, rng, CenteredKernelGroup)


def seen_by(group):
    """Which of the channels of a group each kernel sees, (n_kernels, n_used)."""
    weight = group.weight.unflatten(0, (len(group.channels), 9))
    return (weight != 0).any(1).T


# --- Balanced draws ------------------------------------------------------------------


@pytest.mark.parametrize("n_items", [1, 2, 7, 50])
def test_all_are_drawn_before_any_comes_again(n_items):
    rng = np.random.RandomState(0)
    draws = BalancedDraws(n_items, rng)
    counts = np.zeros(n_items, dtype=int)
    for _ in range(40):
        hand = draws.draw(rng.randint(1, n_items + 1))
        assert len(set(hand.tolist())) == len(hand)
        np.add.at(counts, hand, 1)
        assert counts.max() - counts.min() <= 1


def test_a_draws_is_shuffled_each_time():
    draws = BalancedDraws(20, np.random.RandomState(0))
    first, second = draws.draw(20).tolist(), draws.draw(20).tolist()
    assert sorted(first) == sorted(second) == list(range(20))
    assert len({tuple(first), tuple(second), tuple(range(20))}) == 3


# --- Patterns and channels ----------------------------------------------------------


def test_patterns_are_all_ways_to_choose_three_of_nine():
    assert PATTERNS.shape == (84, 9)
    assert len(np.unique(PATTERNS, axis=0)) == 84
    assert (np.sort(PATTERNS, axis=1) == [-1] * 6 + [2] * 3).all()


@pytest.mark.parametrize("in_channels", [1, 2, 9, 40, 500])
@pytest.mark.parametrize("n_features", [21, 84, 2500])
def test_each_kernel_is_one_pattern_over_some_channels(in_channels, n_features):
    for group, _ in draw(n_features, in_channels):
        channels = group.channels.tolist()
        assert channels == sorted(set(channels))
        sees = seen_by(group)
        assert len(sees) == min(84, n_features)
        assert sees.any(1).all()
        assert sees.sum(1).max() <= 9
        weight = group.weight.unflatten(0, (-1, 9)).permute(2, 0, 1)
        patterns = torch.stack([weight[k][sees[k]][0] for k in range(len(sees))])
        assert len(torch.unique(patterns, dim=0)) == len(sees)
        assert {tuple(p) for p in patterns.tolist()} <= set(map(tuple, PATTERNS))
        for kernel, pattern in enumerate(patterns):
            assert (weight[kernel][sees[kernel]] == pattern).all()


@pytest.mark.parametrize("in_channels", [10, 50, 100, 300, 500])
@pytest.mark.parametrize(("n_features", "longest"), [(2500, 10), (2500, 400), (84, 99)])
def test_every_channel_is_seen_and_as_often_as_any_other(
    in_channels, n_features, longest
):
    drawn_often = np.zeros(in_channels, dtype=int)
    seen = np.zeros(in_channels, dtype=int)
    for group, _ in draw(n_features, in_channels, longest=longest):
        drawn_often[group.channels] += 1
        seen[group.channels] += seen_by(group).sum(0).numpy()
    assert drawn_often.min() >= 1
    assert drawn_often.max() - drawn_often.min() <= 1
    if n_features > 84:
        assert seen.min() > 0
    else:  # 84 kernels over about three channels each
        assert (seen > 0).sum() >= min(in_channels, 150)


def test_groups_of_a_dilation_share_many_channels():
    groups = [group for group, _ in draw(4200, 60, longest=16.0)]
    dilations = np.array([group.dilation for group in groups])
    assert len(np.unique(dilations)) == 3
    for dilation in np.unique(dilations):
        own = [g.channels for g in groups if g.dilation == dilation]
        assert [len(one) for one in own] == [9] * 3
        assert len(torch.cat(own).unique()) >= 18


# --- How many -----------------------------------------------------------------------


@pytest.mark.parametrize("in_channels", [1, 12, 100])
@pytest.mark.parametrize("n_features", [1, 21, 83, 84, 85, 250, 420, 2500, 9999])
def test_features_are_as_many_as_84s_fit_in(in_channels, n_features):
    drawn = draw(n_features, in_channels)
    assert min(n for _, n in drawn) >= 1
    found = sum(n * group.weight.shape[1] for group, n in drawn)
    assert found == (n_features if n_features < 84 else n_features // 84 * 84)
    counts = [n for _, n in drawn]
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("n_features", [1600, 2500, 84_000])
def test_steps_go_from_the_shortest_to_an_eighth_of_the_longest(n_features):
    drawn = draw(n_features, shortest=0.5, longest=1000.0)
    steps = np.array([group.dilation for group, _ in drawn])
    assert len(steps) == 17  # 2 in each of 8 octaves
    np.testing.assert_allclose(np.diff(np.log(steps), 2), 0, atol=1e-9)
    assert steps[[0, -1]] == pytest.approx([0.5, 1000 / 8])
    for group, _ in drawn:
        assert 1 <= group.n_points <= 8
        assert group.count_times(torch.tensor([1000.0])) >= 64


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_kernels_have_steps_in_the_middle_of_parts_of_the_range(n):
    drawn = draw(n * 84, shortest=0.5, longest=1024.0)
    steps = [group.dilation for group, _ in drawn]
    edges = np.geomspace(0.5, 128, n + 1)
    np.testing.assert_allclose(steps, np.sqrt(edges[1:] * edges[:-1]))


def test_series_shorter_than_a_kernel_have_one_dilation():
    drawn = draw(shortest=3.0, longest=1.0)
    assert [group.dilation for group, _ in drawn] == pytest.approx([3.0])


def test_kernels_follow_from_the_random_state():
    one, same, other = (draw(in_channels=5, seed=seed) for seed in (0, 0, 1))
    for (first, _), (second, _) in zip(one, same, strict=True):
        assert torch.equal(first.weight, second.weight)
        assert torch.equal(first.channels, second.channels)
    assert any(
        not torch.equal(a.weight, b.weight)
        for (a, _), (b, _) in zip(one, other, strict=True)
    )

"""Random kernels: their responses are exact, and so are the shares of time."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.rocket import PATTERNS, Signal, draw_kernels, kernels
from lines import draw_lines, integral_of


def draw_group(seed=0, *, in_channels=2, longest=8.0, most=1, shortest=1.0):
    """The first of a few groups of kernels: its step is `shortest`."""
    rng = np.random.RandomState(seed)
    return draw_kernels(shortest, longest, in_channels, most, rng)[0]


def make_signal(times, values):
    return Signal.through(torch.as_tensor(times), torch.as_tensor(values))


def random_signal(seed=0, n_series=5, n_rows=12, in_channels=2, span=None):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, 10, size=(n_series, n_rows)), axis=1)
    times = times - times[:, :1]
    if span is not None:
        times = times / times[:, -1:] * np.reshape(span, (-1, 1))
    return times, rng.normal(size=(n_series, n_rows, in_channels))


def responses_of(group, stamps, values, times):
    """Integrate the signal times each kernel around each time, shape (n_times, 84)."""
    channels, d = group.channels.tolist(), group.dilation
    weight = group.weight.numpy().reshape(len(channels), 9, len(PATTERNS))
    found = np.zeros((len(times), len(PATTERNS)))
    for row, time in enumerate(times):
        for place, channel in enumerate(channels):
            line = values[:, channel]
            for k in range(9):
                ends = time + (k - 4.5) * d, time + (k - 3.5) * d
                area = integral_of(stamps, line, ends[1])
                area -= integral_of(stamps, line, ends[0])
                found[row] += weight[place, k] * area / d
    return found


def rounding(group):
    """Each mean is rounded to 2**-24, and counts as often as the weights say."""
    return float(group.weight.abs().sum(0).max()) * 2**-25 + 1e-9


# --- Responses ----------------------------------------------------------------------


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([0.5, 2.0]), st.sampled_from([3.0, 24.0]))
def test_responses_are_integrals_of_the_signal_times_the_kernel(
    seed, shortest, longest
):
    series, times, values = draw_lines(seed)
    times = times / max(1.0, times.max() / 5)  # so that the twin is done this year
    group = draw_group(seed, shortest=shortest, longest=longest)
    found, counts = group.responses(make_signal(times, values))
    step = group.dilation / group.n_points
    for number, one in enumerate(series):
        n_times, n_rows = int(counts[number]), len(one)
        span = times[number, -1]
        assert n_times == max(1, np.ceil(span / step - 1e-9))
        at = (np.arange(n_times) + 0.5) * step
        line = times[number, :n_rows], values[number, :n_rows]
        expected = responses_of(group, *line, at[:3])
        np.testing.assert_allclose(
            found[number, : min(3, n_times)], expected, atol=rounding(group)
        )
    assert found.dtype == torch.float64


def test_far_from_the_series_a_response_is_0():
    times, values = random_signal(span=[1.0, 1.0, 1.0, 1.0, 90.0])
    responses, counts = draw_group().responses(make_signal(times, values))
    assert counts.tolist()[:4] == [counts[0]] * 4
    assert not responses[0, int(counts[0]) + 50 :].any()


@pytest.mark.parametrize("n_points", [1, 4])
def test_few_times_apart_have_the_responses_of_the_grid(n_points):
    group = draw_group(longest=64.0 / n_points * 1.001)
    assert group.n_points == n_points
    spans = np.array([3, 7, 12, 24, 24]) * group.dilation / n_points
    signal = make_signal(*random_signal(1, span=spans))
    on_a_grid, counts = group.responses(signal)
    apart = group._convolve(signal, counts, group._means_apart)
    assert counts.tolist() == [3, 7, 12, 24, 24]
    for number, count in enumerate(counts.int().tolist()):
        # other ends of windows by rounding, and then other whole multiples of 2**-24
        np.testing.assert_allclose(
            apart[number, :count], on_a_grid[number, :count], atol=2 * rounding(group)
        )


def test_times_apart_are_spread_over_each_span(monkeypatch):
    monkeypatch.setattr(kernels, "MOST_TIMES", 6)
    times, values = random_signal(2, span=[3.3, 9.9, 55.5, 200.0, 6000.0])
    group = draw_group(longest=64.0)
    found, counts = group.responses(make_signal(times, values))
    assert counts.tolist() == [4, 6, 6, 6, 6]
    for number in (1, 2, 4):
        at = (np.arange(6) + 0.5) / 6 * times[number, -1]
        expected = responses_of(group, times[number], values[number], at)
        np.testing.assert_allclose(found[number], expected, atol=rounding(group))


@pytest.mark.parametrize("level", [0.1, -1 / 3, 12.345678, 1e-5])
def test_a_constant_has_response_0_but_at_the_ends(level):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.exponential(size=(1, 90)), axis=1)
    times -= times[:, :1]
    values = np.full((1, 90, 2), level)
    group = draw_group(longest=32.0)
    responses, counts = group.responses(make_signal(times, values))
    n_points, n_times = group.n_points, int(counts[0])
    margin = int(np.ceil(4.5 * n_points))
    assert n_times > 3 * margin
    assert not responses[0, margin : n_times - margin - 1].any()
    assert responses[0, :n_points].any()
    assert responses[0, n_times - n_points : n_times].any()


def test_windows_are_what_kernels_see_at_the_times_of_responses(monkeypatch):
    group = draw_group(longest=64.0, shortest=2.0)
    span = torch.tensor([13.0]).double()
    found = group.windows(span)
    assert found.shape == (int(group.count_times(span)), 10)
    np.testing.assert_allclose(found.diff(dim=1), group.dilation)
    step = group.dilation / group.n_points
    middle = (found[:, 4] + found[:, 5]) / 2
    np.testing.assert_allclose(middle, (np.arange(len(found)) + 0.5) * step)
    monkeypatch.setattr(kernels, "MOST_TIMES", 4)  # they are spread over the span
    middle = group.windows(span)[:, 4:6].mean(1)
    np.testing.assert_allclose(middle, (np.arange(4) + 0.5) / 4 * 13)


# --- Features -----------------------------------------------------------------------


def learned_group(signal, seed=0, n_biases=3, **options):
    group = draw_group(seed, **options)
    responses = all_responses(group, signal)
    return group.with_biases(responses, n_biases, np.random.RandomState(seed))


def all_responses(group, signal):
    responses, counts = group.responses(signal)
    return torch.cat([r[:c] for r, c in zip(responses, counts.int(), strict=True)])


def test_features_are_shares_of_times_above_a_bias():
    signal = make_signal(*random_signal(3, span=[0.0, 0.2, 1.0, 7.7, 40.0]))
    group = learned_group(signal)
    responses, counts = group.responses(signal)
    features = group.features(signal)
    assert features.dtype == torch.float32
    biases = group.biases.numpy()
    for number, count in enumerate(counts.int().tolist()):
        own = responses[number, :count].numpy()
        share = (own[:, None] > biases).mean(0)  # n_biases x kernels
        np.testing.assert_array_equal(features[number], share.ravel().astype("f4"))
    assert 0 < features.mean() < 1


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_features_are_the_same_alone_and_in_any_batch_and_order(seed):
    series, times, values = draw_lines(seed)
    times = times / max(1.0, times.max() / 200)
    signal = make_signal(times, values)
    group = learned_group(signal, seed)
    together = group.features(signal)
    order = np.random.default_rng(seed).permutation(4)
    shuffled = group.features(make_signal(times[order], values[order]))
    assert torch.equal(shuffled, together[torch.from_numpy(order)])
    for number, one in enumerate(series):
        part = slice(number, number + 1), slice(len(one))
        alone = group.features(make_signal(times[part], values[part]))
        assert torch.equal(alone[0], together[number])


def test_a_very_long_series_changes_no_feature_of_its_batch_mates(monkeypatch):
    monkeypatch.setattr(kernels, "MOST_TIMES", 64)
    times, values = random_signal(4, span=[5.3, 7.7, 9.1, 11.9, 500.0])
    signal = make_signal(times, values)
    group = learned_group(signal, longest=64.0)
    alone = group.features(make_signal(times[:4], values[:4]))
    assert torch.equal(group.features(signal)[:4], alone)


def test_batches_of_many_series_have_the_bits_of_small_ones():
    times, values = random_signal(5, n_series=300, n_rows=20, in_channels=4)
    signal = make_signal(times, values)
    group = learned_group(signal, in_channels=4)
    parts = [
        group.features(make_signal(times[i : i + 7], values[i : i + 7]))
        for i in range(0, 300, 7)
    ]
    assert torch.equal(torch.cat(parts), group.features(signal))


# --- Biases -------------------------------------------------------------------------


def levels_signal(seed, n_levels, n_series=8, noise=0.0):
    """Steps between a few levels: many responses are equal, but for the noise."""
    rng = np.random.default_rng(seed)
    times = np.tile(np.arange(64) / 2, (n_series, 1))
    values = rng.integers(0, n_levels, size=(n_series, 8, 2)).astype(float)
    values = values.repeat(8, axis=1)
    return make_signal(times, values + noise * rng.normal(size=values.shape))


def nearest(group, signal):
    """Distance of biases to the next response of any kernel, by its range."""
    responses = all_responses(group, signal)
    gap = (responses.unsqueeze(1) - group.biases).abs().amin(0)
    return gap / (responses.amax(0) - responses.amin(0)).clamp_min(1e-9)


def test_biases_are_quantiles_of_responses():
    signal = make_signal(*random_signal(n_series=40, n_rows=30))
    group = learned_group(signal, n_biases=4)
    responses = all_responses(group, signal)
    shares = (responses.unsqueeze(1) > group.biases).double().mean(0)
    assert group.biases.shape == (4, len(PATTERNS))
    # spread evenly over (0, 1) in all kernels together, but for the draw of responses
    grid = torch.linspace(0, 1, shares.numel())
    assert (shares.flatten().sort().values - grid).abs().max() < 0.1


@pytest.mark.parametrize("continuous", [True, False])
def test_no_bias_is_the_largest_response(continuous):
    few = make_signal(*random_signal(2, n_series=40, n_rows=30))
    signal = few if continuous else levels_signal(0, 2)
    group = learned_group(signal, n_biases=40)
    assert (group.biases != all_responses(group, signal).amax(0)).all()


@pytest.mark.parametrize("noise", [0.0, 1e-7])
@pytest.mark.parametrize("n_levels", [2, 3])
def test_a_bias_below_the_largest_responses_is_none_that_occurs(n_levels, noise):
    signal = levels_signal(0, n_levels, noise=noise)
    group = learned_group(signal, n_biases=6)
    below = group.biases < all_responses(group, signal).amax(0) - 1e-3
    assert below.double().mean() > 0.5
    assert (nearest(group, signal)[below] > kernels.TIE / 3).all()


def test_biases_depend_on_random_numbers_only_by_what_is_drawn():
    signal = make_signal(*random_signal(6))
    one, other = (learned_group(signal, 7).biases for _ in range(2))
    assert torch.equal(one, other)
    group = draw_group(7)
    responses = all_responses(group, signal)
    another = group.with_biases(responses, 3, np.random.RandomState(8))
    assert not torch.equal(another.biases, one)
    assert len(group.biases) == 0  # a group is not changed


# --- Which kernels ------------------------------------------------------------------


def test_patterns_are_all_ways_to_choose_three_of_nine():
    assert PATTERNS.shape == (84, 9)
    assert len(np.unique(PATTERNS, axis=0)) == 84
    assert (np.sort(PATTERNS, axis=1) == [-1] * 6 + [2] * 3).all()


@pytest.mark.parametrize("in_channels", [1, 2, 9, 40])
def test_each_kernel_is_one_pattern_over_some_channels(in_channels):
    groups = draw_kernels(1.0, 400.0, in_channels, 30, np.random.RandomState(0))
    n_used = min(in_channels, 9)
    used = set()
    for group in groups:
        channels = group.channels.tolist()
        assert channels == sorted(set(channels))
        assert len(channels) == n_used
        used |= set(channels)
        weight = group.weight.view(n_used, 9, 84).permute(2, 0, 1)
        sees = weight.abs().sum(2) > 0
        assert sees.any(1).all()
        for kernel, pattern in enumerate(torch.from_numpy(PATTERNS)):
            assert (weight[kernel][sees[kernel]] == pattern).all()
    assert len(used) > 0.9 * in_channels


@pytest.mark.parametrize("most", [0.2, 3, 30, 1000])
def test_steps_go_from_the_shortest_to_an_eighth_of_the_longest(most):
    groups = draw_kernels(0.5, 1000.0, 1, most, np.random.RandomState(0))
    steps = np.array([group.dilation for group in groups])
    assert len(steps) == max(1, min(int(most), 17))  # 2 in each of 8 octaves
    assert steps[0] == pytest.approx(0.5)
    np.testing.assert_allclose(np.diff(np.log(steps), 2), 0, atol=1e-9)
    if len(steps) > 1:
        assert steps[-1] == pytest.approx(1000 / 8)
    for group in groups:
        assert 1 <= group.n_points <= 8
        assert group.count_times(torch.tensor([1000.0])) >= 64


def test_series_shorter_than_a_kernel_have_one_dilation():
    groups = draw_kernels(3.0, 1.0, 1, 30, np.random.RandomState(0))
    assert [group.dilation for group in groups] == pytest.approx([3.0])


def test_kernels_follow_from_the_random_state():
    one, same, other = (
        draw_kernels(1.0, 99.0, 5, 30, np.random.RandomState(seed))
        for seed in (0, 0, 1)
    )
    for first, second in zip(one, same, strict=True):
        assert torch.equal(first.weight, second.weight)
        assert torch.equal(first.channels, second.channels)
    assert any(
        not torch.equal(a.weight, b.weight) for a, b in zip(one, other, strict=True)
    )


def test_the_number_of_times_is_that_of_steps_in_the_span():
    group = draw_group(longest=1e9)
    spans = torch.tensor([0.0, 0.3, 1.0, 1.0000001, 2.5, 1e300, 8000 * 1.0])
    counts = group.count_times(spans.double()).tolist()
    assert counts == [1, 1, 1, 2, 3, kernels.MOST_TIMES, 8000]


def test_features_on_the_fake_device_are_those_of_the_cpu(accelerator):
    times, values = random_signal(8, span=[0.0, 0.4, 3.0, 11.0, 90.0])
    signal = make_signal(times, values)
    group = learned_group(signal)
    there = Signal.through(
        torch.from_numpy(times).to(accelerator.device),
        torch.from_numpy(values).to(accelerator.device),
    )
    moved = group.to(accelerator.device)
    assert moved.biases.device.type == accelerator.device
    found = moved.features(there)
    assert found.device.type == accelerator.device
    assert torch.equal(found.cpu(), group.features(signal))

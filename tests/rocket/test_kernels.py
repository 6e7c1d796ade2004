"""Random kernels: features are exact shares of time, biases quantiles of responses."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.rocket import (
    PATTERNS,
    CausalKernelGroup,
    CenteredKernelGroup,
    Signal,
    centered,
    kernels,
)
from groups import (
    all_responses,
    draw_group,
    learned_group,
    make_signal,
    random_signal,
)
from lines import draw_lines

KINDS = [CenteredKernelGroup, CausalKernelGroup]


def test_windows_are_what_kernels_see_at_the_times_of_responses(monkeypatch):
    group = draw_group(longest=64.0, shortest=2.0)
    span = torch.tensor([13.0]).double()
    found = group.windows(span)
    assert found.shape == (int(group.count_times(span)), 10)
    np.testing.assert_allclose(found.diff(dim=1), group.dilation)
    step = group.dilation / group.n_points
    middle = (found[:, 4] + found[:, 5]) / 2
    np.testing.assert_allclose(middle, (np.arange(len(found)) + 0.5) * step)
    monkeypatch.setattr(centered, "MOST_TIMES", 4)  # they are spread over the span
    middle = group.windows(span)[:, 4:6].mean(1)
    np.testing.assert_allclose(middle, (np.arange(4) + 0.5) / 4 * 13)


def test_windows_of_kernels_that_look_back_end_at_their_times():
    group = draw_group(longest=64.0, shortest=2.0, kind=CausalKernelGroup)
    found = group.windows(torch.tensor([13.0]).double())
    np.testing.assert_allclose(found.diff(dim=1), group.dilation)
    np.testing.assert_allclose(found[:, -1], np.arange(len(found)) * group.step)
    assert 0 <= 13 - found[-1, -1] < group.step


# --- Features -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_features_are_shares_of_times_above_a_bias(kind):
    signal = make_signal(*random_signal(3, span=[0.0, 0.2, 1.0, 7.7, 40.0]))
    group = learned_group(signal, kind=kind)
    features = group.features(signal)
    assert features.dtype == torch.float32
    biases = group.biases.numpy()
    for number in range(5):
        own = all_responses(group, signal[number : number + 1]).numpy()
        share = (own[:, None] > biases).mean(0)  # n_biases x kernels
        np.testing.assert_array_equal(features[number], share.ravel().astype("f4"))
    assert 0 < features.mean() < 1


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.sampled_from(KINDS))
def test_features_are_the_same_alone_and_in_any_batch_and_order(seed, kind):
    series, times, values = draw_lines(seed)
    times = times / max(1.0, times.max() / 200)
    signal = make_signal(times, values)
    group = learned_group(signal, seed, kind=kind)
    together = group.features(signal)
    order = np.random.default_rng(seed).permutation(4)
    shuffled = group.features(make_signal(times[order], values[order]))
    assert torch.equal(shuffled, together[torch.from_numpy(order)])
    for number, one in enumerate(series):
        part = slice(number, number + 1), slice(len(one))
        alone = group.features(make_signal(times[part], values[part]))
        assert torch.equal(alone[0], together[number])


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


# --- Devices ------------------------------------------------------------------------


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

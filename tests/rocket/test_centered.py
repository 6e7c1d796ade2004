"""Kernels around each time: responses are exact integrals, on a grid and apart."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.rocket import centered
from groups import (
    draw_group,
    integrate_patterns,
    learned_group,
    make_signal,
    random_signal,
    rounding,
)
from lines import draw_lines, integral_of


def responses_of(group, stamps, values, times):
    """Integrate straight lines times each kernel around each time."""
    starts = np.asarray(times) - 4.5 * group.dilation
    return integrate_patterns(
        group, lambda c, end: integral_of(stamps, values[:, c], end), starts
    )


def count(lasting):
    """Number of times of each series."""
    assert set(lasting.flatten().tolist()) <= {0.0, 1.0}
    return lasting.sum(1)


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([0.5, 2.0]), st.sampled_from([3.0, 24.0]))
def test_responses_are_integrals_of_the_signal_times_the_kernel(
    seed, shortest, longest
):
    series, times, values = draw_lines(seed)
    times = times / max(1.0, times.max() / 5)  # so that the twin is done this year
    group = draw_group(seed, shortest=shortest, longest=longest)
    found, lasting = group.responses(make_signal(times, values))
    step = group.dilation / group.n_points
    for number, one in enumerate(series):
        n_times, n_rows = int(count(lasting)[number]), len(one)
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
    responses, lasting = draw_group().responses(make_signal(times, values))
    counts = count(lasting)
    assert counts.tolist()[:4] == [counts[0]] * 4
    assert not responses[0, int(counts[0]) + 50 :].any()


@pytest.mark.parametrize("n_points", [1, 4])
def test_few_times_apart_have_the_responses_of_the_grid(n_points, monkeypatch):
    """Twelve times, spread over a span of twelve steps, are those of its grid."""
    group = draw_group(longest=64.0 / n_points * 1.001)
    assert group.n_points == n_points
    spans = np.full(5, 12) * group.dilation / n_points
    signal = make_signal(*random_signal(1, span=spans))
    on_a_grid, lasting = group.responses(signal)
    assert count(lasting).tolist() == [12] * 5
    monkeypatch.setattr(centered, "MOST_TIMES", 12)
    apart, lasting = group.responses(signal)
    assert count(lasting).tolist() == [12] * 5
    # other ends of windows by rounding, and then other whole multiples of 2**-24
    np.testing.assert_allclose(apart, on_a_grid, atol=2 * rounding(group))


def test_times_apart_are_spread_over_each_span(monkeypatch):
    monkeypatch.setattr(centered, "MOST_TIMES", 6)
    times, values = random_signal(2, span=[3.3, 9.9, 55.5, 200.0, 6000.0])
    group = draw_group(longest=64.0)
    found, lasting = group.responses(make_signal(times, values))
    assert count(lasting).tolist() == [4, 6, 6, 6, 6]
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
    responses, lasting = group.responses(make_signal(times, values))
    n_points, n_times = group.n_points, int(count(lasting)[0])
    margin = int(np.ceil(4.5 * n_points))
    assert n_times > 3 * margin
    assert not responses[0, margin : n_times - margin - 1].any()
    assert responses[0, :n_points].any()
    assert responses[0, n_times - n_points : n_times].any()


def test_a_very_long_series_changes_no_feature_of_its_batch_mates(monkeypatch):
    monkeypatch.setattr(centered, "MOST_TIMES", 64)
    times, values = random_signal(4, span=[5.3, 7.7, 9.1, 11.9, 500.0])
    signal = make_signal(times, values)
    group = learned_group(signal, longest=64.0)
    alone = group.features(make_signal(times[:4], values[:4]))
    assert torch.equal(group.features(signal)[:4], alone)


def test_the_number_of_times_is_that_of_steps_in_the_span():
    group = draw_group(longest=1e3)
    spans = torch.tensor([0.0, 0.3, 1.0, 1.0000001, 2.5, 1e300, 8000 * 1.0])
    counts = group.count_times(spans.double()).tolist()
    assert counts == [1, 1, 1, 2, 3, centered.MOST_TIMES, 8000]

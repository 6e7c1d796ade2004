"""Kernels that look back: exact responses, and nothing of what comes later."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.rocket import CausalKernelGroup, Signal, causal
from ckts.rocket.causal import times_in_steps
from groups import (
    draw_group,
    integrate_patterns,
    learned_group,
    random_signal,
    rounding,
)
from lines import draw_lines, integral_of_steps


def causal_group(seed=0, **options):
    return draw_group(seed, kind=CausalKernelGroup, **options)


def steps_signal(times, values):
    return Signal.steps(torch.as_tensor(times), torch.as_tensor(values))


def list_times(n_steps, most):
    """Times from 0 on in steps: after each doubling every second is left out."""
    times, apart = [0], 1
    while times[-1] + apart <= n_steps:
        times.append(times[-1] + apart)
        if times[-1] >= most * apart:
            apart *= 2
    return times


# --- When ---------------------------------------------------------------------------


@pytest.mark.parametrize("most", [4, 16])
def test_times_are_every_step_and_after_each_doubling_half_as_often(most, monkeypatch):
    monkeypatch.setattr(causal, "MOST_TIMES", most)
    expected = list_times(50 * most, most)
    steps, lasting = times_in_steps(len(expected), torch.device("cpu"))
    assert steps.tolist() == expected
    assert lasting[:-1].tolist() == np.diff(expected).tolist()


@pytest.mark.parametrize("most", [4, 16])
def test_times_up_to_a_span_are_counted(most, monkeypatch):
    monkeypatch.setattr(causal, "MOST_TIMES", most)
    group = causal_group(shortest=0.25, longest=1e3)
    spans = torch.cat([torch.arange(400.0), torch.arange(400) + 0.9]).double() / 4
    expected = [len(list_times(int(4 * span), most)) for span in spans.tolist()]
    assert group.count_times(spans).tolist() == expected


# --- What ---------------------------------------------------------------------------


def check_responses(group, series, times, values):
    found, lasting = group.responses(steps_signal(times, values))
    steps, _ = times_in_steps(found.shape[1], torch.device("cpu"))
    for number, one in enumerate(series):
        line, stamps = values[number, : len(one)], times[number, : len(one)]
        n_times = int((lasting[number] > 0).sum())
        at = steps[:n_times].numpy() * group.step
        assert at[-1] <= stamps[-1] + 1e-9 * group.step
        expected = integrate_patterns(
            group,
            lambda c, end, x=stamps, y=line: integral_of_steps(x, y[:, c], end),
            at - 9 * group.dilation,
        )
        np.testing.assert_allclose(
            found[number, :n_times], expected, atol=rounding(group)
        )


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.sampled_from([0.5, 2.0]), st.sampled_from([3.0, 24.0]))
def test_responses_are_integrals_of_the_steps_times_the_kernel(seed, shortest, longest):
    series, times, values = draw_lines(seed)
    shrink = max(1.0, times.max() / 2)
    series, times = [one / shrink for one in series], times / shrink
    group = causal_group(seed, shortest=shortest, longest=longest)
    check_responses(group, series, times, values)


def test_late_responses_are_integrals_too(monkeypatch):
    monkeypatch.setattr(causal, "MOST_TIMES", 4)
    times, values = random_signal(2, span=[3.3, 9.9, 15.5, 20.0, 30.0])
    check_responses(causal_group(longest=64.0), list(times), times, values)


# --- As of earlier ------------------------------------------------------------------


def cut(times, values, number, end):
    """One series up to a time."""
    seen = times[number] <= end
    stamps = np.r_[times[number][seen], end]
    line = values[number][seen]
    return stamps[None], np.vstack([line, line[-1:]])[None]


@pytest.mark.parametrize("most", [4, 2**13])
@pytest.mark.parametrize("chunk", [1, 2**19])
def test_features_as_of_earlier_are_those_of_the_series_cut_there(
    most, chunk, monkeypatch
):
    monkeypatch.setattr(causal, "MOST_TIMES", most)
    monkeypatch.setattr("ckts.rocket.kernels.CHUNK", chunk)
    times, values = random_signal(3, span=[2.0, 9.9, 33.3, 50.0, 80.0])
    signal = steps_signal(times, values)
    group = causal_group(3, longest=32.0)
    responses = group.responses(signal)[0].flatten(0, 1)
    group = group.with_biases(responses, 3, np.random.RandomState(0))
    shares = np.array([0.0, 0.3, 0.6180339, 1.0])
    asked = torch.from_numpy(times[:, -1:] * shares)
    found = group.features_at(signal, asked)
    assert found.shape == (5, 4, 3 * 84)
    assert found.dtype == torch.float32
    for number in range(5):
        for place, end in enumerate(asked[number].tolist()):
            ended = steps_signal(*cut(times, values, number, end))
            expected = group.features(ended)[0]
            assert torch.equal(found[number, place], expected)


def test_what_comes_later_changes_no_earlier_feature():
    times, values = random_signal(5, span=[20.0] * 5)
    group = learned_group(steps_signal(times, values), kind=CausalKernelGroup)
    changed = values.copy()
    changed[:, 6:] += 100.0
    asked = torch.from_numpy(times[:, 5:6])
    expected = group.features_at(steps_signal(times, values), asked)
    found = group.features_at(steps_signal(times, changed), asked)
    assert torch.equal(found, expected)
    later = torch.from_numpy(times[:, 11:])
    assert not torch.equal(
        group.features_at(steps_signal(times, values), later),
        group.features_at(steps_signal(times, changed), later),
    )

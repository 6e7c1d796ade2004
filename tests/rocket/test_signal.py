"""Signals between observations: integrals are exact, and only gaps are filled."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ckts.rocket import Signal, fill_forward, fill_gaps
from lines import draw_lines, integral_of, integral_of_steps


@settings(max_examples=60)
@given(st.integers(0, 2**31))
def test_integrals_are_those_of_the_straight_lines(seed):
    series, times, values = draw_lines(seed)
    rng = np.random.default_rng(seed)
    ends = rng.uniform(-1, 1.3, size=(4, 12)) * np.maximum(times[:, -1:], 0.1)
    for number, one in enumerate(series):  # stamps themselves and both ends, too
        ends[number, :3] = one[-1], 0.0, one[len(one) // 2]
    signal = Signal.through(torch.from_numpy(times), torch.from_numpy(values))
    channels = torch.tensor([1, 0])
    found = signal.integral(torch.from_numpy(ends), channels).numpy()
    assert found.dtype == np.float64
    for number, one in enumerate(series):
        for place, end in enumerate(ends[number]):
            for column, channel in enumerate(channels.tolist()):
                line = values[number, : len(one), channel]
                expected = integral_of(one, line, end)
                # areas up to 400 are summed in float64
                np.testing.assert_allclose(
                    found[number, place, column], expected, rtol=1e-11, atol=1e-11
                )


def test_the_twin_agrees_with_interpolation_on_a_fine_grid():
    times, values = np.array([0.0, 0.4, 1.0, 3.0]), np.array([1.0, -2.0, 0.5, 4.0])
    grid = np.linspace(0, 2.3, 200_001)
    fine = np.trapezoid(np.interp(grid, times, values), grid)
    assert integral_of(times, values, 2.3) == pytest.approx(fine, abs=1e-8)


def test_outside_of_the_span_the_integral_stays():
    times = torch.tensor([[0.0, 1.0, 2.0]])
    signal = Signal.through(times, torch.tensor([[[2.0], [4.0], [0.0]]]))
    ends = torch.tensor([[-5.0, 0.0, 1.0, 2.0, 99.0]], dtype=torch.float64)
    found = signal.integral(ends, torch.tensor([0])).flatten().tolist()
    assert found == [0.0, 0.0, 3.0, 5.0, 5.0]
    assert signal.span.tolist() == [2.0]


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.booleans())
def test_integrals_of_steps_are_those_of_values_that_last(seed, hold):
    series, times, values = draw_lines(seed)
    for row, one in zip(values, series, strict=True):
        row[len(one) :] = row[len(one) - 1]  # as `fill_forward` pads
    ends = np.random.default_rng(seed).uniform(-1, 1.3, size=(4, 9))
    ends = np.hstack([ends * np.maximum(times[:, -1:], 0.1), times])
    signal = Signal.steps(*map(torch.from_numpy, (times, values)), hold=hold)
    found = signal.integral(torch.from_numpy(ends), torch.tensor([1, 0]))
    for number, one in enumerate(series):
        for place, end in enumerate(ends[number]):
            for column, channel in enumerate([1, 0]):
                line = values[number, : len(one), channel]
                expected = integral_of_steps(one, line, end, hold=hold)
                assert found[number, place, column] == pytest.approx(
                    expected, rel=1e-11, abs=1e-10
                )


@settings(max_examples=40)
@given(st.integers(0, 2**31))
def test_held_ends_go_on_as_the_first_and_the_last_value(seed):
    series, times, values = draw_lines(seed)
    for row, one in zip(values, series, strict=True):
        row[len(one) :] = row[len(one) - 1]
    ends = np.array([[-3.0, -0.5, 0.0, 0.4, 2.0, 300.0]]).repeat(4, 0)
    signal = Signal.through(*map(torch.from_numpy, (times, values)), hold=True)
    found = signal.integral(torch.from_numpy(ends), torch.arange(2))
    for number, one in enumerate(series):
        longer = np.r_[-9.0, one, max(one[-1], 300.0) + 9.0]
        for channel in range(2):
            line = values[number, : len(one), channel]
            line = np.r_[line[0], line, line[-1]]
            zero = integral_of(longer + 9.0, line, 9.0)
            for place, end in enumerate(ends[number]):
                expected = integral_of(longer + 9.0, line, end + 9.0) - zero
                assert found[number, place, channel] == pytest.approx(
                    expected, rel=1e-9, abs=1e-9
                )


def test_some_series_of_a_signal_keep_their_integrals():
    _, times, values = draw_lines(3)
    channels = torch.arange(2)
    ends = torch.linspace(-2, 9, 23).double().expand(4, -1)
    for hold in (False, True):
        signal = Signal.through(*map(torch.from_numpy, (times, values)), hold=hold)
        expected = signal.integral(ends, channels)
        for series in (slice(1, 3), torch.tensor([True, False, False, True])):
            found = signal[series].integral(ends[series], channels)
            assert torch.equal(found, expected[series])


@pytest.mark.parametrize("n_rows", [1, 4])
def test_a_span_of_0_has_no_area(n_rows):
    times = torch.zeros(2, n_rows)
    signal = Signal.through(times, torch.randn(2, n_rows, 3))
    ends = torch.linspace(-1, 1, 5).double().expand(2, -1)
    found = signal.integral(ends, torch.arange(3))
    assert found.shape == (2, 5, 3)
    assert not found.any()


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 20))
def test_padding_and_company_change_no_bit(seed, more):
    series, times, values = draw_lines(seed)
    longer = np.hstack([times, np.repeat(times[:, -1:], more, axis=1)])
    padded = np.concatenate([values, np.zeros((4, more, 2))], axis=1)
    ends = np.linspace(-0.5, 2, 31) * np.maximum(times[:, -1:], 0.1)
    channels = torch.arange(2)
    together = Signal.through(torch.from_numpy(longer), torch.from_numpy(padded))
    found = together.integral(torch.from_numpy(ends), channels)
    for number, one in enumerate(series):
        n_rows = len(one)
        alone = Signal.through(
            torch.from_numpy(times[number : number + 1, :n_rows]),
            torch.from_numpy(values[number : number + 1, :n_rows]),
        )
        expected = alone.integral(torch.from_numpy(ends[number : number + 1]), channels)
        np.testing.assert_array_equal(found[number], expected[0])


def test_a_jump_at_a_tie_is_a_jump():
    times = torch.tensor([[0.0, 1.0, 1.0, 1.0, 2.0]])
    values = torch.tensor([[[0.0], [0.0], [77.0], [3.0], [3.0]]])
    signal = Signal.through(times, values)
    ends = torch.tensor([[0.5, 1.0, 1.5, 2.0]], dtype=torch.float64)
    assert signal.integral(ends, torch.tensor([0])).flatten().tolist() == [0, 0, 1.5, 3]


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.sampled_from([torch.float32, torch.float64]))
@example(0, torch.float64)
def test_gaps_are_filled_as_np_interp_does_with_zeros_outside(seed, dtype):
    series, times, values = draw_lines(seed, 3)
    observed = np.random.default_rng(seed).random(values.shape) < 0.4
    for number, one in enumerate(series):
        observed[number, len(one) :] = False
    given_values = torch.from_numpy(np.where(observed, values, 99.0)).to(dtype)
    filled = fill_gaps(
        torch.from_numpy(times), given_values, torch.from_numpy(observed)
    )
    assert filled.dtype == dtype
    for number in range(len(series)):
        stamps = times[number]
        for channel in range(3):
            known, column = observed[number, :, channel], values[number, :, channel]
            expected = np.zeros(len(stamps))
            if known.any():
                outside = {"left": 0.0, "right": 0.0}
                expected = np.interp(stamps, stamps[known], column[known], **outside)
            expected[known] = column[known]
            free = ~tied(stamps, known)
            tolerance = 1e-12 if dtype == torch.float64 else 1e-5
            found = filled[number, :, channel].double().numpy()
            np.testing.assert_allclose(found[free], expected[free], atol=tolerance)


def tied(times, known):
    """Rows at the time of an observation: whether they are inside is left open."""
    return ~known & np.isin(times, times[known])


def test_what_is_observed_is_kept_and_an_unknown_channel_is_0():
    times = torch.tensor([[0.0, 1.0, 1.0, 4.0]])
    values = torch.tensor([[[5.0, 9.0], [6.0, 9.0], [7.0, 9.0], [8.0, 9.0]]])
    observed = torch.tensor([[[True, False]] * 4])
    filled = fill_gaps(times, values, observed)
    assert filled[0, :, 0].tolist() == [5, 6, 7, 8]
    assert filled[0, :, 1].tolist() == [0, 0, 0, 0]


def test_a_line_is_drawn_in_time_and_not_in_rows():
    times = torch.tensor([[0.0, 9.0, 10.0, 20.0]])
    values = torch.tensor([[[0.0], [-1.0], [10.0], [-1.0]]])
    observed = torch.tensor([[[True], [False], [True], [False]]])
    assert fill_gaps(times, values, observed).flatten().tolist() == [0, 9, 10, 0]


# --- Values that last ---------------------------------------------------------------


@settings(max_examples=30)
@given(st.integers(0, 2**31))
def test_each_observation_lasts_until_the_next(seed):
    rng = np.random.default_rng(seed)
    values, observed = rng.normal(size=(3, 8, 2)), rng.random((3, 8, 2)) < 0.4
    filled = fill_forward(torch.from_numpy(values), torch.from_numpy(observed))
    for series in range(3):
        for channel in range(2):
            latest = 0.0
            for row in range(8):
                if observed[series, row, channel]:
                    latest = values[series, row, channel]
                assert filled[series, row, channel] == latest


def test_held_gaps_are_filled_as_np_interp_does():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 9, size=(4, 12)), axis=1)
    values, observed = rng.normal(size=(4, 12, 2)), rng.random((4, 12, 2)) < 0.4
    observed[0, :, 1] = False
    stamps, given_values = torch.from_numpy(times), torch.from_numpy(values)
    filled = fill_gaps(stamps, given_values, torch.from_numpy(observed), hold=True)
    assert not filled[0, :, 1].any()
    for series, channel in [(s, c) for s in range(4) for c in range(2)]:
        known = observed[series, :, channel]
        if known.any():
            expected = np.interp(
                times[series], times[series, known], values[series, known, channel]
            )
            np.testing.assert_allclose(filled[series, :, channel], expected, atol=1e-12)

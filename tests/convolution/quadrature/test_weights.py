"""Gap weights by definition, causal and two-sided."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quadratures import gap_weights, make_weights
from references import TIME_KINDS, draw_times, gap_weights_of, weight_table

STEPS = [0.5, 2.0, 0.1]
draws = settings(deadline=None, max_examples=40)


def as_times(*stamps):
    return torch.tensor(stamps, dtype=torch.float64)


def draw_batch(kind, seed, length, batch=2):
    generator = torch.Generator().manual_seed(seed)
    times = draw_times(kind, batch, length, generator)
    observed = torch.rand(batch, length, len(STEPS), generator=generator) < 0.6
    return times, observed


def causal_weights(times, observed, queries, quadrature):
    """Weights (batch, query, time, channels) that a causal quadrature stands for."""
    shape = (len(times), queries.shape[1], *observed.shape[1:])
    past = (times.unsqueeze(1) <= queries.unsqueeze(2)).unsqueeze(-1)
    weights = (quadrature.weights.unsqueeze(1) * past).expand(shape).clone()
    latest = quadrature.latest
    if latest is not None:
        member = latest.group.unsqueeze(1) == latest.index.unsqueeze(2)
        member = member & observed.unsqueeze(1) & past
        weights += member * latest.change.unsqueeze(2)
    return weights


# --- two-sided ------------------------------------------------------------------------


@draws
@given(st.sampled_from(TIME_KINDS), st.integers(0, 2**31), st.integers(1, 15))
def test_two_sided_weights_are_half_the_gaps_on_either_side(kind, seed, length):
    times, observed = draw_batch(kind, seed, length)
    got = gap_weights(times, observed, time_step=torch.tensor(STEPS).double())
    for series in range(2):
        for channel, step in enumerate(torch.tensor(STEPS).double().tolist()):
            exists = observed[series, :, channel]
            stamps = times[series, exists].numpy()
            expected = gap_weights_of(stamps, step)
            weights = got[series, :, channel]
            np.testing.assert_allclose(weights[exists], expected, rtol=1e-13)
            assert (weights[~exists] == 0).all()


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([7.0], [1]),
        ([0.0, 3.0], [3, 3]),
        ([0.0, 1.0, 2.0, 4.0], [1, 1, 1.5, 2]),
        ([0.0, 0.0], [0.5, 0.5]),
        ([0.0, 2.0, 2.0, 2.0, 4.0], [2, 2 / 3, 2 / 3, 2 / 3, 2]),
        ([0.0, 0.0, 1.0], [0.5, 0.5, 1]),
        ([], []),
    ],
)
def test_weights_of_a_few_stamps_are_these(stamps, expected):
    weights = gap_weights(as_times(stamps))[0, :, 0]
    np.testing.assert_allclose(weights, expected, rtol=1e-15)


def test_weights_of_distinct_stamps_fill_the_span():
    times, _ = draw_batch("random", 0, 50)
    weights = gap_weights(times).sum(1).squeeze(1)
    ends = (times[:, 1] - times[:, 0] + times[:, -1] - times[:, -2]) / 2
    expected = times[:, -1] - times[:, 0] + ends
    np.testing.assert_allclose(weights, expected, rtol=1e-13)


# --- causal ---------------------------------------------------------------------------


@draws
@given(
    st.sampled_from(TIME_KINDS),
    st.integers(0, 2**31),
    st.integers(1, 12),
    st.sampled_from(["gap", "none"]),
    st.booleans(),
    st.booleans(),
)
def test_causal_weights_are_those_of_the_stamps_so_far(
    kind, seed, length, density, asked, masked
):
    times, observed = draw_batch(kind, seed, length)
    observed = observed if masked else torch.ones_like(observed)
    queries = times
    if asked:
        generator = torch.Generator().manual_seed(seed)
        inside = torch.rand(2, 7, generator=generator).double()
        first, last = times[:, :1], times[:, -1:]
        queries = first - 1 + (last - first + 2) * inside
    steps = torch.tensor(STEPS).double()
    quadrature = make_weights(
        times,
        observed,
        queries if asked else None,
        quadrature=density,
        time_step=steps,
    )
    got = causal_weights(times, observed, queries, quadrature)
    for series in range(2):
        for channel, step in enumerate(steps.tolist()):
            expected = weight_table(
                times[series].numpy(),
                observed[series, :, channel].numpy(),
                queries[series].numpy(),
                causal=True,
                density=density,
                time_step=step,
            )
            weights = got[series, :, :, channel].numpy()
            # the change is a difference: rounding is relative to the larger weight
            largest = quadrature.weights[series].max().item()
            atol = 1e-15 * max(largest, 1) * 8
            np.testing.assert_allclose(weights, expected, rtol=1e-12, atol=atol)


@draws
@given(st.integers(2, 40), st.sampled_from([1.0, 0.1, 1 / 7, 3600.0]))
def test_a_regular_grid_has_weight_one_and_half_of_it_two(length, step):
    # the paper's factor sr2/sr1, at the ends too
    times = (torch.arange(length).double() * step).unsqueeze(0)
    observed = torch.ones(1, length, 1, dtype=torch.bool)
    for stride in (1, 2):
        kept, seen = times[:, ::stride], observed[:, ::stride]
        if kept.shape[1] == 1:
            continue
        weights = gap_weights(kept, time_step=step)
        np.testing.assert_allclose(weights, stride, rtol=1e-12)
        quadrature = make_weights(kept, time_step=step)
        causal = causal_weights(kept, seen, kept, quadrature)[0, :, :, 0]
        expected = stride * torch.ones_like(causal).tril()
        expected[0, 0] = 1  # alone so far, it has no gap
        np.testing.assert_allclose(causal, expected, rtol=1e-12, atol=1e-12)


def test_a_gap_ahead_does_not_show_in_causal_weights():
    # two-sided, the last stamp before the gap has weight 50.5
    times = as_times([0.0, 1.0, 2.0, 102.0])
    observed = torch.ones(1, 4, 1, dtype=torch.bool)
    quadrature = make_weights(times)
    causal = causal_weights(times, observed, times, quadrature)[0, :, :, 0]
    assert causal[2].tolist() == [1, 1, 1, 0]
    assert causal[3].tolist() == [1, 1, 50.5, 100]


def test_unit_weights_are_the_plain_sum():
    times, observed = draw_batch("bursty", 0, 9)
    for causal in (True, False):
        quadrature = make_weights(times, observed, quadrature="none", causal=causal)
        assert quadrature.latest is None
        assert torch.equal(quadrature.weights, observed.double())


def test_the_lag_of_the_latest_is_left_out_only_where_it_is_zero():
    times, observed = draw_batch("random", 0, 9)
    assert make_weights(times).latest.lag is None
    rows = torch.ones_like(times, dtype=torch.bool).unsqueeze(-1).expand(-1, -1, 3)
    assert make_weights(times, rows).latest.lag is None
    one = observed[..., :1]
    one[0, :4, 0] = torch.tensor([True, False, False, True])
    lag = make_weights(times, one).latest.lag[0, :4, 0]
    gaps = times[0] - times[0, 0]
    assert torch.equal(lag, torch.stack([gaps[0], gaps[1], gaps[2], gaps[0]]))


@pytest.mark.parametrize("factor", [1e-9, 7.0, 86400e9])
def test_the_unit_of_time_does_not_matter(factor):
    times, observed = draw_batch("bursty", 3, 12)
    times = times - times[:, :1]
    one = gap_weights(times, observed, time_step=0.3)
    other = gap_weights(times * factor, observed, time_step=0.3 * factor)
    np.testing.assert_allclose(other, one, rtol=1e-9)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_stamps_of_any_type_give_float64(dtype):
    weights = gap_weights(torch.tensor([[0, 1, 4]], dtype=dtype), time_step=0.5)
    assert weights.dtype == torch.float64
    assert weights[0, :, 0].tolist() == [2, 4, 6]


def test_a_series_without_observation_has_no_weight():
    times, observed = draw_batch("random", 0, 5)
    observed[0] = False
    quadrature = make_weights(times, observed)
    assert (quadrature.weights[0] == 0).all()
    assert (quadrature.latest.change[0] == 0).all()
    assert math.isfinite(quadrature.weights.sum())


@pytest.mark.parametrize("causal", [True, False])
def test_a_gap_counts_up_to_the_largest(causal):
    times = torch.tensor([[0.0, 1.0, 2.0, 1e9, 1e9 + 1]], dtype=torch.float64)
    options = {"causal": causal, "time_step": 0.5}
    got = make_weights(times, max_gap=10.0, **options)
    stamps = times[0].numpy()
    everything = np.ones(5, dtype=bool)
    table = weight_table(
        stamps, everything, stamps, max_gap=10.0, density="gap", **options
    )
    assert table.max() == (20 if causal else 11)
    expected = gap_weights_of(stamps, 0.5, max_gap=10.0)
    np.testing.assert_allclose(got.weights[0, :, 0], expected)
    if causal:
        at = got.latest.index[0, :, 0]
        latest = got.weights[0, at, 0] + got.latest.change[0, :, 0]
        np.testing.assert_allclose(latest, table.diagonal())

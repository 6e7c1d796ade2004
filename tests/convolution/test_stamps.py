"""Stamps of any type from their origin, and gaps that no kernel crosses."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.methods import METHODS
from ckts.convolution.plan import layer_geometry
from ckts.convolution.stamps import read_stamps, sort_stamps
from ckts.convolution.stamps import shrink_gaps as shrink
from time_patterns import pad_series, patterns

INTEGERS = [
    torch.int8,
    torch.uint8,
    torch.int16,
    torch.uint16,
    torch.int32,
    torch.uint32,
    torch.int64,
]


def count_from_origin(times, queries=None):
    stamps = read_stamps(times, queries)
    return stamps.times, stamps.query_times


def shrink_gaps(times, queries, longest):
    shrunk = shrink(sort_stamps(times, queries), longest)
    return shrunk.split(shrunk.sorted)


# --- from the origin ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_whole_range_of_an_integer_is_counted(dtype):
    low, high = torch.iinfo(dtype).min, torch.iinfo(dtype).max
    high = min(high, low + 2**62)
    times = torch.tensor([[low, low + 1, high - 1, high]]).to(dtype)
    queries = torch.tensor([[high]]).to(dtype)
    expected = [[0.0, 1.0, float(high - 1 - low), float(high - low)]]
    for method in ("auto", "pairwise"):
        geometry = layer_geometry(times, queries, method=method)
        assert geometry.times.tolist() == expected
        assert geometry.query_times.tolist() == [[float(high - low)]]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_queries_may_be_earlier_than_an_unsigned_origin(dtype):
    times = torch.tensor([[50, 60, 100]]).to(dtype)
    elapsed, queries = count_from_origin(times, torch.tensor([[0, 49, 120]]).to(dtype))
    assert elapsed.tolist() == [[0, 10, 50]]
    assert queries.tolist() == [[-50, -1, 70]]


def test_integers_and_floats_are_subtracted_exactly():
    epoch = 1_700_000_000_000_000_001
    times = torch.tensor([[epoch, epoch + 1]])
    near = float(epoch)  # no float64 is nearer
    queries = torch.tensor([[near, near + 1024]], dtype=torch.float64)
    _, elapsed = count_from_origin(times, queries)
    assert elapsed.tolist() == [[int(near) - epoch, int(near) + 1024 - epoch]]
    _, elapsed = count_from_origin(queries, times)
    assert elapsed.tolist() == [[epoch - int(near), epoch + 1 - int(near)]]
    halves = torch.tensor([[2.5, 7.25]])
    elapsed, queries = count_from_origin(halves, torch.tensor([[-3, 2, 9]]))
    assert elapsed.tolist() == [[0, 4.75]]
    assert queries.tolist() == [[-5.5, -0.5, 6.5]]


def test_spans_beyond_int64_are_counted_in_float64():
    times = torch.tensor([[-(2**63), 2**63 - 1]])
    assert count_from_origin(times, None)[0].tolist() == [[0, 2.0**64]]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_short_floats_are_subtracted_in_float64(dtype):
    times = torch.tensor([[-1.0, 2.0**-8, 256.0]]).to(dtype)
    assert layer_geometry(times, method="pairwise").times.tolist() == [
        [0, 1 + 2.0**-8, 257]
    ]


# --- gaps -----------------------------------------------------------------------------

runs = st.lists(patterns, min_size=1, max_size=4)


def chain(runs, gap):
    """One series of all runs, some way from each other."""
    begins = torch.cumsum(torch.tensor([0.0, *[gap] * (len(runs) - 1)]), 0).double()
    parts = [run - run[0] for run in runs]
    spans = torch.cumsum(torch.stack([part[-1] for part in parts]), 0)
    spans = torch.cat([spans.new_zeros(1), spans[:-1]])
    return torch.cat([a + b + c for a, b, c in zip(begins, spans, parts, strict=True)])


@settings(max_examples=50, deadline=None)
@given(runs, runs, st.floats(0.01, 2), st.sampled_from([0.5, 3, 1e3, 1e9]))
def test_lags_below_the_reach_stay_and_others_stay_beyond(one, two, reach, gap):
    times, _ = pad_series(chain(one, gap), chain(two, gap / 7))
    # some asked for before, between, after, and at observations
    queries = torch.cat(
        [times[:, :1] - 2, times[:, -1:] + 50, times[:, ::9], times[:, ::7] + 0.3], 1
    )
    shrunk, asked = shrink_gaps(times, queries, reach)
    rounding = 4e-16 * (times.abs().amax() + 60)
    for before, after in ((queries, asked), (times, shrunk)):
        lags = before.unsqueeze(2) - times.unsqueeze(1)
        new = after.unsqueeze(2) - shrunk.unsqueeze(1)
        near = lags.abs() < reach
        assert torch.all((new - lags)[near].abs() <= rounding)
        assert torch.all(new[~near].abs() >= reach - rounding)
        assert torch.all(new.abs() <= lags.abs() + rounding)
        assert torch.all(new.sign() * lags.sign() >= 0)
    stamps = torch.cat([shrunk, asked], 1).sort(1).values
    assert stamps.diff(dim=1).max() <= reach + rounding


def test_what_comes_later_moves_no_stamp():
    times = torch.tensor([[0.0, 1.0, 50.0, 51.0, 400.0, 401.0]]).double()
    shrunk, _ = shrink_gaps(times, times, 2.0)
    earlier, _ = shrink_gaps(times[:, :4], times[:, :4], 2.0)
    assert torch.equal(shrunk[:, :4], earlier)


def test_without_longer_gaps_nothing_is_made():
    times = torch.tensor([[0.0, 1.0, 2.0]]).double()
    for longest in (1.0, math.inf):
        stamps = sort_stamps(times, times)
        assert shrink(stamps, longest) is stamps


def test_a_mesh_has_no_points_where_no_kernel_reaches():
    times = torch.cat([torch.rand(1, 40).sort(1).values + 1e7 * k for k in range(9)], 1)
    options = {"method": "mesh", "mesh_step": 0.02}
    short = layer_geometry(times.double(), horizon=0.8, **options)
    assert short.method.length < 9 * (2 / 0.02 + 20)
    assert torch.equal(short.times, times.double() - times[0, 0])
    with pytest.raises(ValueError, match="must leave at most"):
        layer_geometry(times.double(), **options)


@pytest.mark.parametrize("method", METHODS)
def test_a_geometry_knows_how_far_it_reaches(method):
    times = torch.arange(30).double().unsqueeze(0)
    geometry = layer_geometry(times, method=method, mesh_step=0.5, horizon=5.6)
    assert geometry.reach == 7
    assert layer_geometry(times, method=method, mesh_step=0.5).reach == math.inf

"""Sources fill the time between stamps, and the spread interpolates."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.plan import layer_geometry
from ckts.convolution.quadrature.nodes import ORDER, PIECES_PER_HORIZON
from references import TIME_KINDS, draw_times

HORIZON = 7.0


def make(times, queries=None, **params):
    params = {"horizon": HORIZON, **params}
    return layer_geometry(times, queries, quadrature="linear", **params)


def draw(kind, seed, length):
    return draw_times(kind, 2, length, torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(TIME_KINDS),
    st.integers(0, 2**31),
    st.integers(1, 20),
    st.booleans(),
    st.sampled_from([None, 0.1, 3.0]),
)
def test_lengths_fill_the_time_and_sources_are_in_order(
    kind, seed, length, causal, step
):
    times = draw(kind, seed, length)
    geometry = make(times, causal=causal, mesh_step=step, horizon=1e3)
    spans = times[:, -1] - times[:, 0]
    torch.testing.assert_close(geometry.nodes.lengths.sum(1), spans)
    assert (geometry.nodes.lengths >= 0).all()
    stamps = geometry.method.times
    assert (stamps[:, 0] == 0).all()
    assert (stamps.diff(dim=1) >= 0).all()
    assert (stamps[:, -1] <= spans).all()


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(TIME_KINDS),
    st.integers(0, 2**31),
    st.integers(1, 20),
    st.booleans(),
)
def test_lines_are_spread_as_lines(kind, seed, length, causal):
    times = draw(kind, seed, length)
    queries = times[:, ::3] + 0.3
    geometry = make(times, queries, causal=causal)
    left, right = geometry.nodes.cuts[:, :-1], geometry.nodes.cuts[:, 1:]
    ends = [2 * left + 1, 2 * right + 1]
    if not causal:
        ends.append(torch.full_like(times, 77.0))  # weights of the rows as such
    signal = geometry.nodes.spread @ torch.cat(ends, 1).flatten().unsqueeze(1)
    signal = signal.view_as(geometry.nodes.lengths)
    line = geometry.nodes.lengths * (2 * geometry.method.times + 1)
    nodes = geometry.nodes.lengths > 0
    torch.testing.assert_close(signal[nodes], line[nodes])
    rows = signal[~nodes]
    assert ((rows == 77).sum() == (0 if causal else times.numel())).item()
    assert ((rows == 0) | (rows == 77)).all()


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_no_output_is_inside_a_piece(causal):
    times, step = draw("random", 0, 5), 0.5
    queries = torch.rand(2, 30, generator=torch.Generator().manual_seed(1)) * 14
    geometry = make(times, times[:, :1] + queries, causal=causal, mesh_step=step)
    for series in range(2):
        places = geometry.method.times[series, geometry.nodes.lengths[series] > 0]
        lengths = geometry.nodes.lengths[series, geometry.nodes.lengths[series] > 0]
        ends = lengths.view(-1, ORDER).sum(1).cumsum(0)
        assert (places.view(-1, ORDER) < ends.unsqueeze(1)).all()
        inside = queries[series].double()
        inside = inside[inside < ends[-1]]
        nearest = (ends.unsqueeze(0) - inside.unsqueeze(1)).abs().amin(1)
        assert (nearest < 1e-9).all()


def test_a_kernel_without_a_mesh_has_pieces_of_a_fixed_length():
    times = torch.tensor([[0.0, HORIZON, HORIZON]], dtype=torch.float64)
    geometry = make(times)
    # and the first row, which is a source without length
    assert geometry.method.times.shape == (1, ORDER * PIECES_PER_HORIZON + 1)
    assert geometry.method.name == "pairwise"


def test_a_long_gap_has_no_more_sources_than_an_output_can_see():
    counts = []
    for gap in (100.0, 1e12):
        times = torch.tensor([[0.0, gap]], dtype=torch.float64)
        for causal in (True, False):
            geometry = make(times, mesh_step=0.1, causal=causal)
            seen = geometry.method.times[geometry.nodes.lengths > 0]
            from_end = gap - seen
            near = from_end if causal else torch.minimum(seen, from_end)
            assert near.max() <= 1.25 * HORIZON + 0.5  # one piece and a half
            counts.append(len(seen))
    assert counts[2:] == counts[:2]


def test_moving_keeps_what_is_shared():
    geometry = make(draw("random", 0, 5), mesh_step=0.1, method="mesh")
    moved = geometry.to("meta")
    assert moved.method.source.by_row.entries.device.type == "meta"
    assert moved.queries_are_observations
    assert moved.reach == geometry.reach
    assert moved.method.name == "mesh"


def test_wrong_stamps_raise():
    times = torch.arange(4.0).expand(2, -1)
    with pytest.raises(ValueError, match=r"series 0 has 2.0 after 3.0. Sort each"):
        make(times.flip(1))
    with pytest.raises(ValueError, match=r"`query_times` must have the shape"):
        make(times, times[:1])
    with pytest.raises(ValueError, match="must not be 'lattice' for quadrature='lin"):
        make(times, method="lattice")

"""The mesh under a batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.methods.mesh.splines import NODES
from ckts.convolution.plan import layer_geometry
from time_patterns import draw_pattern, pad_series, patterns


def make_mesh(times, queries, *, step, causal=True):
    queries = None if queries is times else queries
    options = {"method": "mesh", "mesh_step": step, "causal": causal}
    return layer_geometry(times, queries, **options).method


@settings(max_examples=50)
@given(patterns, patterns, st.sampled_from([1e-4, 0.03, 0.7, 50.0]), st.booleans())
def test_every_stamp_is_interpolated_from_its_own_series(one, two, step, ask):
    times, _ = pad_series(one, two)
    times = times - times[:, :1]
    queries = torch.cat([times[:, -1:] + 0.4, times[:, :1] - 0.6], 1) if ask else times
    mesh = make_mesh(times, queries, step=step, causal=False)
    first = torch.minimum(times[:, :1], queries.amin(1, keepdim=True))
    points = torch.arange(mesh.length).double() - (NODES // 2 - 1)
    table = first + points * step  # (series, mesh point)
    for stamps, matrix in ((times, mesh.source), (queries, mesh.target)):
        got = matrix @ table.view(-1, 1)
        expected = stamps.reshape(-1, 1)
        torch.testing.assert_close(got, expected, atol=1e-11, rtol=1e-11)
        # and the two series do not share a mesh point
        marks = torch.arange(2).double().repeat_interleave(mesh.length)
        series = torch.arange(2).double().repeat_interleave(stamps.shape[1])
        got = (matrix @ marks.unsqueeze(1)).squeeze(1)
        torch.testing.assert_close(got, series, atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("span", "step", "length"),
    [(0.0, 1.0, 9), (1.0, 1.0, 10), (0.99, 1, 9), (5, 2, 11)],
)
def test_the_mesh_holds_the_longest_series(span, step, length):
    times = torch.tensor([[0.0, 0.0], [0.0, span]]).double()
    assert make_mesh(times, times, step=step).length == length


def test_queries_at_the_observations_share_the_interpolation():
    times = draw_pattern("uniform", 30).unsqueeze(0)
    mesh = make_mesh(times, times, step=0.1)
    assert mesh.source is mesh.target
    apart = make_mesh(times, times.clone(), step=0.1)
    assert apart.source is not apart.target


def test_no_gradient_is_recorded():
    times = draw_pattern("uniform", 30).unsqueeze(0).requires_grad_()
    mesh = make_mesh(times, times, step=0.1)
    assert not mesh.source.by_row.entries.requires_grad

"""Running sums along the segments of a mesh, in parts."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ckts.convolution.methods.mesh import near_field
from ckts.convolution.methods.mesh.near_field import running_sums

seeds = st.integers(0, 2**16)


def loop_of_sums(rows, segments):
    sums = rows.clone()
    for n in range(1, len(rows)):
        if segments[n] == segments[n - 1]:
            sums[n] = sums[n - 1] + rows[n]
    return sums


def sums_of(rows, segments, *, reverse=False):
    """Running sums; every part of the rows comes exactly once."""
    sums = torch.full_like(rows, torch.nan)
    for part, some in running_sums(rows.__getitem__, segments, reverse=reverse):
        assert sums[part].isnan().all()
        sums[part] = some
    return sums


@given(
    st.lists(st.integers(1, 150), min_size=1, max_size=12),
    st.sampled_from([1, 20, 32, 64, 1024]),
    st.booleans(),
    seeds,
)
def test_running_sums_are_those_of_a_loop(lengths, stamps, reverse, seed):
    segments = torch.repeat_interleave(torch.tensor(lengths))
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(len(segments), 2, generator=generator, dtype=torch.float64)
    expected = loop_of_sums(rows, segments)
    if reverse:
        expected = loop_of_sums(rows.flip(0), segments.flip(0)).flip(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_field, "STAMPS_PER_CHUNK", stamps)
        got = sums_of(rows, segments, reverse=reverse)
    torch.testing.assert_close(got, expected, atol=1e-12, rtol=1e-12)


def test_there_are_no_running_sums_of_nothing():
    segments = torch.zeros(0, dtype=torch.long)
    assert list(running_sums(torch.zeros(0, 3).__getitem__, segments)) == []


def test_running_sums_do_not_carry_the_rounding_of_earlier_segments():
    generator = torch.Generator().manual_seed(0)
    segments = torch.repeat_interleave(torch.tensor([5000, 100]))
    rows = torch.randn(5100, 1, generator=generator)
    rows[:5000] += 1e4
    got = sums_of(rows, segments)[5000:]
    expected = rows[5000:].double().cumsum(0)
    assert (got - expected).abs().max() < 1e-5 * expected.abs().max()

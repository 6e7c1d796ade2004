"""Blocks on the relative clock: the share of the own span."""

from functools import partial

import torch

from ckts.convolution.plan import layer_geometry
from ckts.convolution.quadrature.neighbors import find_neighbors
from ckts.layers import GatedBlock
from ckts.networks.relative import RelativeBlocks
from ckts.networks.sampled import Seen


def seen_rows(times, seen):
    geometry = layer_geometry(times)
    return Seen(geometry.times, seen, find_neighbors(geometry, seen))


def reduce(blocks, hidden, times, seen):
    return blocks(hidden, blocks.sample(seen_rows(times, seen), hidden.dtype))


def make_blocks():
    torch.manual_seed(0)
    make = partial(GatedBlock, 4, causal=False)
    return RelativeBlocks(4, 8, [make, make]).double().eval()


def draw_rows():
    generator = torch.Generator().manual_seed(0)
    times = 5 * torch.rand(2, 12, generator=generator).double().sort(1).values
    hidden = torch.randn(2, 12, 4, generator=generator).double()
    return hidden, times, torch.ones(2, 12, 1, dtype=torch.bool)


def test_the_pace_and_the_beginning_of_a_series_do_not_matter():
    blocks, (hidden, times, seen) = make_blocks(), draw_rows()
    expected = reduce(blocks, hidden, times, seen)
    assert expected.shape == (2, 8)
    scaled = times * torch.tensor([[3.0], [0.2]]).double() + 7.0
    found = reduce(blocks, hidden, scaled, seen)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)
    bent = reduce(blocks, hidden, times.square(), seen)
    assert (bent - expected).abs().max() > 1e-3


def test_a_series_without_rows_gives_zeros():
    blocks, (hidden, times, seen) = make_blocks(), draw_rows()
    seen[1] = False
    found = reduce(blocks, hidden, times, seen)
    assert (found[1] == 0).all()
    assert (found[0] != 0).any()

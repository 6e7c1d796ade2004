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


def test_the_plan_of_bins_is_that_of_their_layers_and_made_once():
    blocks, (hidden, times, seen) = make_blocks(), draw_rows()
    rows = seen_rows(times, seen)
    plan = blocks.sample(rows, hidden.dtype).plan
    assert blocks.sample(rows, hidden.dtype).plan is plan
    bins = torch.arange(8).repeat(2, 1).double() / 8
    conv = blocks.blocks[0].conv
    torch.testing.assert_close(
        conv(hidden[:, :8], plan=plan), conv(hidden[:, :8], bins), atol=1e-9, rtol=0
    )
    alone = Seen(rows.times[:1], seen[:1], rows.neighbors)
    assert len(blocks.sample(alone, hidden.dtype).plan.geometry.times) == 1


def test_bins_can_be_trained_on_after_inference():
    blocks, (hidden, times, seen) = make_blocks(), draw_rows()
    with torch.inference_mode():
        expected = reduce(blocks, hidden.clone(), times.clone(), seen.clone())
    found = reduce(blocks, hidden.requires_grad_(), times, seen)
    found.sum().backward()
    assert (hidden.grad != 0).any()
    torch.testing.assert_close(found.detach(), expected.clone())

"""The residual block."""

import torch
from torch import nn

from ckts.layers import GatedBlock
from references import TIME_KINDS, direct_sum, draw_times, relative_error

CHANNELS = 4


def make_block(**params):
    torch.manual_seed(0)
    return GatedBlock(CHANNELS, horizon=7.0, time_step=0.3, **params).double()


def draw_values(length, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, length, CHANNELS)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def test_the_block_is_its_formula():
    block = make_block()
    nn.init.normal_(block.skip)
    times = draw_times("random", 2, 12, torch.Generator().manual_seed(0))
    values = draw_values(12)
    hidden = (values - values.mean(-1, keepdim=True)) / torch.sqrt(
        values.var(-1, keepdim=True, correction=0) + 1e-5
    )
    convolved, _ = direct_sum(block.conv, hidden, times)
    hidden = nn.functional.gelu(convolved + block.skip * hidden)
    content, gate = (hidden @ block.mix.weight.T + block.mix.bias).chunk(2, -1)
    expected = values + content * torch.sigmoid(gate)
    got = block(values, block.conv.plan(times))
    assert relative_error(got, expected) < 1e-12


def test_nothing_after_the_output_time_enters():
    # the norm of the authors' code looks ahead: it takes statistics over time
    block = make_block(causal=True)
    for kind in TIME_KINDS:
        times = draw_times(kind, 2, 20, torch.Generator().manual_seed(0))
        # a cut at which nothing is tied to a later row, in either series
        cut = 10
        known = times <= times[:, cut : cut + 1]
        values = draw_values(20)
        changed = torch.where(known.unsqueeze(-1), values, 3 * draw_values(20, seed=1))
        before = block(values, block.conv.plan(times))
        after = block(changed, block.conv.plan(times))
        largest = torch.maximum(before.abs().max(), after.abs().max())
        assert ((after - before)[known].abs() < 1e-12 * largest).all()
        assert not torch.equal(before, after)


def test_a_centred_block_looks_both_ways():
    block = make_block(causal=False)
    times = torch.arange(20).double().expand(2, -1) * 0.3
    values = draw_values(20)
    changed = values.clone()
    changed[:, -1] += torch.arange(CHANNELS)
    plan = block.conv.plan(times)
    assert not torch.equal(block(values, plan)[:, 0], block(changed, plan)[:, 0])


def test_dropout_drops_whole_channels_of_the_branch_in_training_only():
    block = make_block(dropout=0.5)
    plan = block.conv.plan(torch.arange(9).double().expand(2, -1))
    values = draw_values(9)
    branch = block(values, plan) - values
    kept = branch.abs().sum(1) > 0
    assert kept.any()
    assert not kept.all()
    block.eval()
    full = block(values, plan) - values
    expected = torch.where(kept.unsqueeze(1), 2 * full, 0)
    torch.testing.assert_close(branch, expected)


def test_every_parameter_gets_a_gradient():
    block = make_block()
    plan = block.conv.plan(torch.arange(9).double().expand(2, -1))
    block(draw_values(9), plan).square().sum().backward()
    for name, parameter in block.named_parameters():
        assert (parameter.grad != 0).any(), name

"""The residual block, linear layers and dropout from a generator."""

import pytest
import torch
from torch import nn

from ckts.layers import (
    Dropout,
    GatedBlock,
    gelu,
    hide_rows,
    make_linear,
    truncate_randomly,
)
from ckts.layers.block import SMALL
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


def twins(shape, rate=0.3, dtype=torch.float32):
    """The layer and torch's, on the same input and with the same random numbers."""
    inputs = torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))
    ours, theirs = inputs.clone().requires_grad_(), inputs.clone().requires_grad_()
    got = Dropout(rate)(ours, torch.Generator().manual_seed(5))
    torch.manual_seed(5)
    if len(shape) == 2:
        expected = nn.Dropout(rate)(theirs)
    else:
        expected = nn.Dropout1d(rate)(theirs.transpose(1, 2)).transpose(1, 2)
    for output in (got, expected):
        output.square().sum().backward()
    return got, expected, ours.grad, theirs.grad


@pytest.mark.parametrize("shape", [(4, 6), (1, 1), (0, 3), (4, 9, 6), (1, 0, 3)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_dropout_is_bit_for_bit_that_of_torch(shape, dtype):
    got, expected, gradient, expected_gradient = twins(shape, dtype=dtype)
    assert torch.equal(got, expected)
    assert torch.equal(gradient, expected_gradient)


def test_without_a_generator_the_global_one_is_drawn_from():
    inputs = torch.ones(5, 40)
    torch.manual_seed(5)
    got = Dropout(0.3)(inputs)
    torch.manual_seed(5)
    assert torch.equal(got, nn.Dropout(0.3)(inputs))


def test_a_generator_spares_the_global_one():
    before = torch.get_rng_state()
    Dropout(0.3)(torch.ones(5, 40), torch.Generator())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.3, False)])
def test_nothing_is_drawn_where_nothing_is_dropped(rate, training):
    generator, inputs = torch.Generator(), torch.ones(5, 40)
    before = generator.get_state()
    assert Dropout(rate).train(training)(inputs, generator) is inputs
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize("rate", [-0.1, 1, float("nan")])
def test_a_rate_that_is_no_probability_raises(rate):
    with pytest.raises(ValueError, match=r"`rate` must be in \[0, 1\); got"):
        Dropout(rate)


def test_a_generator_of_the_cpu_serves_every_device(accelerator):
    inputs = torch.ones(5, 40)
    there = Dropout(0.3)(
        inputs.to(accelerator.device), torch.Generator().manual_seed(5)
    )
    assert there.device.type == accelerator.device
    here = Dropout(0.3)(inputs, torch.Generator().manual_seed(5))
    assert torch.equal(there.cpu(), here)


def test_hidden_rows_are_a_random_share():
    torch.manual_seed(0)
    observed = torch.rand(400, 50, 2) < 0.5
    hidden = hide_rows(observed, 0.5)
    assert not (hidden & ~observed).any()
    changed = (hidden != observed).any(2) & observed.any(2)
    kept = observed & ~changed.unsqueeze(-1)
    assert torch.equal(hidden, kept)  # rows go as a whole
    shares = changed.sum(1) / observed.any(2).sum(1)
    assert shares.mean() == pytest.approx(0.25, abs=0.03)
    assert shares.max() < 0.75


@pytest.mark.parametrize("hide", [hide_rows, truncate_randomly])
def test_rows_are_hidden_from_the_generator_on_every_device(accelerator, hide):
    observed = torch.ones(5, 40, 2, dtype=torch.bool)
    before = torch.get_rng_state()
    here = hide(observed, 0.5, torch.Generator().manual_seed(5))
    there = observed.to(accelerator.device)
    there = hide(there, 0.5, torch.Generator().manual_seed(5))
    assert torch.equal(torch.get_rng_state(), before)
    assert there.device.type == accelerator.device
    assert torch.equal(there.cpu(), here)


def test_truncated_series_end_after_any_of_their_rows():
    seen = torch.tensor([1, 0, 1, 1, 0, 1, 0], dtype=torch.bool)
    observed = torch.stack([seen, torch.zeros(7, dtype=torch.bool)], 1)
    observed = observed.repeat(4000, 1, 1)
    found = truncate_randomly(observed, 0.4, torch.Generator().manual_seed(0))
    counts = found.any(2).sum(1)
    # what is left are the first rows
    expected = observed & (observed[..., :1].cumsum(1) <= counts[:, None, None])
    assert torch.equal(found, expected)
    shares = torch.bincount(counts, minlength=5) / 4000
    # as often after each row; the others end as before
    expected = torch.tensor([0.0, 0.1, 0.1, 0.1, 0.7])
    torch.testing.assert_close(shares, expected, atol=0.02, rtol=0)


def test_series_without_rows_end_as_they_were():
    observed = torch.zeros(3, 4, 2, dtype=torch.bool)
    assert torch.equal(truncate_randomly(observed, 0.5), observed)


@pytest.mark.parametrize("sizes", [(1, 1), (3, 8), (33, 7), (200, 5)])
def test_a_linear_layer_begins_bit_for_bit_as_that_of_torch(sizes):
    torch.manual_seed(4)
    expected = nn.Linear(*sizes)
    before = torch.get_rng_state()
    given = make_linear(*sizes, generator=torch.Generator().manual_seed(4))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(4)
    for layer in (given, make_linear(*sizes)):
        assert type(layer) is nn.Linear
        assert layer.weight.requires_grad
        assert torch.equal(layer.weight, expected.weight)
        assert torch.equal(layer.bias, expected.bias)
    assert torch.equal(torch.get_rng_state(), before)


def test_defaults_of_torch_hold():
    with torch.device("meta"):
        assert make_linear(2, 3).weight.device.type == "meta"
    torch.set_default_dtype(torch.float64)
    try:
        assert make_linear(2, 3).weight.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3), (2, SMALL // 4, 3)])
def test_gelu_is_that_of_torch(shape):
    values = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    for one, other in zip(
        with_gradient(gelu, values),
        with_gradient(nn.functional.gelu, values),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def with_gradient(function, values):
    output = function(values)
    return output, *torch.autograd.grad(output.square().sum(), values)

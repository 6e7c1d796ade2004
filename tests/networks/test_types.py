"""The default network in every floating type, copied, saved, and loaded."""

import copy

import pytest
import torch

from ckts.networks import GatedCKCNN

HALVES = [torch.bfloat16, torch.float16]
# Sums over some 40 products of 8 and 11 bits; measured 0.02 and 0.0013.
NOISE = {torch.bfloat16: 0.05, torch.float16: 0.01}
# In seconds, of more than 65,504 steps in float16: half precision cannot hold them.
SECONDS = {"horizon": 1e6, "time_step": [1e5] * 3, "row_time_step": 7e4}


def make_network(**options):
    torch.manual_seed(0)
    sizes = {"hidden_channels": 8, "n_static": 2, "dropout": 0.0, **SECONDS}
    return GatedCKCNN(3, 2, **{**sizes, **options}).eval()


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    times = torch.rand(4, 30, generator=generator).double().sort().values * 1e6
    observed = torch.rand(4, 30, 3, generator=generator) < 0.8
    observed[:, 0] = True
    values = torch.randn(4, 30, 3, generator=generator)
    static = torch.randn(4, 2, generator=generator)
    return {"values": values, "times": times, "observed": observed, "static": static}


def halved(batch, dtype):
    """Convert what is measured; stamps stay float64."""
    values, static = batch["values"].to(dtype), batch["static"].to(dtype)
    return {**batch, "values": values, "static": static}


def error(found, expected):
    return (found.float() - expected).norm() / expected.norm()


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("dtype", HALVES)
def test_half_precision_is_right_to_its_noise(dtype, causal, batch):
    network = make_network(causal=causal)
    half = copy.deepcopy(network).to(dtype)
    expected, output = network(**batch), half(**halved(batch, dtype))
    assert output.dtype == dtype
    assert 0 < error(output, expected) < NOISE[dtype]
    expected.square().sum().backward()
    output.float().square().sum().backward()
    pairs = zip(half.parameters(), network.parameters(), strict=True)
    slopes = [(p.grad.flatten().float(), q.grad.flatten()) for p, q in pairs]
    found, expected = (torch.cat(parts) for parts in zip(*slopes, strict=True))
    assert error(found, expected) < 3 * NOISE[dtype]


@pytest.mark.parametrize("dtype", HALVES)
def test_a_path_of_half_precision_is_right_to_its_noise(dtype, batch):
    network = make_network(causal=True)
    expected = network.forward_path(**batch)
    found = network.to(dtype).forward_path(**halved(batch, dtype))
    assert found.dtype == dtype
    assert error(found, expected) < NOISE[dtype]


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("dtype", HALVES)
def test_autocast_is_right_to_the_noise_of_half_precision(dtype, causal, batch):
    network = make_network(causal=causal)
    expected = network(**batch)
    with torch.autocast("cpu", dtype=dtype):
        output = network(**batch)
    assert output.dtype == dtype
    assert 0 < error(output, expected) < NOISE[dtype]


@pytest.mark.parametrize("dtype", HALVES)
def test_steps_of_time_stay_what_they_were(dtype):
    network = make_network()
    steps = [conv.time_step for group in network.convolutions() for conv in group]
    network.to(dtype)
    kept = [conv.time_step for group in network.convolutions() for conv in group]
    for step, other in zip(kept, steps, strict=True):
        assert torch.equal(step, other)
        assert step.dtype == torch.float32
    assert {one.dtype for one in network.parameters()} == {dtype}


def test_long_series_of_float16_do_not_overflow():
    # weights of 7 steps and values of 20, 3,000 times, are far above 65,504
    times = torch.arange(3000).double().unsqueeze(0) * 7
    network = make_network(horizon=21e3, time_step=[1.0] * 3, row_time_step=1.0)
    batch = {
        "values": torch.full((1, 3000, 3), 20.0),
        "times": times,
        "observed": torch.ones(1, 3000, 3, dtype=torch.bool),
        "static": torch.zeros(1, 2),
    }
    expected = network(**batch)
    output = network.half()(**halved(batch, torch.float16))
    assert error(output, expected) < 0.02


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_copies_and_files_give_the_same_outputs(causal, batch, tmp_path):
    network = make_network(causal=causal)
    expected = network(**batch)
    assert torch.equal(copy.deepcopy(network)(**batch), expected)
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    other = make_network(causal=causal)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    assert not torch.equal(other(**batch), expected)
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert torch.equal(other(**batch), expected)
    torch.save(network, tmp_path / "network.pt")
    whole = torch.load(tmp_path / "network.pt", weights_only=False)
    assert torch.equal(whole(**batch), expected)

"""What the default network may and may not depend on."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.plan import layer_geometry
from ckts.kernels import KERNELS
from ckts.networks import GatedCKCNN

CHANNELS = 3


def make_network(seed=0, **options):
    if seed is not None:
        torch.manual_seed(seed)
    defaults = {
        "hidden_channels": 6,
        "n_static": 2,
        "horizon": 10.0,
        "time_step": [0.5, 1.0, 2.0],
        "row_time_step": 0.4,
        "dtype": torch.float64,
    }
    return GatedCKCNN(CHANNELS, 2, **{**defaults, **options}).eval()


def make_batch(seed, n_series=3, n_rows=9, *, lattice=False):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, 10, (n_series, n_rows)), axis=1)
    times = np.sort(rng.integers(0, 20, times.shape), axis=1) / 2 if lattice else times
    batch = {
        "values": torch.from_numpy(rng.normal(size=(n_series, n_rows, CHANNELS))),
        "times": torch.from_numpy(times),
        "observed": torch.from_numpy(rng.random((n_series, n_rows, CHANNELS)) < 0.7),
        "static": torch.from_numpy(rng.normal(size=(n_series, 2))),
    }
    batch["observed"][:, 0, 0] = True
    return batch


def pad(batch, n_rows):
    """Append rows that hold rubbish and are marked as not observed."""
    values, times, observed = batch["values"], batch["times"], batch["observed"]
    size = (len(values), n_rows, CHANNELS)
    return {
        **batch,
        "values": torch.cat([values, torch.full(size, 1e3, dtype=values.dtype)], 1),
        "times": torch.cat([times, times[:, -1:].expand(-1, n_rows)], 1),
        "observed": torch.cat([observed, torch.zeros(size, dtype=torch.bool)], 1),
    }


def assert_close(result, expected):
    scale = expected.abs().max().clamp(min=1)
    torch.testing.assert_close(result / scale, expected / scale, atol=1e-9, rtol=0)


def run(network, batch):
    """Output without a mesh: more stamps may make one worth its small error."""
    geometry = layer_geometry(batch["times"])
    return network(**batch, geometries=[geometry] * len(network.convolutions()))


@given(seed=st.integers(0, 10**6), extra=st.integers(1, 40), lattice=st.booleans())
def test_padding_changes_nothing(seed, extra, lattice):
    network, batch = make_network(), make_batch(seed, lattice=lattice)
    assert_close(run(network, pad(batch, extra)), run(network, batch))


def test_a_burst_stem_is_a_convolution_of_its_own_added_to_the_stem():
    network = make_network(burst_time_step=0.2, burst_horizon=1.0)
    batch = make_batch(0)
    batch.pop("static")
    with_bursts = network.features(**batch)
    silenced = copy.deepcopy(network)
    torch.nn.init.zeros_(silenced.burst_stem.kernel.weight)
    network.burst_stem = None
    torch.testing.assert_close(silenced.features(**batch), network.features(**batch))
    assert not torch.allclose(with_bursts, network.features(**batch))


@given(seed=st.integers(0, 10**6), causal=st.booleans())
def test_a_burst_stem_sees_neither_padding_nor_batch_mates(seed, causal):
    network = make_network(causal=causal, burst_time_step=0.2, burst_horizon=1.0)
    batch = make_batch(seed)
    together = run(network, pad(batch, 5))
    for i in range(len(together)):
        alone = run(network, {name: x[i : i + 1] for name, x in batch.items()})
        assert_close(alone[0], together[i])


@given(seed=st.integers(0, 10**6), causal=st.booleans())
def test_batch_mates_change_nothing(seed, causal):
    network, batch = make_network(causal=causal), make_batch(seed)
    together = run(network, batch)
    for i in range(len(together)):
        alone = run(network, {name: x[i : i + 1] for name, x in batch.items()})
        assert_close(alone[0], together[i])


@given(seed=st.integers(0, 10**6), at=st.integers(0, 9), causal=st.booleans())
def test_a_row_without_observations_changes_nothing(seed, at, causal):
    network, batch = make_network(causal=causal), make_batch(seed)
    values, times, observed = batch["values"], batch["times"], batch["observed"]
    before, after = times[:, max(at - 1, 0)], times[:, min(at, 8)]
    more = {
        **batch,
        "values": torch.cat(
            [values[:, :at], torch.full((3, 1, CHANNELS), 99.0), values[:, at:]], 1
        ),
        "times": torch.cat(
            [times[:, :at], ((before + after) / 2)[:, None], times[:, at:]], 1
        ),
        "observed": torch.cat(
            [
                observed[:, :at],
                torch.zeros(3, 1, CHANNELS, dtype=torch.bool),
                observed[:, at:],
            ],
            1,
        ),
    }
    assert_close(network(**more), network(**batch))


@given(
    seed=st.integers(0, 10**6),
    keep=st.integers(1, 8),
    kernel=st.sampled_from(sorted(KERNELS)),
    quadrature=st.sampled_from(["gap", "linear", "none"]),
)
def test_causal_features_do_not_depend_on_the_future(seed, keep, kernel, quadrature):
    network = make_network(causal=True, kernel=kernel, quadrature=quadrature)
    batch, other = make_batch(seed), make_batch(seed + 1)
    changed = {}
    for name in ("values", "times", "observed"):
        changed[name] = batch[name].clone()
        changed[name][:, keep:] = other[name][:, keep:]
    # the future has other values, other masks and other, later times
    changed["times"][:, keep:] += batch["times"][:, keep - 1 : keep]
    changed["times"][:, keep:] = changed["times"][:, keep:].sort(1).values + 1e-3
    first = network.features(batch["values"], batch["times"], batch["observed"])
    second = network.features(**changed)
    ties = batch["times"][:, keep : keep + 1] == batch["times"][:, keep - 1 : keep]
    if not bool(ties.any()):
        assert_close(second[:, :keep], first[:, :keep])


@settings(max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    extra=st.integers(1, 5),
    causal=st.booleans(),
    lattice=st.booleans(),
)
def test_padding_changes_no_integral(seed, extra, causal, lattice):
    network = make_network(causal=causal, quadrature="linear")
    batch = make_batch(seed, lattice=lattice)
    batch["observed"][0, :, 1] = False  # a channel that is never observed
    batch["observed"][1, 1:] = False  # a single row
    padded = network(**pad(batch, extra))
    # among so few rows the method stays the same
    assert_close(padded, network(**batch))


@pytest.mark.parametrize("causal", [True, False])
def test_the_integral_is_learned_with_hidden_rows(causal):
    network = make_network(causal=causal, quadrature="linear").train()
    batch = make_batch(0, n_rows=30)
    outputs = [network(**batch) for _ in range(2)]
    assert not torch.equal(*outputs)
    sum(output.square().sum() for output in outputs).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name


def test_the_integral_and_the_sum_are_the_same_on_a_fine_grid():
    batch = make_batch(0, n_rows=400)
    batch["times"] = torch.linspace(0, 10, 400).double().expand(3, -1)
    batch["values"] = torch.sin(batch["times"]).unsqueeze(-1).expand(-1, -1, CHANNELS)
    batch["observed"] = torch.ones_like(batch["values"], dtype=torch.bool)
    options = {"time_step": [10 / 399] * CHANNELS, "row_time_step": 10 / 399}
    outputs = []
    for quadrature in ("gap", "linear"):
        network = make_network(quadrature=quadrature, **options)
        for conv in (network.stem, *(block.conv for block in network.blocks)):
            conv.kernel.frequencies.data.clamp_(max=5)
        outputs.append(network(**batch))
    assert (outputs[0] - outputs[1]).abs().max() < 0.05 * outputs[0].abs().max()


def test_centred_features_do_depend_on_the_future():
    network, batch = make_network(), make_batch(0)
    inputs = {name: batch[name] for name in ("values", "times", "observed")}
    first = network.features(**inputs)
    inputs["values"] = inputs["values"].clone()
    inputs["values"][:, -1] += 5
    inputs["observed"] = inputs["observed"].clone()
    inputs["observed"][:, -1] = True
    assert (network.features(**inputs)[:, 0] - first[:, 0]).abs().max() > 1e-3


@pytest.mark.parametrize("causal", [True, False])
def test_unit_and_origin_of_time_change_nothing(causal):
    batch = make_batch(3)
    days = make_network(causal=causal)
    seconds = make_network(
        causal=causal,
        horizon=864_000.0,
        time_step=[43_200.0, 86_400.0, 172_800.0],
        row_time_step=34_560.0,
    )
    shifted = {**batch, "times": 86_400.0 * (batch["times"] + 19_000.0)}
    torch.testing.assert_close(
        seconds(**shifted), days(**batch), atol=1e-7, rtol=0
    )  # 19,000 days leave 1e-11 of a day in float64


def test_time_stamps_matter():
    network, batch = make_network(), make_batch(4)
    ranks = torch.arange(9.0, dtype=torch.float64).expand(3, -1)
    assert (network(**{**batch, "times": ranks}) - network(**batch)).abs().max() > 1e-3


def test_forward_changes_no_state():
    network = make_network()
    before = copy.deepcopy(network.state_dict())
    attributes = {k: set(vars(m)) for k, m in network.named_modules()}
    first = network(**make_batch(0))
    network(**make_batch(1, n_series=2, n_rows=31))
    assert torch.equal(network(**make_batch(0)), first)
    assert {k: set(vars(m)) for k, m in network.named_modules()} == attributes
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("quadrature", ["gap", "linear"])
def test_series_without_observations_give_finite_outputs_and_gradients(
    quadrature, causal
):
    network = make_network(quadrature=quadrature, causal=causal).train()
    batch = make_batch(0)
    batch["observed"] = torch.zeros_like(batch["observed"])
    network(**batch).sum().backward()
    for name, parameter in network.named_parameters():
        if parameter.grad is not None:
            assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("kernel", sorted(KERNELS))
@pytest.mark.parametrize("lattice", [True, False])
@pytest.mark.parametrize("quadrature", ["gap", "linear"])
def test_every_parameter_gets_a_gradient(kernel, lattice, quadrature):
    network = make_network(kernel=kernel, quadrature=quadrature).train()
    network(**make_batch(0, lattice=lattice)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


def test_float32_agrees_with_float64():
    batch = make_batch(0)
    single = make_network(dtype=torch.float32)
    double = make_network()
    double.load_state_dict(single.state_dict())
    expected = double(**batch)
    batch["values"], batch["static"] = batch["values"].float(), batch["static"].float()
    torch.testing.assert_close(single(**batch).double(), expected, atol=1e-4, rtol=0)


def test_rows_are_hidden_in_training_only():
    network, batch = make_network(dropout=0.0), make_batch(0)
    assert torch.equal(network(**batch), network(**batch))
    network.train()
    assert not torch.equal(network(**batch), network(**batch))
    network = make_network(dropout=0.0, observation_dropout=0.0).train()
    assert torch.equal(network(**batch), network(**batch))


def test_a_generator_draws_the_network_that_the_global_one_would():
    expected = make_network(seed=6).state_dict()
    before = torch.get_rng_state()
    generator = torch.Generator().manual_seed(6)
    got = make_network(seed=None, generator=generator).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(got[key], expected[key]) for key in expected)
    assert torch.equal(generator.get_state(), before)  # and as many numbers


def test_training_draws_from_the_generator_it_is_given():
    network, batch = make_network().train(), make_batch(0)
    torch.manual_seed(6)
    expected = network(**batch)
    before = torch.get_rng_state()
    generators = [torch.Generator().manual_seed(6) for _ in range(2)]
    for generator in generators:
        assert torch.equal(network(**batch, generator=generator), expected)
        assert torch.equal(generator.get_state(), before)  # of everything, that is
    assert torch.equal(torch.get_rng_state(), before)
    other = torch.Generator().manual_seed(7)
    assert not torch.equal(network(**batch, generator=other), expected)


def test_a_generator_draws_nothing_in_prediction():
    generator = torch.Generator()
    before = generator.get_state()
    network, batch = make_network(), make_batch(0)
    assert torch.equal(network(**batch, generator=generator), network(**batch))
    assert torch.equal(generator.get_state(), before)

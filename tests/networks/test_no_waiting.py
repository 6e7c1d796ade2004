"""A training step never synchronizes the device; planning between steps may."""

import pytest
import torch

from ckts.convolution.methods import METHODS
from ckts.convolution.plan import layer_geometry
from ckts.convolution.planner import Planner
from ckts.networks import GatedCKCNN


def make_network(device, causal, **options):
    torch.manual_seed(0)
    network = GatedCKCNN(
        2,
        3,
        hidden_channels=4,
        causal=causal,
        horizon=20.0,
        time_step=[1.0, 2.0],
        **options,
    )
    return network.to(device)


def make_batch(*, lattice):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(4, 30, 2, generator=generator)
    times = 20 * torch.rand(4, 30, generator=generator).double().sort(1).values
    observed = torch.rand(4, 30, 2, generator=generator) < 0.7
    return values, times.round() if lattice else times, observed


def mesh_step(network):
    return Planner().mesh_step(0, network.convolutions()[0])


def assert_no_waiting(accelerator, network, batch, geometries, generator=None):
    on_device = (part.to(accelerator.device) for part in batch)
    geometries = [geometry.to(accelerator.device) for geometry in geometries]
    accelerator.syncs.clear()
    outputs = network(*on_device, geometries=geometries, generator=generator)
    outputs.square().sum().backward()
    assert not accelerator.syncs


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("method", METHODS)
def test_a_training_step_does_not_wait(accelerator, method, causal):
    network = make_network(accelerator.device, causal)
    batch = make_batch(lattice=method == "lattice")
    step = mesh_step(network) if method == "mesh" else None
    geometry = layer_geometry(batch[1], method=method, mesh_step=step, causal=causal)
    assert geometry.method.name == method
    assert_no_waiting(accelerator, network, batch, [geometry])


def test_a_training_step_with_bursts_does_not_wait(accelerator):
    bursts = {"burst_time_step": 0.1, "burst_horizon": 0.4}
    network = make_network(accelerator.device, causal=False, **bursts)
    batch = make_batch(lattice=False)
    geometries = Planner().geometries(network.convolutions(), batch[1])
    assert_no_waiting(accelerator, network, batch, geometries)
    assert_no_waiting(accelerator, network, batch, geometries, torch.Generator())


def test_refining_the_mesh_synchronizes_and_is_noticed(accelerator):
    network = make_network(accelerator.device, causal=False)
    accelerator.syncs.clear()
    mesh_step(network)
    assert accelerator.syncs


@pytest.mark.parametrize("method", ["mesh", "pairwise"])
def test_a_training_step_on_integrals_does_not_wait(accelerator, method):
    network = make_network(accelerator.device, causal=False, quadrature="linear")
    batch = make_batch(lattice=False)
    geometry = layer_geometry(
        batch[1],
        quadrature="linear",
        horizon=20.0,
        mesh_step=mesh_step(network),
        method=method,
        causal=False,
    )
    assert_no_waiting(accelerator, network, batch, [geometry])


def test_planning_evaluates_no_kernel(accelerator):
    network = make_network(accelerator.device, causal=False)
    _, times, _ = make_batch(lattice=False)
    accelerator.syncs.clear()
    assert (
        Planner().geometries(network.convolutions(), times)[0].method.name == "pairwise"
    )
    assert not accelerator.syncs


@pytest.mark.parametrize("bursts", [False, True])
def test_geometries_are_made_where_the_stamps_are(accelerator, bursts):
    options = {"burst_time_step": 0.1, "burst_horizon": 1.0} if bursts else {}
    batch = make_batch(lattice=False)
    network = make_network("cpu", False, **options).eval()
    with torch.no_grad():
        expected = network(*batch), network.features(*batch)
    on_device = [part.to(accelerator.device) for part in batch]
    network = make_network(accelerator.device, False, **options).eval()
    torch.testing.assert_close(network(*on_device).detach().cpu(), expected[0])
    features = network.features(*on_device).detach().cpu()
    torch.testing.assert_close(features, expected[1])

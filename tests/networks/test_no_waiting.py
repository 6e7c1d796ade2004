"""A training step never waits for the device; only between steps the host looks."""

import pytest
import torch

from ckts.convolution.geometry import METHODS, make_geometry
from ckts.convolution.quadrature.nodes import make_linear_geometry
from ckts.networks import GatedCKCNN
from ckts.networks.gated import Geometries, MeshSteps


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


def assert_no_waiting(accelerator, network, batch, geometry, generator=None):
    on_device = (part.to(accelerator.device) for part in batch)
    geometry = geometry.to(accelerator.device)
    accelerator.syncs.clear()
    outputs = network(*on_device, geometry=geometry, generator=generator)
    outputs.square().sum().backward()
    assert not accelerator.syncs


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
@pytest.mark.parametrize("method", METHODS)
def test_a_training_step_does_not_wait(accelerator, method, causal):
    network = make_network(accelerator.device, causal)
    batch = make_batch(lattice=method == "lattice")
    step = network.mesh_step().rows if method == "mesh" else None
    geometry = make_geometry(batch[1], method=method, mesh_step=step, causal=causal)
    assert geometry.method == method
    assert_no_waiting(accelerator, network, batch, Geometries(geometry))


def test_a_training_step_with_bursts_does_not_wait(accelerator):
    bursts = {"burst_time_step": 0.1, "burst_horizon": 0.4}
    network = make_network(accelerator.device, causal=False, **bursts)
    batch = make_batch(lattice=False)
    geometry = network.geometry(batch[1], network.mesh_step())
    assert_no_waiting(accelerator, network, batch, geometry)
    assert_no_waiting(accelerator, network, batch, geometry, torch.Generator())


def test_looking_at_the_mesh_waits_and_is_noticed(accelerator):
    network = make_network(accelerator.device, causal=False)
    accelerator.syncs.clear()
    network.mesh_step()
    assert accelerator.syncs


@pytest.mark.parametrize("method", ["mesh", "pairwise"])
def test_a_training_step_on_integrals_does_not_wait(accelerator, method):
    network = make_network(accelerator.device, causal=False, quadrature="linear")
    batch = make_batch(lattice=False)
    geometry = make_linear_geometry(
        batch[1],
        horizon=20.0,
        reach=25.0,
        mesh_step=network.mesh_step().rows,
        method=method,
        causal=False,
    )
    assert_no_waiting(accelerator, network, batch, Geometries(geometry))


def test_a_kernel_too_fast_for_a_mesh_is_not_looked_at_again(accelerator):
    network = make_network(accelerator.device, causal=False)
    _, times, _ = make_batch(lattice=False)
    accelerator.syncs.clear()
    assert network.geometry(times, MeshSteps()).rows.method == "pairwise"
    assert not accelerator.syncs

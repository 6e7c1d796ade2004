"""What every baseline that knows time holds to: its unit, its effect, wild stamps."""

import numpy as np
import pytest
import torch

from ckts.networks import NETWORKS
from ckts.networks.baselines.timed import AbstractTimedBaseline

TIMED = [n for n, one in NETWORKS.items() if issubclass(one, AbstractTimedBaseline)]
CHANNELS = 3


def make_network(name, unit=1.0, dtype=torch.float64):
    torch.manual_seed(0)
    time = {"row_time_step": 0.4 * unit, "horizon": 2.5 * unit}
    network = NETWORKS[name](CHANNELS, 2, hidden_channels=6, dtype=dtype, **time)
    return network.eval()


def make_batch(unit=1.0, dtype=torch.float64):
    rng = np.random.default_rng(0)
    observed = torch.from_numpy(rng.random((4, 9, CHANNELS)) < 0.5)
    observed[:, :, 0] |= ~observed.any(2)
    values = torch.from_numpy(rng.normal(size=observed.shape)).to(dtype)
    times = torch.from_numpy(np.sort(rng.uniform(0, 10, (4, 9)))) * unit
    return values, times, observed


def assert_close(result, expected):
    torch.testing.assert_close(result, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", TIMED)
def test_a_change_of_unit_or_origin_changes_nothing(name):
    expected = make_network(name)(*make_batch())
    for unit in (1e-3, 7.3):
        assert_close(make_network(name, unit)(*make_batch(unit)), expected)
    values, times, observed = make_batch()
    assert_close(make_network(name)(values, times - 20, observed), expected)


@pytest.mark.parametrize("name", TIMED)
def test_gaps_matter(name):
    network, (values, times, observed) = make_network(name), make_batch()
    expected = network(values, times, observed)
    changed = network(values, 1.5 * times, observed)
    assert ((changed - expected).abs().amax(1) > 1e-4).all()


@pytest.mark.parametrize("name", TIMED)
def test_longer_gaps_than_the_horizon_count_as_long_as_it(name):
    network, (values, times, observed) = make_network(name), make_batch()
    observed[:, 4] = True  # so that the gaps of all channels end there, too
    results = []
    for gap in (2.5, 2.6, 1e9):
        late = times.clone()
        late[:, 5:] += gap - (times[:, [5]] - times[:, [4]])
        results.append(network(values, late, observed))
    assert_close(results[1], results[0])
    # At 1e9 a stamp has 1e-7 left of a gap.
    torch.testing.assert_close(results[2], results[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", TIMED)
def test_a_wild_stamp_leaves_outputs_and_gradients_finite(name):
    network = make_network(name, dtype=torch.float32)
    values, times, observed = make_batch(dtype=torch.float32)
    times[0, 5:] += 1e9
    times[1] *= 1e-9
    outputs = network(values, times, observed)
    outputs.square().sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(torch.isfinite(tensor).all() for tensor in [outputs, *gradients])


# The others hold a GRU of torch, whose kernels for devices are not there without one.
@pytest.mark.parametrize("name", ["gru_d", "ncde"])
def test_tensors_stay_on_the_device_of_the_batch(name, accelerator):
    batch, device = make_batch(), accelerator.device
    outputs = make_network(name).to(device)(*(tensor.to(device) for tensor in batch))
    assert outputs.device.type == device
    assert_close(outputs.cpu(), make_network(name)(*batch))

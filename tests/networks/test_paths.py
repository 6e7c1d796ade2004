"""Outputs as of each row are those of series that end there, in one pass."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.planner import Planner
from ckts.networks import GatedCKCNN

CHANNELS = 3
BURSTS = {"burst_time_step": 0.2, "burst_horizon": 1.0}


def make_network(**options):
    torch.manual_seed(0)
    sizes = {"hidden_channels": 6, "horizon": 10.0, "time_step": [0.5, 1.0, 2.0]}
    options = {"causal": True, "n_static": 2, "row_time_step": 0.4, **options}
    network = GatedCKCNN(CHANNELS, 2, **sizes, **options, dtype=torch.float64)
    return network.eval()


def make_batch(seed, *, tied, n_rows=10):
    """Padded series, perhaps at few stamps, some rows and channels without values."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, 10, (3, n_rows)), 1)
    if tied:
        times = np.take_along_axis(times, rng.integers(0, 5, times.shape), 1)
        times = np.sort(times, 1)
    observed = rng.random((3, n_rows, CHANNELS)) < 0.4
    observed[0, :, rng.integers(CHANNELS)] = False
    length = rng.integers(1, n_rows)  # padding repeats the last stamp
    times[1, length:] = times[1, length - 1]
    observed[1, length:] = False
    values = np.where(observed, rng.normal(size=observed.shape), 1e3)
    return {
        "values": torch.from_numpy(values),
        "times": torch.from_numpy(times),
        "observed": torch.from_numpy(observed),
        "static": torch.from_numpy(rng.normal(size=(3, 2))),
    }


def cut(batch, series, row):
    """Take a series up to the stamp of a row."""
    length = int((batch["times"][series] <= batch["times"][series, row]).sum())
    parts = {name: part[series, None] for name, part in batch.items()}
    rows = {name: parts[name][:, :length] for name in ("values", "times", "observed")}
    return {**parts, **rows}


def check_path(network, batch, tolerance=1e-9):
    """Hold a path to outputs of truncated series; return the path."""
    with torch.no_grad():
        path = network.forward_path(**batch)
        assert path.shape == (*batch["times"].shape, 2)
        for series, row in np.ndindex(batch["times"].shape):
            expected = network(**cut(batch, series, row))[0]
            torch.testing.assert_close(
                path[series, row], expected, atol=tolerance, rtol=tolerance
            )
    return path


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    tied=st.booleans(),
    quadrature=st.sampled_from(["gap", "linear", "none"]),
    bursts=st.sampled_from([{}, BURSTS]),
    scales=st.sampled_from(["both", "common"]),
)
def test_a_path_is_the_outputs_of_truncated_series(
    seed, tied, quadrature, bursts, scales
):
    network = make_network(quadrature=quadrature, scales=scales, **bursts)
    path = check_path(network, make_batch(seed, tied=tied))
    assert path[0].std(0).min() > 1e-4


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_rows_of_one_stamp_have_one_output_in_any_order(seed):
    network, batch = make_network(), make_batch(seed, tied=True)
    rng = np.random.default_rng(seed)
    times = batch["times"].numpy()
    order = torch.from_numpy(np.lexsort((rng.random(times.shape), times), axis=1))
    rows = order.unsqueeze(-1).expand(-1, -1, CHANNELS)
    moved = {name: batch[name].gather(1, rows) for name in ("values", "observed")}
    expected = network.forward_path(**batch)
    found = network.forward_path(**{**batch, **moved})
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-12)
    ties = batch["times"].diff() == 0
    jumps = found.diff(dim=1)[ties]
    assert ties.any()
    assert jumps.abs().max() < 1e-12


@pytest.mark.parametrize("quadrature", ["gap", "linear", "none"])
def test_nothing_later_changes_an_earlier_output(quadrature):
    network, batch = make_network(quadrature=quadrature), make_batch(0, tied=False)
    changed = {name: part.clone() for name, part in batch.items()}
    changed["values"][:, 6:] = -7.0
    changed["observed"][:, 6:] = True
    changed["times"][:, 6:] += 2.0
    before, after = network.forward_path(**batch), network.forward_path(**changed)
    torch.testing.assert_close(after[::2, :6], before[::2, :6], atol=1e-9, rtol=0)
    assert (after - before)[:, 6:].abs().amin(1).max() > 1e-3


def test_a_path_on_a_mesh_is_that_of_all_pairs():
    network, batch = make_network(), make_batch(0, tied=False, n_rows=300)
    paths = []
    for method, step in (("pairwise", None), ("mesh", 0.01)):
        planner = Planner(0)
        planner.mesh_step = lambda number, layers, step=step: step
        geometries = planner.geometries(network.convolutions(), batch["times"])
        assert geometries[0].method.name == method
        paths.append(network.forward_path(**batch, geometries=geometries))
    # a mesh promises 1e-4
    torch.testing.assert_close(paths[1], paths[0], atol=1e-4, rtol=1e-4)


def test_the_path_ends_with_the_output():
    network, batch = make_network(), make_batch(3, tied=True)
    path = network.forward_path(**batch)
    torch.testing.assert_close(path[:, -1], network(**batch), atol=1e-9, rtol=1e-9)


def test_no_observation_at_all_is_a_path_too():
    network, batch = make_network(), make_batch(0, tied=False)
    batch["observed"] = torch.zeros_like(batch["observed"])
    path = network.forward_path(**batch)
    expected = network(**batch).unsqueeze(1).expand_as(path)
    torch.testing.assert_close(path, expected)


def test_float32_agrees_with_float64():
    batch = make_batch(0, tied=True)
    double = make_network()
    single = make_network()
    single.load_state_dict(double.state_dict())
    expected = double.forward_path(**batch)
    single = single.float()
    batch["values"], batch["static"] = batch["values"].float(), batch["static"].float()
    found = single.forward_path(**batch)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, atol=1e-4, rtol=1e-4)


def test_a_path_needs_a_causal_network():
    network = make_network(causal=False)
    with pytest.raises(ValueError, match=r"`causal` must be True.*got False\. Make"):
        network.forward_path(**make_batch(0, tied=False))


# --- What causal networks see, and learn from -----------------------------------------


def test_causal_networks_see_how_long_ago_a_series_began():
    batch = make_batch(0, tied=False)
    batch["observed"][:, 1:] = False
    batch["observed"][:, 0] = True
    batch["observed"][:, 8] = True
    later = {**batch, "times": batch["times"].clone()}
    later["times"][:, 1:] += 2.0

    def own_input(network, batch):
        seen = []
        network.encode.register_forward_hook(lambda _, args, out: seen.append(args[0]))
        network(**batch)
        return seen[0]

    wide, narrow = make_network(), make_network(causal=False)
    assert wide.encode.in_features == narrow.encode.in_features + 1
    first, second = (own_input(wide, one)[..., -1] for one in (batch, later))
    elapsed = batch["times"] - batch["times"][:, :1]
    torch.testing.assert_close(first, (elapsed / 0.4).log1p())
    shifted = ((elapsed[:, 1:] + 2.0).clamp(max=10.0) / 0.4).log1p()
    torch.testing.assert_close(second[:, 1:], shifted)


def test_causal_networks_learn_from_truncated_series():
    options = {"dropout": 0.0, "observation_dropout": 0.0}
    batch = {name: part[:1] for name, part in make_batch(0, tied=False).items()}
    network = make_network(**options).train()
    path = network.forward_path(**batch)[0]
    whole = path[-1]
    generator = torch.Generator().manual_seed(0)
    outputs = torch.stack([network(**batch, generator=generator) for _ in range(60)])
    places = [(path - one).abs().amax(1).min() for one in outputs[:, 0]]
    assert max(places) < 1e-9  # each is the output as of some row
    ended = (outputs[:, 0] - whole).abs().amax(1) < 1e-9
    assert 0.4 < ended.double().mean() < 0.75
    centred = make_network(causal=False, **options).train()
    assert torch.equal(centred(**batch), centred(**batch))

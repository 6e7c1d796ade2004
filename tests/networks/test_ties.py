"""Rows of one time stamp see each other, in whatever order they stand."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution.planner import Planner
from ckts.convolution.quadrature.neighbors import find_neighbors
from ckts.layers import N_SUMMARIES, ChannelSummary
from ckts.networks import GatedCKCNN
from ckts.networks.inputs import describe_observations

CHANNELS = 3
seeds = st.integers(0, 2**16)


def make_network(**options):
    torch.manual_seed(0)
    sizes = {"hidden_channels": 6, "horizon": 10.0, "time_step": [0.5, 1.0, 2.0]}
    network = GatedCKCNN(CHANNELS, 2, **sizes, dtype=torch.float64, **options)
    return network.eval()


def make_tied_batch(seed, n_series=3, n_rows=14, *, lattice=False):
    """Rows at few stamps, padded; a channel may be observed at any of them."""
    rng = np.random.default_rng(seed)
    stamps = np.sort(rng.uniform(0, 10, (n_series, 5)), 1)
    stamps = np.round(2 * stamps) / 2 if lattice else stamps
    times = np.take_along_axis(stamps, rng.integers(0, 5, (n_series, n_rows)), 1)
    times = np.sort(times, 1)
    observed = rng.random((n_series, n_rows, CHANNELS)) < 0.6
    for series in range(1, n_series):  # padding repeats the last stamp
        length = rng.integers(1, n_rows)
        times[series, length:] = times[series, length - 1]
        observed[series, length:] = False
    values = rng.normal(size=observed.shape)
    return {
        "values": torch.from_numpy(values),
        "times": torch.from_numpy(times),
        "observed": torch.from_numpy(observed),
    }


def shuffle_ties(batch, seed):
    """Rows of each stamp in another order, padding among them."""
    rng = np.random.default_rng(seed)
    times = batch["times"].numpy()
    order = torch.from_numpy(np.lexsort((rng.random(times.shape), times), axis=1))
    rows = order.unsqueeze(-1).expand(-1, -1, CHANNELS)
    return order, {
        "values": batch["values"].gather(1, rows),
        "times": batch["times"],
        "observed": batch["observed"].gather(1, rows),
    }


@settings(deadline=None, max_examples=60)
@given(
    seeds,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["gap", "linear", "none"]),
    st.sampled_from([None, 0.1]),
)
def test_the_order_of_tied_rows_changes_nothing(
    seed, causal, lattice, quadrature, mesh_step
):
    network = make_network(causal=causal, quadrature=quadrature)
    batch = make_tied_batch(seed, lattice=lattice)
    order, shuffled = shuffle_ties(batch, seed)
    planner = Planner()
    planner.mesh_step = lambda number, layers: mesh_step
    geometries = planner.geometries(network.convolutions(), batch["times"])
    expected = network(**batch, geometries=geometries)
    output = network(**shuffled, geometries=geometries)
    assert (output - expected).abs().max() <= 1e-12 * expected.abs().max().clamp(min=1)
    rows = order.unsqueeze(-1).expand(-1, -1, 6)
    features = network.features(**batch, geometries=geometries).gather(1, rows)
    moved = network.features(**shuffled, geometries=geometries)
    assert (moved - features).abs().max() <= 1e-12 * features.abs().max()


def naive_description(times, observed, steps):
    """Count and gap of each row, from their definition."""
    result = np.zeros((*observed.shape, 2))
    for row, channel in np.ndindex(observed.shape):
        seen = times[observed[:, channel]]
        before = seen[seen < times[row]]
        gap = (times[row] - before[-1]) / steps[channel] if len(before) else 0
        count = np.sum(seen <= times[row])
        result[row, channel] = np.log1p(count), np.log1p(gap)
    return result


@given(seeds)
def test_counts_and_gaps_are_those_of_the_stamp(seed):
    network, batch = make_network(), make_tied_batch(seed)
    observed = batch["observed"]
    viewed = torch.cat([observed, observed], 2)  # in two scales
    plan = network.stem.plan(batch["times"], viewed, method="pairwise")
    found = describe_observations(
        find_neighbors(plan.geometry, observed),
        network.stem.time_step[:CHANNELS],
        1e9,
        torch.float64,
    )
    found = found.unflatten(2, (2, CHANNELS))
    for series in range(len(observed)):
        expected = naive_description(
            batch["times"][series].numpy(), observed[series].numpy(), [0.5, 1.0, 2.0]
        )
        np.testing.assert_allclose(
            found[series].numpy(), expected.transpose(0, 2, 1), atol=1e-14
        )


@given(seeds)
def test_first_and_last_are_means_over_their_stamps(seed):
    batch = make_tied_batch(seed)
    values, times, observed = batch["values"], batch["times"], batch["observed"]
    found = ChannelSummary()(values, observed, times)
    found = found.unflatten(1, (N_SUMMARIES, CHANNELS))
    for series, channel in np.ndindex(len(times), CHANNELS):
        seen = observed[series, :, channel]
        stamps, shown = times[series, seen], values[series, seen, channel]
        for number, end in ((4, stamps[:1]), (5, stamps[-1:])):
            expected = shown[stamps == end].mean() if len(stamps) else 0
            assert found[series, number, channel] == pytest.approx(float(expected))


@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(-14, -1))
def test_features_just_before_a_stamp_do_not_see_it(seed, exponent):
    network, batch = make_network(causal=True), make_tied_batch(seed, lattice=True)
    batch = {name: part[:1] for name, part in batch.items()}
    times = batch["times"]
    times[0, 7] = times[0, 6] + 10.0**exponent
    batch["times"] = times = times.sort(1).values
    distinct = times.diff() > 2.0**-48 * times[0, -1]
    if not bool(distinct.any()):
        return
    first = 1 + int(distinct[0].nonzero()[-1])
    changed = copy.deepcopy(batch)
    changed["values"][:, first:] += 3
    changed["observed"][:, first:] = True
    before, after = network.features(**batch), network.features(**changed)
    difference = (after - before)[:, :first].abs().max()
    assert difference <= 1e-12 * after.abs().max()

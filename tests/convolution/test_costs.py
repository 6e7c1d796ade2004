"""The cost model: which method it prefers, never how long one takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckts.convolution.costs import (
    MAX_POINTS,
    cheapest,
    longest_fitting,
    mesh_cost,
    pairwise_cost,
    regular_cost,
)

sizes = st.integers(1, 10**5)
batches = st.integers(1, 64)


@given(batches, sizes, sizes, st.integers(1, 1000))
def test_more_never_costs_less(batch, one, other, more):
    for causal in (True, False):
        costs = [
            mesh_cost(*sizes, causal=causal)
            for sizes in ((batch, one, other), (batch + more, one, other))
        ]
        assert costs[0] < costs[1]
        assert mesh_cost(batch, one + more, other, causal=causal) > costs[0]
        assert mesh_cost(batch, one, other + more, causal=causal) > costs[0]
    assert mesh_cost(batch, one, other, causal=True) > costs[0]
    pairs = pairwise_cost(batch, one, other)
    assert pairs < pairwise_cost(batch + more, one, other)
    assert pairs < pairwise_cost(batch, one + more, other)
    assert pairs < pairwise_cost(batch, one, other + more)
    assert regular_cost(batch, one + more) > regular_cost(batch, one)
    assert regular_cost(batch + more, one) > regular_cost(batch, one)


@given(batches, st.integers(9, 10**5))
def test_longer_series_leave_the_pairs_and_do_not_return(batch, length):
    taken = [
        cheapest(batch, n, n, mesh_length=length)[0]
        for n in (1, 30, 100, 300, 1000, 3000, 10**4, 10**5, 10**6)
    ]
    assert taken == sorted(taken, reverse=True)  # pairwise, ..., mesh, ...
    assert taken[0] == "pairwise"
    assert taken[-1] == "mesh"


@given(batches, sizes)
def test_without_a_mesh_pairs_remain(batch, n_times):
    for length in (None, 1.0 + MAX_POINTS, 1e300):
        assert cheapest(batch, n_times, n_times, mesh_length=length)[0] == "pairwise"


@given(batches, sizes, sizes, st.integers(9, 10**6), st.booleans())
def test_the_cheaper_of_pairs_and_mesh_is_taken(
    batch, n_times, n_queries, length, causal
):
    stamps = batch * max(n_times, n_queries)
    costs = {"pairwise": pairwise_cost(batch, n_times, n_queries)}
    if length <= longest_fitting(batch):
        costs["mesh"] = mesh_cost(batch, stamps, length, causal=causal)
    method, _ = cheapest(batch, n_times, n_queries, mesh_length=length, causal=causal)
    assert costs[method] == min(costs.values())


@given(batches, sizes, st.one_of(st.none(), st.integers(9, 10**6)))
def test_a_lattice_without_holes_is_always_taken(batch, n_times, length):
    _, longest = cheapest(batch, n_times, n_times, mesh_length=length)
    assert longest >= n_times
    assert longest <= max(longest_fitting(batch), n_times)


@given(batches, sizes, st.integers(9, 10**6))
def test_a_lattice_as_fine_as_the_mesh_is_preferred(batch, n_times, length):
    method, longest = cheapest(batch, n_times, n_times, mesh_length=length)
    if method == "mesh":
        assert longest >= min(length, longest_fitting(batch))


@given(batches)
def test_points_of_all_series_together_are_bounded(batch):
    longest = longest_fitting(batch)
    assert batch * longest <= MAX_POINTS < batch * (longest + 1)
    assert cheapest(batch, 10**5, 10**9, mesh_length=longest)[0] == "mesh"
    assert cheapest(batch, 10**5, 10**9, mesh_length=longest + 1)[0] == "pairwise"


def test_dropped_samples_keep_their_lattice_and_lonely_stamps_do_not():
    _, longest = cheapest(32, 91, 91, mesh_length=200)
    assert longest >= 182  # CharacterTrajectories, 50 % dropped
    _, longest = cheapest(1, 3, 3, mesh_length=None)
    assert longest < 1000


@pytest.mark.parametrize("n_times", [0, 1])
def test_next_to_nothing_has_a_method(n_times):
    method, longest = cheapest(1, n_times, 1, mesh_length=None)
    assert method == "pairwise"
    assert longest >= 1

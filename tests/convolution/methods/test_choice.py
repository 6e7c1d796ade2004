"""Which method is taken for a batch: the cost model, never how long one takes."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts.convolution import methods
from ckts.convolution.methods import METHODS, lattice, prepare_method
from ckts.convolution.methods.base import AbstractMethod, Batch, Offer
from ckts.convolution.methods.mesh import mesh
from ckts.convolution.plan import layer_geometry
from ckts.convolution.stamps import sort_stamps
from ckts.layers import CKConv
from time_patterns import draw_pattern

batches, sizes = st.integers(1, 20), st.integers(5, 300)


def make_batch(n_series, n_times, *, mesh_step=None, causal=True):
    """Random stamps in [0, 1)."""
    generator = torch.Generator().manual_seed(0)
    times = torch.rand(n_series, n_times, generator=generator).double().sort().values
    times = times - times[:, :1]
    options = {"mesh_step": mesh_step, "causal": causal}
    return Batch(stamps=sort_stamps(times, times), **options)


def cost(name, *args, **options):
    return METHODS[name].propose(make_batch(*args, **options)).cost


@given(batches, sizes, st.integers(1, 100))
def test_more_never_costs_less(n_series, n_times, more):
    for causal in (True, False):
        options = {"mesh_step": 0.01, "causal": causal}
        for name in ("mesh", "pairwise"):
            one = cost(name, n_series, n_times, **options)
            assert cost(name, n_series + more, n_times, **options) > one
    options = {"mesh_step": 0.01}
    assert cost("pairwise", n_series, n_times + more) > cost(
        "pairwise", n_series, n_times
    )
    assert cost("mesh", n_series, n_times, mesh_step=0.005) > cost(
        "mesh", n_series, n_times, **options
    )
    assert cost("mesh", n_series, n_times, causal=False, **options) < cost(
        "mesh", n_series, n_times, **options
    )


@settings(max_examples=10, deadline=None)
@given(batches, st.floats(0.001, 0.1))
def test_longer_series_leave_the_pairs_and_do_not_return(n_series, step):
    taken = [
        prepare_method(make_batch(n_series, n, mesh_step=step, causal=False)).name
        for n in (5, 30, 300, 2000)
    ]
    assert taken == sorted(taken, reverse=True)  # pairwise, ..., mesh, ...
    assert taken[0] == "pairwise"


@settings(max_examples=20, deadline=None)
@given(batches, sizes, st.floats(0.001, 0.1), st.booleans())
def test_the_cheaper_of_pairs_and_mesh_is_taken(n_series, n_times, step, causal):
    batch = make_batch(n_series, n_times, mesh_step=step, causal=causal)
    offers = {name: METHODS[name].propose(batch) for name in ("mesh", "pairwise")}
    taken = prepare_method(batch).name
    assert offers[taken].cost == min(offer.cost for offer in offers.values())


@pytest.mark.parametrize("step", [None, 1e-12, 1e-300])
def test_without_a_mesh_pairs_remain(step):
    batch = make_batch(2, 50, mesh_step=step)
    assert METHODS["mesh"].propose(batch) is None
    assert prepare_method(batch).name == "pairwise"


@pytest.mark.parametrize("name", ["lattice", "mesh"])
@pytest.mark.parametrize(("n_series", "fits"), [(3, True), (4, False)])
def test_points_of_all_series_together_are_bounded(n_series, fits, name, monkeypatch):
    for module in (lattice, mesh):
        monkeypatch.setattr(module, "MAX_POINTS", 400)
    times = torch.tensor([[0.0, 1.0, 110.0]]).double().expand(n_series, -1)
    offer = METHODS[name].propose(
        Batch(stamps=sort_stamps(times, times), mesh_step=1.0)
    )
    assert (offer is not None) == fits


def test_a_lattice_without_holes_is_taken_without_a_search_for_a_mesh_step():
    def search():
        raise AssertionError

    times = torch.arange(2000).double().expand(3, -1)
    assert layer_geometry(times, mesh_step=search).method.regular


@settings(max_examples=20, deadline=None)
@given(batches, st.integers(2, 2000), st.floats(0.01, 100.0))
def test_a_lattice_without_holes_is_always_taken(n_series, n_times, mesh_step):
    times = torch.arange(n_times).double().expand(n_series, -1)
    assert layer_geometry(times, mesh_step=mesh_step).method.name == "lattice"


@settings(max_examples=10, deadline=None)
@given(batches, st.integers(300, 3000), st.integers(0, 2**16))
def test_a_lattice_as_fine_as_the_mesh_is_preferred(n_series, n_times, seed):
    generator = torch.Generator().manual_seed(seed)
    steps = torch.randint(1, 9, (n_series, n_times), generator=generator)
    times = steps.cumsum(1).double()
    batch = Batch(stamps=sort_stamps(times, times), mesh_step=1.0)
    offers = {name: METHODS[name].propose(batch) for name in ("mesh", "pairwise")}
    if offers["mesh"].cost < offers["pairwise"].cost:
        assert layer_geometry(times, mesh_step=1.0).method.name == "lattice"


def test_dropped_samples_keep_their_lattice_and_lonely_stamps_do_not():
    generator = torch.Generator().manual_seed(0)
    kept = torch.rand(32, 182, generator=generator).argsort(1)[:, :91].sort(1).values
    # CharacterTrajectories, 50 % dropped
    assert layer_geometry(kept.double(), mesh_step=1.0).method.name == "lattice"
    lonely = torch.tensor([[0.0, 1.0, 999.0]]).double()
    assert layer_geometry(lonely).method.name == "pairwise"


def test_a_lattice_is_exact_and_may_cost_half_more_than_a_mesh():
    # 8,001 points of a lattice, or as many mesh points and 3,000 stamps
    generator = torch.Generator().manual_seed(0)
    kept = torch.randperm(8000, generator=generator)[:3000].sort().values
    times = torch.cat([kept, torch.tensor([8000])]).double().unsqueeze(0)
    assert layer_geometry(times, mesh_step=1.0).method.name == "lattice"
    assert layer_geometry(times, mesh_step=8.0, causal=False).method.name == "mesh"


@pytest.mark.parametrize("n_times", [0, 1])
def test_next_to_nothing_has_a_method(n_times):
    times = torch.zeros(1, n_times, dtype=torch.float64)
    assert layer_geometry(times).method.name in ("lattice", "pairwise")


# --- a new method ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Dense(AbstractMethod):
    """All kernel values at once: one class that is not the library's."""

    name: ClassVar[str] = "dense"

    @classmethod
    def propose(cls, batch):
        return Offer(1.0, lambda: cls.prepare(batch))

    @classmethod
    def prepare(cls, batch):
        return cls(times=batch.stamps.times, query_times=batch.stamps.query_times)

    def convolve(self, weighted, kernel):
        lags = self.query_times.unsqueeze(2) - self.times.unsqueeze(1)
        lags = lags.masked_fill(lags < 0, torch.inf) if kernel.causal else lags
        basis = kernel.features(lags)
        return torch.einsum("bqtf,btc,ocf->bqo", basis, weighted, kernel.mixing)


@pytest.mark.parametrize("quadrature", ["gap", "linear", "none"])
@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_a_method_joins_by_one_line(quadrature, causal, monkeypatch):
    monkeypatch.setitem(methods.METHODS, "dense", Dense)  # the line
    torch.manual_seed(0)
    conv = CKConv(2, 3, horizon=0.5, quadrature=quadrature, causal=causal).double()
    times = draw_pattern("uniform", 40).unsqueeze(0)
    values = torch.randn(1, 40, 2, dtype=torch.float64)
    expected = conv(values, plan=conv.plan(times, method="pairwise"))
    for method in ("auto", "dense"):
        plan = conv.plan(times, method=method)
        assert isinstance(plan.geometry.method, Dense)
        assert isinstance(plan.geometry.to("cpu").method, Dense)
        torch.testing.assert_close(conv(values, plan=plan), expected)

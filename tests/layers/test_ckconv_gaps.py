"""Gaps that a kernel does not cross, and stamps that nearly coincide."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckconv_cases import (
    FLOAT64,
    HORIZON,
    MESH,
    ROUNDING,
    assert_like_direct_sum,
    make_batch,
    make_conv,
)
from ckts.convolution.methods import pairwise
from ckts.convolution.methods.mesh import mesh
from ckts.kernels import KERNELS
from ckts.layers import CKConv
from references import direct_sum, relative_error
from time_patterns import draw_pattern

seeds = st.integers(0, 2**16)
gaps = st.sampled_from([1.2, 1.26, 5.0, 1e3, 1e7])


def make_runs(seed, gap, *, lattice, batch=2):
    """Runs of stamps shorter than the horizon, some horizons apart; times and queries.

    The numbers of lattice runs are such that few points have a stamp.
    """
    generator = torch.Generator().manual_seed(seed)
    runs = torch.rand(batch, 4, 12, generator=generator, dtype=torch.float64)
    runs = (runs * HORIZON * 1.5).sort(2).values
    begins = gap * HORIZON * torch.arange(4).double().view(1, 4, 1)
    runs = runs + begins * torch.tensor([1.0, 0.3]).view(2, 1, 1)
    runs = runs.flatten(1).sort(1).values
    runs = (runs * 8).round() / 8 if lattice else runs
    shift = 0.5 if lattice else 0.4
    queries = torch.cat([runs[:, ::5] + shift, runs[:, :1] - 3, runs[:, -1:] + 60], 1)
    return runs, queries


@settings(deadline=None, max_examples=25)
@given(seeds, gaps, st.booleans(), st.booleans(), st.booleans())
def test_gaps_change_no_sum(seed, gap, causal, lattice, ask):
    conv = make_conv(causal=causal, bias=False)
    times, queries = make_runs(seed, gap, lattice=lattice)
    values, _, observed = make_batch("random", length=times.shape[1], seed=seed)
    plans = [(method, MESH) for method in ("mesh", "auto")]
    plans += [("lattice", FLOAT64)] if lattice and gap < 1e4 else []
    expected, _ = direct_sum(conv, values, times, observed, queries if ask else None)
    for method, bound in plans:
        plan = conv.plan(times, observed, queries if ask else None, method=method)
        assert relative_error(conv(values, plan=plan), expected) < bound


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("method", ["lattice", "mesh"])
def test_gradients_across_gaps_are_those_of_the_direct_sum(method, causal):
    conv = make_conv(causal=causal)
    times, queries = make_runs(0, 50.0, lattice=method == "lattice")
    values, _, observed = make_batch("random", length=times.shape[1])
    plan = conv.plan(times, observed, queries, method=method)
    found = plan.geometry.method
    assert found.length * found.step < 13 * HORIZON < times.max()
    bound = MESH if method == "mesh" else FLOAT64
    assert_like_direct_sum(conv, values, times, observed, queries, bound, method=method)


@settings(deadline=None, max_examples=10)
@given(seeds, st.booleans())
def test_gaps_change_no_integral(seed, causal):
    conv = make_conv(causal=causal, quadrature="linear", bias=False)
    times, queries = make_runs(seed, 40.0, lattice=False)
    values, _, observed = make_batch("random", length=times.shape[1], seed=seed)
    exact = conv.plan(times, observed, queries, method="pairwise")
    fast = conv.plan(times, observed, queries, method="mesh")
    assert relative_error(conv(values, plan=fast), conv(values, plan=exact)) < MESH


def test_a_short_kernel_on_a_long_span_takes_a_mesh():
    # 200 bursts within a month, seen through 20 seconds
    bursts = draw_pattern("uniform", 200).unsqueeze(1) * 30 * 86_400
    times = (bursts + 10 * draw_pattern("uniform", 15)).flatten().sort().values
    conv = make_conv(horizon=20.0, time_step=0.7)
    geometry = conv.plan(times.unsqueeze(0)).geometry
    assert geometry.method.name == "mesh"
    assert geometry.method.length < 200 * 40 / geometry.method.step


def test_a_geometry_of_a_shorter_kernel_raises():
    short, long = make_conv(horizon=1.0), make_conv(horizon=2.0)
    values, times, observed = make_batch("random")
    plan = short.plan(times, observed)
    with pytest.raises(
        ValueError,
        match=r"`geometry` must reach as far as the kernel, 2\.5; got one for kernels "
        r"up to 1\.25\. Make it with the layer of the longest horizon: "
        r"`conv\.geometry\(times\)`",
    ):
        long(values, plan=plan)
    shared = long.geometry(times)
    for conv in (short, long):
        conv(values, plan=conv.plan(times, observed, geometry=shared))


# --- stamps that nearly coincide ------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(
    seeds,
    st.integers(-15, -1),
    st.sampled_from(sorted(KERNELS)),
    st.sampled_from(["auto", "mesh", "pairwise"]),
)
def test_a_stamp_just_before_another_does_not_see_it(seed, exponent, kernel, method):
    conv = make_conv(kernel)
    if method == "mesh" and not conv.kernel.smooth:
        method = "pairwise"
    values, times, _ = make_batch("lattice", batch=1, length=25, seed=seed)
    times[0, 12] = times[0, 11] + 10.0**exponent
    times = times.sort(1).values
    distinct = times.diff() > 2.0**-48 * times[0, -1].abs()
    first = 1 + int(distinct[0].nonzero()[seed % int(distinct.sum())])
    changed = values.clone()
    changed[:, first:] += 1
    plan = conv.plan(times, method=method)
    before, after = conv(values, plan=plan), conv(changed, plan=plan)
    difference = (after - before)[:, :first].abs().max()
    # a mesh adds up what it then subtracts
    assert difference <= (0 if method == "pairwise" else 1e-11) * after.abs().max()


@pytest.mark.parametrize("method", ["auto", "pairwise"])
def test_a_microsecond_between_hours_is_seen(method):
    hour = 3600 * 10**9
    times = torch.tensor([[0, hour, 2 * hour, 2 * hour + 1000, 3 * hour, 4 * hour]])
    conv = CKConv(1, 1, horizon=4.0 * hour, time_step=float(hour)).double()
    values = torch.randn(1, 6, 1, dtype=torch.float64)
    changed = values.clone()
    changed[0, 3] += 1
    plan = conv.plan(times, method=method)
    assert torch.equal(conv(values, plan=plan)[0, :3], conv(changed, plan=plan)[0, :3])


@pytest.mark.parametrize(
    "dtype", [torch.int8, torch.uint8, torch.int16, torch.uint16, torch.int32]
)
@pytest.mark.parametrize("method", ["auto", "pairwise", "mesh"])
def test_small_integers_do_not_overflow(dtype, method):
    conv = make_conv(horizon=100.0, time_step=10.0)
    low = torch.iinfo(dtype).min
    times = torch.tensor([[0, 40, 90, 130, 131, 200, 250]]) + low
    values, _, observed = make_batch("random", batch=1, length=7)
    queries = torch.tensor([[0, 255, 131, 20]]) + low
    plan = conv.plan(times.to(dtype), observed, queries.to(dtype), method=method)
    expected, _ = direct_sum(conv, values, times, observed, queries)
    bound = MESH if method == "mesh" else FLOAT64
    assert relative_error(conv(values, plan=plan), expected) < bound


def test_unsigned_integers_of_64_bits_raise():
    conv = make_conv()
    values, times, observed = make_batch("lattice")
    times = (times * 8).round().abs().cummax(1).values
    with pytest.raises(
        TypeError,
        match=r"`times` must be signed or shorter integers; got torch\.uint64\. Use "
        r"`times\.long\(\)`",
    ):
        conv(values, times.to(torch.uint64), observed)
    conv(values, times.to(torch.uint64).long(), observed)


# --- pairs without end ----------------------------------------------------------------


@pytest.fixture
def few_pairs(monkeypatch):
    """Three hundred stamps are as bad as fifty thousand."""
    monkeypatch.setattr(pairwise, "MAX_PAIRS", 300**2 // 4)


def method_of(conv, times):
    return conv.plan(times).geometry.method.name


def irregular(length=300):
    return draw_pattern("uniform", length).unsqueeze(0)


def test_pairs_without_end_raise(few_pairs):
    times, values = irregular(), torch.randn(1, 300, 3, dtype=torch.float64)
    fine = make_conv("siren", horizon=1.0, omega_0=1e6)
    message = (
        r"`times` must leave at most 22,500 pairs of observations and outputs where "
        r"pairs are summed one by one; got 45,150, and no mesh is fine enough for the "
        r"kernel, or it has kinks\. Use kernel='bands' with a coarser `time_step`, a "
        r"smaller `omega_0`, or a shorter `horizon`, which a mesh can follow, smaller "
        r"batches, or method='pairwise', which sums any number of pairs\."
    )
    with pytest.raises(ValueError, match=message):
        fine(values, times)
    # the ways out
    assert (
        make_conv(horizon=1.0, time_step=1e-3).plan(times).geometry.method.name
        == "mesh"
    )
    slow = make_conv("siren", horizon=1.0, omega_0=1.0)
    assert slow.plan(times).geometry.method.name == "mesh"
    short = make_conv("siren", horizon=0.1, omega_0=1e6)
    assert short.plan(times).geometry.method.name != "mesh"
    assert fine.plan(times[:, :150]).geometry.method.name == "pairwise"
    plan = fine.plan(times, method="pairwise")
    assert fine(values, plan=plan).isfinite().all()


def test_kinks_and_meshes_that_do_not_fit_raise(few_pairs, monkeypatch):
    times = irregular()
    with pytest.raises(ValueError, match="or it has kinks"):
        make_conv("relu", horizon=1.0).plan(times)
    conv = make_conv(horizon=1.0, time_step=1e-4)
    length = 1 / conv.mesh_step()
    with pytest.raises(ValueError, match=r"a mesh of .* is no cheaper"):
        conv.plan(times)
    monkeypatch.setattr(mesh, "MAX_POINTS", 1000)
    assert length > 1000
    with pytest.raises(ValueError, match="must have at most 1,000 points per series"):
        conv.plan(times)


def test_pairs_beyond_the_reach_do_not_count(few_pairs):
    times = irregular()
    fine = make_conv("siren", horizon=0.1, omega_0=1e6)
    assert fine.plan(times).geometry.method.name != "mesh"
    assert make_conv("relu", horizon=0.1).plan(times).geometry.method.name != "mesh"


def test_a_grid_of_any_length_does_not_raise(few_pairs):
    times = torch.arange(400).double().unsqueeze(0)
    assert method_of(make_conv("relu", horizon=400.0), times) == "lattice"


def test_a_fine_kernel_has_a_mesh_up_to_half_a_million_points():
    conv = make_conv(horizon=1.0, time_step=1 / 2e5)
    conv.kernel.frequencies.data.mul_(2)  # bands begin below that
    double = copy.deepcopy(conv).double()
    resolution = 1 / conv.mesh_step()
    assert 131_072 < resolution <= 2**19
    times = irregular(200)
    values, _, observed = make_batch("random", batch=1, length=200)
    plan = conv.plan(times, observed, method="mesh")
    expected, _ = direct_sum(double, values, times, observed)
    assert relative_error(conv(values, plan=plan), expected) < MESH
    assert ROUNDING < MESH

"""Geometries of batches: kept while memory allows, refined as kernels get faster."""

import pytest
import torch

from ckts.convolution import planner as planner_module
from ckts.convolution.plan import layer_geometry, make_geometry
from ckts.convolution.planner import Planner
from ckts.layers import CKConv
from ckts.networks import GatedCKCNN
from references import relative_error
from time_patterns import draw_pattern, pad_series


def groups(n_layers=1, **options):
    torch.manual_seed(0)
    options = {"horizon": 1.0, "time_step": 0.1, **options}
    return [[CKConv(1, 1, **options) for _ in range(n_layers)]]


def irregular(seed, length=50):
    return draw_pattern("uniform", length, seed).unsqueeze(0)


# --- the cache ------------------------------------------------------------------------


def test_geometries_are_made_once_for_the_same_stamps():
    planner, layers, times = Planner(), groups(), irregular(0)
    (first,) = planner.geometries(layers, times)
    size = planner.size
    (again,) = planner.geometries(layers, times.clone())
    assert again.times is first.times
    assert planner.size == size
    (other,) = planner.geometries(layers, irregular(1))
    assert not torch.equal(other.times, first.times)
    assert planner.size == 2 * size


def test_rounding_and_mesh_step_make_other_geometries():
    planner, layers = Planner(), groups()
    times = 0.1 * torch.arange(30).double().unsqueeze(0) + 1e-9 * irregular(0, 30)
    assert planner.geometries(layers, times)[0].method.name != "lattice"
    rounding = torch.tensor([1e-7], dtype=torch.float64)
    (rounded,) = planner.geometries(layers, times, rounding=rounding)
    assert rounded.method.regular
    planner.refine(layers)
    size = planner.size
    planner.geometries(layers, times)
    assert planner.size > size


def test_a_group_of_layers_has_one_geometry():
    planner = Planner()
    layers = [*groups(3), *groups(1, horizon=0.1, time_step=0.01)]
    planner.refine(layers)
    coarse, fine = planner.geometries(layers, irregular(0, 3000))
    assert fine.method.step < coarse.method.step
    assert (coarse.reach, fine.reach) == (1.25, 0.125)


def test_tensors_that_are_one_object_are_counted_once():
    planner = Planner()
    planner.geometries(groups(), irregular(0))
    assert planner.size == 8 * 50  # the outputs are at the observations


def test_the_bytes_of_a_mesh_are_counted():
    planner, layers = Planner(), groups()
    planner.refine(layers)
    (geometry,) = planner.geometries(layers, irregular(0, 3000))
    terms = geometry.method.near.terms[0].by_row
    assert planner.size > terms.entries.numel() * 8 + terms.columns.numel() * 4


def test_what_was_used_last_is_kept(monkeypatch):
    planner, layers, made = Planner(largest=8 * 170), groups(), []

    def note(times, **options):
        made.append(int(times[0, -1] * 1e9))
        return layer_geometry(times, **options)

    monkeypatch.setattr(planner_module, "layer_geometry", note)
    stamps = {key: irregular(seed) for seed, key in enumerate("abcd")}
    for key in "abcabad":  # c is the one that was not used for longest
        planner.geometries(layers, stamps[key])
    assert planner.size == 8 * 150
    assert len(made) == 4
    for key in "abd":
        planner.geometries(layers, stamps[key])
    assert len(made) == 4
    planner.geometries(layers, stamps["c"])
    assert len(made) == 5


def test_what_is_larger_than_the_cache_is_made_and_not_kept():
    planner, layers = Planner(largest=8 * 60), groups()
    planner.geometries(layers, irregular(0))
    assert planner.geometries(layers, irregular(0, 70))[0].times.numel() == 70
    assert planner.size == 0
    planner.geometries(layers, irregular(0))
    planner.drop_cache()
    planner.geometries(layers, irregular(0))
    assert planner.size == 0


# --- refinement -----------------------------------------------------------------------


def speed_up(layers, factor):
    """Make the kernel of one layer faster by hand."""
    with torch.no_grad():
        layers[-1][-1].kernel.frequencies.mul_(factor)


def test_a_mesh_is_refined_for_a_faster_kernel_and_never_coarsened():
    planner, layers = Planner(), groups(2)
    planner.refine(layers)
    (before,) = planner.mesh_steps
    speed_up(layers, 40.0)
    planner.refine(layers)
    (refined,) = planner.mesh_steps
    assert refined < before / 2
    speed_up(layers, 1 / 400)
    planner.refine(layers)
    assert planner.mesh_steps == (refined,)


def test_a_kernel_too_fast_for_a_mesh_is_noticed():
    planner, layers = Planner(), groups(2)
    speed_up(layers, 1e6)
    planner.refine(layers)
    assert planner.mesh_steps == (None,)
    speed_up(layers, 1e-6)
    planner.refine(layers)
    assert planner.mesh_steps[0] is not None


@pytest.mark.parametrize("causal", [True, False])
def test_a_refined_mesh_holds_the_tolerance(causal):
    torch.manual_seed(0)
    network = GatedCKCNN(
        1,
        1,
        hidden_channels=4,
        n_blocks=1,
        dropout=0.0,
        observation_dropout=0.0,
        causal=causal,
        horizon=1.0,
        time_step=[0.01],
        row_time_step=0.01,
        dtype=torch.float64,
    ).eval()
    times, exists = pad_series(draw_pattern("uniform", 400), draw_pattern("tied", 250))
    values = torch.randn(2, 400, 1, dtype=torch.float64)
    observed = exists.unsqueeze(2)

    def error(step):
        outputs = [
            network.features(values, times, observed, [make_geometry(times, **options)])
            for options in (
                {"method": "mesh", "mesh_step": step, "causal": causal},
                {"method": "pairwise"},
            )
        ]
        return relative_error(*outputs)

    with torch.no_grad():
        planner = Planner()
        planner.refine(network.convolutions())
        (coarse,) = planner.mesh_steps
        assert error(coarse) < 1e-4
        network.stem.kernel.frequencies.mul_(5)
        assert error(coarse) > 1e-3  # what a mesh that is never refined would do
        planner.refine(network.convolutions())
        (fine,) = planner.mesh_steps
        assert fine < coarse / 2
        assert error(fine) < 1e-4

"""Geometries of batches: kept while memory allows, refined as kernels get faster."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from ckts.convolution import planner as planner_module
from ckts.convolution.plan import layer_geometry
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


def test_rounding_makes_another_geometry():
    planner, layers = Planner(), groups()
    times = 0.1 * torch.arange(30).double().unsqueeze(0) + 1e-9 * irregular(0, 30)
    assert planner.geometries(layers, times)[0].method.name != "lattice"
    rounding = torch.tensor([1e-7], dtype=torch.float64)
    (rounded,) = planner.geometries(layers, times, rounding=rounding)
    assert rounded.method.regular


def test_a_mesh_is_made_anew_for_another_step_only():
    planner, layers, times = Planner(), groups(), irregular(0, 3000)
    (first,) = planner.geometries(layers, times)
    planner.refine()
    (again,) = planner.geometries(layers, times)
    assert again.method.step == first.method.step
    assert again.times is first.times
    speed_up(layers, 40.0)
    assert planner.geometries(layers, times)[0].method.step == first.method.step
    size = planner.size
    planner.refine()
    (refined,) = planner.geometries(layers, times)
    assert refined.method.step < first.method.step / 2
    assert planner.size > size


def test_a_group_of_layers_has_one_geometry():
    planner = Planner()
    layers = [*groups(3), *groups(1, horizon=0.1, time_step=0.01)]
    coarse, fine = planner.geometries(layers, irregular(0, 3000))
    assert fine.method.step < coarse.method.step
    assert (coarse.reach, fine.reach) == (1.25, 0.125)


def test_tensors_that_are_one_object_are_counted_once():
    planner = Planner()
    planner.geometries(groups(), irregular(0))
    assert planner.size == 8 * 50  # the outputs are at the observations


def test_the_bytes_of_a_mesh_are_counted():
    planner, layers = Planner(), groups()
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
    planner, (layers,) = Planner(), groups(2)
    before = planner.mesh_step(0, layers)
    speed_up([layers], 40.0)
    assert planner.mesh_step(0, layers) == before
    planner.refine()
    refined = planner.mesh_step(0, layers)
    assert refined < before / 2
    speed_up([layers], 1 / 400)
    planner.refine()
    assert planner.mesh_step(0, layers) == refined


def test_a_kernel_too_fast_for_a_mesh_is_noticed():
    planner, (layers,) = Planner(), groups(2)
    speed_up([layers], 1e6)
    assert planner.mesh_step(0, layers) is None
    speed_up([layers], 1e-6)
    planner.refine()
    assert planner.mesh_step(0, layers) is not None


@pytest.mark.parametrize(("length", "n_searches"), [(50, 0), (3000, 1)])
def test_a_mesh_step_is_searched_only_where_a_mesh_could_pay(length, n_searches):
    planner, layers, found = Planner(), groups(), []
    search = layers[0][0].mesh_step
    layers[0][0].mesh_step = lambda **options: found.append(1) or search(**options)
    for seed in range(3):
        planner.geometries(layers, irregular(seed, length))
    assert len(found) == n_searches
    planner.refine()
    assert len(found) == n_searches
    planner.geometries(layers, irregular(0, length))
    assert len(found) == 2 * n_searches


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
            network.features(
                values, times, observed, [layer_geometry(times, **options)]
            )
            for options in (
                {"method": "mesh", "mesh_step": step, "causal": causal},
                {"method": "pairwise"},
            )
        ]
        return relative_error(*outputs)

    with torch.no_grad():
        planner, (layers,) = Planner(), network.convolutions()
        coarse = planner.mesh_step(0, layers)
        assert error(coarse) < 1e-4
        network.stem.kernel.frequencies.mul_(5)
        assert error(coarse) > 1e-3  # what a mesh that is never refined would do
        planner.refine()
        fine = planner.mesh_step(0, layers)
        assert fine < coarse / 2
        assert error(fine) < 1e-4


# --- threads and pickles --------------------------------------------------------------


@pytest.mark.parametrize("largest", [0, 8 * 120])
def test_threads_share_a_planner(largest):
    planner, layers = Planner(largest=largest), groups()
    batches = [irregular(seed) for seed in range(4)]
    expected = [Planner().geometries(layers, times)[0].times for times in batches]

    def ask(number):
        (made,) = planner.geometries(layers, batches[number % 4])
        return torch.equal(made.times, expected[number % 4])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(ask, range(400)))
    finally:
        sys.setswitchinterval(interval)
    assert planner.size <= largest


def test_a_pickle_holds_no_geometries():
    planner, layers = Planner(), groups()
    planner.mesh_step(0, layers[0])
    (made,) = planner.geometries(layers, irregular(0, 3000))
    content = pickle.dumps(planner)
    assert len(content) < 1000
    (again,) = pickle.loads(content).geometries(layers, irregular(0, 3000))
    assert again.method.step == made.method.step


def test_networks_of_other_horizons_do_not_share_geometries():
    planner, times = Planner(), irregular(0)
    planner.geometries(groups(), times)
    (other,) = planner.geometries(groups(horizon=0.5), times)
    assert other.reach == 0.625


# --- continued elsewhere --------------------------------------------------------------


def test_another_planner_goes_on_with_the_same_mesh_steps():
    planner, layers, times = Planner(), groups(), irregular(0, 3000)
    step = planner.mesh_step(0, layers[0])
    steps = planner.steps()
    assert steps == [(0, step, True)]
    with torch.no_grad():
        layers[0][0].kernel.frequencies.mul_(40.0)
    other = Planner()
    (before,) = other.geometries(layers, times)  # with a finer step
    assert other.mesh_step(0, layers[0]) < step
    other.set_steps(steps)
    assert other.mesh_step(0, layers[0]) == step
    assert other.geometries(layers, times)[0] is not before
    other.set_steps([(0, step, False)])
    assert other.mesh_step(0, layers[0]) < step

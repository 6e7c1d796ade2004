"""What the stamps of a batch decide: origin, method, and its move to a device."""

import math
from dataclasses import fields, is_dataclass

import pytest
import torch

from ckts.convolution.methods import METHODS
from ckts.convolution.methods.fft import MAX_POINTS
from ckts.convolution.methods.mesh import near_terms as near
from ckts.convolution.plan import layer_geometry
from time_patterns import draw_pattern, pad_series

GRID = torch.arange(30, dtype=torch.float64).expand(2, -1)


def irregular(length, batch=1):
    return torch.stack([draw_pattern("uniform", length, n) for n in range(batch)])


# --- stamps ---------------------------------------------------------------------------


def test_stamps_are_counted_from_their_origin_in_float64():
    epoch = 1_700_000_000_000_000_000
    times = torch.tensor([[epoch, epoch + 1, epoch + 4], [-5, 0, 5]])
    geometry = layer_geometry(times, times[:, :1] - 3)
    elapsed = geometry.times - geometry.times[:, :1]
    assert elapsed.dtype == torch.float64
    assert elapsed.tolist() == [[0, 1, 4], [0, 5, 10]]
    lags = geometry.query_times - geometry.times[:, :1]
    assert lags.tolist() == [[-3], [-3]]


@pytest.mark.parametrize("method", METHODS)
def test_queries_at_the_observations_are_known_as_such(method):
    for stamps in (irregular(6, 2), torch.arange(5).expand(2, -1)):
        if method == "lattice":
            stamps = stamps.round()
        options = {"method": method, "mesh_step": 0.1}
        assert layer_geometry(stamps, **options).queries_are_observations
        assert not layer_geometry(stamps, stamps, **options).queries_are_observations


def test_a_stamp_within_rounding_of_a_lattice_point_is_that_point():
    times = torch.arange(10).double().unsqueeze(0) * 0.1
    queries = torch.tensor([[0.3]], dtype=torch.float64)
    assert queries[0, 0] < times[0, 3]
    geometry = layer_geometry(times, queries)
    assert geometry.query_times[0, 0] == geometry.times[0, 3]
    off = layer_geometry(times, queries, method="pairwise")
    assert off.query_times[0, 0] < off.times[0, 3]


# --- the method -----------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_method_can_be_chosen(method):
    geometry = layer_geometry(GRID, method=method, mesh_step=0.5)
    assert type(geometry.method) is METHODS[method]
    assert geometry.method.name == method


def test_a_lattice_may_be_insisted_on():
    sparse = torch.tensor([[0.0, 1.0, 10_000.0]]).double()
    assert layer_geometry(sparse).method.name == "pairwise"
    assert layer_geometry(sparse, method="lattice").method.length == 10_001


@pytest.mark.parametrize(
    ("stamps", "step", "method"),
    [
        (GRID, None, "lattice"),
        (GRID, 0.01, "lattice"),
        (irregular(20), None, "pairwise"),
        (irregular(20), 0.005, "pairwise"),
        (irregular(3000), 0.005, "mesh"),
        (irregular(3000, 4), 0.005, "mesh"),
        (irregular(3000), None, "pairwise"),  # a kernel with kinks
        (irregular(300), 1e-7, "pairwise"),  # and one that is very fast
    ],
    ids=["grid", "grid, step", "few", "few, step", "many", "batch", "kinks", "fast"],
)
def test_the_cheapest_method_is_taken(stamps, step, method):
    assert layer_geometry(stamps, mesh_step=step).method.name == method


def test_dropped_samples_of_a_grid_remain_on_their_lattice():
    generator = torch.Generator().manual_seed(0)
    kept = torch.rand(4, 2000, generator=generator).argsort(1)[:, :1000].sort(1).values
    geometry = layer_geometry(kept.double() / 100, mesh_step=0.02)
    assert geometry.method.step == pytest.approx(0.01)


def test_more_points_than_fit_are_no_choice():
    huge = 2.0 * MAX_POINTS
    stamps = torch.linspace(0, 1, 5000, dtype=torch.float64).unsqueeze(0) ** 1.5 * huge
    assert layer_geometry(stamps, mesh_step=1.0).method.name == "pairwise"


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
@pytest.mark.parametrize("method", ["auto", "mesh", "pairwise"])
def test_an_empty_batch_is_summed_pair_by_pair(shape, method):
    times = torch.zeros(shape, dtype=torch.float64)
    geometry = layer_geometry(times, method=method, mesh_step=0.5)
    assert geometry.method.name == "pairwise"


def test_a_centred_mesh_needs_no_near_field():
    options = {"method": "mesh", "mesh_step": 0.1}
    assert layer_geometry(GRID, causal=False, **options).method.near is None
    assert layer_geometry(GRID, causal=True, **options).method.near is not None


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"method": "fft"},
            ValueError,
            "`method` must be one of 'auto', 'lattice', 'mesh', 'pairwise'; got 'fft'",
        ),
        (
            {"method": "mesh"},
            ValueError,
            "`mesh_step` must be a number for method='mesh'; got None. A layer with "
            "a smooth kernel finds it: use `CKConv.plan`",
        ),
        (
            {"method": "mesh", "mesh_step": 1e-9},
            ValueError,
            "`mesh_step` must leave at most 33,554,432 mesh points per series for "
            "method='mesh'; got 29,000,000,000. Use method='auto', or smaller batches",
        ),
        (
            {"mesh_step": 0.0},
            ValueError,
            "`mesh_step` must be positive and finite; got 0.0",
        ),
        (
            {"mesh_step": math.inf},
            ValueError,
            "`mesh_step` must be positive and finite; got inf",
        ),
        ({"mesh_step": "fine"}, TypeError, "`mesh_step` must be a number; got 'fine'"),
        (
            {"times": GRID.flip(1)},
            ValueError,
            "`times` must not decrease within a series; series 0 has 28.0 after 29.0",
        ),
        (
            {"times": GRID / 0},
            ValueError,
            "`times` must be finite; got NaN or infinity",
        ),
        (
            {"query_times": GRID[0]},
            ValueError,
            r"`query_times` must have the shape \(batch, query\) with batch = 2; got "
            r"\(30,\)",
        ),
        (
            {"query_times": GRID[:1]},
            ValueError,
            r"with batch = 2; got \(1, 30\)",
        ),
        (
            {"times": GRID[:, :0], "query_times": GRID},
            ValueError,
            "`times` must hold at least one time per series; got 0. Pad series",
        ),
    ],
)
def test_wrong_arguments_raise(arguments, error, message):
    with pytest.raises(error, match=message):
        layer_geometry(**{"times": GRID, **arguments})


# --- on a device ----------------------------------------------------------------------


def tensors_of(value, path=""):
    """All tensors of nested dataclasses, by where they stand."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif is_dataclass(value):
        for field in fields(value):
            part = getattr(value, field.name)
            yield from tensors_of(part, f"{path}.{field.name}")


def same_objects(geometry):
    """Pairs of places that hold one and the same tensor."""
    found = list(tensors_of(geometry))
    return {(a, b) for a, one in found for b, other in found if one is other}


@pytest.mark.parametrize("ask", [False, True], ids=["at observations", "queries"])
@pytest.mark.parametrize("method", ["lattice", "mesh", "mesh of intervals", "pairwise"])
def test_a_geometry_moves_as_a_whole(accelerator, method, ask, monkeypatch):
    if method == "mesh of intervals":
        monkeypatch.setattr(near, "NEIGHBORS", -1)
    geometry = layer_geometry(
        GRID, GRID[:, ::3] if ask else None, method=method.split()[0], mesh_step=0.7
    )
    there = geometry.to(accelerator.device)
    assert not accelerator.syncs
    assert {t.device.type for _, t in tensors_of(there)} == {accelerator.device}
    assert {t.device.type for _, t in tensors_of(geometry)} == {"cpu"}
    assert type(there.method) is type(geometry.method)
    assert there.queries_are_observations == geometry.queries_are_observations
    # what was one tensor is moved once and remains one
    assert same_objects(there) == same_objects(geometry)
    back = there.to("cpu")
    pairs = zip(tensors_of(back), tensors_of(geometry), strict=True)
    for (path, one), (_, other) in pairs:
        assert torch.equal(one, other), path


def test_interpolation_at_the_observations_is_one_object():
    geometry = layer_geometry(GRID, method="mesh", mesh_step=0.7)
    for moved in (geometry, geometry.to("cpu")):
        assert moved.method.source is moved.method.target
        assert moved.query_times is moved.times


def test_stamps_on_a_device_give_a_geometry_there(accelerator):
    times, _ = pad_series(draw_pattern("uniform", 20), draw_pattern("tied", 9))
    there = layer_geometry(times.to(accelerator.device), method="mesh", mesh_step=0.1)
    here = layer_geometry(times, method="mesh", mesh_step=0.1)
    pairs = zip(tensors_of(there), tensors_of(here), strict=True)
    for (path, one), (_, other) in pairs:
        assert one.device.type == accelerator.device, path
        assert torch.equal(one.cpu(), other), path

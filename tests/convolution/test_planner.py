"""Geometries of batches: kept while memory allows, refined as kernels get faster."""

import numpy as np
import pytest
import torch

from ckts import CKCNNRegressor, as_panel
from ckts.convolution.geometry import Geometry, make_geometry
from ckts.convolution.planner import GeometryCache
from ckts.estimators import _net as net_module
from ckts.estimators._net import STEPS_PER_CHECK, PanelDataset
from ckts.estimators._tensors import PanelTensors
from ckts.layers import CKConv
from ckts.networks import GatedCKCNN
from ckts.networks.gated import Geometries
from irregular import irregular_panel
from references import relative_error
from time_patterns import draw_pattern, pad_series


def make_flat_geometry(n_bytes):
    times = torch.zeros(1, n_bytes // 8, dtype=torch.float64)
    return Geometry(times, times)


class Maker:
    """Counts what it makes."""

    def __init__(self, n_bytes=800):
        self.n_bytes, self.made = n_bytes, 0

    def __call__(self):
        self.made += 1
        return make_flat_geometry(self.n_bytes)


# --- the cache ------------------------------------------------------------------------


def test_a_geometry_is_made_once():
    cache, make = GeometryCache(), Maker()
    first = cache.get("a", make)
    assert cache.get("a", make) is first
    assert make.made == 1
    assert cache.get("b", make) is not first
    assert make.made == 2


def test_tensors_that_are_one_object_are_counted_once():
    cache = GeometryCache()
    cache.get("a", Maker(800))
    assert cache.size == 800
    times = torch.zeros(1, 10, dtype=torch.float64)
    cache.get("b", lambda: Geometry(times, times.clone()))
    assert cache.size == 800 + 2 * 80


def test_the_bytes_of_a_mesh_are_counted():
    times = draw_pattern("uniform", 500).unsqueeze(0)
    geometry = make_geometry(times, method="mesh", mesh_step=0.01)
    cache = GeometryCache()
    cache.get("a", lambda: geometry)
    terms = geometry.mesh.near.terms[0].by_row
    assert cache.size > terms.entries.numel() * 8 + terms.columns.numel() * 4


def test_what_was_used_last_is_kept():
    cache = GeometryCache(largest=2500)
    makers = {key: Maker() for key in "abcd"}
    for key in "abcabad":  # c is the one that was not used for longest
        cache.get(key, makers[key])
    assert cache.size == 2400
    for key in "abd":
        cache.get(key, makers[key])
        assert makers[key].made == 1
    cache.get("c", makers["c"])
    assert makers["c"].made == 2


def test_what_is_larger_than_the_cache_is_made_and_not_kept():
    cache = GeometryCache(largest=1000)
    small, huge = Maker(800), Maker(8000)
    cache.get("small", small)
    assert cache.get("huge", huge).times.numel() == 1000
    assert cache.size == 0
    cache.get("huge", huge)
    assert huge.made == 2


# --- the net --------------------------------------------------------------------------


@pytest.fixture
def trained():
    """A fitted regressor's net, whose next step is the first after a check."""
    X, y = irregular_panel(8)
    model = CKCNNRegressor(
        max_epochs=1, hidden_channels=4, n_blocks=1, causal=True, random_state=0
    )
    net = model.fit(X, y.astype(float)).net_
    net.n_steps_ = 0
    return net


def convolutions(net):
    return [part for part in net.module_.modules() if isinstance(part, CKConv)]


def speed_up(net, factor):
    """Make the kernels of one layer faster by hand."""
    with torch.no_grad():
        convolutions(net)[-1].kernel.frequencies.mul_(factor)


def take_steps(net, monkeypatch, count):
    """Take training steps without the training."""
    checks = []

    def check():
        checks.append(net.n_steps_)
        type(net).check_mesh(net)

    monkeypatch.setattr(net, "check_mesh", check)
    monkeypatch.setattr(net_module.NeuralNet, "train_step", lambda *args, **kw: None)
    for _ in range(count):
        net.train_step(None)
    return checks


def test_the_net_knows_the_rounding_of_the_original_stamps(trained, monkeypatch):
    # a tenth of a second near 1.7e9 is off by 2e-7: a grid only for who knows it
    panel = as_panel([(1.7e9 + np.arange(30) * 0.1, np.ones((30, 2)))] * 3)
    dataset = PanelDataset(PanelTensors(panel))
    made, make = [], trained.module_.geometry

    def note(*args, **options):
        made.append(make(*args, **options))
        return made[-1]

    monkeypatch.setattr(trained.module_, "geometry", note)
    batch, _ = dataset.__getitems__([0, 1, 2])
    with torch.no_grad():
        trained.infer(batch)
    assert made[0].rows.lattice.regular
    assert make(batch["times"], trained.mesh_step_).rows.lattice is None


def test_the_mesh_is_checked_every_few_steps(trained, monkeypatch):
    assert STEPS_PER_CHECK == 8
    assert take_steps(trained, monkeypatch, 20) == [0, 8, 16]


def test_the_mesh_is_refined_for_a_faster_kernel_and_never_coarsened(
    trained, monkeypatch
):
    before = trained.mesh_step_.rows
    take_steps(trained, monkeypatch, 8)
    assert trained.mesh_step_.rows == before
    speed_up(trained, 40.0)
    take_steps(trained, monkeypatch, 1)  # the ninth
    refined = trained.mesh_step_.rows
    assert refined < before / 2
    speed_up(trained, 1 / 400)
    take_steps(trained, monkeypatch, 8)
    assert trained.mesh_step_.rows == refined


def test_a_kernel_too_fast_for_a_mesh_is_noticed(trained):
    speed_up(trained, 1e6)
    trained.check_mesh()
    assert trained.mesh_step_.rows is None
    speed_up(trained, 1e-6)
    trained.check_mesh()
    assert trained.mesh_step_.rows is not None


def test_a_new_fit_forgets_the_mesh_of_the_last_one(trained):
    trained.mesh_step_, trained.n_steps_ = 1e-9, 5
    trained.initialize_module()
    assert trained.mesh_step_ is None
    assert trained.n_steps_ == 0


def test_a_batch_that_comes_again_has_its_geometry_already(trained, monkeypatch):
    made = []
    geometry = trained.module_.geometry
    monkeypatch.setattr(
        trained.module_,
        "geometry",
        lambda times, step, **_: made.append(step) or geometry(times, step),
    )
    cache = GeometryCache()
    times = draw_pattern("uniform", 9).unsqueeze(0)
    batch = {
        "values": torch.randn(1, 9, 2),
        "times": times,
        "observed": torch.ones(1, 9, 2, dtype=torch.bool),
    }

    class Known:
        geometries, series, rounding = cache, (0,), None

    first = trained.infer({**batch, "known": Known})
    assert torch.equal(trained.infer({**batch, "known": Known}), first)
    assert made == [trained.mesh_step_]
    # a refined mesh is another geometry
    speed_up(trained, 8.0)
    trained.check_mesh()
    trained.infer({**batch, "known": Known})
    assert made[1:] == [trained.mesh_step_]
    assert made[1] < made[0]


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
                values, times, observed, Geometries(make_geometry(times, **options))
            )
            for options in (
                {"method": "mesh", "mesh_step": step, "causal": causal},
                {"method": "pairwise"},
            )
        ]
        return relative_error(*outputs)

    with torch.no_grad():
        coarse = network.mesh_step()
        assert error(coarse.rows) < 1e-4
        network.stem.kernel.frequencies.mul_(5)
        assert error(coarse.rows) > 1e-3  # what a mesh that is never checked would do
        fine = network.mesh_step(known=coarse)
        assert fine.rows < coarse.rows / 2
        assert error(fine.rows) < 1e-4

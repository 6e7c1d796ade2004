"""How a net plans its batches: what it hands to the planner, and when it refines."""

import pickle

import numpy as np
import pytest
import torch

from ckts import CKCNNRegressor, as_panel
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.estimators.training import net as net_module
from ckts.estimators.training.net import STEPS_PER_REFINEMENT
from irregular import irregular_panel


@pytest.fixture
def trained():
    """A fitted regressor's net, whose next step is the first after a refinement."""
    X, y = irregular_panel(8)
    model = CKCNNRegressor(
        max_epochs=1, hidden_channels=4, n_blocks=1, causal=True, random_state=0
    )
    net = model.fit(X, y.astype(float)).net_
    net.n_steps_ = 0
    return net


def test_the_net_knows_the_rounding_of_the_original_stamps(trained):
    # a tenth of a second near 1.7e9 is off by 2e-7: a grid only for who knows it
    panel = as_panel([(1.7e9 + np.arange(30) * 0.1, np.ones((30, 2)))] * 3)
    batch, _ = PanelDataset(panel).__getitems__([0, 1, 2])
    made, make = [], trained.module_.forward

    def note(*args, geometries, **options):
        made.extend(geometries)
        return make(*args, geometries=geometries, **options)

    trained.module_.forward = note
    with torch.no_grad():
        trained.infer(batch)
    layers = trained.module_.convolutions()
    assert made[0].method.regular
    plain = trained.planner_.geometries(layers, batch["times"])
    assert plain[0].method.name != "lattice"


def test_kernels_are_followed_every_few_steps(trained, monkeypatch):
    steps, planner = [], trained.planner_
    monkeypatch.setattr(planner, "refine", lambda: steps.append(trained.n_steps_))
    monkeypatch.setattr(net_module.NeuralNet, "train_step", lambda *args, **kw: None)
    for _ in range(20):
        trained.train_step(None)
    assert STEPS_PER_REFINEMENT == 8
    assert steps == [0, 8, 16]


def test_refinement_follows_the_kernels_of_the_module(trained):
    planner, layers = trained.planner_, trained.module_.convolutions()[0]
    before = planner.mesh_step(0, layers)
    with torch.no_grad():
        trained.module_.stem.kernel.frequencies.mul_(40.0)
    planner.refine()
    assert planner.mesh_step(0, layers) < before / 2


def test_a_new_fit_has_a_planner_of_its_own(trained):
    before, trained.n_steps_ = trained.planner_, 5
    trained.initialize_module()
    assert trained.planner_ is not before
    assert trained.n_steps_ == 0


def test_a_trained_net_keeps_no_batches_and_a_small_pickle(trained):
    X, _ = irregular_panel(8)
    dataset = PanelDataset(as_panel(X))
    outputs = trained.outputs(dataset)
    assert trained.planner_.size == 0
    again = pickle.loads(pickle.dumps(trained))
    np.testing.assert_array_equal(again.outputs(dataset), outputs)

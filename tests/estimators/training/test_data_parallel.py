"""Two processes with half batches find what one finds with whole ones."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist

import ckts
import parallel_fits
from ckts.estimators.training.data_parallel import DataParallelNet, finest_steps
from ckts.estimators.training.net import PanelNet
from parallel_fits import AGREEING, EQUAL, WEIGHT, X, Y, found_of, model_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What two processes of torchrun found, which end by themselves if they hang."""
    pytest.importorskip("accelerate")
    folder = tmp_path_factory.mktemp("parallel")
    paths = [str(ROOT), str(ROOT / "tests/support"), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", parallel_fits.__file__, folder),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        timeout=300,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    loaded = [pickle.loads((folder / f"{i}.pickle").read_bytes()) for i in (0, 1)]
    loaded.append([ckts.load(folder / f"{i}.safetensors").predict(X) for i in (0, 1)])
    return loaded


def assert_agree(one, other):
    assert one["history"] == other["history"]
    for name in ("weights", "outputs"):
        np.testing.assert_array_equal(one[name], other[name])
    for name in ("share", "nets", "steps"):
        assert one[name] == other[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", EQUAL)
def test_two_processes_have_the_loss_of_one(name, found):
    """Up to what a mesh adds in float64, where halves are summed by one."""
    alone = found_of(model_of(**EQUAL[name]).fit(X, Y, WEIGHT))
    together = found[0][name]
    assert together["nets"] == ["PanelNet"] * len(alone["nets"])
    assert len(together["history"]) == len(alone["history"])
    for row, expected in zip(together["history"], alone["history"], strict=True):
        assert row == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(together["outputs"], alone["outputs"], atol=1e-5)
    assert together["share"] == pytest.approx(alone["share"], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*EQUAL, *AGREEING])
def test_the_processes_end_with_the_same_model(name, found):
    assert np.isfinite(found[0][name]["weights"]).all()
    assert_agree(found[0][name], found[1][name])


@pytest.mark.slow
def test_a_fit_that_was_stopped_continues_from_one_file(found):
    for one in found[:2]:
        of_one = one["continued"]
        assert of_one["error"].startswith("Stop")
        assert of_one["files"] == [".ckpt"]
        assert of_one["left"] == 0
        assert_agree(of_one["continued"], of_one["uninterrupted"])


@pytest.mark.slow
def test_an_error_of_the_first_is_raised_by_all_and_other_data_by_each(found):
    for one in found[:2]:
        assert "no score in process 0" in one["bad score"]
        assert "ValueError: `X`, `y` and weights must be the same" in one["other data"]


@pytest.mark.slow
def test_pickles_and_files_predict_without_the_others(found):
    *both, loaded = found
    for one, of_file in zip(both, loaded, strict=True):
        for predicted in (*one["copies"], of_file):
            np.testing.assert_array_equal(predicted, both[0]["copies"][0])


# --- in one process -------------------------------------------------------------------


@pytest.fixture
def group():
    """A process group of one."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize(
    "params",
    [{}, {"dropout": 0.5}, {"amp": "float16", "dtype": "float32"}],
    ids=["plain", "dropout", "float16"],
)
def test_a_share_that_is_the_batch_changes_no_bit(params, group, monkeypatch):
    expected = found_of(model_of(**params).fit(X, Y, WEIGHT))
    module = ckts.estimators.training.trained
    monkeypatch.setattr(module, "PanelNet", DataParallelNet)
    found = found_of(model_of(**params, early_stopping=False).fit(X, Y, WEIGHT))
    assert_agree(found, expected)


class Fixed:
    """Some process of several, which nobody answers."""

    def __init__(self, rank, n_processes):
        self.rank, self.n_processes = rank, n_processes


def net_of(net_class, **params):
    return net_class(torch.nn.Linear, torch.nn.MSELoss, **params)


def batch_of(n_series):
    values = torch.arange(3.0 * n_series).reshape(n_series, 3)
    return {"values": values}, (torch.arange(n_series), torch.arange(1.0, n_series + 1))


@pytest.mark.parametrize(("n_series", "n_processes"), [(7, 2), (8, 3), (2, 4), (1, 2)])
def test_means_of_shares_add_up_to_that_of_the_batch(n_series, n_processes):
    net = net_of(DataParallelNet)
    batch = batch_of(n_series)
    total, seen = 0.0, []
    for rank in range(n_processes):
        net.processes = Fixed(rank, n_processes)
        (inputs, (target, weight)), rows, whole = net._share(batch)
        assert whole == n_series
        assert (inputs["values"][: len(rows)] == batch[0]["values"][rows]).all()
        total += (weight * target**2).mean()
        seen += rows.tolist()
    assert sorted(seen) == list(range(n_series))
    _, (target, weight) = batch
    assert total == pytest.approx((weight * target**2).mean())


def test_each_process_draws_numbers_of_its_own():
    alone, nets = net_of(PanelNet, seed=3), []
    for rank in range(2):
        nets.append(net_of(DataParallelNet, seed=3))
        nets[-1].processes = Fixed(rank, 2)
    drawn = [torch.rand(4, generator=one.step_generator()) for one in [alone, *nets]]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.isclose(drawn[1], drawn[2]).any()


def test_a_parameter_that_no_share_used_keeps_no_gradient(group):
    net = net_of(DataParallelNet)
    vars(net)["module_"] = torch.nn.Linear(2, 1)
    net.module_.weight.grad = torch.ones(1, 2)
    found = net.processes.add_up(net._gradients())
    net._set_gradients(found)
    assert net.module_.bias.grad is None
    assert net.module_.weight.grad.tolist() == [[1.0, 1.0]]
    found[0][1] = 1.0  # another process used it
    net._set_gradients(found)
    assert net.module_.bias.grad.tolist() == [0.0]


def test_the_finest_mesh_serves_all():
    one, other = [(0, 0.5, True), (2, None, True)], [(0, 0.25, False), (1, 1.0, False)]
    joined = [(0, 0.25, True), (1, 1.0, False), (2, None, True)]
    assert finest_steps([one, other]) == finest_steps([other, one]) == joined

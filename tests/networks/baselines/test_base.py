"""What every baseline holds to, by name: padding, batch mates, rows, the past."""

import inspect
import pickle

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from torch import nn

from ckts import CKCNNClassifier
from ckts.datasets import make_speed
from ckts.networks import NETWORKS
from ckts.networks.baselines.base import AbstractBaseline, take_rows

BASELINES = [n for n, one in NETWORKS.items() if issubclass(one, AbstractBaseline)]
CHANNELS = 3


def make_network(name):
    torch.manual_seed(0)
    options = {"n_static": 2, "hidden_channels": 6, "row_time_step": 0.4}
    return NETWORKS[name](CHANNELS, 2, dtype=torch.float64, **options).eval()


def has_own_cells(name):
    """Whether it runs on a device without torch's fused recurrent cells."""
    fused = nn.RNNBase, nn.RNNCellBase
    return not any(isinstance(one, fused) for one in make_network(name).modules())


OWN_CELLS = [name for name in BASELINES if has_own_cells(name)]


def make_batch(seed=0, n_series=4, n_rows=9):
    """Rows of which some hold nothing, in between and at the end."""
    rng = np.random.default_rng(seed)
    observed = torch.from_numpy(rng.random((n_series, n_rows, CHANNELS)) < 0.5)
    observed[:, [0, 3]] = False
    observed[1, 5:] = False
    observed[:, 1, 0] = True
    return {
        "values": torch.from_numpy(rng.normal(size=observed.shape)),
        "times": torch.from_numpy(np.sort(rng.uniform(0, 10, (n_series, n_rows)))),
        "observed": observed,
        "static": torch.from_numpy(rng.normal(size=(n_series, 2))),
    }


def rows_of(batch, rows):
    return {k: v if k == "static" else v[:, rows] for k, v in batch.items()}


def assert_close(result, expected):
    torch.testing.assert_close(result, expected, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("name", BASELINES)
def test_rows_without_any_observation_change_nothing(name):
    network, batch = make_network(name), make_batch()
    expected = network(**batch)
    rubbish = torch.where(batch["observed"], batch["values"], 1e3)
    assert_close(network(**{**batch, "values": rubbish}), expected)
    for number in range(4):
        one = {key: tensor[[number]] for key, tensor in batch.items()}
        seen = one["observed"][0].any(1).nonzero().flatten()
        assert_close(network(**rows_of(one, seen)), expected[[number]])


@pytest.mark.parametrize("name", BASELINES)
def test_the_path_is_that_of_shorter_series(name):
    network, batch = make_network(name), make_batch()
    path = network.forward_path(**batch)
    for row in range(9):
        assert_close(path[:, row], network(**rows_of(batch, slice(row + 1))))


@pytest.mark.parametrize("name", BASELINES)
def test_values_static_features_and_masks_matter(name):
    network, batch = make_network(name), make_batch()
    expected = network(**batch)
    for key in ("values", "static"):
        assert not torch.allclose(network(**{**batch, key: batch[key] + 1}), expected)


@pytest.mark.parametrize("name", BASELINES)
def test_every_parameter_learns(name):
    network, batch = make_network(name).train(), make_batch()
    loss = network(**batch).square().sum()
    (loss + network.penalty() if hasattr(network, "penalty") else loss).backward()
    still = [n for n, p in network.named_parameters() if p.grad is None]
    assert still == []


@pytest.mark.parametrize("name", BASELINES)
def test_series_without_rows_have_the_outputs_of_the_static_features(name):
    network, batch = make_network(name), make_batch()
    batch["observed"][2] = False
    state = torch.cat([torch.zeros(6, dtype=torch.float64), batch["static"][2]])
    assert_close(network(**batch)[2], network.head(state))


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("tcn", "n_blocks"),
        ("tcn", "kernel_size"),
        ("trellisnet", "n_levels"),
        ("trellisnet", "kernel_size"),
        ("indrnn", "n_blocks"),
        ("dilated_rnn", "n_blocks"),
        ("transformer", "n_blocks"),
        ("transformer", "n_heads"),
        ("lmu", "order"),
        ("hippo", "order"),
        ("r_lstm", "n_reconstructed"),
    ],
)
def test_sizes_are_checked(name, parameter):
    with pytest.raises(ValueError, match=f"`{parameter}` must be at least 1; got 0"):
        NETWORKS[name](CHANNELS, 2, **{parameter: 0})


def test_some_networks_are_taken_to_the_accelerator():
    assert {"indrnn", "transformer", "hippo"} <= set(OWN_CELLS)


@pytest.mark.parametrize("name", OWN_CELLS)
def test_tensors_are_on_the_device_of_the_inputs(name, accelerator):
    network, batch = make_network(name), make_batch()
    expected = network(**batch).detach()
    network.to(accelerator.device)
    moved = {key: tensor.to(accelerator.device) for key, tensor in batch.items()}
    assert_close(network(**moved).cpu(), expected)
    network.train()(**moved).sum().backward()


@pytest.mark.parametrize("name", BASELINES)
def test_a_network_survives_pickling(name):
    network, batch = make_network(name), make_batch()
    again = pickle.loads(pickle.dumps(network))
    assert torch.equal(again(**batch), network(**batch))


def test_every_baseline_fits_in_a_grid_search():
    X, y = make_speed(24, random_state=0)
    model = CKCNNClassifier(max_epochs=1, hidden_channels=4, random_state=0)
    search = GridSearchCV(model, {"network": BASELINES}, cv=2, error_score="raise")
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(search.predict_proba(X)).all()


def test_rows_keep_their_order_and_gaps_are_in_typical_ones():
    observed = torch.tensor([[[0], [1], [0], [1], [1], [0]]]).bool()
    times = torch.tensor([[0.0, 1.0, 2.0, 4.0, 4.5, 9.0]], dtype=torch.float64)
    values = torch.arange(6.0).reshape(1, 6, 1)
    rows = take_rows(values, times, observed, 0.5)
    assert rows.lengths.tolist() == [3]
    assert rows.values[0, :, 0].tolist() == [1, 3, 4, 0, 0, 0]
    assert rows.times[0].tolist() == [1, 4, 4.5, 4.5, 4.5, 4.5]
    assert rows.gaps[0].tolist() == [0, 6, 1, 0, 0, 0]
    assert rows.valid[0].tolist() == [True, True, True, False, False, False]
    assert rows.inputs[0, :4].tolist() == [[1, 1], [3, 1], [4, 1], [0, 0]]


@pytest.mark.parametrize("name", BASELINES)
def test_arguments_of_the_base_are_named_and_unknown_ones_raise(name):
    shared = set(inspect.signature(AbstractBaseline).parameters)
    assert shared <= set(inspect.signature(NETWORKS[name]).parameters)
    with pytest.raises(TypeError, match="unexpected keyword argument 'width'"):
        NETWORKS[name](in_channels=1, n_outputs=2, width=3)

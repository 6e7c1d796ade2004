"""The reconstruction against a loop of cells, and when it is asked for."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from ckts import CKCNNClassifier
from ckts.datasets import make_speed
from ckts.networks.baselines import LSTM, ReconstructingLSTM
from row_batches import make_network, make_rows

MAKE = partial(ReconstructingLSTM, n_reconstructed=3, penalty_weight=0.5)


def reconstruct_slowly(network, rows, states, anchors):
    """Decode the rows up to each anchor, one by one; return the mean of each series."""
    cell = nn.LSTMCell(4, 5, dtype=torch.float64)
    weights = network.decoder.state_dict()
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in weights.items()})
    means = []
    for number, anchor in enumerate(anchors):
        state = states[number, anchor], torch.zeros(5, dtype=torch.float64)
        before = torch.zeros(4, dtype=torch.float64)
        errors = []
        for row in range(max(anchor - 2, 0), anchor + 1):
            state = cell(before, state)
            error = (network.predict(state[0]) - rows.values[number, row]) ** 2
            errors.extend(error[rows.observed[number, row]])
            before = rows.inputs[number, row]
        means.append(torch.stack(errors).mean())
    return torch.stack(means)


@pytest.mark.parametrize("anchors", [[6, 4], [2, 3], [1, 0]])
def test_the_error_is_that_of_decoding_row_by_row(anchors):
    network, rows = make_network(MAKE), make_rows()
    states = network.encode(rows)
    expected = reconstruct_slowly(network, rows, states, anchors)
    error = network.reconstruct(rows, states, torch.tensor(anchors))
    torch.testing.assert_close(error, expected)


def test_states_are_those_of_the_lstm():
    network, plain, rows = make_network(MAKE), make_network(LSTM), make_rows()
    plain.lstm.load_state_dict(network.lstm.state_dict())
    assert torch.equal(network.encode(rows), plain.encode(rows))


def test_anchors_are_rows_of_their_series_and_differ():
    network, rows = make_network(MAKE).train(), make_rows()
    drawn, network.reconstruct = [], lambda *given: drawn.append(given[2])
    for _ in range(200):
        network.encode(rows)
    drawn = torch.stack(drawn)
    assert set(drawn[:, 0].tolist()) == set(range(7))
    assert set(drawn[:, 1].tolist()) == set(range(5))


def test_the_penalty_is_the_weighted_error_of_the_last_step_only():
    network, rows = make_network(MAKE), make_rows()
    weight = torch.tensor([0.5, 1.5])
    network.encode(rows)
    assert network.penalty(weight) == 0
    network.train().reconstruct = lambda *given: torch.tensor([2.0, 6.0])
    network.encode(rows)
    assert network.penalty(weight) == 0.5 * (0.5 * 2 + 1.5 * 6) / 2
    network.encode(rows)
    assert network.penalty() == 0.5 * (2 + 6) / 2
    assert network.penalty(weight) == 0


def test_a_copy_and_a_pickle_between_loss_and_penalty_have_no_error():
    network, rows = make_network(MAKE).train(), make_rows()
    network.encode(rows)
    copied = copy.deepcopy(network), pickle.loads(pickle.dumps(network))
    weight = torch.ones(2)
    assert [one.penalty(weight).item() for one in copied] == [0, 0]
    assert network.penalty(weight) > 0


def test_series_without_rows_have_no_error():
    network, rows = make_network(MAKE), make_rows()
    states, nothing = network.encode(rows), torch.zeros_like(rows.observed)
    rows.observed[:] = nothing
    errors = network.reconstruct(rows, states, torch.zeros(2, dtype=torch.long))
    assert errors.tolist() == [0, 0]


def test_the_estimator_trains_with_the_penalty():
    X, y = make_speed(24, random_state=0)
    networks = [MAKE, partial(MAKE, penalty_weight=0.0)]
    with_, without = (
        CKCNNClassifier(network=one, max_epochs=2, random_state=0).fit(X, y)
        for one in networks
    )
    losses = [model.history_[0]["train_loss"] for model in (with_, without)]
    assert losses[0] > losses[1] + 0.1
    assert not np.allclose(with_.predict_proba(X), without.predict_proba(X))


class LastAnchors(ReconstructingLSTM):
    """Reconstructs up to the last row of each series: nothing is drawn."""

    def draw_anchors(self, lengths):
        return lengths - 1


def test_a_weight_of_two_is_the_series_twice():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 9, 2)), np.tile([0, 1], 6)
    twice = np.repeat(np.arange(12), np.arange(12) % 2 + 1)
    make = partial(LastAnchors, penalty_weight=10.0)
    common = {"dropout": 0.0, "observation_dropout": 0.0, "batch_size": 18}
    common |= {"scales": "common", "max_epochs": 1, "random_state": 0}
    weighted = CKCNNClassifier(network=make, **common)
    weighted.fit(X, y, sample_weight=np.arange(12) % 2 + 1)
    repeated = CKCNNClassifier(network=make, **common).fit(X[twice], y[twice])
    losses = [one.history_[0]["train_loss"] for one in (weighted, repeated)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    alike = CKCNNClassifier(network=make, **common).fit(X, y)
    assert abs(alike.history_[0]["train_loss"] / losses[0] - 1) > 1e-4

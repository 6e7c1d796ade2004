"""Gates that begin with long memories, in closed form: what stays after some rows."""

import math

import pytest
import torch

from ckts import CKCNNClassifier
from ckts.datasets import make_speed
from ckts.networks.baselines import GRU, GRUD, LSTM, GRUdt, ReconstructingLSTM
from ckts.networks.baselines import chrono as module
from ckts.networks.baselines.chrono import draw_memories
from row_batches import UNIT, make_network, make_rows

NETWORKS = [LSTM, ReconstructingLSTM, GRU, GRUdt, GRUD]
MEMORIES = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])


@pytest.fixture
def asked(monkeypatch):
    """What memories are drawn for; they are `MEMORIES`."""
    found = []
    draw = lambda *given: found.append(given) or MEMORIES  # noqa: E731
    monkeypatch.setattr(module, "draw_memories", draw)
    return found


def without_inputs(network):
    """Set all matrices to 0, so that only biases act; let nothing else decay."""
    for name, one in network.named_parameters():
        if one.ndim == 2 or "state_rates" in name:
            one.data.zero_()
    return network


def one_gate(network, number):
    """Return what a gate of torch's layers, or of GRU-D, is without input."""
    layer = getattr(network, "gru", getattr(network, "lstm", None))
    if layer is None:
        return network.own.bias.chunk(3)[number]
    n_gates = len(layer.bias_ih_l0) // len(MEMORIES)
    return (layer.bias_ih_l0 + layer.bias_hh_l0).chunk(n_gates)[number]


@pytest.mark.parametrize("make", NETWORKS)
def test_a_state_fills_as_the_memories_say(make, asked):
    network, rows = make_network(make, horizon=90 * UNIT), make_rows()
    states = without_inputs(network).encode(rows)[0]
    assert asked == [(5, 90.0)]
    kept = torch.sigmoid(MEMORIES.double())
    filled = 1 - kept ** torch.arange(1, 8).unsqueeze(1)
    if hasattr(network, "lstm"):
        candidate, read = one_gate(network, 2).tanh(), one_gate(network, 3).sigmoid()
        expected = read * torch.tanh(filled * candidate)
    elif make is GRUD:
        expected = filled * one_gate(network, 2).tanh()
    else:
        own, past = network.gru.bias_ih_l0.chunk(3), network.gru.bias_hh_l0.chunk(3)
        reset = torch.sigmoid(own[0] + past[0])
        expected = filled * torch.tanh(own[2] + reset * past[2])
    torch.testing.assert_close(states, expected)


@pytest.mark.parametrize("make", NETWORKS)
def test_all_else_begins_as_without(make, asked):
    network, plain = make_network(make), make_network(make, chrono=False)
    changed = [
        name
        for (name, one), other in zip(
            network.named_parameters(), plain.parameters(), strict=True
        )
        if not torch.equal(one, other)
    ]
    layer = {LSTM: "lstm", ReconstructingLSTM: "lstm", GRUD: "own"}.get(make, "gru")
    assert {name.partition(".")[0] for name in changed} == {layer}
    assert all("bias" in name for name in changed)


def test_memories_are_evenly_spread_up_to_the_longest():
    torch.manual_seed(0)
    rows = draw_memories(20_000, 182.0).exp()
    assert rows.min() >= 1
    assert rows.max() <= 181
    shares = torch.tensor([(rows <= bound).float().mean() for bound in (46, 91, 136)])
    assert shares.tolist() == pytest.approx([0.25, 0.5, 0.75], abs=0.02)
    for n_rows in (0.0, 1.0, 2.5):
        found = draw_memories(100, n_rows)
        assert 0 <= found.min() <= found.max() <= math.log(2)


def test_an_estimator_tells_how_long_series_are():
    X, y = make_speed(20, random_state=0)
    params = {"lr": 1e-9, "weight_decay": 0.0}
    model = CKCNNClassifier(network="gru", max_epochs=1, random_state=0, **params)
    network = model.fit(X, y).net_.module_
    longest = model.horizon_ / network.row_time_step
    memories = network.gru.bias_ih_l0.chunk(3)[1].exp()
    assert 0.7 * longest < memories.max() <= longest - 1 + 1e-3
    with pytest.raises(TypeError, match="`chrono` must be True or False; got 182"):
        GRU(2, 1, chrono=182)

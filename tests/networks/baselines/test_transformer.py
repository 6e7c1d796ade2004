"""Attention against its equations, and times as positions."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from ckts.networks.baselines import Transformer
from ckts.networks.baselines.transformer import encode_times
from row_batches import UNIT, make_network, make_rows

SIZES = {"hidden_channels": 6}


def attend(attention, hidden, width=3):
    """Attend to each row and those before, one query and one head at a time."""
    projected = hidden @ attention.in_proj_weight.T + attention.in_proj_bias
    queries, keys, values = projected.chunk(3, 1)
    outputs = []
    for row in range(len(hidden)):
        heads = []
        for start in range(0, hidden.shape[1], width):
            own = slice(start, start + width)
            scores = keys[: row + 1, own] @ queries[row, own] / width**0.5
            heads.append(scores.softmax(0) @ values[: row + 1, own])
        outputs.append(torch.cat(heads))
    return attention.out_proj(torch.stack(outputs))


def test_states_follow_the_equations():
    network, rows = make_network(Transformer, **SIZES), make_rows()
    states = network.encode(rows)
    for number, inputs in enumerate(rows.inputs):
        since = (rows.times[number] - rows.times[number, 0]) / UNIT
        hidden = network.embedding(inputs) + encode_times(since[None], 6)[0]
        for layer in network.layers:
            hidden = hidden + attend(layer.self_attn, layer.norm1(hidden))
            wide = F.relu(layer.linear1(layer.norm2(hidden)))
            hidden = hidden + layer.linear2(wide)
        torch.testing.assert_close(states[number], network.norm(hidden))


def test_times_are_sines_of_wavelengths_that_grow_geometrically():
    times = torch.tensor([[0.0, 1.5, 100.0]], dtype=torch.float64)
    slower = [1, 1e-2]  # 10000 ** (-2 i / 4)
    angles = torch.stack([times[0] * one for one in slower], 1)
    expected = torch.cat([angles.sin(), angles.cos()], 1)
    torch.testing.assert_close(encode_times(times, 4)[0], expected)
    assert encode_times(times, 5).shape == (1, 3, 5)


def test_positions_are_gaps_in_their_unit_since_the_first_row():
    network, rows = make_network(Transformer, **SIZES), make_rows()
    expected = network.encode(rows)
    moved = replace(rows, times=rows.times + 1e3)
    torch.testing.assert_close(network.encode(moved), expected)
    stretched = replace(rows, times=rows.times * 60)
    assert not torch.allclose(network.encode(stretched), expected)
    other = make_network(Transformer, **SIZES, row_time_step=60 * UNIT)
    torch.testing.assert_close(other.encode(stretched), expected)


def test_a_wild_stamp_gives_finite_states():
    rows = make_rows()
    rows.times[0, 3:] += 1e9
    assert make_network(Transformer, **SIZES).encode(rows).isfinite().all()


def test_heads_share_the_width():
    message = r"`hidden_channels` must be a multiple of `n_heads`; got 5 and 2\. Give"
    with pytest.raises(ValueError, match=message):
        Transformer(1, 1, hidden_channels=5)
    assert Transformer(1, 1, hidden_channels=5, n_heads=1).n_heads == 1

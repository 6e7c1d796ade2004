"""The GRU against its equations (Cho et al., 2014), written out in float64."""

import torch

from ckts.networks.baselines.gru import GRU


def test_states_follow_the_equations():
    torch.manual_seed(0)
    network = GRU(2, 1, hidden_channels=3, dtype=torch.float64).eval()
    values = torch.randn(1, 4, 2, dtype=torch.float64)
    observed = torch.rand(1, 4, 2) < 0.7
    observed[:, :, 0] = True
    times = torch.arange(4.0, dtype=torch.float64)[None]
    weights = dict(network.gru.named_parameters())
    state = torch.zeros(3, dtype=torch.float64)
    for value, mask in zip(values[0], observed[0], strict=True):
        row = torch.cat([torch.where(mask, value, 0), mask.double()])
        own = (weights["weight_ih_l0"] @ row + weights["bias_ih_l0"]).split(3)
        past = (weights["weight_hh_l0"] @ state + weights["bias_hh_l0"]).split(3)
        reset, update = torch.sigmoid(own[0] + past[0]), torch.sigmoid(own[1] + past[1])
        candidate = torch.tanh(own[2] + reset * past[2])
        state = (1 - update) * candidate + update * state
    expected = network.head(state)
    torch.testing.assert_close(network(values, times, observed)[0], expected)

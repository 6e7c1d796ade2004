"""What stamps decide, computed before any value is known."""

import pytest
import torch

from ckts.networks import GatedCKCNN


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "centred"])
def test_values_can_follow_what_stamps_decide(causal):
    torch.manual_seed(0)
    network = GatedCKCNN(3, 2, horizon=10.0, hidden_channels=8, causal=causal).eval()
    times = torch.rand(2, 30, dtype=torch.float64).sort().values * 10
    observed = torch.rand(2, 30, 3) < 0.7
    sampled = network.sample(times, observed)
    assert (sampled.bins is None) == causal
    for _ in range(2):
        values = torch.randn(2, 30, 3)
        output = network.head(network.embed_sampled(values, sampled))
        assert torch.equal(output, network(values, times, observed))


def test_gradients_per_sample_of_a_network_are_those_of_a_loop():
    torch.manual_seed(0)
    network = GatedCKCNN(3, 2, horizon=10.0, hidden_channels=8).eval().double()
    times = torch.rand(1, 30, dtype=torch.float64).sort().values * 10
    observed = torch.ones(1, 30, 3, dtype=torch.bool)
    sampled = network.sample(times, observed, dtype=torch.float64)
    series = torch.randn(4, 30, 3, dtype=torch.float64)

    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, values):
            embedded = self.network.embed_sampled(values.unsqueeze(0), sampled)
            return self.network.head(embedded).square().sum()

    module = Loss()

    def loss(parameters, values):
        return torch.func.functional_call(module, parameters, (values,))

    parameters = {name: one.detach() for name, one in module.named_parameters()}
    found = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(
        parameters, series
    )
    for number, values in enumerate(series):
        module.zero_grad()
        module(values).backward()
        for name, parameter in module.named_parameters():
            error = (found[name][number] - parameter.grad).abs().max()
            assert error <= 1e-10 * parameter.grad.abs().max().clamp(min=1e-3)

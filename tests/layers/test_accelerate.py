"""The layer in a loop of Hugging Face's accelerate."""

import copy
import warnings

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ckts.layers import CKConv


class Small(nn.Module):
    """A module of a user."""

    def __init__(self):
        super().__init__()
        self.conv = CKConv(2, 4, horizon=20.0)
        self.head = nn.Linear(4, 1)

    def forward(self, values, times):
        return self.head(torch.relu(self.conv(values, times)).mean(1))


@pytest.fixture
def accelerator():
    accelerate = pytest.importorskip("accelerate", reason="it is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the machine it finds
        return accelerate.Accelerator(cpu=True)


def make_data():
    torch.manual_seed(0)
    times = torch.rand(16, 20, dtype=torch.float64).sort().values * 20
    values = torch.randn(16, 20, 2)
    return TensorDataset(values, times, values.mean((1, 2)).unsqueeze(1))


def train(module, optimizer, loader, backward):
    for _ in range(3):
        for values, times, target in loader:
            optimizer.zero_grad()
            backward((module(values, times) - target).square().mean())
            optimizer.step()
    return module.state_dict()


@pytest.mark.slow  # the import alone takes seconds
def test_a_prepared_module_is_trained_as_by_a_loop_of_torch(accelerator):
    torch.manual_seed(0)
    module, data = Small(), make_data()
    twin, before = copy.deepcopy(module), copy.deepcopy(module.state_dict())
    parts = module, torch.optim.AdamW(module.parameters()), DataLoader(data, 8)
    found = train(*accelerator.prepare(*parts), accelerator.backward)
    parts = twin, torch.optim.AdamW(twin.parameters()), DataLoader(data, 8)
    expected = train(*parts, torch.Tensor.backward)
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor)
    assert not torch.equal(found["conv.kernel.weight"], before["conv.kernel.weight"])

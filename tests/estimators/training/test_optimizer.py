"""The lean AdamW takes the steps of torch's, without its compiler."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from ckts.estimators.training.optimizer import LeanAdamW


def train(optimizer_class, **settings):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 1)).double()
    optimizer = optimizer_class(network.parameters(), **settings)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=21)
    inputs = torch.randn(7, 3, dtype=torch.float64)

    def closure():
        optimizer.zero_grad()
        loss = (network(inputs) - 1).square().sum()
        loss.backward()
        return loss

    losses = []
    for _ in range(20):
        losses.append(optimizer.step(closure).item())
        schedule.step()
    return losses, [p.detach() for p in network.parameters()]


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.5, "lr": 0.01}])
@pytest.mark.parametrize("transforms", [True, None])
def test_the_steps_are_those_of_torch(settings, fused):
    losses, parameters = train(LeanAdamW, fused=fused, **settings)
    expected, twins = train(torch.optim.AdamW, foreach=False, **settings)
    assert losses[-1] < losses[0] / 2
    torch.testing.assert_close(losses, expected, rtol=1e-9, atol=0)
    torch.testing.assert_close(parameters, twins, rtol=1e-9, atol=1e-12)


FIT = """
import sys
import numpy as np
from ckts.estimators import CKCNNClassifier
CKCNNClassifier(max_epochs=1).fit(np.random.rand(8, 1, 9), np.arange(8) % 2)
print([name for name in sys.modules if name.startswith("torch._dynamo")])
"""


def test_a_fit_does_not_import_the_compiler():
    run = subprocess.run(
        [sys.executable, "-c", FIT], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"

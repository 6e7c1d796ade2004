"""The lean AdamW takes the steps of torch's; the plateau schedule waits and divides."""

import subprocess
import sys

import pytest
import torch
from skorch.callbacks import Callback
from skorch.history import History
from torch import nn

from ckts import CKCNNClassifier
from ckts.estimators.training.optimizer import LeanAdamW, schedule_callbacks
from irregular import irregular_panel


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
@pytest.mark.parametrize("fused", [True, None])
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


def plateau_rates(monitor, values):
    """Learning rate of each epoch of a net that watches given values."""
    ((_, schedule),) = schedule_callbacks("plateau", 1, monitor)

    class Net:
        history = History()
        optimizer_ = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=1.0)

    schedule.initialize()
    schedule.on_train_begin(Net)
    rates = []
    for value in values:
        rates.append(Net.optimizer_.param_groups[0]["lr"])
        Net.history.new_epoch()
        Net.history.record(monitor, value)
        schedule.on_epoch_end(Net)
    return rates


# Best in epoch 2; 20 epochs without improvement are borne, the 21st is not.
WAITING = [1.0, 0.5, *[0.5] * 21, *[0.4] * 3]
EXPECTED = [1.0] * 23 + [0.2] * 3


@pytest.mark.parametrize(
    ("monitor", "sign"), [("train_loss", 1), ("valid_loss", 1), ("valid_score", -1)]
)
def test_a_plateau_divides_the_learning_rate_by_five(monitor, sign):
    rates = plateau_rates(monitor, [sign * value for value in WAITING])
    assert rates == pytest.approx(EXPECTED)


def test_a_plateau_of_negative_losses_is_one():
    rates = plateau_rates("train_loss", [value - 2 for value in WAITING])
    assert rates == pytest.approx(EXPECTED)


class Schedules(Callback):
    """Notes the schedule of each training."""

    def __init__(self):
        self.found = []

    def on_train_begin(self, net, **kwargs):
        self.found.append(dict(net.callbacks_)["schedule"])


@pytest.mark.parametrize(
    ("options", "monitor"),
    [
        ({}, "train_loss"),
        ({"early_stopping": True}, "valid_loss"),
        ({"early_stopping": True, "scoring": "accuracy"}, "valid_score"),
    ],
)
def test_estimators_watch_the_validation_where_there_is_any(options, monitor):
    X, y = irregular_panel(40)
    quick = {"max_epochs": 2, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}
    schedules = Schedules()
    options = {"lr_schedule": "plateau", "callbacks": [schedules], **quick, **options}
    model = CKCNNClassifier(rocket=False, **options).fit(X, y)
    (schedule,) = schedules.found
    assert schedule.monitor == monitor
    assert schedule.kwargs["mode"] == ("max" if monitor == "valid_score" else "min")
    assert monitor in model.history_[-1]

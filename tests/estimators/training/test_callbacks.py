"""Callbacks that every training has: clipping by weight, and a bar."""

from types import SimpleNamespace

import pytest
import torch

from ckts import CKCNNClassifier
from ckts.estimators.training.callbacks import WeightedClipping
from ckts.estimators.training.optimizer import LeanAdamW
from irregular import irregular_panel


def test_clipping_goes_with_the_weight_of_the_batch():
    def clipped(gradient, weight):
        parameter = torch.nn.Parameter(torch.zeros(2))
        parameter.grad = torch.tensor(gradient)
        net = SimpleNamespace(optimizer_=LeanAdamW([parameter]))
        batch = {}, (None, torch.tensor(weight))
        WeightedClipping(1.0).on_grad_computed(net, batch=batch)
        return parameter.grad.tolist()

    assert clipped([30.0, 40.0], [1.0, 1.0]) == pytest.approx([0.6, 0.8])
    assert clipped([30.0, 40.0], [3.0, 1.0]) == pytest.approx([1.2, 1.6])
    assert clipped([0.3, 0.4], [1.0, 1.0]) == pytest.approx([0.3, 0.4])
    assert clipped([0.0, 0.0], [0.0, 0.0]) == [0.0, 0.0]


def test_the_bar_counts_the_epochs(capsys):
    X, y = irregular_panel()
    CKCNNClassifier(max_epochs=3, rocket=False, verbose=1).fit(X, y)
    shown = capsys.readouterr().err
    assert "CKCNNClassifier" in shown
    assert "3/3" in shown

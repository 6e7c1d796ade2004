"""The state of a net is plain: it is read without running code."""

import io
from collections import OrderedDict

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping, EpochScoring, LRScheduler

from ckts import CKCNNClassifier
from ckts.estimators.training.net_state import (
    as_plain,
    callback_state,
    capture,
    plain_parts,
)
from irregular import irregular_panel


def read_again(value):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (np.float64(0.1), 0.1),
        (np.bool_(True), True),
        (np.inf, np.inf),
        ((1, [2, "a"]), [1, [2, "a"]]),
        (np.array([[1, 2]], np.uint32), [[1, 2]]),
        (OrderedDict(a=np.int64(3)), {"a": 3}),
    ],
)
def test_plain_values_are_read_as_they_were(value, expected):
    found = as_plain(value)
    assert found == expected
    assert type(found) is type(expected)
    assert read_again(found) == expected


@pytest.mark.parametrize(
    "value", [print, object(), [torch.nn.ReLU()], np.longdouble(1)]
)
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(TypeError, match="`value` must be plain; got"):
        as_plain(value)
    assert plain_parts({"a": 1, "b": value}) == {"a": 1}


def test_a_schedule_is_kept_by_its_state():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    callback = LRScheduler().initialize()
    callback.lr_scheduler_ = schedule
    assert callback_state(callback)["lr_scheduler_"]["last_epoch"] == 0


def test_what_is_known_of_callbacks():
    class Own(Callback):
        misses_ = 3

    class Telling(Own):
        def state_dict(self):
            return {"a": np.float32(0.5)}

    class Silent(Own):
        def state_dict(self):
            return {"a": self}

    stopping = EarlyStopping()
    stopping.misses_ = 2
    assert callback_state(stopping)["misses_"] == 2
    scoring = EpochScoring("accuracy").initialize()
    assert callback_state(scoring)["best_score_"] == np.inf
    assert callback_state(Telling()) == {"a": 0.5}
    assert callback_state(Own()) is callback_state(Silent()) is None


def test_a_captured_net_is_read_without_running_code():
    states = []

    class Watch(Callback):
        def on_epoch_end(self, net, **kwargs):
            net.history.record("mine", object())
            states.append(read_again(capture(net)))

    X, y = irregular_panel()
    model = CKCNNClassifier(
        **{"max_epochs": 2, "hidden_channels": 4, "random_state": 0, "rocket": False},
        **{"callbacks": [Watch()], "early_stopping": True},
    ).fit(X, y)
    assert [len(state["history"]) for state in states] == [1, 2]
    assert "mine" not in states[1]["history"][1]
    assert states[1]["history"][1]["epoch"] == 2
    assert states[1]["callbacks"]["schedule"]["batch_idx_"] == states[1]["n_steps"]
    assert set(states[1]["callbacks"]["stopping"]) >= {"misses_", "best_epoch_"}
    assert set(states[1]["module"]) == set(model.net_.module_.state_dict())

"""What is trained: the nets that the parameters describe, and what is kept of them."""

import numpy as np
import pytest
from skorch.callbacks import Callback

from ckts import CKCNNClassifier
from irregular import irregular_panel

QUICK = {"max_epochs": 3, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}


@pytest.mark.parametrize("rocket", [False, True])
def test_every_finished_epoch_of_every_net_is_in_the_history(rocket):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(rocket=rocket, **QUICK).fit(X, y)
    found = [(row["network"], row["epoch"]) for row in model.history_]
    n_nets = 3 if rocket else 1
    expected = [(net, epoch) for net in range(n_nets) for epoch in (1, 2, 3)]
    assert found == expected
    assert (len(model.nets_), model.n_iter_, model.max_epochs_) == (n_nets, 3, 3)
    assert np.isfinite([row["train_loss"] for row in model.history_]).all()


def test_the_learning_rate_follows_one_cycle():
    X, y = irregular_panel()
    rates = []

    class Watch(Callback):
        def on_batch_end(self, net, **kwargs):
            rates.append(net.optimizer_.param_groups[0]["lr"])

    CKCNNClassifier(rocket=False, callbacks=[Watch()], **QUICK).fit(X, y)
    peak = int(np.argmax(rates))
    assert max(rates) == pytest.approx(5e-3, rel=0.2)
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()

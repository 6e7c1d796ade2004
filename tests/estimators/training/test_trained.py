"""What is trained: the nets that the parameters describe, and what is kept of them."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from skorch.callbacks import Callback

from ckts import CKCNNClassifier, CKCNNEmbedder, CKCNNRegressor
from ckts.layers import CKConv
from irregular import irregular_panel

QUICK = {"max_epochs": 3, "hidden_channels": 4, "n_blocks": 1, "random_state": 0}


class Rates(Callback):
    """Notes the learning rate of each step."""

    def __init__(self):
        self.rates = []

    def on_batch_end(self, net, training, **kwargs):
        if training:
            self.rates.append(net.optimizer_.param_groups[0]["lr"])


class FirstRates(Rates):
    """Notes the learning rate of the first step of each epoch."""

    def on_batch_end(self, net, training, **kwargs):
        pass

    def on_batch_begin(self, net, training, **kwargs):
        if training and net.history[-1]["epoch"] > len(self.rates):
            self.rates.append(net.optimizer_.param_groups[0]["lr"])


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
    seen = Rates()
    CKCNNClassifier(rocket=False, callbacks=[seen], **QUICK).fit(X, y)
    rates = seen.rates
    peak = int(np.argmax(rates))
    assert max(rates) == pytest.approx(5e-3, rel=0.2)
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()


@pytest.mark.parametrize("schedule", ["constant", "one_cycle", "plateau"])
def test_the_history_has_the_learning_rate_with_which_each_epoch_begins(schedule):
    X, y = irregular_panel()

    seen = FirstRates()
    model = CKCNNClassifier(rocket=False, lr_schedule=schedule, callbacks=[seen])
    model.set_params(**QUICK, batch_size=8).fit(X, y)
    assert [row["lr"] for row in model.history_] == seen.rates
    assert len(set(seen.rates)) == (3 if schedule == "one_cycle" else 1)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", lambda k, n: np.ones_like(k)),
        ("cosine", lambda k, n: (1 + np.cos(np.pi * k / n)) / 2),
        (
            lambda optimizer, n: torch.optim.lr_scheduler.LinearLR(
                optimizer, 1.0, 0.5, total_iters=n
            ),
            lambda k, n: 1 - k / n / 2,
        ),
    ],
    ids=["constant", "cosine", "own"],
)
def test_the_learning_rate_follows_the_schedule(schedule, expected):
    X, y = irregular_panel()
    seen = Rates()
    model = CKCNNClassifier(rocket=False, lr_schedule=schedule, callbacks=[seen])
    model.set_params(**QUICK).fit(X, y)
    k = np.arange(1, len(seen.rates) + 1)
    np.testing.assert_allclose(seen.rates, 5e-3 * expected(k, len(k) + 1), rtol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        torch.optim.AdamW,
        torch.optim.SGD,
        partial(torch.optim.SGD, momentum=0.9),
        torch.optim.Rprop,
    ],
    ids=["AdamW", "SGD", "momentum", "Rprop"],
)
def test_optimizers_of_torch_train(optimizer):
    X, y = irregular_panel()
    model = CKCNNClassifier(rocket=False, optimizer=optimizer, **QUICK)
    model.set_params(lr=1e-2 if optimizer is torch.optim.AdamW else 0.1)
    # Rprop steps by the signs of gradients, which are noise in small batches.
    whole = {"batch_size": len(X), "observation_dropout": 0.0}
    model.set_params(max_epochs=20, weight_decay=0.01, **whole).fit(X, y)
    assert model.history_[-1]["train_loss"] < model.history_[0]["train_loss"]
    plain = clone(model).set_params(optimizer="adamw").fit(X, y)
    same = np.allclose(plain.predict_proba(X), model.predict_proba(X), atol=1e-4)
    assert same == (optimizer is torch.optim.AdamW)


class Mean(torch.nn.Module):
    """The mean of what was observed, and a linear function of it."""

    def __init__(self, in_channels, n_outputs, width=3):
        super().__init__()
        self.inner = torch.nn.Linear(in_channels, width)
        self.head = torch.nn.Linear(width, n_outputs)

    def forward(self, values, observed):
        assert (values[~observed] == 0).all()
        mean = values.sum(1) / observed.sum(1).clamp(min=1)
        return self.head(torch.relu(self.inner(mean)))


class Times(torch.nn.Module):
    """A layer of ours in a network of one's own, which draws globally."""

    def __init__(self, in_channels, n_outputs, horizon, time_step, **others):
        super().__init__()
        self.others = others
        self.conv = CKConv(in_channels, 4, horizon=horizon, time_step=time_step)
        self.head = torch.nn.Linear(4, n_outputs)

    def forward(self, values, times, observed, **others):
        hidden = torch.relu(self.conv(values, times, observed))
        return self.head(torch.nn.functional.dropout(hidden.mean(1), 0.1))


@pytest.mark.parametrize("network", [Mean, partial(Mean, width=5), Times])
def test_a_network_of_ones_own_is_trained_alone(network):
    X, y = irregular_panel(36)
    model = CKCNNClassifier(network=network, max_epochs=20, lr=0.02, random_state=0)
    model.fit(X, y)
    assert not hasattr(model, "rocket_")
    assert model.score(X, y) > 0.9
    again = clone(model).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    np.testing.assert_allclose(
        model.predict_proba(X[:1]), model.predict_proba(X)[:1], rtol=0.2
    )
    targets = CKCNNRegressor(network=network, max_epochs=2, random_state=0).fit(X, y)
    assert targets.predict(X).shape == y.shape


def test_a_network_of_ones_own_is_given_its_own_parameters():
    X, y = irregular_panel()
    for network in (Mean, Times):
        params = {"width": 7}
        model = CKCNNClassifier(network=network, network_params=params, **QUICK)
        module = model.fit(X, y).net_.module_
        if network is Mean:
            assert module.inner.out_features == 7
        else:  # it takes what others there are
            assert module.others["width"] == 7


def test_a_network_of_ones_own_sees_what_it_asks_for():
    X, y = irregular_panel(static=True)
    model = CKCNNClassifier(network=Times, **QUICK).fit(X, y)
    given = model.net_.module_.others
    assert given["hidden_channels"] == 4
    assert given["n_static"] == 3  # and an indicator of a missing one
    assert given["observation_dropout"] == model.observation_dropout_


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (
            {"network": "resnet"},
            ValueError,
            '`network` must be "gated", .* or callable',
        ),
        ({"network": lambda: 3}, TypeError, r"make a torch.nn.Module; got a int"),
        ({"optimizer": "sgd"}, ValueError, '`optimizer` must be "adamw" or callable'),
        ({"lr_schedule": None}, ValueError, '"constant" or callable; got None'),
        (
            {"lr_schedule": torch.optim.lr_scheduler.StepLR},
            ValueError,
            "`lr_schedule` must be a function .* got the class StepLR",
        ),
        (
            {"lr_schedule": lambda optimizer, n_steps: None, "rocket": False},
            TypeError,
            "`lr_schedule` must return a schedule of torch; got NoneType",
        ),
        (
            {"optimizer": partial(torch.optim.AdamW, lr=1e-9)},
            ValueError,
            "`optimizer` must leave lr to the parameters",
        ),
        (
            {"network": torch.nn.Linear(1, 2)},
            ValueError,
            r"`network` must be .* got Linear\(.*Give the class",
        ),
    ],
)
def test_what_cannot_be_trained_raises(wrong, error, message):
    X, y = irregular_panel()
    with pytest.raises(error, match=message):
        CKCNNClassifier(**wrong, **QUICK).fit(X, y)


class Last(torch.nn.Module):
    """As of each row: a linear function of it; names neither width nor outputs."""

    def __init__(self, in_channels, **others):
        super().__init__()
        self.head = torch.nn.Linear(in_channels, 2)

    def embed(self, values, observed):
        return values[:, -1]

    def forward(self, values, observed):
        return self.head(self.embed(values, observed))

    def forward_path(self, values, observed):
        return self.head(values)


@pytest.mark.parametrize("network", [Last, lambda in_channels: Last(in_channels)])
def test_a_network_of_ones_own_may_have_paths_and_embeddings(network):
    X, y = irregular_panel()
    model = CKCNNClassifier(network=network, causal=True, **QUICK).fit(X, y)
    path = model.predict_proba_path(X)
    np.testing.assert_allclose(path.values.sum(1), 1)
    embedder = CKCNNEmbedder(estimator=model).fit(X, y)
    assert embedder.transform(X).shape == (24, 2)


class Headless(Mean):
    """Embeds, but what follows is no linear head."""

    def __init__(self, in_channels, n_outputs):
        super().__init__(in_channels, n_outputs)
        self.last = self.head
        del self.head

    def embed(self, values, observed):
        return torch.relu(self.inner(values.mean(1)))

    def forward(self, values, observed):
        return self.last(self.embed(values, observed))


def test_embeddings_need_a_head():
    X, y = irregular_panel()
    embedder = CKCNNEmbedder(estimator=CKCNNClassifier(network=Headless, **QUICK))
    with pytest.raises(ValueError, match="must have `head` for this; Headless has"):
        embedder.fit(X, y).transform(X)


def test_paths_need_a_method():
    X, y = irregular_panel()
    model = CKCNNClassifier(network=Mean, causal=True, **QUICK).fit(X, y)
    with pytest.raises(ValueError, match="have `forward_path` for this; Mean has none"):
        model.predict_proba_path(X)


def test_embeddings_are_of_the_default_network():
    X, y = irregular_panel()
    embedder = CKCNNEmbedder(estimator=CKCNNClassifier(network=Mean, **QUICK))
    with pytest.raises(ValueError, match="must have `embed` for this; Mean has"):
        embedder.fit(X, y).transform(X)

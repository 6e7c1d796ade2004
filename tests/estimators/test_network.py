"""Networks by name or by class, and the parameters that they are given."""

from functools import partial

import pytest
from torch import nn

from ckts import CKCNNClassifier
from ckts.estimators._network import check_network, chosen_network
from ckts.networks import GatedCKCNN, PaperCKCNN


class Own(nn.Module):
    def __init__(self, in_channels, n_outputs, dropout, width=3):
        super().__init__()


class Free(nn.Module):
    def __init__(self, in_channels, **others):
        super().__init__()


def test_names_are_those_of_the_library_and_callables_your_own():
    assert chosen_network(CKCNNClassifier()) is GatedCKCNN
    assert chosen_network(CKCNNClassifier(network="paper")) is PaperCKCNN
    assert chosen_network(CKCNNClassifier(network=Own)) is Own


@pytest.mark.parametrize(
    "params",
    [
        {"network": "paper", "kernel_params": {"omega_0": 3.0}},
        {"network": "paper", "network_params": {"norm": "channels"}},
        {"network": Own, "network_params": {"width": 5}},
        {"network": partial(Own, width=4), "network_params": {"width": 5}},
        {"network": Free, "network_params": {"anything": 5}},
    ],
)
def test_what_a_network_takes_is_accepted(params):
    assert check_network(CKCNNClassifier(**params)) is None


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"network_params": {"norm": "channels"}},
            r"`network_params` must only hold.*got \['norm'\]. It takes \[\]",
        ),
        (
            {"network": "paper", "network_params": {"n_outputs": 3}},
            r"`network_params`.*got \['n_outputs'\]. It takes \['anchor'",
        ),
        (
            {"network": Own, "network_params": {"dropout": 0.3}},
            r"`network_params`.*got \['dropout'\]. It takes \['width'\]",
        ),
        (
            {"network": Free, "network_params": {"horizon": 0.3}},
            r"`network_params`.*got \['horizon'\]",
        ),
        (
            {"network": "paper", "kernel_params": {"n_bands": 3}},
            r"`kernel_params`.*It takes \['bias_init', 'hidden_features', 'omega_0'",
        ),
        (
            {"kernel_params": {"omega_0": 3.0}},
            r"`kernel_params` must only hold parameters of the kernel; got \['omega_0'",
        ),
    ],
)
def test_what_it_does_not_take_is_named(params, message):
    with pytest.raises(ValueError, match=message):
        CKCNNClassifier(**params).fit([[[1.0, 2.0]], [[2.0, 1.0]]], [0, 1])

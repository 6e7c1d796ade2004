"""The systems of the paper's tables as estimators of equal size, and ours."""

import copy
import inspect
import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from typing import Any

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.convolution.planner import Planner
from ckts.networks import NETWORKS
from ckts.networks.paper.presets import paper_parameters

# Table 7: blocks at equal width, and at equal size. The preset has two.
DEPTHS = {
    "2 blocks": {},
    "4 blocks": {"n_blocks": 4},
    "8 blocks": {"n_blocks": 8},
    "4 blocks, 95k": {"n_blocks": 4, "hidden_channels": 19},
    "8 blocks, 105k": {"n_blocks": 8, "hidden_channels": 13},
}
# Table 5: the paper's network as it was trained, with other options for other rates.
RATE_OPTIONS: dict[str, dict[str, Any]] = {
    "paper, no factor": {"factor": False},
    "paper, blurred": {"blur": "published"},
    "paper, blurred widely": {"blur": "wide"},
    "paper, past anchored": {"anchor": "past"},
    "paper, as published": {"anchor": "past", "blur": "published"},
    "paper, displaced": {"anchor": "ends"},
}
# Parameters of the rivals in Tables 3 to 5, "89K".
RIVAL_PARAMETERS = 89_000
RIVAL_RECIPE: dict[str, Any] = {
    "batch_size": 32,
    "lr": 2e-3,
    "weight_decay": 0.01,
    "dropout": 0.1,
}


@dataclass(frozen=True)
class Sizes:
    """What the series decide of a network: channels, classes and rows."""

    in_channels: int
    n_outputs: int
    length: int

    def options(self, name: str) -> dict[str, int]:
        """Return as many levels as see the whole series, for those that have levels."""
        if "n_blocks" not in inspect.signature(NETWORKS[name]).parameters:
            return {}
        seen = {
            "tcn": (self.length - 1) / 12 + 1,  # two convolutions of 7 taps a level
            "dilated_rnn": self.length / 4,
        }
        return {"n_blocks": max(2, math.ceil(math.log2(seen.get(name, 1))))}

    def count(self, name: str, width: int) -> int:
        """Count the parameters of a network of some width."""
        sizes, options = (self.in_channels, self.n_outputs), self.options(name)
        network = NETWORKS[name](*sizes, hidden_channels=width, **options)
        return sum(parameter.numel() for parameter in network.parameters())

    def width(self, name: str, wanted: int) -> int:
        """Return the even width with about as many parameters as wanted, or fewer."""
        widths = range(2, 1024, 2)
        return widths[bisect_right(widths, wanted, key=partial(self.count, name)) - 1]


def make_system(name: str, task: str, *, seed: int, epochs: int, sizes: Sizes):
    """Make the estimator that stands for a system.

    Parameters
    ----------
    name : str
        A rival by its name in ``ckts.networks.NETWORKS``; "paper", "network" (ours
        alone), "default" (joined with CKRocket), "rocket" (CKRocket alone); a kernel
        for Table 6, or "4 blocks" and the like for Table 7: the paper's network.
    task : str
        Which presets of the paper hold.
    seed, epochs : int
    sizes : Sizes
        Of the series to train on.
    """
    if name == "rocket":
        return CKRocketClassifier(random_state=seed)
    if name == "default":
        return CKCNNClassifier(random_state=seed)
    if name == "network":
        return CKCNNClassifier(rocket=False, random_state=seed)
    common = {"max_epochs": epochs, "random_state": seed}
    if name in NETWORKS and name != "paper":
        width = sizes.width(name, RIVAL_PARAMETERS)
        own = {"network": name, "hidden_channels": width, **sizes.options(name)}
        return CKCNNClassifier(**RIVAL_RECIPE, **own, **common)
    return CKCNNClassifier(**{**_paper(name, task), **common})


def with_options(model: CKCNNClassifier, options: dict[str, Any]) -> CKCNNClassifier:
    """Return a trained model whose network has other options, and the same weights."""
    varied = copy.deepcopy(model)
    net = varied.net_
    network = net.module(**{**net.get_params_for("module"), **options})
    network.load_state_dict(net.module_.state_dict())
    net.module_, net.planner_ = network, Planner(0)
    return varied


def _paper(name: str, task: str) -> dict[str, Any]:
    """Return parameters of the paper's network, or of a relative of it by name.

    It is trained as the others, on all series of the training part: none are set aside
    to choose the best epoch.
    """
    task, _, sampling = task.partition(", ")
    parameters = paper_parameters(task)
    parameters["early_stopping"] = False
    if sampling == "stamps":  # a grid has the rate of the training data
        parameters["network_params"] = {"sampling": "stamps"}
    if name == "paper":
        return parameters
    if name in DEPTHS:
        return {**parameters, **DEPTHS[name]}
    if name.startswith("omega_0 = "):
        omega_0 = float(name.removeprefix("omega_0 = "))
        return {**parameters, "kernel_params": {"omega_0": omega_0}}
    if name != "sine":  # which alone has an omega_0
        parameters["kernel_params"] = None
    own = {**parameters["network_params"], "nonlinearity": name}
    return {**parameters, "network_params": own}

"""The systems of the paper's tables as estimators of equal size, and ours."""

from functools import partial
from typing import Any

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.networks import NETWORKS
from ckts.networks.paper.presets import paper_parameters

# Table 7: blocks at equal width, and at equal size. The preset has two.
DEPTHS = {
    "2 blocks": {},
    "4 blocks": {"n_blocks": 4},
    "8 blocks": {"n_blocks": 8},
    "4 blocks, 95k": {"n_blocks": 4, "hidden_channels": 18},
    "8 blocks, 105k": {"n_blocks": 8, "hidden_channels": 11},
}
# Parameters of the rivals in Tables 3 to 5, "89K".
RIVAL_PARAMETERS = 89_000
RIVAL_RECIPE: dict[str, Any] = {
    "batch_size": 32,
    "lr": 2e-3,
    "weight_decay": 0.01,
    "dropout": 0.1,
}


def n_parameters(name: str, width: int, in_channels: int, n_outputs: int) -> int:
    """Count the parameters of a network of some width."""
    network = NETWORKS[name](in_channels, n_outputs, hidden_channels=width)
    return sum(parameter.numel() for parameter in network.parameters())


def fitting_width(name: str, wanted: int, in_channels: int, n_outputs: int) -> int:
    """Return the width, a multiple of four, with about as many parameters as wanted."""
    count = partial(n_parameters, name, in_channels=in_channels, n_outputs=n_outputs)
    width = 4
    while count(width=width + 4) <= wanted:
        width += 4
    return width


def make_system(name: str, task: str, *, seed: int, epochs: int, sizes: tuple):
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
    sizes : (int, int)
        Channels and classes.
    """
    if name == "rocket":
        return CKRocketClassifier(random_state=seed)
    if name == "default":
        return CKCNNClassifier(random_state=seed)
    if name == "network":
        return CKCNNClassifier(rocket=False, random_state=seed)
    common = {"max_epochs": epochs, "random_state": seed}
    if name in NETWORKS and name != "paper":
        width = fitting_width(name, RIVAL_PARAMETERS, *sizes)
        return CKCNNClassifier(
            network=name, hidden_channels=width, **RIVAL_RECIPE, **common
        )
    return CKCNNClassifier(**{**_paper(name, task), **common})


def _paper(name: str, task: str) -> dict[str, Any]:
    """Return parameters of the paper's network, or of a relative of it by name."""
    task, _, sampling = task.partition(", ")
    parameters = paper_parameters(task)
    if sampling == "stamps":  # a grid has the rate of the training data
        parameters["network_params"] = {"sampling": "stamps"}
    if name == "paper":
        return parameters
    if name in DEPTHS:
        return {**parameters, **DEPTHS[name]}
    if name.startswith("omega_0 = "):
        omega_0 = float(name.removeprefix("omega_0 = "))
        return {**parameters, "kernel_params": {"omega_0": omega_0}}
    own = {**parameters["network_params"], "nonlinearity": name}
    return {**parameters, "kernel_params": None, "network_params": own}

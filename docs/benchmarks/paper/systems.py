"""The systems of the paper's tables as estimators of equal size, and ours."""

import inspect
from functools import partial

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.networks import NETWORKS

# Parameters of the rivals in Tables 3 to 5, "89K".
RIVAL_PARAMETERS = 89_000


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
    if name in NETWORKS and name != "paper":
        width = fitting_width(name, RIVAL_PARAMETERS, *sizes)
        return CKCNNClassifier(
            network=name,
            hidden_channels=width,
            max_epochs=epochs,
            batch_size=64,
            lr=2e-3,
            weight_decay=0.01,
            dropout=0.1,
            random_state=seed,
        )
    raise NotImplementedError(name)


def is_known(name: str) -> bool:
    """Tell whether a rival is there already."""
    return name in NETWORKS or name in ("network", "default", "rocket")


def accepts(name: str, argument: str) -> bool:
    """Tell whether a network takes an argument."""
    return argument in inspect.signature(NETWORKS[name]).parameters

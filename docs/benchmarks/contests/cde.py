"""A neural CDE (Kidger et al., 2020) by torchcde, and a training step of a network."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from contests.measure import Step
from contests.problems import MissingError

# name -> (keywords of torchcde.cdeint)
SOLVERS = {
    "rk4, backpropagation": {
        "adjoint": False,
        "method": "rk4",
        "options": {"step_size": 1.0},
    },
    "rk4, adjoint": {"adjoint": True, "method": "rk4", "options": {"step_size": 1.0}},
    "dopri5, adjoint": {
        "adjoint": True,
        "method": "dopri5",
        "rtol": 1e-3,
        "atol": 1e-3,
    },
}


def training_step(
    network: nn.Module, forward: Callable[[], Tensor], n_classes: int
) -> Step:
    """One step of Adam on the cross-entropy of a batch."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        logits = forward()
        target = torch.arange(len(logits)) % n_classes
        nn.functional.cross_entropy(logits, target).backward()
        optimizer.step()

    return step


def cde_step(
    values: Tensor, times: Tensor, *, width: int, n_classes: int, solver: str
) -> Step:
    """Training step of a neural CDE; one step of a fixed solver per observation.

    Parameters
    ----------
    values : Tensor of shape (batch, time, channels)
        Observations.
    times : Tensor of shape (batch, time)
        0, 1, 2, ...
    width, n_classes : int
        Size of the state, and of the output.
    solver : str
        One of :data:`SOLVERS`.

    Returns
    -------
    callable
    """
    cde = import_torchcde()
    torch.manual_seed(0)
    data = torch.cat([times.unsqueeze(2).to(values.dtype), values], 2)
    stamps = times[0].to(values.dtype)
    coefficients = cde.hermite_cubic_coefficients_with_backward_differences(
        data, stamps
    )
    network = NeuralCDE(data.shape[2], width, n_classes)

    def forward() -> Tensor:
        path = cde.CubicSpline(coefficients, stamps)
        start = network.start(path.evaluate(path.interval[0]))
        states = cde.cdeint(
            X=path, func=network.field, z0=start, t=path.interval, **SOLVERS[solver]
        )
        return network.readout(states[:, -1])

    return training_step(network, forward, n_classes)


def import_torchcde():
    """Import torchcde, which `make bench` puts into an environment of its own."""
    try:
        import torchcde
    except ImportError as error:
        raise MissingError("torchcde is not installed; use `make bench`") from error
    return torchcde


class NeuralCDE(nn.Module):
    """Start, vector field and readout of a neural CDE.

    Parameters
    ----------
    in_channels, width, n_classes : int
        Channels of the path, time among them; size of the state; outputs.
    """

    def __init__(self, in_channels: int, width: int, n_classes: int) -> None:
        super().__init__()
        self.start = nn.Linear(in_channels, width)
        self.field = VectorField(in_channels, width)
        self.readout = nn.Linear(width, n_classes)


class VectorField(nn.Module):
    """Two layers from the state to a matrix (width, in_channels).

    Parameters
    ----------
    in_channels, width : int
        Channels of the path, and size of the state.
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, width * in_channels),
            nn.Tanh(),
        )

    def forward(self, t: Tensor, state: Tensor) -> Tensor:
        """Evaluate the field; `t` is not used."""
        return self.layers(state).unflatten(-1, (state.shape[-1], -1))

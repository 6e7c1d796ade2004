"""The gated recurrent unit in continuous time, with jumps at the observations."""

import torch
from torch import Tensor, nn

from ckts.networks.baselines.ode import AbstractJumping


class GRUODE(AbstractJumping):
    """GRU-ODE between the observations, a GRU at them (De Brouwer et al., 2019).

    The state flows by ``dh/dt = (1 - z) (g - h)``, with the gates of a GRU without
    input, and stays within -1 and 1.
    DIFF[paper]: the jump takes values and masks, instead of the errors of a predicted
    distribution that costs two more terms of the loss (their GRU-Bayes).

    Parameters are those of :class:`ckts.networks.baselines.ode.AbstractSolving`.
    """

    def make_field(self, hidden_channels: int) -> nn.Module:
        """Make the continuous unit."""
        return GRUField(hidden_channels)


class GRUField(nn.Module):
    """Slope of a GRU's state that is given no input.

    Parameters
    ----------
    hidden_channels : int
        Size of the state.
    """

    def __init__(self, hidden_channels: int) -> None:
        super().__init__()
        self.gates = nn.Linear(hidden_channels, 2 * hidden_channels)
        self.candidate = nn.Linear(hidden_channels, hidden_channels)

    def forward(self, state: Tensor) -> Tensor:
        """Return the slope at states of shape (batch, hidden_channels)."""
        reset, update = torch.sigmoid(self.gates(state)).chunk(2, 1)
        candidate = torch.tanh(self.candidate(reset * state))
        return (1 - update) * (candidate - state)

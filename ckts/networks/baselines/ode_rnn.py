"""A recurrent unit whose state flows between the observations."""

from torch import nn

from ckts.networks.baselines.ode import AbstractJumping


class ODERNN(AbstractJumping):
    """ODE-RNN: a perceptron flows, a GRU jumps (Rubanova et al., 2019, Algorithm 1).

    The last layer of the flow is linear behind ``tanh``, so that its speed is bounded.
    DIFF[paper]: the jump is torch's GRU; theirs has gates of two layers.

    Parameters are those of :class:`ckts.networks.baselines.ode.AbstractSolving`.
    """

    def make_field(self, hidden_channels: int) -> nn.Module:
        """Make a perceptron of one hidden layer."""
        return nn.Sequential(
            nn.Linear(hidden_channels, hidden_channels),
            nn.Tanh(),
            nn.Linear(hidden_channels, hidden_channels),
        )

"""A gated recurrent unit that forgets while nothing is observed."""

import torch
from torch import Tensor, nn

from ckts.networks.baselines.base import RowBatch
from ckts.networks.baselines.chrono import AbstractTimedGated
from ckts.networks.baselines.history import fill_forward, time_since_last

# Rates of decay are drawn from [0, this): a negative one has no gradient, and one of 1
# forgets a rare channel within a few typical gaps of the rows.
LARGEST_RATE = 0.1


class GRUD(AbstractTimedGated):
    """GRU-D: missing values decay to the mean, and the state to 0 (Che et al., 2018).

    With the time δ since each channel was observed, its last value x', its mask m::

        γ = exp(-max(0, W δ + b))             (for x, W is diagonal)
        x̂ = m x + (1 - m) γ_x x'              (the mean is 0)
        ĥ = γ_h h
        r, z = σ(W x̂ + U ĥ + V m + b)         (each its own W, U, V and b)
        h = (1 - z) ĥ + z tanh(W x̂ + U (r ĥ) + V m + b)

    Parameters are those of :class:`ckts.networks.baselines.chrono.AbstractTimedGated`.
    """

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the decays and the maps of the unit."""
        self.value_rates = nn.Parameter(LARGEST_RATE * torch.rand(in_channels))
        self.value_bias = nn.Parameter(torch.zeros(in_channels))
        self.state_rates = nn.Linear(in_channels, hidden_channels)
        nn.init.uniform_(self.state_rates.weight, 0, LARGEST_RATE / in_channels)
        nn.init.zeros_(self.state_rates.bias)
        self.own = nn.Linear(2 * in_channels, 3 * hidden_channels)
        self.gates = nn.Linear(hidden_channels, 2 * hidden_channels, bias=False)
        self.candidate = nn.Linear(hidden_channels, hidden_channels, bias=False)

    def keep(self, memories: Tensor) -> None:
        """Set the bias of the update gate, which here takes in what is new."""
        size = len(memories)
        self.own.bias[size : 2 * size] = -memories

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the states; only the unit itself runs row by row."""
        since = time_since_last(rows.times, rows.observed) / self.row_time_step
        since = self.cap(since).to(rows.values.dtype)
        masks = rows.observed.to(rows.values.dtype)
        own = self.own(torch.cat([self.impute(rows, since), masks], 2))
        keep = _decay(self.state_rates(since))
        state = keep.new_zeros(keep.shape[0], self.hidden_channels)
        states = []
        for kept, row in zip(keep.unbind(1), own.unbind(1), strict=True):
            state = self._update(kept * state, row)
            states.append(state)
        return torch.stack(states, 1)

    def impute(self, rows: RowBatch, since: Tensor) -> Tensor:
        """Fill what is missing by the last value, decayed."""
        keep = _decay(self.value_rates * since + self.value_bias)
        last = fill_forward(rows.values, rows.observed)
        return torch.where(rows.observed, rows.values, keep * last)

    def _update(self, state: Tensor, own: Tensor) -> Tensor:
        """Take in a row of which `own` is ``W x̂ + V m + b`` of all three maps."""
        split = 2 * self.hidden_channels
        gates = torch.sigmoid(own[:, :split] + self.gates(state))
        reset, update = gates.chunk(2, 1)
        candidate = torch.tanh(own[:, split:] + self.candidate(reset * state))
        return torch.lerp(state, candidate, update)


def _decay(rates: Tensor) -> Tensor:
    return torch.exp(-torch.relu(rates))

"""HiPPO-LegS: the whole past as a polynomial, by real time stamps."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch

# In float64 the steps of a row take a few times 8 order**2 bytes for each series.
ROWS_AT_A_TIME = 64


class HiPPO(AbstractBaseline):
    """A gated state beside the projection of its own history on polynomials.

    Gu et al. (2020), "HiPPO: Recurrent memory with optimal polynomial projections",
    Fig. 2 with scaled Legendre polynomials (LegS, Theorem 2)::

        h(t) = (1 - g) h(t-) + g tanh(...), of [h(t-), c(t-), x(t)], as is the gate g
        f(t) = L h(t)
        c(t) = coefficients of f over [0, t], every time of equal weight

    Time begins one typical gap before the first row, and `f` lasts from the row before
    to its row. So on a regular grid row number `k` has the time ``k + 1``; when time
    is stretched together with its unit, nothing changes. A row with the stamp of the
    one before leaves no trace in the memory.

    DIFF[paper]: they step by the bilinear rule. Here `c` is the exact projection of
    the staircase `f`, however long the gap is.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    order : int, default=16
        Number of polynomials.
    """

    def __init__(
        self,
        *sizes: int,
        order: int = 16,
        **shared: Any,
    ) -> None:
        self.order = check_count("order", order)
        super().__init__(*sizes, **shared)

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the maps."""
        self.drive = nn.Linear(2 * in_channels, 2 * hidden_channels)
        n_states = hidden_channels + self.order
        self.update = nn.Linear(n_states, 2 * hidden_channels, bias=False)
        self.signal = nn.Linear(hidden_channels, 1)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the gated states."""
        inputs = rows.inputs
        ends = (rows.times - rows.times[:, :1]) / self.row_time_step + 1
        shares = torch.cat([torch.zeros_like(ends[:, :1]), ends[:, :-1]], 1) / ends
        drives = self.drive(inputs).unbind(1)
        state = inputs.new_zeros(len(inputs), self.hidden_channels)
        memory, states = inputs.new_zeros(len(inputs), self.order), []
        for drive, (carry, entry) in zip(drives, self._steps(shares), strict=True):
            both = self.update(torch.cat([state, memory], 1)) + drive
            # `torch.lerp` takes one type, and autocast makes another one.
            gate, candidate = both.to(state.dtype).chunk(2, 1)
            state = torch.lerp(state, torch.tanh(candidate), torch.sigmoid(gate))
            with torch.autocast(state.device.type, enabled=False):  # adds up over time
                memory = (carry @ memory.unsqueeze(2)).squeeze(2)
            memory = memory + self.signal(state) * entry
            states.append(state)
        return torch.stack(states, 1)

    def _steps(self, shares: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield what each row does to the coefficients, in the type of the network."""
        dtype = self.signal.weight.dtype
        for part in shares.split(ROWS_AT_A_TIME, 1):
            parts = legs_steps(part, self.order)
            yield from zip(*(one.to(dtype).unbind(1) for one in parts), strict=True)


def legs_steps(shares: Tensor, order: int) -> tuple[Tensor, Tensor]:
    """Return what takes the coefficients over [0, r t] to those over [0, t].

    The basis over [0, t] is ``sqrt(2 n + 1) P_n(2 x / t - 1)``. A polynomial over
    [0, r t] is projected on it by Gauss's rule, which is exact here; a constant after
    ``r t`` by the integral of P_n.

    Parameters
    ----------
    shares : Tensor of shape (batch, time)
        The ratios `r`, in [0, 1], float64.
    order : int
        Number of polynomials.

    Returns
    -------
    carry : Tensor of shape (batch, time, order, order)
    entry : Tensor of shape (batch, time, order)
        Coefficients are multiplied by `carry`, and the constant by `entry`.
    """
    points, weights = (one.to(shares) for one in gauss_rule(order))
    scales = torch.arange(1, 2 * order, 2).to(shares).sqrt()
    before = legendre(points, order) * scales * weights.unsqueeze(1) / 2
    places = shares.unsqueeze(2) * (points + 1) - 1
    after = legendre(places, order) * scales
    carry = torch.einsum("btqm,qn->btmn", after, before)
    ends = legendre(2 * shares - 1, order + 1)
    lower = torch.cat([torch.ones_like(ends[..., :1]), ends[..., :-2]], -1)
    return carry * shares[..., None, None], (lower - ends[..., 1:]) / (2 * scales)


def gauss_rule(order: int) -> tuple[Tensor, Tensor]:
    """Return the points and weights of Gauss's rule on [-1, 1], float64.

    By Golub and Welsch (1969): they are eigenvalues, and first entries of eigenvectors,
    of the matrix of the recurrence.
    """
    steps = torch.arange(1, order, dtype=torch.float64)
    recurrence = torch.diag(steps / (4 * steps**2 - 1).sqrt(), -1)
    points, vectors = torch.linalg.eigh(recurrence)
    return points, 2 * vectors[0] ** 2


def legendre(points: Tensor, order: int) -> Tensor:
    """Return the Legendre polynomials of degree 0 to ``order - 1``, in a last axis."""
    values = [torch.ones_like(points), points]
    for degree in range(1, order):
        next_ = (2 * degree + 1) * points * values[-1] - degree * values[-2]
        values.append(next_ / (degree + 1))
    return torch.stack(values[:order], -1)

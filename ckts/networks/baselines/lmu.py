"""The Legendre memory unit: a window of the past as a few numbers."""

from typing import Any

import torch
from torch import Tensor, nn

from ckts._checks import check_count
from ckts.networks.baselines.base import AbstractBaseline, RowBatch


class LMU(AbstractBaseline):
    """A linear memory of the last `horizon`, beside a nonlinear state.

    Voelker et al. (2019), "Legendre memory units". The memory `m` holds the history of
    one signal `u` as coefficients of Legendre polynomials over a sliding window; it
    follows a fixed linear system, held over each step (their Eq. 1 to 7)::

        u(t) = e_x x(t) + e_h h(t - 1) + e_m m(t - 1)
        m(t) = A m(t - 1) + B u(t)
        h(t) = tanh(W_x x(t) + W_h h(t - 1) + W_m m(t))

    Every row counts as one step.

    Parameters
    ----------
    *sizes, **shared
        Those of :class:`AbstractBaseline`.
    horizon : float, default=100.0
        Longest lag of the training data: with `row_time_step`, the rows of the window.
    row_time_step : float, default=1.0
        Typical gap of the rows.
    order : int, default=32
        Number of polynomials.
    """

    system: Tensor
    entry: Tensor

    def __init__(
        self,
        *sizes: int,
        horizon: float = 100.0,
        row_time_step: float = 1.0,
        order: int = 32,
        **shared: Any,
    ) -> None:
        self.order = check_count("order", order)
        self.window = horizon / row_time_step + 1
        super().__init__(*sizes, row_time_step=row_time_step, **shared)

    def build(self, in_channels: int, hidden_channels: int) -> None:
        """Make the encoders `e`, the kernels `W`, and the system."""
        n_inputs, n_states = 2 * in_channels, hidden_channels + self.order
        self.encoder = nn.Linear(n_inputs, 1, bias=False)
        self.state_encoder = nn.Linear(n_states, 1, bias=False)
        self.kernel = nn.Linear(n_inputs, hidden_channels, bias=False)
        self.state_kernel = nn.Linear(n_states, hidden_channels, bias=False)
        nn.init.zeros_(self.state_encoder.weight[:, hidden_channels:])  # as theirs
        nn.init.xavier_normal_(self.kernel.weight)
        for part in self.state_kernel.weight.split([hidden_channels, self.order], 1):
            nn.init.xavier_normal_(part)
        system, entry = window_system(self.order, self.window)
        self.register_buffer("system", system.T.contiguous(), persistent=False)
        self.register_buffer("entry", entry, persistent=False)

    def encode(self, rows: RowBatch) -> Tensor:
        """Compute the nonlinear states."""
        inputs = rows.inputs
        signals, drives = self.encoder(inputs), self.kernel(inputs)
        state = inputs.new_zeros(len(inputs), self.hidden_channels)
        memory, states = inputs.new_zeros(len(inputs), self.order), []
        for signal, drive in zip(signals.unbind(1), drives.unbind(1), strict=True):
            signal = signal + self.state_encoder(torch.cat([state, memory], 1))
            memory = memory @ self.system + signal * self.entry
            state = torch.cat([state, memory], 1)
            state = torch.tanh(drive + self.state_kernel(state))
            states.append(state)
        return torch.stack(states, 1)


def window_system(order: int, window: float) -> tuple[Tensor, Tensor]:
    """Return the matrices by which the memory moves on by one step.

    The system is ``window m' = A m + B u``, with ``A[i, j] = (2 i + 1) a[i, j]``, `a`
    -1 for ``i < j`` and else ``(-1)**(i - j + 1)``, and ``B[i] = (2 i + 1) (-1)**i``;
    `u` is constant over the step.

    Parameters
    ----------
    order : int
        Number of polynomials.
    window : float
        Length of the window in steps.

    Returns
    -------
    system : Tensor of shape (order, order)
    entry : Tensor of shape (order,)
        Both float64: the exponential of a large matrix.
    """
    degrees = torch.arange(order)
    rows, columns = degrees.unsqueeze(1), degrees
    signs = torch.where(rows < columns, -1, 1 - 2 * ((rows - columns + 1) % 2))
    joint = torch.zeros(order + 1, order + 1, dtype=torch.float64)
    joint[:order, :order] = (2 * rows + 1) * signs
    joint[:order, order] = (2 * degrees + 1) * (1 - 2 * (degrees % 2))
    joint = torch.linalg.matrix_exp(joint / window)
    return joint[:order, :order], joint[:order, order]

"""The residual block of the default network."""

from typing import Any

import torch
from torch import Tensor, nn

from ckts.convolution.plan import Plan
from ckts.layers.ckconv import CKConv
from ckts.layers.seeded import Dropout, make_linear


class GatedBlock(nn.Module):
    """Pre-norm residual block: convolve in time, then mix channels through a gate.

    ``y = x + dropout(GLU(W gelu(conv(h) + d h)))`` with ``h = norm(x)``.

    DIFF[paper]: the block of Fig. 8 has two convolutions with ReLU. Point-wise gated
    mixing after a continuous-kernel convolution is what its successors use. Norms act
    per time step: statistics over time, as in the authors' code, look ahead and
    depend on padding.

    Parameters
    ----------
    channels : int
        Number of channels.
    dropout : float, default=0.0
        Share of channels dropped from the residual branch, the same ones at all times.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.
    **conv_params
        Parameters of the :class:`~ckts.layers.CKConv`.
    """

    def __init__(
        self,
        channels: int,
        *,
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
        **conv_params: Any,
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = CKConv(channels, channels, generator=generator, **conv_params)
        self.skip = nn.Parameter(torch.ones(channels))
        self.mix = make_linear(channels, 2 * channels, generator=generator)
        self.dropout = Dropout(dropout)

    def forward(
        self, values: Tensor, plan: Plan, generator: torch.Generator | None = None
    ) -> Tensor:
        """Transform (batch, time, channels) at the observation times of `plan`.

        Dropout draws from `generator`, by default from torch's global one.
        """
        hidden = self.norm(values)
        hidden = self.conv(hidden, plan=plan) + self.skip * hidden
        gated = nn.functional.glu(self.mix(nn.functional.gelu(hidden)), -1)
        return values + self.dropout(gated, generator)

"""The residual block of the default network, and its parts that take a generator."""

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ckts._checks import check_share
from ckts.convolution.plan import Plan
from ckts.layers.ckconv import CKConv
from ckts.transforms import is_exporting

# Numbers up to which torch's own GELU is faster than that of oneDNN.
SMALL = 2**15


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
        gated = nn.functional.glu(self.mix(gelu(hidden)), -1)
        return values + self.dropout(gated, generator)


def gelu(values: Tensor) -> Tensor:
    """Apply the Gaussian error linear unit of torch, without oneDNN where it is slow.

    On the CPU torch hands contiguous float32 to oneDNN, whose call takes 0.15 ms
    forward and as long backward, whatever the size. Of a transposed tensor torch
    computes it itself, which takes longer from some 50,000 numbers on.

    Parameters
    ----------
    values : Tensor of shape (..., channels)

    Returns
    -------
    Tensor of the shape of `values`
    """
    if is_exporting() or values.numel() > SMALL:
        return nn.functional.gelu(values)
    return nn.functional.gelu(values.mT).mT


def make_linear(
    in_features: int, out_features: int, *, generator: torch.Generator | None = None
) -> nn.Linear:
    """Make a linear layer that begins as torch's does.

    Weights and biases are drawn from ``U(-b, b)`` with ``b = 1 / sqrt(in_features)``.

    Parameters
    ----------
    in_features, out_features : int
        Sizes.
    generator : torch.Generator, optional
        Where the random numbers come from; by default torch's global one.

    Returns
    -------
    torch.nn.Linear
        Bit for bit ``nn.Linear(in_features, out_features)`` with the same numbers.
    """
    # On "meta" the constructor draws nothing.
    linear = nn.Linear(in_features, out_features, device="meta")
    linear = linear.to_empty(device=torch.empty(0).device)  # torch's default device
    bound = 1 / math.sqrt(in_features)
    with torch.no_grad():
        for parameter in (linear.weight, linear.bias):
            parameter.uniform_(-bound, bound, generator=generator)
    return linear


class Dropout(nn.Module):
    """Set channels of each series to 0 at random, the same ones at all times.

    The others are divided by ``1 - rate``, so that means stay. With the same random
    numbers this is ``torch.nn.Dropout`` for features without a time axis, and
    ``torch.nn.Dropout1d`` of a transposed series.

    Parameters
    ----------
    rate : float
        Probability of each channel to be dropped, in [0, 1).
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = check_share("rate", rate)

    def forward(
        self, inputs: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Drop in training; else return the input.

        Parameters
        ----------
        inputs : Tensor of shape (batch, channels) or (batch, time, channels)
            Features, or features over time.
        generator : torch.Generator, optional
            Where random numbers come from, on any device: the only thing that changes.
            By default torch's global one.

        Returns
        -------
        Tensor of the shape of `inputs`
        """
        if not self.training or self.rate == 0:
            return inputs
        shape = inputs.shape[0], *[1] * (inputs.ndim - 2), inputs.shape[-1]
        device = _drawing_device(inputs, generator)
        kept = torch.empty(shape, dtype=inputs.dtype, device=device)
        kept.bernoulli_(1 - self.rate, generator=generator).div_(1 - self.rate)
        return inputs * kept.to(inputs.device)

    def extra_repr(self) -> str:
        """Describe the layer in ``print(network)``."""
        return f"{self.rate:g}"


def hide_rows(
    observed: Tensor, largest_share: float, generator: torch.Generator | None = None
) -> Tensor:
    """Hide a random share of the rows of each series, at most `largest_share`.

    Parameters
    ----------
    observed : Tensor of shape (batch, time, channels)
        Which values exist.
    largest_share : float
        The share is drawn from U(0, largest_share) for each series.
    generator : torch.Generator, optional
        Where the random numbers come from; by default torch's global one.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    batch, n_rows, _ = observed.shape
    device = _drawing_device(observed, generator)
    draw = partial(torch.rand, device=device, generator=generator)
    share = largest_share * draw(batch, 1, 1)
    kept = draw(batch, n_rows, 1) >= share
    return observed & kept.to(observed.device)


def truncate_randomly(
    observed: Tensor, share: float, generator: torch.Generator | None = None
) -> Tensor:
    """Truncate a random share of the series after one of their rows.

    The last row that is left is each observed one with the same probability.

    Parameters
    ----------
    observed : Tensor of shape (batch, time, channels)
        Which values exist.
    share : float
        Probability of each series to be truncated, in (0, 1].
    generator : torch.Generator, optional
        Where the random numbers come from; by default torch's global one.

    Returns
    -------
    Tensor of shape (batch, time, channels)
    """
    device = _drawing_device(observed, generator)
    draw = torch.rand(len(observed), 1, device=device, generator=generator)
    seen = observed.any(2)
    # Of draws below `share` this is uniform in [0, n_rows); others keep all rows.
    place = draw.to(observed.device) / share * seen.sum(1, keepdim=True)
    kept = seen.cumsum(1) - 1 <= place
    return observed & kept.unsqueeze(2)


def _drawing_device(inputs: Tensor, generator: torch.Generator | None) -> torch.device:
    """Return where to draw: a generator does so on its own device only."""
    return inputs.device if generator is None else generator.device

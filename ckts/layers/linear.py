"""torch's linear layer, initialized from a generator: its constructor takes none."""

import math

import torch
from torch import nn


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

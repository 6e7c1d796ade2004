"""A linear layer with weight normalization whose initialization survives."""

import torch
from torch import Tensor, nn


class WeightNormLinear(nn.Module):
    """``y = g v / ||v|| x + b``, norms per output row (Salimans and Kingma, 2016).

    The layer is built from the weight it shall begin with, so that an initialization
    cannot be undone: in the authors' code the first forward pass recomputes the
    weight and thereby discards the SIREN initialization.

    torch's own parametrization cannot be pickled, which estimators must be.

    Parameters
    ----------
    weight : Tensor of shape (out_features, in_features)
        Initial weight.
    bias : Tensor of shape (out_features,)
        Initial bias.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.direction = nn.Parameter(weight.clone())
        self.magnitude = nn.Parameter(weight.norm(dim=1, keepdim=True))
        self.bias = nn.Parameter(bias.clone())

    @property
    def weight(self) -> Tensor:
        """The normalized weight, shape (out_features, in_features)."""
        norm = self.direction.norm(dim=1, keepdim=True)
        return self.direction * (self.magnitude / norm)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map (..., in_features) to (..., out_features)."""
        return nn.functional.linear(inputs, self.weight, self.bias)


def uniform(
    rows: int, columns: int, bound: float, generator: torch.Generator | None
) -> Tensor:
    """Draw a (rows, columns) matrix from U(-bound, bound)."""
    return torch.empty(rows, columns).uniform_(-bound, bound, generator=generator)

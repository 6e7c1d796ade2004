"""What kernels that are small networks share: weight-normalized layers, and a bias."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from ckts.kernels.base import AbstractKernel


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


class AbstractMLPKernel(AbstractKernel):
    """A network 1 - hidden - hidden - out x in of weight-normalized layers (E.1).

    Its features are the activations of the second layer and the constant 1 of the last
    layer's bias. A kernel supplies :meth:`activate` and the layers `first`, `second`
    and `last` with their initialization.
    """

    first: WeightNormLinear
    second: WeightNormLinear
    last: WeightNormLinear

    @abstractmethod
    def activate(self, hidden: Tensor) -> Tensor:
        """Apply the nonlinearity of the hidden layers, element by element."""

    def basis(self, lags: Tensor) -> Tensor:
        """Activations of the second layer, and a constant: (..., hidden + 1)."""
        hidden = self.coordinates(lags).unsqueeze(-1)
        for layer in (self.first, self.second):
            hidden = self.activate(layer(hidden))
        return torch.cat([hidden, torch.ones_like(hidden[..., :1])], -1)

    def mixing(self) -> Tensor:
        """Last layer and its bias: (out_channels, in_channels, hidden + 1)."""
        weight = torch.cat([self.last.weight, self.last.bias.unsqueeze(-1)], -1)
        return weight.unflatten(0, (self.out_channels, self.in_channels))

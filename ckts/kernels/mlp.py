"""What kernels that are small networks share: two hidden layers, a last one, a bias."""

from abc import abstractmethod

import torch
from torch import Tensor

from ckts.kernels.base import AbstractKernel
from ckts.kernels.weight_norm import WeightNormLinear


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

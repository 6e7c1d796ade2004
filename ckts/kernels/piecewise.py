"""Kernel networks with piecewise nonlinearities and uniform knots (Appendix B.1)."""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from ckts._checks import check_choice, check_size
from ckts.kernels.mlp import AbstractMLPKernel, WeightNormLinear, uniform

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "swish": functional.silu,
}


class PiecewiseKernel(AbstractMLPKernel):
    """A network 1 - 32 - 32 - out x in whose knots begin uniformly spread.

    In every hidden layer the bias is ``b = -W h(x)`` at points `x` drawn uniformly
    from [-1, 1], so that each neuron bends at its own place (Appendix B.1).

    DIFF[paper]: without the layer normalization of Appendix D.1, which would move
    the knots that B.1 places.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the convolution.
    causal : bool, default=True
        Whether lags are in [0, 1] or in [-1, 1].
    n_steps : float, default=100.0
        Not used: the bandwidth follows from the number of knots.
    activation : {"relu", "leaky_relu", "swish"}, default="relu"
        Nonlinearity of the hidden layers.
    hidden_features : int, default=32
        Width of the network.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        causal: bool = True,
        n_steps: float = 100.0,
        activation: str = "relu",
        hidden_features: int = 32,
        generator: torch.Generator | None = None,
    ) -> None:
        hidden_features = check_size("hidden_features", hidden_features)
        super().__init__(
            in_channels, out_channels, n_features=hidden_features + 1, causal=causal
        )
        check_choice("activation", activation, tuple(ACTIVATIONS))
        self.activation = activation
        self.smooth = activation == "swish"  # the others have kinks
        draw = partial(uniform, generator=generator)
        knots = 2 * torch.rand(hidden_features, 1, generator=generator) - 1
        first = draw(hidden_features, 1, math.sqrt(6))
        self.first = WeightNormLinear(first, -(first * knots).sum(1))
        knots = knots[torch.randperm(hidden_features, generator=generator)]
        with torch.no_grad():
            at_knots = self.activate(self.first(knots))
        second = draw(hidden_features, hidden_features, math.sqrt(6 / hidden_features))
        self.second = WeightNormLinear(second, -(second * at_knots).sum(1))
        n_outputs = out_channels * in_channels
        last = draw(n_outputs, hidden_features, 1 / math.sqrt(hidden_features))
        self.last = WeightNormLinear(last, torch.zeros(n_outputs))

    def activate(self, hidden: Tensor) -> Tensor:
        """Rectify, leakily or smoothly."""
        return ACTIVATIONS[self.activation](hidden)

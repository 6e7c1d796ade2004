"""Kernels that are small networks of weight-normalized layers (Appendix E.1)."""

import math
from abc import abstractmethod
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from torch.nn.functional import pad

from ckts._checks import check_choice, check_count, check_positive
from ckts.kernels.base import AbstractKernel
from ckts.transforms import AbstractFused


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


class SirenKernel(AbstractMLPKernel):
    """Three weight-normalized layers with sine nonlinearities, 1 - 32 - 32 - out x in.

    ``h = sin(omega_0 (W1 p + b1))``, ``h = sin(omega_0 (W2 h + b2))``,
    ``psi = W3 h + b3`` with `p` the relative position in [-1, 1].

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the convolution.
    causal : bool, default=True
        Whether lags are in [0, 1] or in [-1, 1].
    n_steps : float, default=100.0
        Not used: the bandwidth of this kernel is set by `omega_0`.
    omega_0 : float, default=30.0
        Prior on the oscillations of the kernel. It must be tuned (Appendix E.1);
        see :class:`~ckts.kernels.BandKernel` for a kernel without it.
    hidden_features : int, default=32
        Width of the network.
    bias_init : {"period", "fan_in"}, default="period"
        "period" spreads the biases over the period of each sine,
        ``U(-pi / ||W_i||, pi / ||W_i||)`` (paper, B.2), less whole periods; "fan_in"
        draws them from ``U(-1 / sqrt(fan_in), 1 / sqrt(fan_in))`` (Sitzmann et al.,
        2020).
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.

    References
    ----------
    Romero et al., CKConv: Continuous Kernel Convolution For Sequential Data, 2021,
    Section 4.2. Sitzmann et al., Implicit Neural Representations with Periodic
    Activation Functions, 2020.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        causal: bool = True,
        n_steps: float = 100.0,
        omega_0: float = 30.0,
        hidden_features: int = 32,
        bias_init: str = "period",
        generator: torch.Generator | None = None,
    ) -> None:
        hidden_features = check_count("hidden_features", hidden_features)
        # The last feature is the constant 1 of the last layer's bias.
        super().__init__(
            in_channels, out_channels, n_features=hidden_features + 1, causal=causal
        )
        check_choice("bias_init", bias_init, ("period", "fan_in"))
        self.omega_0 = check_positive("omega_0", omega_0)
        bound = math.sqrt(6 / hidden_features) / omega_0
        draw = partial(uniform, generator=generator)
        make = partial(
            _sine_layer, bias_init=bias_init, omega_0=omega_0, generator=generator
        )
        self.first = make(draw(hidden_features, 1, 1.0))
        self.second = make(draw(hidden_features, hidden_features, bound))
        n_outputs = out_channels * in_channels
        last = draw(n_outputs, hidden_features, bound)
        self.last = WeightNormLinear(last, torch.zeros(n_outputs))

    def activate(self, hidden: Tensor) -> Tensor:
        """Apply the sine of `omega_0` times the input."""
        return torch.sin(self.omega_0 * hidden)

    def basis(self, lags: Tensor) -> Tensor:
        """Sines of the second layer, and a constant: (..., hidden + 1)."""
        if lags.requires_grad:
            return super().basis(lags)
        positions, first, second = self.coordinates(lags), self.first, self.second
        parameters = first.weight, first.bias, second.weight, second.bias
        return _TwoSines.run(positions, self.omega_0, *parameters)


class _TwoSines(AbstractFused):
    """The basis of a :class:`SirenKernel` for positions that need no gradient.

    Few passes over memory, in place. The constant is a neuron without inputs.
    """

    @staticmethod
    def plain(positions, omega_0, weight_1, bias_1, weight_2, bias_2):
        """Apply two layers of sines, and append the constant."""
        hidden = positions.unsqueeze(-1)
        for weight, bias in ((weight_1, bias_1), (weight_2, bias_2)):
            hidden = torch.sin(omega_0 * functional.linear(hidden, weight, bias))
        return torch.cat([hidden, torch.ones_like(hidden[..., :1])], -1)

    @staticmethod
    def forward(ctx, positions, omega_0, weight_1, bias_1, weight_2, bias_2):
        flat = positions.reshape(-1, 1)
        weight_1, bias_1 = omega_0 * weight_1.T, omega_0 * bias_1
        weight_2 = pad(omega_0 * weight_2, (0, 0, 0, 1))
        bias_2 = pad(omega_0 * bias_2, (0, 1), value=math.pi / 2)
        hidden = torch.addcmul(bias_1, flat, weight_1).sin_()
        phases = torch.addmm(bias_2, hidden, weight_2.T)
        ctx.omega_0 = omega_0
        ctx.save_for_backward(flat, weight_1, bias_1, hidden, weight_2, phases)
        return torch.sin(phases).view(*positions.shape, len(bias_2))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        flat, weight_1, bias_1, hidden, weight_2, phases = ctx.saved_tensors
        second = torch.cos(phases).mul_(gradient.reshape(phases.shape))
        first = torch.addcmul(bias_1, flat, weight_1).cos_().mul_(second @ weight_2)
        gradients = first.T @ flat, first.sum(0), second.T @ hidden, second.sum(0)
        by_w1, by_b1, by_w2, by_b2 = (ctx.omega_0 * part for part in gradients)
        return None, None, by_w1, by_b1, by_w2[:-1], by_b2[:-1]


def _sine_layer(
    weight: Tensor, bias_init: str, omega_0: float, generator: torch.Generator | None
) -> WeightNormLinear:
    bias = 2 * torch.rand(len(weight), generator=generator) - 1
    if bias_init == "fan_in":
        return WeightNormLinear(weight, bias / math.sqrt(weight.shape[1]))
    bias = math.pi * bias / weight.norm(dim=1)
    # DIFF[paper]: the same sines, less whole periods. Phases of thousands of radians
    # cost digits: float32 kernels were off by 1e-4 of their maximum, now by 3e-6.
    period = 2 * math.pi / omega_0
    return WeightNormLinear(weight, bias - period * torch.round(bias / period))


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
        hidden_features = check_count("hidden_features", hidden_features)
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

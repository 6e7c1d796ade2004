"""Kernels that are sums of sines, of band-spaced or of random frequencies."""

import math

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ckts._checks import check_count, check_positive
from ckts.kernels.base import AbstractKernel
from ckts.transforms import AbstractFused

# Bands of more time steps per horizon want a mesh of millions of points, or pairs.
# 32 bands over that many decades resolve little: a second kernel with a shorter horizon
# does it better, see ``ckts.networks.GatedCKCNN`` on bursts.
MOST_STEPS = 2.0**16


class BandKernel(AbstractKernel):
    """Sines of log-spaced frequencies under Gaussian windows of log-spaced widths.

    ``feature_k = exp(-(lag / width_k)^2 / 2) sin(2 pi frequency_k lag + phase_k)``

    Frequencies begin between one half cycle per horizon and half of the Nyquist
    frequency of the training data, so the kernel resolves what the data can show
    and there is no omega_0 to tune. Frequencies, phases and widths are learned.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the convolution.
    causal : bool, default=True
        Whether lags are in [0, 1] or in [-1, 1].
    n_steps : float, default=100.0
        Training time steps per horizon; half of it is the Nyquist frequency. Bands
        resolve 65,536 steps per horizon at most.
    n_features : int, default=32
        Number of features.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.
    """

    gain: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        causal: bool = True,
        n_steps: float = 100.0,
        n_features: int = 32,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, n_features=n_features, causal=causal
        )
        n_steps = max(n_steps, 2.0)
        n_resolved = min(n_steps, MOST_STEPS)
        highest, narrowest = max(n_resolved / 4, 1.0), min(2.0 / n_resolved, 0.5)
        frequencies = torch.logspace(math.log10(0.5), math.log10(highest), n_features)
        self.frequencies = nn.Parameter(frequencies)
        phases = torch.rand(n_features, generator=generator)
        self.phases = nn.Parameter(2 * torch.pi * phases)
        widths = torch.logspace(math.log10(narrowest), 0.0, n_features)
        widths = widths[torch.randperm(n_features, generator=generator)]
        self.log_widths = nn.Parameter(widths.log())
        # A window holds about width x n_steps observations: with this gain the
        # response to a signal of unit variance has about unit variance.
        self.register_buffer("gain", (widths * n_steps).clamp(min=1).rsqrt())
        bound = math.sqrt(2 / (in_channels * n_features))
        shape = out_channels, in_channels, n_features
        self.weight = nn.Parameter(bound * torch.randn(shape, generator=generator))

    def basis(self, lags: Tensor) -> Tensor:
        """Windowed sines: (..., n_features)."""
        parameters = self.frequencies, self.phases, self.log_widths, self.gain
        if lags.requires_grad:
            return windowed_sines(lags, *parameters)
        return _WindowedSines.run(lags, *parameters)

    def mixing(self) -> Tensor:
        """Amplitudes: (out_channels, in_channels, n_features)."""
        return self.weight


def windowed_sines(
    lags: Tensor, frequencies: Tensor, phases: Tensor, log_widths: Tensor, gain: Tensor
) -> Tensor:
    """Evaluate ``gain exp(-(lag / width)^2 / 2) sin(2 pi frequency lag + phase)``.

    Parameters
    ----------
    lags : Tensor of shape (...)
        Lags in horizons.
    frequencies, phases, log_widths, gain : Tensor of shape (n_features,)
        In cycles per horizon, radians, logarithms of horizons, and a factor.

    Returns
    -------
    Tensor of shape (..., n_features)
    """
    lags = lags.unsqueeze(-1)
    windows = torch.exp(-((lags / log_widths.exp()) ** 2) / 2)
    return torch.sin(2 * torch.pi * frequencies * lags + phases) * windows * gain


class _WindowedSines(AbstractFused):
    """:func:`windowed_sines` for lags that need no gradient.

    Few passes over memory, in place: a training step of the default network on 8
    series of 60 random times takes 76 ms with plain autograd, 45 ms with this.
    """

    plain = staticmethod(windowed_sines)

    @staticmethod
    def forward(ctx, lags, frequencies, phases, log_widths, gain):
        flat, turns = lags.reshape(-1, 1), 2 * torch.pi * frequencies
        values = torch.addcmul(phases, flat, turns).sin_()
        squares, decays = flat * flat, -0.5 * torch.exp(-2 * log_widths)
        # exp(-40) is 0 in any sum here; denormals below it would cost a fifth more
        windows = torch.addcmul(gain.log(), squares, decays).clamp_(min=-40).exp_()
        values.mul_(windows)
        ctx.save_for_backward(flat, squares, turns, phases, windows, values, decays)
        return values.unflatten(0, lags.shape) if lags.ndim else values[0]

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):
        flat, squares, turns, phases, windows, values, decays = ctx.saved_tensors
        gradient = gradient.reshape(values.shape)
        slopes = torch.addcmul(phases, flat, turns).cos_().mul_(windows).mul_(gradient)
        by_frequency = 2 * torch.pi * (flat.T @ slopes)[0]
        by_width = -2 * decays * (squares.T @ (values * gradient))[0]
        return None, by_frequency, slopes.sum(0), by_width, None


class FourierKernel(AbstractKernel):
    """Cosines and sines of fixed random frequencies, ``cos(2 pi B lag)``.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the convolution.
    causal : bool, default=True
        Whether lags are in [0, 1] or in [-1, 1].
    n_steps : float, default=100.0
        Training time steps per horizon.
    scale : float, optional
        Standard deviation of the frequencies in cycles per horizon; by default a
        quarter of the Nyquist frequency, ``n_steps / 8``.
    n_frequencies : int, default=16
        Number of frequencies; there are twice as many features.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.
    """

    frequencies: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        causal: bool = True,
        n_steps: float = 100.0,
        scale: float | None = None,
        n_frequencies: int = 16,
        generator: torch.Generator | None = None,
    ) -> None:
        n_frequencies = check_count("n_frequencies", n_frequencies)
        super().__init__(
            in_channels, out_channels, n_features=2 * n_frequencies, causal=causal
        )
        deviation = n_steps / 8 if scale is None else scale
        check_positive("scale", deviation)
        drawn = torch.randn(n_frequencies, generator=generator)
        self.register_buffer("frequencies", deviation * drawn)
        bound = 1 / math.sqrt(in_channels * n_frequencies)
        shape = out_channels, in_channels, 2 * n_frequencies
        self.weight = nn.Parameter(bound * torch.randn(shape, generator=generator))

    def basis(self, lags: Tensor) -> Tensor:
        """Cosines and sines: (..., 2 n_frequencies)."""
        phases = 2 * torch.pi * lags.unsqueeze(-1) * self.frequencies
        return torch.cat([torch.cos(phases), torch.sin(phases)], -1)

    def mixing(self) -> Tensor:
        """Amplitudes: (out_channels, in_channels, 2 n_frequencies)."""
        return self.weight

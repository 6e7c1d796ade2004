"""Random Fourier features (Tancik et al., 2020)."""

import math

import torch
from torch import Tensor, nn

from ckts._checks import check_positive, check_size
from ckts.kernels.base import AbstractKernel


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
        n_frequencies = check_size("n_frequencies", n_frequencies)
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

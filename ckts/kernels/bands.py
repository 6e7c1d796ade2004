"""The default kernel: band-spaced sines under localizing windows, no omega_0."""

import math

import torch
from torch import Tensor, nn

from ckts.kernels.base import AbstractKernel


class BandKernel(AbstractKernel):
    """Sines of log-spaced frequencies under Gaussian windows of log-spaced widths.

    ``feature_k = exp(-(lag / width_k)^2 / 2) sin(W sin(2 pi frequency lag + phase))``

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
        Training time steps per horizon; half of it is the Nyquist frequency.
    n_features : int, default=32
        Number of features.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        causal: bool = True,
        n_steps: float = 100.0,
        n_features: int = 32,
    ) -> None:
        super().__init__(
            in_channels, out_channels, n_features=n_features, causal=causal
        )
        n_steps = max(n_steps, 2.0)
        self.frequencies = nn.Parameter(
            _log_spaced(0.5, max(n_steps / 4, 1.0), n_features)
        )
        self.phases = nn.Parameter(2 * torch.pi * torch.rand(n_features))
        widths = _log_spaced(min(2.0 / n_steps, 0.5), 1.0, n_features)
        widths = widths[torch.randperm(n_features)]
        self.log_widths = nn.Parameter(widths.log())
        # A window holds about width x n_steps observations: with this gain the
        # response to a signal of unit variance has about unit variance.
        self.register_buffer("gain", (widths * n_steps).clamp(min=1).rsqrt())
        bound = math.sqrt(2 / (in_channels * n_features))
        self.weight = nn.Parameter(
            bound * torch.randn(out_channels, in_channels, n_features)
        )

    def basis(self, lags: Tensor) -> Tensor:
        """Windowed sines: (..., n_features)."""
        lags = lags.unsqueeze(-1)
        sines = torch.sin(2 * torch.pi * self.frequencies * lags + self.phases)
        windows = torch.exp(-((lags / self.log_widths.exp()) ** 2) / 2)
        return sines * windows * self.gain

    def mixing(self) -> Tensor:
        """Amplitudes: (out_channels, in_channels, n_features)."""
        return self.weight


def _log_spaced(low: float, high: float, count: int) -> Tensor:
    return torch.logspace(math.log10(low), math.log10(high), count)

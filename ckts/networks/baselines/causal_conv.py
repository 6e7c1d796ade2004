"""A convolution that looks back, with normalized weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CausalConv(nn.Module):
    """Dilated causal convolution with weight normalization.

    ``y(t) = b + sum_k w_k x(t - k d)`` with ``w = g v / |v|``, the norm over all but
    the outputs (Salimans and Kingma, 2016). Before the first row is 0. torch's own
    parametrization could not be pickled, and the estimators are.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels in and out.
    kernel_size : int
        Number of rows that an output sees.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        plain = nn.Conv1d(in_channels, out_channels, kernel_size)
        self.direction = nn.Parameter(plain.weight.detach().clone())
        self.gain = nn.Parameter(self._norm().detach().clone())
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def _norm(self) -> Tensor:
        return torch.linalg.vector_norm(self.direction, dim=(1, 2), keepdim=True)

    def forward(self, values: Tensor, dilation: int = 1) -> Tensor:
        """Convolve.

        Parameters
        ----------
        values : Tensor of shape (batch, in_channels, time)
        dilation : int, default=1
            Distance of the rows that an output sees.

        Returns
        -------
        Tensor of shape (batch, out_channels, time)
        """
        weight = self.direction * (self.gain / self._norm())
        past = (weight.shape[2] - 1) * dilation
        padded = F.pad(values, (past, 0))
        return F.conv1d(padded, weight, self.bias, dilation=dilation)

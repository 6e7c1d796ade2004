"""The kernel of a linear recurrent unit (paper, Appendix A.3)."""

import math

import torch
from torch import Tensor, nn

from ckts.kernels.base import AbstractKernel


class RecurrentKernel(AbstractKernel):
    r"""Powers of a matrix, ``psi(lag) = W^lag U`` with the lag in training time steps.

    The states of a linear recurrent unit, :math:`h(t) = W h(t - 1) + U x(t)`, are the
    convolution of its input with this kernel (Eq. 13). Between the steps of a grid it
    is :math:`\exp(A\,\mathrm{lag})\, U` with :math:`W = \exp A`: the unit that an
    equation :math:`h' = A h + U x` describes. All that such a kernel can do is decay,
    oscillate or grow, which is the paper's case against it (Fig. 3).

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the convolution; `out_channels` is the size of the state.
    causal : bool, default=True
        Whether lags are in [0, 1] or in [-1, 1]. A centered kernel takes their size.
    n_steps : float, default=100.0
        Training time steps per horizon.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one.

    Attributes
    ----------
    rates : Parameter of shape (out_channels, out_channels)
        ``A``, per training time step. At first its symmetric part is negative, with
        decays from one time step to one horizon, so that nothing grows.
    weight : Parameter of shape (out_channels, in_channels)
        ``U``.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        causal: bool = True,
        n_steps: float = 100.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, n_features=out_channels**2, causal=causal
        )
        self.n_steps = max(n_steps, 2.0)
        self.smooth = causal  # else there is a kink at lag 0
        decays = torch.logspace(-math.log10(self.n_steps), 0, out_channels)
        turns = torch.randn(out_channels, out_channels, generator=generator)
        turns = (turns - turns.T) * decays.outer(decays).sqrt() / 2
        self.rates = nn.Parameter(turns - torch.diag(decays))
        bound = 1 / math.sqrt(in_channels)
        drawn = torch.randn(out_channels, in_channels, generator=generator)
        self.weight = nn.Parameter(bound * drawn)

    def basis(self, lags: Tensor) -> Tensor:
        """Entries of ``exp(A lag)``: (..., out_channels^2)."""
        steps = (lags if self.causal else lags.abs()) * self.n_steps
        dtype = torch.promote_types(self.rates.dtype, torch.float32)
        exponents = steps.to(dtype)[..., None, None] * self.rates.to(dtype)
        return torch.matrix_exp(exponents).flatten(-2).to(self.rates.dtype)

    def mixing(self) -> Tensor:
        """``U`` behind the entries of each row: (out_channels, in_channels, ...)."""
        rows = torch.eye(self.out_channels).to(self.weight)
        mixed = torch.einsum("op,hc->ocph", rows, self.weight)
        return mixed.flatten(2)

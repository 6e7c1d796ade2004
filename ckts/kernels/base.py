"""What every continuous kernel is: features of the lag, and one mixing."""

import copy
from abc import ABC, abstractmethod
from typing import TypeVar

import torch
from torch import Tensor, nn

from ckts._checks import check_count
from ckts.transforms import is_transformed

Kernel = TypeVar("Kernel", bound=nn.Module)

# Beyond the horizon a kernel fades to zero over this share of it.
FADE = 0.25
# From here on, in horizons, it is 0.
REACH = 1 + FADE


class AbstractKernel(nn.Module, ABC):
    """Map lags to kernel values, ``psi(lag) = mixing @ features(lag)``.

    A kernel supplies :meth:`basis` and :meth:`mixing`. The fast methods transform
    `n_features` sequences instead of out x in, so masks and windows belong into the
    features.

    Lags are measured in horizons: 0 is the present, 1 the oldest lag of the training
    data, negative lags are the future (centred kernels only). Beyond the horizon the
    features fade to zero up to 1.25 horizons, see :func:`fade`, and are zero from
    there on: a longer series at prediction is seen through a window of the length that
    the kernel knows.

    Parameters
    ----------
    in_channels, out_channels : int
        Sizes of the mixing.
    n_features : int
        Number of features.
    causal : bool
        Whether lags are in [0, 1] or in [-1, 1].
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, n_features: int, causal: bool
    ) -> None:
        super().__init__()
        self.in_channels = check_count("in_channels", in_channels)
        self.out_channels = check_count("out_channels", out_channels)
        self.n_features = check_count("n_features", n_features)
        self.causal = causal

    @abstractmethod
    def basis(self, lags: Tensor) -> Tensor:
        """Evaluate the features within the horizon.

        Parameters
        ----------
        lags : Tensor of shape (...)
            Lags in horizons, of the dtype of the parameters; those of half precision
            are float32 here, the parameters too.

        Returns
        -------
        Tensor of shape (..., n_features)
        """

    @abstractmethod
    def mixing(self) -> Tensor:
        """Return the linear map from features to kernel values.

        Returns
        -------
        Tensor of shape (out_channels, in_channels, n_features)
        """

    # Whether there are many continuous derivatives, also at slightly negative lags if
    # the kernel is causal: only then it can be interpolated from a mesh.
    smooth: bool = True

    def features(
        self, lags: Tensor, *, horizon: float = 1.0, dtype: torch.dtype | None = None
    ) -> Tensor:
        """Evaluate the features, faded beyond the horizon.

        Parameters
        ----------
        lags : Tensor of shape (...)
            Lags, any floating dtype; float64 keeps their precision.
        horizon : float, default=1.0
            The horizon, in the unit of the lags.
        dtype : torch.dtype, optional
            That of the result; by default that of the parameters.

        Returns
        -------
        Tensor of shape (..., n_features)
        """
        own = self.mixing_dtype
        wide = torch.promote_types(own, torch.float32)
        # Half precision would tell too few lags apart, and squares of narrow windows
        # overflow in it.
        kernel = self if wide == own else _widened(self, wide)
        lags = (lags / horizon).to(wide)
        # On a device, to look whether fading changes nothing would synchronize it.
        known = lags.device.type == "cpu" and not is_transformed()
        if known and not (lags.abs() > 1).any():
            return kernel.basis(lags).to(dtype or own)
        basis = kernel.basis(lags.clamp(-REACH, REACH))
        return (basis * fade(lags).unsqueeze(-1)).to(dtype or own)

    @property
    def mixing_dtype(self) -> torch.dtype:
        """The dtype of the parameters."""
        return next(self.parameters()).dtype

    def forward(self, lags: Tensor) -> Tensor:
        """Evaluate the kernel.

        Parameters
        ----------
        lags : Tensor of shape (...)
            Lags in horizons.

        Returns
        -------
        Tensor of shape (..., out_channels, in_channels)
        """
        return torch.einsum("...f,ocf->...oc", self.features(lags), self.mixing())

    def coordinates(self, lags: Tensor) -> Tensor:
        """Map lags to [-1, 1], as the paper's kernels want them (Appendix E.1).

        Causal kernels see the present at +1 and the oldest lag at -1, as the
        authors' code has it; centred ones see the lag itself.
        """
        return 1 - 2 * lags if self.causal else lags


def _widened(module: Kernel, dtype: torch.dtype) -> Kernel:
    """Return a module of the same parameters in a wider type, with their gradients."""
    twin = copy.copy(module)
    tensors = {
        group: {
            name: None if one is None else one.to(dtype)
            for name, one in vars(module)[group].items()
        }
        for group in ("_parameters", "_buffers")
    }
    children = module._modules.items()
    parts = {name: None if m is None else _widened(m, dtype) for name, m in children}
    vars(twin).update(tensors, _modules=parts)
    return twin


def fade(lags: Tensor) -> Tensor:
    """Window that is 1 up to the horizon and falls to 0 smoothly beyond it.

    It has three continuous derivatives: on a mesh, a slow kernel needs no more points
    than that takes, a third of those of a raised cosine.

    Parameters
    ----------
    lags : Tensor of shape (...)
        Lags in horizons.

    Returns
    -------
    Tensor of shape (...)
        ``1 - z^4 (35 - 84 z + 70 z^2 - 20 z^3)`` with ``z = (|lag| - 1) / 0.25``
        clipped to [0, 1].

    Examples
    --------
    >>> [round(w, 3) for w in fade(torch.tensor([0.0, 1.0, 1.125, 9.0])).tolist()]
    [1.0, 1.0, 0.5, 0.0]
    """
    left = 1 - ((lags.abs() - 1) / FADE).clamp(0, 1)
    return left**4 * (35 + left * (-84 + left * (70 - 20 * left)))

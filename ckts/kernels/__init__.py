"""Continuous kernels: from lags to kernel values."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial

import torch

from ckts._checks import check_choice
from ckts.kernels.base import REACH, AbstractKernel
from ckts.kernels.networks import PiecewiseKernel, SirenKernel
from ckts.kernels.recurrent import RecurrentKernel
from ckts.kernels.sines import BandKernel, FourierKernel
from ckts.randomness import global_numbers_of

__all__ = [
    "KERNELS",
    "REACH",
    "AbstractKernel",
    "BandKernel",
    "FourierKernel",
    "PiecewiseKernel",
    "RecurrentKernel",
    "SirenKernel",
    "make_kernel",
]

# Every kernel is made as make(in_channels, out_channels, causal=, n_steps=, generator=,
# **params). One without `generator` works, too, and draws in turn with other threads.
KERNELS: dict[str, Callable[..., AbstractKernel]] = {
    "bands": BandKernel,
    "siren": SirenKernel,
    "fourier": FourierKernel,
    "relu": partial(PiecewiseKernel, activation="relu"),
    "leaky_relu": partial(PiecewiseKernel, activation="leaky_relu"),
    "swish": partial(PiecewiseKernel, activation="swish"),
    "recurrent": RecurrentKernel,
}

# Parameters that the layer, the estimator or the name of the kernel decides.
_DECIDED = {
    *("in_channels", "out_channels", "causal", "n_steps"),
    *("activation", "generator"),
}


def check_kernel_params(name: str, params: Mapping[str, object]) -> set[str]:
    """Raise if there is no such kernel, or if it does not take such parameters.

    Parameters
    ----------
    name : str
        One of :data:`KERNELS`.
    params : mapping
        Further parameters of that kernel, by name.

    Returns
    -------
    set of str
        All parameters that it takes, also those that a layer decides.
    """
    check_choice("kernel", name, tuple(KERNELS))
    taken = set(inspect.signature(KERNELS[name]).parameters)
    known = taken - _DECIDED
    unknown = sorted(set(params) - known)
    if unknown:
        raise ValueError(
            f"`kernel_params` must only hold parameters of the kernel; got {unknown}. "
            f"It takes {sorted(known)}."
        )
    return taken


def make_kernel(
    name: str,
    in_channels: int,
    out_channels: int,
    *,
    causal: bool = True,
    n_steps: float = 100.0,
    generator: torch.Generator | None = None,
    **params: object,
) -> AbstractKernel:
    """Make a kernel by its name in :data:`KERNELS`.

    Parameters
    ----------
    name : str
        One of "bands", "siren", "fourier", "relu", "leaky_relu", "swish" and
        "recurrent".
    in_channels, out_channels : int
        Channels of the convolution.
    causal : bool, default=True
        Whether lags are in [0, 1] or in [-1, 1].
    n_steps : float, default=100.0
        Training time steps per horizon.
    generator : torch.Generator, optional
        Where the random numbers of the initialization come from; by default torch's
        global one. A kernel that takes no `generator` is made in turn with those of
        other threads, see :func:`ckts.randomness.global_numbers_of`.
    **params
        Further parameters of that kernel, such as ``omega_0`` of "siren".

    Returns
    -------
    AbstractKernel

    Raises
    ------
    ValueError
        If there is no such kernel, or if it has no such parameter.
    """
    taken = check_kernel_params(name, params)
    make = partial(KERNELS[name], causal=causal, n_steps=n_steps, **params)
    if "generator" in taken:
        return make(in_channels, out_channels, generator=generator)
    numbers = nullcontext() if generator is None else global_numbers_of(generator)
    with numbers:
        return make(in_channels, out_channels)

"""Kernels and lags that the tests of the kernels share."""

import torch

from ckts.kernels import make_kernel

N_IN, N_OUT = 3, 2


def make(name, *, seed=0, dtype=torch.float64, **params):
    torch.manual_seed(seed)
    return make_kernel(name, N_IN, N_OUT, **params).to(dtype)


def some_lags(*shape, low=0.0, high=1.3):
    generator = torch.Generator().manual_seed(1)
    uniform = torch.rand(shape, generator=generator, dtype=torch.float64)
    return low + (high - low) * uniform

"""Layers, kernels, time stamps: what the contests are about."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ckts import Panel
from ckts.datasets import drop_observations
from ckts.estimators.preprocessing.batches import PanelDataset
from ckts.kernels import AbstractKernel, SirenKernel
from ckts.layers import CKConv
from contests.measure import Step

CHANNELS = 30
ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared")) / "data"
TRAJECTORIES = SHARED / "character_trajectories/ct_trimmed_float32.npz"
CHECKPOINT = (
    SHARED / "reference_checkpoint/character_trajectories_rate1_drop0_omega21.45.pt"
)
CHECKPOINT_OMEGA = 21.44961185481323
CHECKPOINT_LAYERS = ("backbone.0.cconv2", "backbone.1.cconv1", "backbone.1.cconv2")


class MissingError(Exception):
    """What a contest needs is not on this machine; the message says what."""


# --- kernels --------------------------------------------------------------------------
def siren(channels: int = CHANNELS, *, omega_0: float = 30.0) -> SirenKernel:
    """Make a kernel 1-32-32-channels^2 as the paper initializes it: ~30 cycles."""
    torch.manual_seed(0)
    return SirenKernel(channels, channels, omega_0=omega_0)


def hard_siren(channels: int = CHANNELS, *, omega_0: float = 30.0) -> SirenKernel:
    """Make it as the authors' code really initializes it: ~200 cycles per horizon.

    There, weight normalization brings back torch's default weights of the last layers.
    """
    kernel = siren(channels, omega_0=omega_0)
    with torch.no_grad():
        for layer in (kernel.second, kernel.last):
            bound = 1 / math.sqrt(layer.direction.shape[1])
            layer.direction.uniform_(-bound, bound)
            layer.magnitude.copy_(layer.direction.norm(dim=1, keepdim=True))
    return kernel


def trained_siren(name: str) -> SirenKernel:
    """Load the kernel of a layer of the authors' CharacterTrajectories checkpoint."""
    if not CHECKPOINT.exists():
        raise MissingError(f"there is no {CHECKPOINT.name} in the shared data")
    state = torch.load(CHECKPOINT, weights_only=True, map_location="cpu")
    kernel = siren(omega_0=CHECKPOINT_OMEGA)
    layers = {"0": kernel.first, "4": kernel.second, "8": kernel.last}
    with torch.no_grad():
        for number, layer in layers.items():
            prefix = f"{name}.Kernel.kernel_net.{number}."
            layer.direction.copy_(state[prefix + "weight_v"].squeeze(2))
            layer.magnitude.copy_(state[prefix + "weight_g"].squeeze(2))
            layer.bias.copy_(state[prefix + "bias"])
    return kernel


@torch.no_grad()
def cycles(kernel: AbstractKernel, share: float = 0.9999) -> float:
    """Count the cycles per horizon that hold a share of a kernel's energy.

    Under a Hann window: the ends of the kernel would count as high frequencies.
    """
    lags = torch.arange(8192, dtype=torch.float64) / 8192
    window = torch.hann_window(len(lags), dtype=torch.float64).unsqueeze(1)
    values = kernel(lags).double().flatten(1) * window
    energy = torch.fft.rfft(values, dim=0).abs().square().sum(1).cumsum(0)
    return int((energy < share * energy[-1]).sum())


# --- time stamps ----------------------------------------------------------------------
def regular_times(batch: int, length: int) -> Tensor:
    """Return 0, 1, 2, ... for every series."""
    return torch.arange(length, dtype=torch.float64).expand(batch, -1).contiguous()


def uniform_times(batch: int, length: int) -> Tensor:
    """Draw stamps from U(0, length), each series its own."""
    return (_uniform(batch, length) * length).sort(1).values


def clustered_times(batch: int, length: int) -> Tensor:
    """Draw 85 % of the points in eight clusters that cover 3 % of the time."""
    n_clustered = round(0.85 * length)
    n_clusters, width = 8, 0.03 / 8
    begins = torch.arange(n_clusters, dtype=torch.float64) / n_clusters + 0.05
    chosen = (_uniform(batch, n_clustered) * n_clusters).long()
    inside = begins[chosen] + width * _uniform(batch, n_clustered, seed=1)
    times = torch.cat([inside, _uniform(batch, length - n_clustered, seed=2)], 1)
    return (times * length).sort(1).values


def dropped_times(batch: int) -> tuple[Tensor, Tensor]:
    """Return stamps and mask of CharacterTrajectories, half of the rows gone."""
    if not TRAJECTORIES.exists():
        raise MissingError(f"there is no {TRAJECTORIES.name} in the shared data")
    stored = np.load(TRAJECTORIES)
    lengths = stored["lengths"]
    steps = np.concatenate([np.arange(n) for n in lengths])
    panel = Panel(stored["values"], steps, np.r_[0, np.cumsum(lengths)])
    longest = np.argsort(-lengths, kind="stable")[:batch]  # up to the full 182 steps
    dropped = PanelDataset(drop_observations(panel[longest], 0.5, random_state=0))
    tensors = dropped.batch(np.arange(batch))
    return tensors["times"], tensors["observed"][..., :1]


def _uniform(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, dtype=torch.float64, generator=generator)


# --- layers ---------------------------------------------------------------------------
def make_layer(kernel: AbstractKernel, horizon: float) -> CKConv:
    """Make a causal layer whose time step is 1."""
    return CKConv(
        kernel.in_channels, kernel.out_channels, kernel=kernel, horizon=max(horizon, 1)
    )


def make_values(conv: CKConv, times: Tensor) -> Tensor:
    """Draw normal values that require a gradient."""
    generator = torch.Generator().manual_seed(3)
    shape = (*times.shape, conv.in_channels)
    dtype = next(conv.parameters()).dtype
    return torch.randn(shape, generator=generator).to(dtype).requires_grad_()


def both_passes(forward: Callable[[], Tensor], conv: CKConv, values: Tensor) -> Step:
    """Forward, and backward to the values and all parameters.

    The step returns the output and the gradients.
    """
    inputs = [values, *conv.parameters()]
    sensitivity = _sensitivity(*values.shape[:2], conv.out_channels).to(values.dtype)

    def step() -> tuple[Tensor, ...]:
        output = forward()
        return output.detach(), *torch.autograd.grad(output, inputs, sensitivity)

    return step


def _sensitivity(*shape: int) -> Tensor:
    """Draw a gradient for the output, the same for all competitors."""
    generator = torch.Generator().manual_seed(4)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


def layer_step(conv: CKConv, times: Tensor, method: str, **params: Tensor) -> Step:
    """Both passes of a layer whose plan is made beforehand."""
    values, plan = make_values(conv, times), conv.plan(times, method=method, **params)
    return both_passes(lambda: conv(values, plan=plan), conv, values)

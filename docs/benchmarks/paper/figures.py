"""Figures 3, 4, 7 and 9 of the paper, drawn by the kernels of the library.

``python -m paper.figures [FOLDER]`` in ``docs/benchmarks`` writes the pictures, by
default to ``docs/guide/paper/``, and prints how well each network fits each function.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from ckts.kernels import make_kernel
from ckts.kernels.base import AbstractKernel
from ckts.kernels.networks import AbstractMLPKernel

FOLDER = Path(__file__).resolve().parents[2] / "guide" / "paper"
N_POINTS, N_STEPS, LR = 200, 2000, 5e-3
LAGS = torch.linspace(0, 1, N_POINTS)


def _chirp(x: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * 12 * ((x + 1) / 2) ** 2)


# name -> function on [-1, 1]
TARGETS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Gaussian": lambda x: np.exp(-((x / 0.2) ** 2) / 2),
    "step": lambda x: np.sign(x),
    "sawtooth": lambda x: 2 * ((4 * x) % 1) - 1,
    "chirp": _chirp,
    "noise": lambda x: np.random.RandomState(0).uniform(-1, 1, len(x)),
}
# name -> (kernel, parameters, whether its knots, or phases, are spread)
NETWORKS: dict[str, tuple[str, dict, bool]] = {
    "ReLU, biases 0": ("relu", {}, False),
    "ReLU": ("relu", {}, True),
    "LeakyReLU, biases 0": ("leaky_relu", {}, False),
    "LeakyReLU": ("leaky_relu", {}, True),
    "Swish, biases 0": ("swish", {}, False),
    "Swish": ("swish", {}, True),
    "sine, biases 0": ("siren", {"omega_0": 30.0}, False),
    "sine": ("siren", {"omega_0": 30.0}, True),
    "bands": ("bands", {"n_features": 32}, True),
}


def make_function(name: str, seed: int = 0) -> AbstractKernel:
    """Make the kernel of one channel that a name in `NETWORKS` stands for."""
    kernel, params, spread = NETWORKS[name]
    generator = torch.Generator().manual_seed(seed)
    made = make_kernel(
        kernel, 1, 1, n_steps=float(N_POINTS), generator=generator, **params
    )
    if not spread and isinstance(made, AbstractMLPKernel):
        with torch.no_grad():
            made.first.bias.zero_()
            made.second.bias.zero_()
    return made


def fit(kernel: AbstractKernel, target: Tensor, n_steps: int = N_STEPS) -> float:
    """Fit a kernel to values at `LAGS` by Adam; return the relative error.

    Returns
    -------
    float
        Root of the mean squared error, over the deviation of the target.
    """
    optimizer = torch.optim.Adam(kernel.parameters(), lr=LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss = (kernel(LAGS)[:, 0, 0] - target).square().mean()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        error = (kernel(LAGS)[:, 0, 0] - target).square().mean().sqrt()
    return float(error / target.std())


def draw_fits(n_steps: int = N_STEPS) -> tuple[Figure, list[str]]:
    """Draw every network beside every target (Figs. 4 and 7), and tell the errors."""
    figure, axes = plt.subplots(
        len(NETWORKS), len(TARGETS), figsize=(11, 12), sharex=True, sharey=True
    )
    positions = np.linspace(1, -1, N_POINTS)  # of a causal kernel: +1 is the present
    lines = [f"| network | {' | '.join(TARGETS)} |", "|---" * (1 + len(TARGETS)) + "|"]
    for name, row in zip(NETWORKS, axes, strict=True):
        errors = []
        for (title, function), panel in zip(TARGETS.items(), row, strict=True):
            values = function(positions)
            kernel = make_function(name)
            target = torch.tensor(values, dtype=torch.float32)
            errors.append(fit(kernel, target, n_steps))
            with torch.no_grad():
                fitted = kernel(LAGS)[:, 0, 0]
            panel.plot(positions, values, color="0.75", lw=2.5)
            panel.plot(positions, fitted, color="C0", lw=1)
            panel.set_title(f"{title}: {errors[-1]:.2f}", fontsize=8)
        row[0].set_ylabel(name, fontsize=8)
        lines.append(f"| {name} | {' | '.join(f'{one:.3f}' for one in errors)} |")
    figure.tight_layout()
    return figure, lines


def draw_families() -> Figure:
    """Draw what recurrent units, windows and continuous kernels can be (Fig. 3)."""
    lags = np.arange(N_POINTS)
    target = torch.tensor(TARGETS["chirp"](np.linspace(1, -1, N_POINTS))).float()
    kernel = make_function("sine")
    fit(kernel, target)
    with torch.no_grad():
        continuous = kernel(LAGS)[:, 0, 0].numpy()
    window = np.where(lags < 20, np.random.RandomState(1).randn(N_POINTS), 0.0)
    shown = {
        "recurrent, eigenvalue 1.01": 1.01**lags,
        "recurrent, eigenvalue 0.95": 0.95**lags,
        "discrete, 20 weights": window,
        "continuous": continuous,
    }
    figure, axes = plt.subplots(1, len(shown), figsize=(12, 2.6))
    for (title, values), panel in zip(shown.items(), axes, strict=True):
        panel.plot(lags, values, lw=1)
        panel.set_title(title, fontsize=9)
        panel.set_xlabel("lag in steps")
    figure.tight_layout()
    return figure


def blur(values: Tensor, ratio: int) -> Tensor:
    """Blur a sampled kernel by a Gaussian, as ``blur="wide"`` of the network does.

    DIFF[paper]: printed is a deviation of half a step of the finer grid.

    Parameters
    ----------
    values : Tensor of shape (n,)
        At `ratio` times the rate of the training.
    ratio : int

    Returns
    -------
    Tensor of shape (n,)
        Convolved with a Gaussian of ``2 ratio + 1`` taps at -1, ..., 1 training steps,
        of deviation 0.5; the ends are repeated.
    """
    taps = torch.linspace(-1, 1, 2 * ratio + 1)
    weights = torch.exp(-((taps / 0.5) ** 2) / 2)
    padded = torch.cat([values[:1].expand(ratio), values, values[-1:].expand(ratio)])
    return torch.nn.functional.conv1d(
        padded[None, None], (weights / weights.sum())[None, None]
    )[0, 0]


def draw_high_frequencies(ratio: int = 8) -> tuple[Figure, list[str]]:
    """Draw a sine kernel on the grid of its training and on a finer one (Fig. 9)."""
    coarse = torch.linspace(0, 1, 60)
    fine = torch.linspace(0, 1, (len(coarse) - 1) * ratio + 1)
    target = torch.exp(-(((coarse - 0.4) / 0.15) ** 2) / 2)
    figure, axes = plt.subplots(2, 1, figsize=(9, 5), sharex=True)
    lines = []
    kernels = {
        "sine, omega_0 = 100": make_kernel("siren", 1, 1, omega_0=100.0),
        "bands": make_kernel("bands", 1, 1, n_steps=float(len(coarse))),
    }
    for (name, kernel), panel in zip(kernels.items(), axes, strict=True):
        optimizer = torch.optim.Adam(kernel.parameters(), lr=1e-3)
        for _ in range(N_STEPS):
            optimizer.zero_grad()
            loss = (kernel(coarse)[:, 0, 0] - target).square().mean()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            sampled, known = kernel(fine)[:, 0, 0], kernel(coarse)[:, 0, 0]
        smooth = torch.exp(-(((fine - 0.4) / 0.15) ** 2) / 2)
        blurred = blur(sampled, ratio)
        panel.plot(fine, sampled, lw=0.7, color="0.6", label=f"{ratio} times as fine")
        panel.plot(fine, blurred, lw=1.5, color="C1", label="blurred")
        panel.plot(coarse, known, "o", ms=3, color="C0", label="grid of the training")
        panel.set_title(name, fontsize=9)
        panel.legend(fontsize=8)
        off = [
            float((one - smooth).square().mean().sqrt()) for one in (sampled, blurred)
        ]
        lines.append(
            f"{name}: error on the training grid "
            f"{float((known - target).square().mean().sqrt()):.4f}, between its points "
            f"{off[0]:.4f}, blurred {off[1]:.4f}"
        )
    figure.tight_layout()
    return figure, lines


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    figure, lines = draw_fits()
    figure.savefig(folder / "fits.png", dpi=80)
    print("\n".join(lines))
    draw_families().savefig(folder / "families.png", dpi=80)
    figure, lines = draw_high_frequencies()
    figure.savefig(folder / "high-frequencies.png", dpi=80)
    print("\n".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

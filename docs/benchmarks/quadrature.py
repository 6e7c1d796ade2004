"""How fast the quadratures converge to the integral they stand for, and what they cost.

Run it with ``python docs/benchmarks/quadrature.py`` (two minutes); it writes the tables
and the picture of ``docs/guide/quadrature.md``. A signal of at most five cycles is seen
at N irregular times and convolved with random kernels, causally, in float64; the truth
is the integral of the signal itself over all times since the first observation. Errors
are root mean squares over the last seven tenths of the time, relative to the truth,
medians of eight draws. Costs are CPU seconds on one thread, forward and backward, of a
layer of 32 channels in float32, best of nine rounds in which they take turns.
"""

import argparse
import time
from datetime import date
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import ckts
from ckts.layers import QUADRATURES, CKConv

PICTURE = Path(__file__).resolve().parents[1] / "guide/quadrature/convergence.png"
LENGTHS = (64, 128, 256, 512, 1024)
N_DRAWS, N_WAVES, N_OUTPUTS = 8, 5, 4
# Name -> parameters of the layer. The horizon is the time that is observed, 1; the
# default kernel, "bands", begins with as many cycles as so many time steps can show.
TIME_STEP = 1 / 256
KERNELS = {"siren": {"omega_0": 30.0}, "bands": {}}
PLACES, SHARES = map(torch.from_numpy, np.polynomial.legendre.leggauss(8))
PIECES = 1024


def iid(length: int) -> Tensor:
    """Draw independent, uniform times."""
    return torch.rand(length, dtype=torch.float64).sort().values


def dropped(length: int) -> Tensor:
    """Draw a grid of which half is missing."""
    kept = torch.randperm(2 * length)[:length].sort().values
    return kept.double() / (2 * length - 1)


def clustered(length: int) -> Tensor:
    """Draw half of the times from eight clusters, a hundredth of the time wide."""
    centers = torch.rand(8, dtype=torch.float64)[torch.randint(8, (length // 2,))]
    spread = centers + 0.01 * torch.randn(length // 2, dtype=torch.float64)
    spare = torch.rand(length - length // 2, dtype=torch.float64)
    return torch.cat([spread.clamp(0, 1), spare]).sort().values


TIMES = {"iid": iid, "dropped": dropped, "clustered": clustered}


def draw_signal():
    """Return a function of time: sines of random rates and phases."""
    rates = 2 * torch.pi * 5 * torch.rand(N_WAVES, dtype=torch.float64)
    phases = 2 * torch.pi * torch.rand(N_WAVES, dtype=torch.float64)
    return lambda times: torch.sin(times.unsqueeze(-1) * rates + phases).sum(-1)


def integrate(conv: CKConv, signal, first: float, times: Tensor) -> Tensor:
    """Integrate the signal itself times the kernel: (time, out_channels)."""
    outputs = []
    for end in times:
        edges = torch.linspace(first, end.item(), PIECES + 1, dtype=torch.float64)
        nodes = edges[:-1, None] + edges.diff()[:, None] * (PLACES + 1) / 2
        lengths = (edges.diff()[:, None] * SHARES / 2).flatten()
        psi = conv.kernel((end - nodes).flatten() / conv.horizon)[..., 0]
        outputs.append(psi.T @ (lengths * signal(nodes.flatten())))
    return torch.stack(outputs)


@torch.no_grad()
def errors(kernel: str, kind: str, length: int, seed: int) -> dict[str, float]:
    """Relative errors of all quadratures on one draw."""
    torch.manual_seed(seed)
    times, signal = TIMES[kind](length), draw_signal()
    options = {"kernel": kernel, "time_step": TIME_STEP, **KERNELS[kernel]}
    conv = CKConv(1, N_OUTPUTS, **options).double()
    late = (times > 0.3).nonzero().squeeze(1)
    asked = late[torch.linspace(0, len(late) - 1, 60).long()]
    truth = integrate(conv, signal, times[0].item(), times[asked])
    found = {}
    for quadrature in QUADRATURES:
        other = CKConv(1, N_OUTPUTS, quadrature=quadrature, **options).double()
        other.load_state_dict(conv.state_dict())
        output = other(signal(times).view(1, -1, 1), times.unsqueeze(0))[0, asked]
        # as estimates of the integral: the plain sum takes each for 1 / length
        estimate = output * (1 / length if quadrature == "none" else TIME_STEP)
        error = (estimate - truth).square().mean()
        found[quadrature] = (error / truth.square().mean()).sqrt().item()
    return found


def measure() -> dict[tuple[str, str, int], dict[str, float]]:
    """Medians over the draws, by kernel, times and length."""
    table = {}
    for kernel in KERNELS:
        for kind in TIMES:
            for length in LENGTHS:
                drawn = [errors(kernel, kind, length, seed) for seed in range(N_DRAWS)]
                table[kernel, kind, length] = {
                    name: float(np.median([draw[name] for draw in drawn]))
                    for name in QUADRATURES
                }
                print(kernel, kind, length, table[kernel, kind, length], flush=True)
    return table


def as_markdown(table: dict[tuple[str, str, int], dict[str, float]]) -> str:
    """Return one table per kernel, times by rows and lengths by columns."""
    lines = [
        f"Measured on {date.today()} with ckts {ckts.__version__}, torch "
        f"{torch.__version__}, by `python docs/benchmarks/quadrature.py`."
    ]
    for kernel in KERNELS:
        head = " | ".join(f"N = {length:,}" for length in LENGTHS)
        lines += ["", f"| {kernel} | quadrature | {head} |"]
        lines.append("|---|---" + "|---:" * len(LENGTHS) + "|")
        for kind in TIMES:
            for name in ("none", "gap", "linear"):
                row = [f"{table[kernel, kind, n][name]:.2g}" for n in LENGTHS]
                lines.append(f"| {kind} | `{name}` | " + " | ".join(row) + " |")
    return "\n".join(lines)


def draw(table: dict[tuple[str, str, int], dict[str, float]], path: Path) -> None:
    """Write the picture: errors over the number of observations."""
    import matplotlib.pyplot as plt

    styles = {"none": ("#c05a2e", "^--"), "gap": ("#7f7f7f", "D--")}
    styles["linear"] = ("#1f5fa8", "o-")
    figure, axes = plt.subplots(
        len(KERNELS), len(TIMES), figsize=(9, 5.4), sharex=True, sharey=True
    )
    for row, kernel in zip(axes, KERNELS, strict=True):
        for axis, kind in zip(row, TIMES, strict=True):
            for name, (color, style) in styles.items():
                values = [table[kernel, kind, n][name] for n in LENGTHS]
                axis.loglog(LENGTHS, values, style, color=color, label=name)
            axis.grid(alpha=0.3)
            axis.set_title(f"{kernel}, {kind}", fontsize=10)
        row[0].set_ylabel("relative error")
    for axis in axes[-1]:
        axis.set_xlabel("observations")
        axis.set_xticks(LENGTHS, [f"{length:,}" for length in LENGTHS], fontsize=8)
        axis.xaxis.set_minor_locator(plt.NullLocator())
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="lower center", ncols=3, frameon=False)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.savefig(path, dpi=100)
    plt.close(figure)


def costs(
    causal: bool, share: float, batch: int = 4, length: int = 2048
) -> list[float]:
    """CPU seconds of a step with gap weights, and of one with the integral."""
    torch.manual_seed(0)
    times = torch.rand(batch, length, dtype=torch.float64).sort(1).values
    values = torch.randn(batch, length, 32, requires_grad=True)
    observed = torch.rand(batch, length, 32) < share if share < 1 else None
    steps = []
    for quadrature in ("gap", "linear"):
        conv = CKConv(
            32, 32, causal=causal, time_step=1 / length, quadrature=quadrature
        )
        steps.append((conv, conv.plan(times, observed)))
    best = [float("inf")] * len(steps)
    for _ in range(9):
        for number, (conv, plan) in enumerate(steps):
            start = time.process_time()
            conv(values, plan=plan).square().sum().backward()
            best[number] = min(best[number], time.process_time() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path, default=PICTURE)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table = measure()
    draw(table, arguments.picture)
    print(as_markdown(table))
    print("\n| causal | observed | `gap` | `linear` |\n|---|---:|---:|---:|")
    for causal in (False, True):
        for share in (1.0, 0.5, 0.1):
            gap, linear = costs(causal, share)
            row = f"{gap * 1e3:.0f} ms | {linear / gap:.1f} x"
            print(f"| {'yes' if causal else 'no'} | {share:.0%} | {row} |")


if __name__ == "__main__":
    main()

"""What the methods cost beside what ``ckts.geometry.costs`` thinks: a table.

Run it with ``python docs/benchmarks/costs.py``, which takes some two minutes alone on a
machine. Forward and backward of one layer, 32 to 32 channels, float32, one thread, CPU
seconds, the median of five; each series has its own uniform random times.
"""

import time
from statistics import median

import torch

from ckts.geometry.costs import mesh_cost, pairwise_cost, regular_cost
from ckts.layers import CKConv

CHANNELS = 32
# Series, and observations of each.
SIZES = ((8, 30), (32, 60), (32, 182), (1, 256), (1, 2048), (4, 4096), (1, 16384))
# The kernel of the estimators, and the paper's.
KERNELS = ("bands", "siren")
# Pairs that are not worth the wait.
MOST_PAIRS = 2**23


def milliseconds(conv: CKConv, values: torch.Tensor, plan) -> float:
    """Median CPU milliseconds of a forward and a backward pass."""
    taken = []
    for _ in range(7):
        started = time.process_time()
        conv(values, plan=plan).square().sum().backward()
        taken.append(1e3 * (time.process_time() - started))
    return median(taken[2:])


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print("| B x N | kernel | causal | method | mesh | ms | model, ms |")
    print("|---|---|---|---|---|---|---|")
    for batch, length in SIZES:
        times = (length * torch.rand(batch, length)).double().sort(1).values
        values = torch.randn(batch, length, CHANNELS, requires_grad=True)
        for kernel in KERNELS:
            for causal in (True, False):
                conv = CKConv(
                    CHANNELS, CHANNELS, kernel=kernel, causal=causal, horizon=length
                )
                for method in ("pairwise", "mesh", "lattice"):
                    n_pairs = batch * length**2
                    if method == "pairwise" and n_pairs > MOST_PAIRS:
                        continue
                    stamps = times
                    if method == "lattice":
                        stamps = torch.arange(length).double().expand(batch, -1)
                    plan = conv.plan(stamps, method=method)
                    mesh = plan.geometry.mesh
                    points = 0 if mesh is None else mesh.length
                    model = {
                        "pairwise": pairwise_cost(batch, length, length),
                        "lattice": regular_cost(batch, length),
                        "mesh": mesh_cost(batch, batch * length, points, causal=causal),
                    }[method]
                    took = milliseconds(conv, values, plan)
                    print(
                        f"| {batch} x {length:,} | {kernel} | {causal} | {method} | "
                        f"{points} | {took:.1f} | {model / 1e3:.1f} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()

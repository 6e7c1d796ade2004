"""What the methods cost beside their estimates, the costs of their offers: a table.

Run it with ``python docs/benchmarks/costs.py``, which takes some minutes alone on a
machine. Forward and backward of one layer, 32 to 32 channels, float32, one thread, CPU
milliseconds, medians; each series has its own uniform random times.
"""

import itertools

import torch

from ckts.convolution.methods import METHODS
from ckts.convolution.methods.base import Batch
from ckts.convolution.methods.fft import points_cost
from ckts.convolution.methods.lattice import CALL
from ckts.convolution.stamps import read_stamps
from ckts.layers import CKConv
from contests.measure import cpu_seconds
from contests.problems import layer_step, regular_times, uniform_times

CHANNELS = 32
# Series, and observations of each.
SIZES = ((8, 30), (32, 60), (32, 182), (1, 256), (1, 2048), (4, 4096), (1, 16384))
# The kernel of the estimators, and the paper's.
KERNELS = ("bands", "siren")
# Pairs that are not worth the wait.
MOST_PAIRS = 2**23


def line(batch: int, length: int, kernel: str, causal: bool, method: str) -> str:
    """Return a line of the table."""
    conv = CKConv(CHANNELS, CHANNELS, kernel=kernel, causal=causal, horizon=length)
    draw = regular_times if method == "lattice" else uniform_times
    times = draw(batch, length)
    points = 0
    if method == "mesh":
        points = conv.plan(times, method=method).geometry.method.length
    options = {"causal": causal, "reach": 1.25 * length}
    batch_ = Batch(stamps=read_stamps(times, None), mesh_step=conv.mesh_step, **options)
    model = METHODS[method].propose(batch_).cost
    if method == "lattice":  # a regular grid is offered for nothing
        model = CALL + points_cost(batch, length)
    took = cpu_seconds({method: layer_step(conv, times, method)}, budget=0.0)[method]
    return (
        f"| {batch} x {length:,} | {kernel} | {causal} | {method} | {points} | "
        f"{1e3 * took:.1f} | {model / 1e3:.1f} |"
    )


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print("| B x N | kernel | causal | method | mesh | ms | model, ms |")
    print("|---|---|---|---|---|---|---|")
    for size, *case in itertools.product(SIZES, KERNELS, (True, False), METHODS):
        batch, length = size
        if case[-1] != "pairwise" or batch * length**2 <= MOST_PAIRS:
            print(line(batch, length, *case), flush=True)


if __name__ == "__main__":
    main()

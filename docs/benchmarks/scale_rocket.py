"""Seconds of what CKRocket does in a pass over series on disk, for 1,000 series.

Run it with ``OMP_NUM_THREADS=2 python docs/benchmarks/scale_rocket.py``. A series has
200 rows or so of three channels, see `scale.py`: its features are computed, mapped and
added to the normal equations, which are solved once, for whatever number of series.
``--threads`` are those of sums and solution; features take one, as by default.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from itertools import product

import numpy as np

from ckts import CKRocketClassifier, Panel
from ckts.estimators._threads import limit_threads
from ckts.estimators.rocket.passes import PART_ROWS, RidgeSums
from ckts.estimators.rocket.ridge import ChosenRidge
from scale import ROLES, draw

TRAIN = 500  # series


def seconds(action: Callable[[], object]) -> np.ndarray:
    """Return wall and CPU seconds of one call."""
    start = np.array([time.perf_counter(), time.process_time()])
    action()
    return np.array([time.perf_counter(), time.process_time()]) - start


def measure(n_kernels: int, n_threads: int) -> tuple[int, list[np.ndarray]]:
    """Return the features that are solved for, and seconds of the three steps."""
    frame, label = draw(TRAIN + PART_ROWS, 0)
    panel = Panel.from_long(frame, **ROLES)
    model = CKRocketClassifier(n_kernels=n_kernels, random_state=0)
    model.fit(panel[:TRAIN], label[:TRAIN])
    parts, weight = [], np.ones(PART_ROWS)
    compute = partial(model._learn_prefixes, panel[TRAIN:], weight)
    took = [seconds(lambda: parts.append(compute()))]
    learned, keys = parts[0]
    blocks = model.ridge_.blocks
    tables = [b.map(one) for b, one in zip(blocks, learned.features, strict=True)]
    shares, none = np.full(len(blocks), 1 / len(blocks)), np.arange(0)  # all blocks
    sums = RidgeSums(ChosenRidge(blocks, shares, 1.0, tables, none, none, None), 2)
    target = np.where(label[TRAIN:, None] == [0, 1], 1.0, -1.0)
    with limit_threads(n_threads, 0):
        sums.add(learned, keys, target)  # its memory is new
        took.append(seconds(partial(sums.add, learned, keys, target)))
        took.append(seconds(sums.solve))
    return sums.n_features, took


def main() -> None:
    """Print a row for each number of kernels and threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", nargs="+", type=int, default=[2_000, 10_000])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    options = parser.parse_args()
    print("wall (CPU), in s\n")
    print("| kernels | solved for | threads | features | sums | solve, once |")
    print("|---|---|---|---|---|---|")
    for n_kernels, n_threads in product(options.kernels, options.threads):
        n_features, (features, sums, solve) = measure(n_kernels, n_threads)
        each = 1_000 / PART_ROWS
        shown = [each * features, each * sums, solve]
        cells = " | ".join(f"{wall:.1f} ({cpu:.1f})" for wall, cpu in shown)
        print(f"| {n_kernels:,} | {n_features:,} | {n_threads} | {cells} |", flush=True)


if __name__ == "__main__":
    main()

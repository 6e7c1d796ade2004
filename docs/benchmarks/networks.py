"""How large each network is, and what an epoch of it costs beside the default one.

Run it with ``python docs/benchmarks/networks.py``, or for some names with ``python
docs/benchmarks/networks.py gru tcn``; its result is a table of the guide, "Networks".
The networks take turns for some rounds, after one in which each warms up; medians of
CPU seconds with one thread. The data are 640 pen trajectories of 60 to 182 rows, in
batches of 32, without observation dropout or CKRocket.
"""

import argparse
import os
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from skorch.callbacks import Callback

from ckts import CKCNNClassifier, Panel
from ckts.networks import NETWORKS

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared"))
STORED = SHARED / "data/character_trajectories/ct_trimmed_float32.npz"
DEFAULT = "gated"


def character_trajectories(n_series: int = 640) -> tuple[Panel, np.ndarray]:
    """Take some of the series, nothing dropped."""
    stored = np.load(STORED)
    lengths, y = stored["lengths"], stored["labels"]
    steps = np.concatenate([np.arange(n) for n in lengths])
    X = Panel(stored["values"], steps, np.r_[0, np.cumsum(lengths)])
    chosen = np.random.default_rng(0).permutation(len(y))[:n_series]
    return X[chosen], y[chosen]


class EpochClock(Callback):
    """Measure CPU seconds of each epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_epoch_begin(self, net, **kwargs) -> None:
        """Start."""
        self.started = time.process_time()

    def on_epoch_end(self, net, **kwargs) -> None:
        """Stop."""
        self.seconds.append(time.process_time() - self.started)


def fit_seconds(name: str, X: Panel, y: np.ndarray) -> tuple[float, int]:
    """Return CPU seconds of the second epoch, and the number of parameters.

    In the first one, ours also prepares what the time stamps decide.
    """
    clock = EpochClock()
    model = CKCNNClassifier(
        network=name,
        max_epochs=2,
        batch_size=32,
        rocket=False,
        weight_decay=0.1,
        observation_dropout=0.0,
        scales="both",
        n_jobs=1,
        callbacks=[clock],
        random_state=0,
    ).fit(X, y)
    return clock.seconds[1], sum(p.numel() for p in model.net_.module_.parameters())


def measure(
    names: list[str], X: Panel, y: np.ndarray, n_rounds: int
) -> dict[str, tuple[float, int]]:
    """Return the median seconds of an epoch and the parameters of each network."""
    for name in names:
        fit_seconds(name, X[:64], y[:64])
    rounds = [
        {name: fit_seconds(name, X, y) for name in names} for _ in range(n_rounds)
    ]
    return {
        name: (median(one[name][0] for one in rounds), rounds[0][name][1])
        for name in names
    }


def main() -> None:
    """Print a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="of networks; all by default")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    names = [DEFAULT, *(n for n in given.names or NETWORKS if n != DEFAULT)]
    results = measure(names, *character_trajectories(), given.rounds)
    print("| name | parameters | CPU s an epoch | of the default |")
    print("|---|---|---|---|")
    for name, (seconds, size) in results.items():
        ratio = seconds / results[DEFAULT][0]
        print(f"| {name} | {size} | {seconds:.2f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()

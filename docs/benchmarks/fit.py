"""What a fit with default parameters costs, beside cheap rivals in the same run.

Run it with ``make bench-fit``, or some rows with ``python docs/benchmarks/fit.py pbc``.
Every fit runs in a process of its own, behind a small fit that warms it up; the models
of a row take turns for some rounds, and medians are given: CPU seconds, one thread.
A GRU over the means of 48 bins of time trains for as many epochs, in batches of 64.
"long" is one step of a batch of series of 16,000, the size that "auto" takes for many
of them. The rows of threads give wall-clock seconds, alone and beside two busy
processes. Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing import Process
from pathlib import Path
from statistics import median

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from torch import nn

import ckts
from ckts import CKCNNClassifier, Panel, as_panel
from ckts.datasets import load_japanese_vowels, load_pbc, read_physionet2012, read_ts
from ckts.estimators import summarize
from ckts.estimators.training.recipe import automatic_batch_size
from contests.measure import peak_megabytes

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared"))
Data = tuple[Panel, np.ndarray]
N_BINS = 48


def pbc() -> Data:
    """Take a fold of earlier benchmarks: 174 patients with six visits each."""
    X, y = load_pbc()
    return X[:174], y[:174]


def character_trajectories() -> Data:
    """Take seven tenths of the paper's set, nothing dropped."""
    stored = np.load(SHARED / "data/character_trajectories/ct_trimmed_float32.npz")
    lengths, y = stored["lengths"], stored["labels"]
    steps = np.concatenate([np.arange(n) for n in lengths])
    X = Panel(stored["values"], steps, np.r_[0, np.cumsum(lengths)])
    chosen = np.random.default_rng(0).permutation(len(y))[: round(0.7 * len(y))]
    return X[chosen], y[chosen]


def physionet2012() -> Data:
    """Take set a without the last fold of five."""
    folder = SHARED / "data/physionet2012"
    X, outcomes = read_physionet2012(folder / "set-a.tar.xz", folder / "Outcomes-a.txt")
    return X[:3200], outcomes["In-hospital_death"].to_numpy()[:3200]


def noise(n_series: int, n_channels: int, length: int) -> Data:
    """Make regular series of which nothing can be learned."""
    values = np.random.default_rng(0).standard_normal((n_series, n_channels, length))
    return as_panel(values), np.arange(n_series) % 2


# The automatic batch of many series so long.
LONG_BATCH = automatic_batch_size(np.full(5000, 16_000), 32)

# row -> (data, epochs)
ROWS: dict[str, tuple[Callable[[], Data], int]] = {
    "8 x 6": (lambda: noise(8, 10, 6), 100),
    "pbc": (pbc, 20),
    "japanese_vowels": (lambda: load_japanese_vowels(split="train"), 20),
    "character_trajectories": (character_trajectories, 20),
    "plaid": (lambda: read_ts(SHARED / "data/uea_ts/PLAID/PLAID_TRAIN.ts"), 2),
    "physionet2012": (physionet2012, 1),
    "long": (lambda: noise(LONG_BATCH, 1, 16_000), 1),
}


def fit_ours(X: Panel, y: np.ndarray, epochs: int) -> int:
    """Fit our classifier with default parameters; return the number of steps."""
    batch_size = LONG_BATCH if X.lengths.max() == 16_000 else "auto"
    model = CKCNNClassifier(max_epochs=epochs, batch_size=batch_size, random_state=0)
    return model.fit(X, y).net_.n_steps_


def fit_boosting(X: Panel, y: np.ndarray, epochs: int) -> int:
    """Fit gradient boosting on summary statistics."""
    HistGradientBoostingClassifier(random_state=0).fit(summarize(X), y)
    return 0


def fit_gru(X: Panel, y: np.ndarray, epochs: int) -> int:
    """Train a GRU on bins; return the number of steps."""
    inputs = torch.from_numpy(bin_means(X)).float()
    classes, codes = np.unique(y, return_inverse=True)
    target = torch.from_numpy(codes)
    torch.manual_seed(0)
    gru = nn.GRU(inputs.shape[2], 64, batch_first=True)
    head = nn.Linear(64, len(classes))
    optimizer = torch.optim.Adam([*gru.parameters(), *head.parameters()], 1e-3)
    batches = [b for _ in range(epochs) for b in torch.randperm(len(target)).split(64)]
    for batch in batches:
        outputs, _ = gru(inputs[batch])
        loss = nn.functional.cross_entropy(head(outputs[:, -1]), target[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return len(batches)


def bin_means(X: Panel) -> np.ndarray:
    """Means of the standardized values in bins of time, and whether there were any."""
    values = X.values
    values = (values - np.nanmean(values, 0)) / (np.nanstd(values, 0) + 1e-12)
    series = np.repeat(np.arange(len(X)), X.lengths)
    times = X.times - X.times[X.indptr[:-1]][series]
    bins = np.minimum(times / times.max() * N_BINS, N_BINS - 1).astype(int)
    shape = len(X), N_BINS, values.shape[1]
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (series, bins), np.nan_to_num(values))
    np.add.at(counts, (series, bins), ~np.isnan(values))
    return np.concatenate([sums / np.maximum(counts, 1), counts > 0], 2)


MODELS = {"ours": fit_ours, "GRU on bins": fit_gru, "boosting": fit_boosting}


def measure(row: str, model: str, what: str) -> dict:
    """Fit once, in this process: CPU seconds, or the growth of memory; and steps."""
    load, epochs = ROWS[row]
    X, y = load()
    MODELS[model](*noise(16, 1, 10), 1)  # imports and first calls
    if what == "peak":
        return {"megabytes": peak_megabytes(lambda: MODELS[model](X, y, epochs))}
    started = time.process_time()
    steps = MODELS[model](X, y, epochs)
    return {"seconds": time.process_time() - started, "steps": steps}


def in_process(*arguments: str) -> dict:
    """Run this script for one measurement."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--one", *arguments]
    finished = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(finished.stdout)


def costs(rows: list[str], rounds: int) -> Iterator[str]:
    """Yield the table of costs."""
    yield (
        "| row | epochs | ours, CPU s | steps | ms a step | peak MB | "
        + " | ".join(f"{name}, CPU s" for name in MODELS if name != "ours")
        + " |"
    )
    yield "|---" * (5 + len(MODELS)) + "|"
    for row in rows:
        runs = [
            {model: in_process(row, model, "seconds") for model in MODELS}
            for _ in range(rounds)
        ]
        seconds = {m: median(run[m]["seconds"] for run in runs) for m in MODELS}
        ours, steps = seconds.pop("ours"), runs[0]["ours"]["steps"]
        peak = in_process(row, "ours", "peak")["megabytes"]
        rest = " | ".join(f"{value:.2f}" for value in seconds.values())
        yield (
            f"| {row} | {ROWS[row][1]} | {ours:.2f} | {steps} "
            f"| {1000 * ours / steps:.1f} | {peak:.0f} | {rest} |"
        )


# Prints wall-clock seconds a step, the median of rounds in turns: torch's default
# threads chosen by the fit, and one thread.
THREADS = """
import sys, time
from statistics import median
sys.argv = ["fit.py"]
from fit import CKCNNClassifier, noise
X, y = noise{shape}
CKCNNClassifier(max_epochs=1).fit(X, y)  # imports and first calls
took = {{None: [], 1: []}}
for _ in range({rounds}):
    for n_jobs in took:
        model = CKCNNClassifier(max_epochs={epochs}, random_state=0, n_jobs=n_jobs)
        started = time.perf_counter()
        model.fit(X, y)
        took[n_jobs].append((time.perf_counter() - started) / model.net_.n_steps_)
print(*(median(values) for values in took.values()))
"""

# Prints CPU seconds of the imports of others, of ours, and of a first fit.
COLD = """
import time
started = time.process_time()
import torch, skorch
others = time.process_time()
import numpy as np
from ckts.estimators import CKCNNClassifier
values = np.random.default_rng(0).standard_normal((20, 2, 30))
CKCNNClassifier(max_epochs=1).fit(values, np.arange(20) % 2)
print(others - started, time.process_time() - others)
"""


def run_code(code: str, **environment: str) -> list[float]:
    """Run code in a process of its own, and read the numbers that it prints."""
    environment = {**os.environ, "PYTHONPATH": path_here(), **environment}
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return [float(number) for number in finished.stdout.split()]


def path_here() -> str:
    """Return a search path with the folder of this script in front."""
    here = str(Path(__file__).resolve().parent)
    return os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep some cores busy."""
    processes = [Process(target=spin, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()


def spin() -> None:
    """Compute for ever."""
    while True:
        pass


def threads(rounds: int) -> Iterator[str]:
    """Yield the table of wall-clock times with torch's default number of threads."""
    yield "| row | busy processes | default, ms a step | one thread | ratio |"
    yield "|---|---|---|---|---|"
    for shape, epochs in (((8, 10, 6), 20), ((16, 1, 16_000), 1)):
        for count in (0, 2):
            code = THREADS.format(shape=shape, rounds=rounds, epochs=epochs)
            with busy_processes(count):
                default, one = run_code(code, OMP_NUM_THREADS=str(os.cpu_count()))
            yield (
                f"| {shape[0]} x {shape[2]:,} | {count} | {1000 * default:.0f} "
                f"| {1000 * one:.0f} | {default / one:.2f} |"
            )


def cold(rounds: int) -> Iterator[str]:
    """Yield what a fresh process pays."""
    runs = [run_code(COLD, OMP_NUM_THREADS="1") for _ in range(rounds)]
    others, ours = map(median, zip(*runs, strict=True))
    yield f"`import torch, skorch` takes {others:.2f} CPU s, `import ckts.estimators` "
    yield f"and a first fit of 20 series {ours:.2f} CPU s more."


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rows", nargs="*", choices=[*ROWS, "threads", "cold", []])
    parser.add_argument("--rounds", type=int, default=3, help="fits of each model")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return
    rows = options.rows or [*ROWS, "threads", "cold"]
    print(f"# What a fit costs, {date.today():%Y-%m-%d}\n")
    print(f"ckts {ckts.__version__}, torch {torch.__version__}, CPU.\n")
    tables = [costs([row for row in rows if row in ROWS], options.rounds)]
    tables += [threads(options.rounds)] if "threads" in rows else []
    tables += [cold(options.rounds)] if "cold" in rows else []
    for table in tables:
        for line in table:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()

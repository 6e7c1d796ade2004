"""A search on two worker processes, and one network in two processes.

Run it with ``python docs/benchmarks/clusters.py`` on a machine with two idle cores; it
takes some minutes. ``--part search`` or ``--part training`` runs a half. Each process
has one thread. Every line comes from processes of its own: this file runs itself, for
training under torchrun, as users run theirs.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported

import joblib
import numpy as np
import torch
import torch.distributed as dist
from sklearn.model_selection import GridSearchCV

from ckts import CKCNNClassifier, CKRocketClassifier, Panel

GRID = {"n_kernels": [500, 1000], "causal": [False, True]}
LARGEST = {"n_kernels": 1000, "causal": True}
SEARCHED = (600, 200)  # series, rows of each
# Series, rows of each, channels of a hidden layer, series of a step.
CASES = ((256, 50, 32, 16), (256, 400, 32, 64), (128, 2000, 64, 32))
N_EPOCHS = 3


def make_data(n_series: int, n_rows: int) -> tuple[Panel, np.ndarray]:
    """Make waves of two rates at random times, in three channels."""
    rng = np.random.default_rng(0)
    y = np.arange(n_series) % 2
    times = np.sort(rng.uniform(0, 100, (n_series, n_rows)), axis=1)
    waves = np.sin(times * (1 + 0.02 * y[:, None]))[..., None]
    values = waves + 3 * rng.normal(size=(n_series, n_rows, 3))
    pointers = np.arange(n_series + 1) * n_rows
    return Panel(values.reshape(-1, 3), times.ravel(), pointers), y


def peak() -> float:
    """Return the largest memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def score(model, X, y) -> dict[str, float]:
    """Return the loss, and the memory of the process so far."""
    proba = model.predict_proba(X)[np.arange(len(y)), y]
    return {"loss": -float(np.log(proba).mean()), "peak": peak()}


@contextmanager
def loky():
    """Fit in two processes of joblib."""
    with joblib.parallel_config("loky", n_jobs=2):
        yield


@contextmanager
def dask():
    """Fit in two processes of Dask."""
    from distributed import Client

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        tempfile.TemporaryDirectory() as folder,
        Client(**options, local_directory=folder),
        joblib.parallel_config("dask"),
    ):
        yield


def search(backend: str) -> dict:
    """Search twice; the first time processes start and import, the second is timed."""
    X, y = make_data(*SEARCHED)
    model = CKRocketClassifier(n_kernels=84, random_state=0)
    options = {"scoring": score, "cv": 3, "refit": False}
    with {"one process": nullcontext, "loky": loky, "dask": dask}[backend]():
        GridSearchCV(model, {"causal": [False, True]}, **options).fit(X[:60], y[:60])
        begin = time.perf_counter()
        found = GridSearchCV(model, GRID, **options).fit(X, y).cv_results_
        seconds = time.perf_counter() - begin
    peaks = [found[f"split{i}_test_peak"].max() for i in range(3)]
    losses = found["mean_test_loss"].tolist()
    return {"seconds": seconds, "losses": losses, "peak": float(max(peaks))}


def one_fit() -> dict:
    """Fit the largest model to a training part, and predict the rest."""
    X, y = make_data(*SEARCHED)
    train = np.arange(len(y)) % 3 > 0
    model = CKRocketClassifier(**LARGEST, random_state=0).fit(X[train], y[train])
    return score(model, X[~train], y[~train])


def training(case: int) -> dict:
    """Train in as many processes as there are; the first epoch is not timed."""
    if "RANK" in os.environ:
        dist.init_process_group("gloo")
    n_series, n_rows, width, batch_size = CASES[case]
    model = CKCNNClassifier(
        **{"rocket": False, "weight_decay": 0.1, "scales": "common"},
        **{"hidden_channels": width, "batch_size": batch_size, "max_epochs": N_EPOCHS},
        **{"observation_dropout": 0.0, "dropout": 0.0, "n_jobs": 1},
        **{"data_parallel": True, "random_state": 0},
    ).fit(*make_data(n_series, n_rows))
    if dist.is_initialized():
        dist.destroy_process_group()
    seconds = sum(row["dur"] for row in model.history_[1:])
    rate = n_series * (N_EPOCHS - 1) / seconds
    return {"rate": rate, "loss": model.history_[-1]["train_loss"], "peak": peak()}


RUNS = {"search": search, "one fit": one_fit, "training": training}


def run_alone(name: str, *arguments, n_processes: int = 1) -> dict:
    """Run a function in a process of its own, or several under torchrun."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
    several = [*launcher, str(n_processes)] if n_processes > 1 else []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        told = json.dumps([name, arguments, str(path)])
        command = [sys.executable, *several, __file__, "--job", told]
        subprocess.run(command, check=True, timeout=1200)
        return json.loads(path.read_text("ascii"))


def run(told: str) -> None:
    """Run a function here; the first process writes what it returns."""
    name, arguments, path = json.loads(told)
    found = RUNS[name](*arguments)
    if os.environ.get("RANK", "0") == "0":
        Path(path).write_text(json.dumps(found), "ascii")


def print_searches() -> None:
    """Print the table of the searches."""
    print("| search | s | of loky | scores as one process | peak MB | of one fit |")
    print("|---|---|---|---|---|---|")
    fit = run_alone("one fit")
    found = {
        name: run_alone("search", name) for name in ("one process", "loky", "dask")
    }
    expected, loky_seconds = found["one process"]["losses"], found["loky"]["seconds"]
    for name, row in found.items():
        same = "to the bit" if row["losses"] == expected else "no"
        cells = f"{row['seconds']:.1f} | {row['seconds'] / loky_seconds:.2f} | {same}"
        share = row["peak"] / fit["peak"]
        print(f"| {name} | {cells} | {row['peak']:.0f} | {share:.2f} |", flush=True)
    print(f"\nOne fit in a process of its own: {fit['peak']:.0f} MB.\n")


def print_trainings() -> None:
    """Print the table of the trainings."""
    print(
        "| series | rows | channels | batch | series/s: 1 | 2 | ratio | losses apart |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for number, case in enumerate(CASES):
        one = run_alone("training", number)
        two = run_alone("training", number, n_processes=2)
        cells = [f"{n}" for n in case] + [f"{one['rate']:.0f}", f"{two['rate']:.0f}"]
        cells += [f"{two['rate'] / one['rate']:.2f}"]
        cells += [f"{abs(one['loss'] / two['loss'] - 1):.0e}"]
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("search", "training"))
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        run(options.job)
        return
    print(f"{date.today()}, torch {torch.__version__}, {os.cpu_count()} cores\n")
    if options.part != "training":
        print_searches()
    if options.part != "search":
        print_trainings()


if __name__ == "__main__":
    main()

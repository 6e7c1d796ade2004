"""Seconds and memory of tables that are larger than memory, against those in memory.

Run it with ``OMP_NUM_THREADS=1 python docs/benchmarks/scale.py --rows 2000000 --path
folder``: it writes a table of that many rows into the folder, unless it is there, and
does each step in a process of its own, whose largest resident memory it prints.
``--steps`` chooses some of them.

A series is a record of 200 rows or so, from 100 to 300, at times of a Poisson process,
with three channels, three tenths of whose values are missing. The label is whether its
waves are quick or slow, which overlap; two channels show them in noise of one and a
half times their size, and the third one is a drift.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
from pyarrow import parquet

import ckts
from ckts import CKCNNClassifier, CKRocketClassifier, Panel, ParquetPanel

PIECE = 2_000  # series that are drawn at once
ROW_GROUP = 131_072
LENGTHS = 100, 300
MISSING = 0.3
TRAIN = 500  # series
TEST = 2_000  # series that a network is not trained on
ROLES = {"instance": "record", "time": "hours"}


def draw(n_series: int, piece: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw some records and their labels; the seed is the number of the piece."""
    rng = np.random.default_rng(piece)
    lengths = rng.integers(LENGTHS[0], LENGTHS[1], n_series, endpoint=True)
    who = np.repeat(np.arange(n_series), lengths)
    first = np.cumsum(lengths) - lengths
    clock = np.cumsum(rng.exponential(0.25, len(who)))
    hours = clock - np.repeat(clock[first], lengths)
    label = rng.integers(0, 2, n_series)
    period = np.where(label, rng.uniform(2, 5, n_series), rng.uniform(4, 9, n_series))
    angle = 2 * np.pi * (hours / period[who] + rng.random(n_series)[who])
    signals = [np.sin(angle), np.cos(angle), 0.1 * hours]
    values = np.stack(signals, axis=1) + rng.normal(0, 1.5, (len(who), 3))
    values[rng.random(values.shape) < MISSING] = np.nan
    frame = pd.DataFrame({"record": piece * PIECE + who, "hours": hours})
    for channel, name in enumerate(("pressure", "flow", "drift")):
        frame[name] = values[:, channel].astype(np.float32)
    return frame, label


def pieces(n_rows: int) -> Iterator[tuple[pd.DataFrame, np.ndarray]]:
    """Yield records until there are so many rows."""
    piece = 0
    while n_rows > 0:
        frame, label = draw(PIECE, piece)
        if len(frame) >= n_rows:  # whole records
            last = frame["record"].iloc[n_rows - 1]
            frame = frame[frame["record"] <= last]
        n_series = frame["record"].iloc[-1] - piece * PIECE + 1
        yield frame, label[:n_series]
        n_rows -= len(frame)
        piece += 1


def write(folder: Path, n_rows: int) -> None:
    """Write the table and its labels."""
    folder.mkdir(parents=True, exist_ok=True)
    labels, writer = [], None
    for frame, label in pieces(n_rows):
        table = pyarrow.Table.from_pandas(frame, preserve_index=False)
        writer = writer or parquet.ParquetWriter(folder / "table.part", table.schema)
        writer.write_table(table, row_group_size=ROW_GROUP)
        records = frame["record"].unique()
        labels.append(pd.DataFrame({"record": records, "label": label}))
    writer.close()
    pd.concat(labels).to_csv(folder / "labels.csv", index=False)
    (folder / "table.part").rename(folder / "table.parquet")


def on_disk(folder: Path) -> ParquetPanel:
    """Open the table."""
    return ParquetPanel(folder / "table.parquet", **ROLES)


def in_memory(folder: Path) -> Panel:
    """Read the table."""
    return Panel.read(folder / "table.parquet", **ROLES)


def labels_of(folder: Path) -> np.ndarray:
    """Read the labels, in the order of the records."""
    return pd.read_csv(folder / "labels.csv")["label"].to_numpy()


def accuracy(folder: Path, predicted: np.ndarray) -> str:
    """Say how good predictions are for records that the model did not see."""
    hits = predicted[TRAIN:] == labels_of(folder)[TRAIN:]
    return f"accuracy {hits.mean():.3f}"


def fit(folder: Path) -> str:
    """Fit a model on the first records, and save it."""
    X, y = on_disk(folder)[:TRAIN].load(), labels_of(folder)[:TRAIN]
    CKRocketClassifier(random_state=0).fit(X, y).save(folder / "model.ckts")
    return f"{TRAIN} series"


def fit_all(folder: Path) -> str:
    """Fit a model on all records, in one pass over the table."""
    model = CKRocketClassifier(random_state=0)
    model.fit(on_disk(folder), labels_of(folder))
    model.save(folder / "all.ckts")
    return f"{model.unexplained_:.3f} unexplained"


def fit_network(folder: Path) -> str:
    """Train one network for one epoch on all series but those of a test."""
    panel, label = on_disk(folder), labels_of(folder)
    last = max(len(panel) - TEST, len(panel) // 2)
    model = CKCNNClassifier(rocket=False, max_epochs=1, random_state=0)
    model.fit(panel[:last], label[:last])
    found = model.predict(panel[last:])
    return f"accuracy {(found == label[last:]).mean():.3f}"


def predict(folder: Path, read: Callable[[Path], object]) -> str:
    """Predict all series."""
    return accuracy(folder, ckts.load(folder / "model.ckts").predict(read(folder)))


def describe(folder: Path, read: Callable[[Path], Panel | ParquetPanel]) -> str:
    """Describe all series."""
    return str(read(folder).describe()).partition("\n")[0]


STEPS: dict[str, Callable[[Path], str]] = {
    "nothing": lambda folder: "imports",
    "scan": lambda folder: f"{len(on_disk(folder)):,} series",
    "fit": fit,
    "describe, on disk": lambda folder: describe(folder, on_disk),
    "describe, in memory": lambda folder: describe(folder, in_memory),
    "predict, on disk": lambda folder: predict(folder, on_disk),
    "fit all, on disk": fit_all,
    "fit a network, on disk": fit_network,
    "predict, in memory": lambda folder: predict(folder, in_memory),
}


def peak() -> float:
    """Return the largest resident memory of this process, in GB.

    That of `getrusage` begins with what the process held that started this one.
    """
    status = Path("/proc/self/status").read_text()
    (line,) = (one for one in status.splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e9


def run_here(step: str, folder: Path) -> None:
    """Do one step, and print what it took."""
    start, spent = time.perf_counter(), time.process_time()
    found = STEPS[step](folder)
    wall, spent = time.perf_counter() - start, time.process_time() - spent
    print(json.dumps({"found": found, "wall": wall, "cpu": spent, "peak": peak()}))


def main() -> None:
    """Write the table, and run the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--here", choices=STEPS, help="one step, in this process")
    options = parser.parse_args()
    if options.here:
        run_here(options.here, options.path)
        return
    if not (options.path / "table.parquet").exists():
        start = time.perf_counter()
        write(options.path, options.rows)
        print(f"written in {time.perf_counter() - start:.0f} s")
    file = options.path / "table.parquet"
    rows = parquet.ParquetFile(file).metadata.num_rows
    print(f"{date.today()}, ckts {ckts.__version__}, pyarrow {pyarrow.__version__}")
    print(f"{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB\n")
    print(
        "| step | wall: s | CPU: s | rows/s | peak: GB | |\n|---|---|---|---|---|---|"
    )
    for step in options.steps:
        command = [sys.executable, __file__, "--path", options.path, "--here", step]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {step} | failed: {done.stderr.strip().splitlines()[-1:]} |")
            continue
        took = json.loads(done.stdout.splitlines()[-1])
        speed = f"{rows / took['wall']:,.0f}"
        print(
            f"| {step} | {took['wall']:.1f} | {took['cpu']:.1f} | {speed} | "
            f"{took['peak']:.2f} | {took['found']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

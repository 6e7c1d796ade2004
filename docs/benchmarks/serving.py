"""What one record costs a fitted model that waits for it: p50 and p99.

Run it with ``python docs/benchmarks/serving.py``, which takes some minutes; ``--short``
takes fewer requests, and ``--cpu`` counts the time of the processor instead of that of
the clock, which is the same where nothing else runs. One thread; after a warm-up,
requests go through the records in turn. "panel" is given a panel of one record; "table"
a long pandas table of one, so that the difference is what the conversion costs. "at
once" predicts a hundred records in one call: the hundredth part of it. The second table
continues a series by one row, when it has some rows already: `SeriesStream.update`, and
beside it `predict_proba_path` of the whole series.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import ckts
from ckts import CKCNNClassifier, CKRocketClassifier, Panel
from ckts.datasets import load_pbc
from ckts.estimators import SeriesStream

MODELS = {
    "joined": CKCNNClassifier(random_state=0),
    "network": CKCNNClassifier(rocket=False, random_state=0),
    "CKRocket": CKRocketClassifier(random_state=0),
    "joined, causal": CKCNNClassifier(causal=True, random_state=0),
    "network, causal": CKCNNClassifier(rocket=False, causal=True, random_state=0),
    "CKRocket, causal": CKRocketClassifier(causal=True, random_state=0),
}
WARM_UP = 20
clock = time.perf_counter


def pbc() -> tuple[Panel, np.ndarray, dict]:
    """Take patients with about five visits each, 11 channels, static features."""
    return *load_pbc(), {}


def long_records() -> tuple[Panel, np.ndarray, dict]:
    """Make records of 500 irregular rows and 5 channels, a third of them missing."""
    rng = np.random.default_rng(0)
    n_series, n_rows, n_channels = 100, 500, 5
    y = rng.integers(0, 2, n_series)
    times = np.cumsum(rng.exponential(size=(n_series, n_rows)), axis=1)
    phase = rng.uniform(0, 6, (n_series, 1, n_channels))
    values = np.sin(times[:, :, None] / (5.0 + 3 * y[:, None, None]) + phase)
    values += rng.normal(size=values.shape)
    values[rng.random(values.shape) < 1 / 3] = np.nan
    indptr = n_rows * np.arange(n_series + 1)
    panel = Panel(values.reshape(-1, n_channels), times.ravel(), indptr)
    return panel, y, {"max_epochs": 2}


DATA = {"PBC": pbc, "500 x 5": long_records}


def quantiles(call: Callable[[int], object], n: int) -> tuple[float, float]:
    """Return p50 and p99 of the time of calls, in milliseconds."""
    for number in range(WARM_UP):
        call(number)
    took = []
    for number in range(n):
        begun = clock()
        call(number)
        took.append(clock() - begun)
    p50, p99 = np.quantile(took, [0.5, 0.99])
    return 1e3 * p50, 1e3 * p99


def seconds(call: Callable[[], object], n: int = 3) -> float:
    """Return the median time of a call, in seconds."""
    took = []
    for _ in range(n):
        begun = clock()
        call()
        took.append(clock() - begun)
    return float(np.median(took))


def line(name: str, data: str, model, X: Panel, n: int) -> str:
    """Measure a fitted model and return a line of the table."""
    records = [X[i : i + 1] for i in range(100)]
    unit = X.time_scale.unit
    roles = {
        "instance": "instance",
        "time": "time",
        "static": list(X.static_names) or None,
    }
    tables = [one.to_frame().reset_index() for one in records]
    for one, table in zip(records, tables, strict=True):
        for number, feature in enumerate(X.static_names):
            table[feature] = one.static[0, number]

    def read(number: int) -> Panel:
        return Panel.from_long(tables[number % 100], time_unit=unit, **roles)

    panel = quantiles(lambda i: model.predict_proba(records[i % 100]), n)
    table = quantiles(lambda i: model.predict_proba(read(i)), n)
    at_once = 10 * seconds(lambda: model.predict_proba(X[:100]))
    cells = [f"{a:.1f} / {b:.1f}" for a, b in (panel, table)]
    return f"| {data} | {name} | {' | '.join(cells)} | {at_once:.2f} |"


def update_line(name: str, model, X: Panel, n: int) -> str:
    """Measure updates of a stream with more and more rows."""
    cells = []
    for n_rows in (10, 100, 499):
        rows = np.arange(len(X.times))
        before = X[:1].keep_rows(rows[: X.lengths[0]] < n_rows)
        new = X[:1].keep_rows(rows[: X.lengths[0]] == n_rows)
        stream = SeriesStream(model)
        stream.update(before)
        state = stream.rows

        def update(_: int, stream=stream, state=state, new=new) -> None:
            stream.rows = state
            stream.update(new)

        one = quantiles(update, n)[0]
        whole = seconds(lambda rows=stream.rows: model.predict_proba_path(rows))
        cells += [f"{one:.1f} / {1e3 * whole:.1f}"]
    return f"| {name} | {' | '.join(cells)} |"


def fitted(name: str, data: str, folder: Path, X, y, options: dict):
    """Load the model if it has been fitted, else fit and save it."""
    path = folder / f"{name} {data}.ckts"
    if not path.exists():
        model = MODELS[name]
        known = {k: v for k, v in options.items() if k in model.get_params()}
        model.set_params(**known).fit(X, y).save(path)
    return ckts.load(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--models", type=Path, help="folder where models are kept")
    parser.add_argument("--cpu", action="store_true")
    arguments = parser.parse_args()
    if arguments.cpu:
        global clock
        clock = time.process_time
    torch.set_num_threads(1)
    folder = arguments.models or Path(tempfile.mkdtemp())
    n = 100 if arguments.short else 1000
    updates = []
    print("| data | model | panel, ms | table, ms | at once, ms |")
    print("|---|---|---|---|---|")
    for data, make in DATA.items():
        X, y, options = make()
        for name in MODELS:
            model = fitted(name, data, folder, X, y, options)
            print(line(name, data, model, X, n), flush=True)
            if data == "500 x 5" and model.causal:
                updates.append(update_line(name, model, X, n // 20))
    print("\n| model | 10 rows, ms | 100 rows, ms | 499 rows, ms |")
    print("|---|---|---|---|", *updates, sep="\n")


if __name__ == "__main__":
    main()

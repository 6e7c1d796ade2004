"""Memory and CPU time of panels whose channels have clocks of their own.

Run it with ``OMP_NUM_THREADS=1 python docs/benchmarks/storage.py``. The raw data are a
value and a time of each measurement, 16 bytes; its series and channel, which a user
holds too, are not counted. Each time is the best CPU time of several turns, which the
compared ones take in one process. "Table" is what a panel stored before observations.
"""

import copy
import pickle
import time
import tracemalloc
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import torch

from ckts import Panel
from ckts.datasets import drop_observations
from ckts.estimators import CKCNNClassifier
from ckts.panel import NUMBER, DenseObservations, hide_after

RAW = 16  # bytes
N_MEASUREMENTS, N_CHANNELS, N_SERIES = 300_000, 50, 1000
LIGHT_CURVES = ((512, 50), (128, 200), (32, 1000), (16, 3000))  # series, points of each
STEPS: dict[str, Callable[[Panel], object]] = {
    "half of the series": lambda panel: panel[::2],
    "pickle and back": lambda panel: pickle.loads(pickle.dumps(panel)),
    "copy": copy.deepcopy,
    "describe": lambda panel: panel.describe(),
    "landmark": lambda panel: hide_after(panel, 50.0, NUMBER),
    "drop half, per channel": lambda panel: drop_observations(
        panel, 0.5, how="per_channel", random_state=0
    ),
}


def draw_measurements(n_channels: int, n_series: int, n_measurements: int) -> tuple:
    """Draw series, times, channels and values, each channel with a clock of its own."""
    rng = np.random.default_rng(0)
    series = np.sort(rng.integers(0, n_series, n_measurements))
    times = 100 * rng.random(n_measurements)
    channels = rng.integers(0, n_channels, n_measurements)
    return series, times, channels, rng.normal(size=n_measurements)


def make_panel(n_channels: int, n_series: int, n_measurements: int) -> Panel:
    """Make a panel of single measurements."""
    drawn = draw_measurements(n_channels, n_series, n_measurements)
    names = [f"channel {number}" for number in range(n_channels)]
    return Panel.from_measurements(*drawn, n_series=n_series, channels=names)


def bytes_of(panel: Panel) -> int:
    """Sum the bytes of all arrays of a panel."""
    parts = {**vars(panel), **vars(panel.observations)}.values()
    return sum(part.nbytes for part in parts if isinstance(part, np.ndarray))


def peak(call: Callable[[], object]) -> int:
    """Return the bytes that a call takes at its peak, its result included."""
    call()
    tracemalloc.start()
    call()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def seconds(calls: Iterable[Callable[[], object]], turns: int) -> list[float]:
    """Return the best CPU seconds of each call; all take turns."""
    calls = list(calls)
    best = [np.inf] * len(calls)
    for _ in range(turns):
        for number, call in enumerate(calls):
            start = time.process_time()
            call()
            best[number] = min(best[number], time.process_time() - start)
    return best


def compare_storages() -> None:
    """Print size, peaks and times of one panel, stored both ways."""
    listed = make_panel(N_CHANNELS, N_SERIES, N_MEASUREMENTS)
    table = listed.with_values(DenseObservations(listed.values))
    raw = RAW * N_MEASUREMENTS
    print("| | list: MB | times raw | ms | table: MB | times raw | ms |")
    print("|---|---|---|---|---|---|---|")
    sizes = [bytes_of(panel) for panel in (listed, table)]
    cells = [f"{size / 1e6:.1f} | {size / raw:.1f} | " for size in sizes]
    print(f"| the panel | {' | '.join(cells)} |")
    for name, step in STEPS.items():
        calls = [partial(step, panel) for panel in (listed, table)]
        spent = seconds(calls, 3)
        tops = [peak(call) for call in calls]
        cells = [
            f"{top / 1e6:.1f} | {top / raw:.1f} | {1e3 * one:.0f}"
            for top, one in zip(tops, spent, strict=True)
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def read_long_tables() -> None:
    """Print the seconds from long tables of `N_MEASUREMENTS` rows."""
    rng = np.random.default_rng(0)
    series, times, channels, values = draw_measurements(37, 4000, N_MEASUREMENTS)
    long = pd.DataFrame({"who": series, "when": times, "value": values})
    long["what"] = pd.Categorical.from_codes(channels, [f"x{i:02}" for i in range(37)])
    tables = {"a row per measurement": (long, {"channel": "what", "value": "value"})}
    for missing in (0, 0.2, 0.8):
        cells = rng.normal(size=(N_MEASUREMENTS, 37))
        cells[rng.random(cells.shape) < missing] = np.nan
        wide = pd.DataFrame(cells).add_prefix("x").assign(who=series, when=times)
        tables[f"37 columns, {missing:.0%} missing"] = (wide, {})
    print("| long table | sorted: s | unsorted: s |\n|---|---|---|")
    for name, (frame, names) in tables.items():
        frame = frame.sort_values(["who", "when"], ignore_index=True)
        frames = [frame, frame.sample(frac=1, random_state=0, ignore_index=True)]
        read = partial(Panel.from_long, instance="who", time="when", **names)
        spent = seconds((partial(read, one) for one in frames), 5)
        print(f"| {name} | {spent[0]:.2f} | {spent[1]:.2f} |")


def fit_light_curves() -> None:
    """Print the seconds of `fit` on one band, and on six with as many points in all."""
    print("| series | points of each | one band: s | six bands: s | ratio |")
    print("|---|---|---|---|---|")
    for n_series, length in LIGHT_CURVES:
        calls = []
        for n_bands in (1, 6):
            X = make_panel(n_bands, n_series, n_series * length)
            model = CKCNNClassifier(max_epochs=3, random_state=0)
            calls.append(partial(model.fit, X, np.arange(n_series) % 2))
        one, six = seconds(calls, 3)
        print(f"| {n_series} | {length} | {one:.2f} | {six:.2f} | {six / one:.2f} |")


def main() -> None:
    """Print the tables of the page."""
    print(f"{date.today()}, numpy {np.__version__}, torch {torch.__version__}\n")
    compare_storages()
    print()
    read_long_tables()
    print()
    fit_light_curves()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

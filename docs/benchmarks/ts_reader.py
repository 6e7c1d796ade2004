"""CPU seconds of `read_ts` beside sktime's reader, on the files of the archive.

Run it with ``python docs/benchmarks/ts_reader.py [--output result.md]``. All readers
take turns in one process; each figure is the best of its turns, so that other work on
the machine does little to the ratios. What they return differs: sktime's default is a
table with a Series in each cell; "as_panel" makes the Panel of it that `read_ts`
returns; "rows" is sktime's "pd-multiindex", with one row for each time, as a Panel has.
A second table compares parsers that round exactly on the numbers of these files alone,
and on as many digits as a float64 has.
"""

import argparse
import io
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import sktime
from sktime.datasets import load_from_tsfile

from ckts import as_panel
from ckts.datasets import read_ts
from ckts.datasets.readers._numbers import parse_numbers

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared"))
NAMES = (
    "PLAID",
    "JapaneseVowels",
    "MelbournePedestrian",
    "GesturePebbleZ1",
    "BasicMotions",
    "DodgerLoopDay",
    "PickupGestureWiimoteZ",
)
RATIOS = {
    "sktime": "ratio",
    "sktime, as_panel": "ratio, as_panel",
    "sktime, rows": "ratio, rows",
}
TURNS = 15
Reader = Callable[[str], object]


def read_values(path: str | Path) -> str:
    """Return all values of a file without time stamps, between commas."""
    raw = Path(path).read_text("utf-8")
    lines = [line for line in raw.splitlines() if line and line[0] not in "#@"]
    values = ",".join(line.rpartition(":")[0].replace(":", ",") for line in lines)
    return values.replace("?", "nan")


def read_floats(path: str) -> list[float]:
    """Python's `float` on every value: what a loop over numbers cannot undercut."""
    return list(map(float, read_values(path).split(",")))


def parse_with_pandas(text: str) -> np.ndarray:
    """Parse with the only precision of pandas that always rounds as `float` does."""
    frame = pd.read_csv(
        io.StringIO(text),
        header=None,
        lineterminator=",",
        dtype=np.float64,
        float_precision="round_trip",
    )
    return frame[0].to_numpy()


READERS: dict[str, Reader] = {
    "read_ts": read_ts,
    "float": read_floats,
    "sktime": load_from_tsfile,
    "sktime, as_panel": lambda path: as_panel(load_from_tsfile(path)[0]),
    "sktime, rows": partial(load_from_tsfile, return_data_type="pd-multiindex"),
}


PARSERS: dict[str, Reader] = {
    "ours": lambda text: parse_numbers(text.encode(), b",")[0],
    "numpy.fromstring": lambda text: np.fromstring(text, sep=","),
    "numpy.array": lambda text: np.array(text.split(","), dtype=np.float64),
    "pandas": parse_with_pandas,
}


def measure(text: str, readers: dict[str, Reader]) -> dict[str, float]:
    """Return the best CPU seconds of each reader of a path or parser of a text."""
    best = dict.fromkeys(readers, np.inf)
    for _ in range(TURNS):
        for name, read in readers.items():
            start = time.process_time()
            read(text)
            best[name] = min(best[name], time.process_time() - start)
    return best


def write_stamped(folder: Path) -> Path:
    """Write BasicMotions with a time beside each value, as TSER files have it."""
    X, y = read_ts(SHARED / "data/uea_ts/BasicMotions", split="train")
    assert y is not None
    lines = ["@problemName stamped", "@timeStamps true", "@univariate false"]
    lines += ["@classLabel true " + " ".join(np.unique(y)), "@data"]
    for series, label in zip(X, y, strict=True):
        channels = (
            ",".join(f"({t},{x})" for t, x in zip(series.times, channel, strict=True))
            for channel in series.values.T
        )
        lines.append(":".join(channels) + f":{label}")
    path = folder / "stamped_TRAIN.ts"
    path.write_text("\n".join(lines) + "\n")
    return path


def row(path: Path, readers: dict[str, Reader]) -> str:
    """Write a line of the table."""
    best = measure(str(path), readers)
    name = path.stem.removesuffix("_TRAIN")
    size = path.stat().st_size / 1e6
    cells = [f"{1e3 * best[key]:.1f}" if key in best else "" for key in READERS]
    ratios = [f"{best[key] / best['read_ts']:.1f}" for key in RATIOS]
    return "| " + " | ".join([name, f"{size:.2f}", *cells, *ratios]) + " |"


def parser_row(name: str, text: str) -> str:
    """Write a line of the table of parsers."""
    numbers = [parse(text) for parse in PARSERS.values()]
    assert all(np.array_equal(numbers[0], one, equal_nan=True) for one in numbers)
    cells = [f"{1e3 * seconds:.1f}" for seconds in measure(text, PARSERS).values()]
    return f"| {name} | {text.count(',') + 1} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    output = parser.parse_args().output
    table = [
        f"{date.today()}, numpy {np.__version__}, sktime {sktime.__version__}; best "
        f"CPU milliseconds of {TURNS} turns",
        "",
        f"| training file | MB | {' | '.join([*READERS, *RATIOS.values()])} |",
        "|---" * (2 + len(READERS) + len(RATIOS)) + "|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        paths = [SHARED / "data/uea_ts" / n / f"{n}_TRAIN.ts" for n in NAMES]
        table += [row(path, READERS) for path in paths]
        others = {name: READERS[name] for name in READERS if name != "float"}
        table.append(row(write_stamped(Path(folder)), others))
    table += ["", f"| numbers | count | {' | '.join(PARSERS)} |"]
    table.append("|---" * (2 + len(PARSERS)) + "|")
    table += [parser_row(path.parent.name, read_values(path)) for path in paths]
    digits = np.random.default_rng(0).normal(size=100_000).tolist()
    table.append(parser_row("17 digits", ",".join(map(repr, digits))))
    text = "\n".join(table) + "\n"
    print(text)
    if output:
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The tables of the CKConv paper, our figures beside the printed ones.

``make paper`` runs all that is here at a size that two cores bear, hours in all;
``python docs/benchmarks/reproduce.py 4 --systems gru_d paper --seeds 3`` some of it.
``--epochs 200`` trains as long as the paper did, ``--series 1000`` fewer series than
there are. ``--runs FILE`` keeps every run as JSON, continues where the file ends, and
prints the tables of what it holds. Images and speech are downloaded, and run only if
they are named. Nothing is selected on the test parts.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from paper.systems import RATE_OPTIONS, Sizes, make_system, with_options
from paper.tables import TABLES, Table
from splits import Split

# "table | row | system | seed" -> figures of the run
Runs = dict[str, dict[str, float]]


class Fits:
    """Fits systems, and keeps the model that was fitted last on the same series."""

    def __init__(self, table: Table, options: argparse.Namespace) -> None:
        self.table, self.options = table, options
        self.kept: dict[str, tuple] = {}

    def fit(self, system: str, split: Split) -> tuple[Any, float]:
        """Return a model of (the first) series of a split, and its CPU seconds."""
        row, X, y, *_, seed = split
        found = self.kept.get(system)
        if found and found[0] is X:
            return found[1:]
        task = self.table.task
        model = make_system(
            system,
            task if isinstance(task, str) else task[row],
            seed=seed,
            epochs=self.options.epochs,
            sizes=Sizes(X.in_channels, len(np.unique(y)), int(X.lengths.max())),
        )
        started = time.process_time()
        model.fit(X[: self.options.series], y[: self.options.series])
        self.kept[system] = X, model, time.process_time() - started
        return self.kept[system][1:]

    def score(self, system: str, split: Split) -> dict[str, float]:
        """Fit a system, and score it on the test part."""
        options = RATE_OPTIONS.get(system)
        model, seconds = self.fit("paper" if options else system, split)
        if options:
            model = with_options(model, options)
        *_, X_test, y_test, _ = split
        if self.table.metric == "AUROC":
            found = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
        else:
            found = np.mean(model.predict(X_test) == y_test)
        scored = {self.table.metric: float(found), "cpu": seconds}
        if hasattr(model, "net_"):
            parameters = model.net_.module_.parameters()
            scored["parameters"] = sum(one.numel() for one in parameters)
            scored["epochs"] = model.n_iter_
        return scored


def run(name: str, table: Table, runs: Runs, options: argparse.Namespace) -> None:
    """Run what is not in `runs` yet, and keep each run at once."""
    fits = Fits(table, options)
    settings = {"asked epochs": options.epochs, "asked series": options.series}
    systems = [one for one in options.systems or table.systems if one in table.systems]
    for split in table.splits(options.seeds):
        if options.rows not in split[0]:
            continue
        for system in systems:
            key = f"{name} | {split[0]} | {system} | {split[-1]}"
            if key in runs:
                check_settings(key, runs[key], settings)
                continue
            runs[key] = {**fits.score(system, split), **settings}
            print(f"{key}: {runs[key]}", flush=True)
            if options.runs:
                options.runs.write_text(json.dumps(runs, indent=1), encoding="utf-8")


def check_settings(key: str, kept: dict, settings: dict) -> None:
    """Raise if a run was made with other settings than those that are asked for."""
    found = {name: kept.get(name) for name in settings}
    if found != settings:
        raise SystemExit(
            f"`--runs` must hold runs of these settings, {settings}; got {found} of "
            f"{key!r}. Name another file."
        )


def lines(name: str, table: Table, runs: Runs) -> Iterator[str]:
    """Yield a table in Markdown: mean and deviation of the runs, the paper's beside."""
    found = defaultdict(lambda: defaultdict(list))
    for key, figures in runs.items():
        title, row, system, _ = key.split(" | ")
        if title == name:
            found[system][row].append(figures)
    rows = list(dict.fromkeys(row for by_row in found.values() for row in by_row))
    if not rows:
        return
    yield f"| table {name}, {table.metric} | parameters | {' | '.join(rows)} | CPU s |"
    yield "|---" * (3 + len(rows)) + "|"
    for system, by_row in found.items():
        cells = [_cell(by_row[row], table, row, system) for row in rows]
        every = [one for figures in by_row.values() for one in figures]
        size = f"{every[0]['parameters']:,}" if "parameters" in every[0] else ""
        seconds = np.mean([one["cpu"] for one in every])
        yield f"| {system} | {size} | {' | '.join(cells)} | {seconds:.0f} |"


def _cell(figures: list[dict], table: Table, row: str, system: str) -> str:
    if not figures:
        return ""
    scores = 100 * np.array([one[table.metric] for one in figures])
    cell = f"{scores.mean():.2f}"
    if len(scores) > 1:
        cell += f" ± {scores.std(ddof=1):.2f}"
    printed = table.published.get(row, {})
    return cell + (f" ({printed[system]:g})" if system in printed else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tables", nargs="*", help=f"some of {', '.join(TABLES)}")
    parser.add_argument("--systems", nargs="*", help="only these")
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=40, help="of what is trained")
    parser.add_argument("--series", type=int, help="at most so many to train on")
    parser.add_argument("--runs", type=Path, help="JSON file of all runs")
    options = parser.parse_args()
    runs: Runs = {}
    if options.runs and options.runs.exists():
        runs = json.loads(options.runs.read_text("utf-8"))
    here = [name for name, table in TABLES.items() if not table.downloads]
    for name in options.tables or here:
        run(name, TABLES[name], runs, options)
    print(f"{date.today():%Y-%m-%d}, mean and deviation of runs, (the paper's figure)")
    for name, table in TABLES.items():
        for line in lines(name, table, runs):
            print(line)


if __name__ == "__main__":
    main()

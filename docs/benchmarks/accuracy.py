"""Accuracy with default parameters, beside a cheap baseline in the same splits.

Run it with ``make bench-accuracy`` (all tasks, more than half an hour), or some of the
tasks with ``python docs/benchmarks/accuracy.py speed pbc --output result.md``.
``--runs after.json`` keeps the scores of all runs, and ``--against before.json`` adds
the mean of the paired differences to earlier ones, and its standard error.
Nothing is selected here: every figure is the last epoch of the defaults on test data.
The baseline is gradient boosting on summary statistics, which sees no time stamps.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor, Panel
from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    load_pbc,
    make_irregular_regression,
    make_speed,
    read_physionet2012,
    read_ts,
)
from ckts.estimators import summarize

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CKTS_SHARED", ROOT.parent / "shared"))
TRAJECTORIES = SHARED / "data/character_trajectories/ct_trimmed_float32.npz"

# (name, train panel, train target, test panel, test target, seed)
Split = tuple[str, Panel, np.ndarray, Panel, np.ndarray, int]


def speed() -> Iterator[Split]:
    """Two classes that differ in their clocks only; then without the clocks."""
    for seed in range(3):
        X, y = make_speed(400, random_state=seed)
        ranks = X.with_times(np.concatenate([np.arange(n) for n in X.lengths]))
        train, test = train_test_split(np.arange(400), stratify=y, random_state=seed)
        for name, panel in (("real times", X), ("ranks", ranks)):
            yield f"speed, {name}", panel[train], y[train], panel[test], y[test], seed


def regression() -> Iterator[Split]:
    """Response of a linear filter to a signal seen at irregular times."""
    for seed in range(3):
        X, y = make_irregular_regression(600, random_state=seed)
        yield "irregular regression", X[:400], y[:400], X[400:], y[400:], seed


def japanese_vowels() -> Iterator[Split]:
    """Official split, five seeds, with and without drops in train and test."""
    X, y = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    for rate in (0.0, 0.5):
        for seed in range(5):
            train = drop_observations(X, rate, random_state=seed)
            test = drop_observations(X_test, rate, random_state=100 + seed)
            yield f"JapaneseVowels, {rate:.0%} dropped", train, y, test, y_test, seed


def character_trajectories() -> Iterator[Split]:
    """70/15/15 as in the paper (the 15 % for validation are not used)."""
    if not TRAJECTORIES.exists():
        print(f"skipped: character_trajectories, there is no {TRAJECTORIES}")
        return
    stored = np.load(TRAJECTORIES)
    lengths, y = stored["lengths"], stored["labels"]
    steps = np.concatenate([np.arange(n) for n in lengths])
    X = Panel(stored["values"], steps, np.r_[0, np.cumsum(lengths)])
    for rate in (0.0, 0.7):
        for seed in range(3):
            panel = drop_observations(X, rate, random_state=seed)
            train, rest = train_test_split(
                np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed
            )
            _, test = train_test_split(
                rest, test_size=0.5, stratify=y[rest], random_state=seed + 1
            )
            name = f"CharacterTrajectories, {rate:.0%} dropped"
            yield name, panel[train], y[train], panel[test], y[test], seed


def pbc() -> Iterator[Split]:
    """Death or transplant within three years; three times five folds."""
    X, y = load_pbc()
    for seed in range(3):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(y, y):
            yield "PBC", X[train], y[train], X[test], y[test], seed


def uea(name: str, n_seeds: int = 3) -> Iterator[Split]:
    """Official split of a set of the UEA archive, some seeds."""
    folder = SHARED / "data/uea_ts" / name
    if not folder.exists():
        print(f"skipped: {name}, there is no {folder}")
        return
    X, y = read_ts(folder / f"{name}_TRAIN.ts")
    X_test, y_test = read_ts(folder / f"{name}_TEST.ts")
    for seed in range(n_seeds):
        yield name, X, y, X_test, y_test, seed


def physionet2012() -> Iterator[Split]:
    """Death in hospital after two days of intensive care, set a, in minutes."""
    folder = SHARED / "data/physionet2012"
    if not folder.exists():
        print(f"skipped: PhysioNet 2012, there is no {folder}")
        return
    X, outcomes = read_physionet2012(folder / "set-a.tar.xz", folder / "Outcomes-a.txt")
    y = outcomes["In-hospital_death"].to_numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    for seed, (train, test) in enumerate(folds.split(y, y)):
        yield "PhysioNet 2012 a", X[train], y[train], X[test], y[test], seed


# task -> (splits, metric)
TASKS = {
    "speed": (speed, "accuracy"),
    "regression": (regression, "R2"),
    "pbc": (pbc, "AUROC"),
    "japanese_vowels": (japanese_vowels, "accuracy"),
    "character_trajectories": (character_trajectories, "accuracy"),
    "melbourne": (partial(uea, "MelbournePedestrian"), "accuracy"),
    "plaid": (partial(uea, "PLAID"), "accuracy"),
    "gesture_pebble": (partial(uea, "GesturePebbleZ1"), "accuracy"),
    "pickup_gesture": (partial(uea, "PickupGestureWiimoteZ"), "accuracy"),
    "physionet2012": (physionet2012, "AUROC"),
}


def evaluate(split: Split, metric: str) -> tuple[float, float, float]:
    """Return our score, the baseline's, and our CPU seconds of fit and predict."""
    _, X, y, X_test, y_test, seed = split
    regressor = metric == "R2"
    ours = (CKCNNRegressor if regressor else CKCNNClassifier)(random_state=seed)
    boosting = HistGradientBoostingRegressor if regressor else None
    boosting = (boosting or HistGradientBoostingClassifier)(random_state=seed)
    started = time.process_time()
    score = _score(ours.fit(X, y), X_test, y_test, metric)
    seconds = time.process_time() - started
    boosting.fit(summarize(X), y)
    return score, _score(boosting, summarize(X_test), y_test, metric), seconds


def _score(model, X, y, metric: str) -> float:
    if metric == "AUROC":
        return roc_auc_score(y, model.predict_proba(X)[:, 1])
    return (accuracy_score if metric == "accuracy" else r2_score)(y, model.predict(X))


def report(
    tasks: list[str], scores: dict[str, list[float]], before: dict[str, list[float]]
) -> Iterator[str]:
    """Yield the lines of the result, in Markdown, and add our scores to `scores`."""
    yield f"# Accuracy with default parameters, {date.today():%Y-%m-%d}\n"
    yield f"`make bench-accuracy ARGS='{' '.join(tasks)}'`; ckts {ckts.__version__}, "
    yield f"torch {torch.__version__}, scikit-learn {sklearn.__version__}, CPU,"
    yield f"{torch.get_num_threads()} thread(s). Mean and standard deviation over the"
    yield "runs (seeds, splits or folds).\n"
    header = "| task | metric | runs | CKCNN | summaries + boosting | CPU s per run |"
    yield header + (" paired change ± standard error |" if before else "")
    yield "|---|---|---|---|---|---|" + ("---|" if before else "")
    for task in tasks:
        splits, metric = TASKS[task]
        results: dict[str, list] = {}
        for split in splits():
            results.setdefault(split[0], []).append(evaluate(split, metric))
        for name, runs in results.items():
            mean, spread = np.mean(runs, axis=0), np.std(runs, axis=0)
            scores[name] = [run[0] for run in runs]
            yield (
                f"| {name} | {metric} | {len(runs)} "
                f"| {mean[0]:.4f} ± {spread[0]:.4f} | {mean[1]:.4f} ± {spread[1]:.4f} "
                f"| {mean[2]:.0f} |"
            ) + (_change(scores[name], before.get(name)) if before else "")


def _change(after: list[float], before: list[float] | None) -> str:
    """Write the mean of paired differences, and its standard error."""
    if before is None or len(before) != len(after):
        return " not comparable |"
    change = np.subtract(after, before)
    error = change.std(ddof=1) / np.sqrt(len(change))
    return f" {change.mean():+.4f} ± {error:.4f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, []], default=[])
    parser.add_argument("--output", type=Path, help="also write the result to a file")
    parser.add_argument("--runs", type=Path, help="write the scores of all runs (JSON)")
    parser.add_argument("--against", type=Path, help="scores to compare with (JSON)")
    options = parser.parse_args()
    before = json.loads(options.against.read_text()) if options.against else {}
    lines, scores = [], {}
    for line in report(options.tasks or list(TASKS), scores, before):
        print(line, flush=True)
        lines.append(line)
        if options.runs:
            options.runs.write_text(json.dumps(scores, indent=1), encoding="utf-8")
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

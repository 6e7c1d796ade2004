"""Accuracy with default parameters, beside a cheap baseline in the same splits.

Run it with ``make bench-accuracy`` (all tasks, less than half an hour), or some of the
tasks with ``python docs/benchmarks/accuracy.py speed pbc --output result.md``.
Nothing is selected here: every figure is the last epoch of the defaults on test data.
The baseline is gradient boosting on summary statistics, which sees no time stamps.
"""

import argparse
import os
import time
from collections.abc import Iterator
from datetime import date
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


# task -> (splits, metric)
TASKS = {
    "speed": (speed, "accuracy"),
    "regression": (regression, "R2"),
    "pbc": (pbc, "AUROC"),
    "japanese_vowels": (japanese_vowels, "accuracy"),
    "character_trajectories": (character_trajectories, "accuracy"),
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


def report(tasks: list[str]) -> Iterator[str]:
    """Yield the lines of the result, in Markdown."""
    yield f"# Accuracy with default parameters, {date.today():%Y-%m-%d}\n"
    yield f"`make bench-accuracy ARGS='{' '.join(tasks)}'`; ckts {ckts.__version__}, "
    yield f"torch {torch.__version__}, scikit-learn {sklearn.__version__}, CPU,"
    yield f"{torch.get_num_threads()} thread(s). Mean and standard deviation over the"
    yield "runs (seeds, splits or folds).\n"
    yield "| task | metric | runs | CKCNN | summaries + boosting | CPU s per run |"
    yield "|---|---|---|---|---|---|"
    for task in tasks:
        splits, metric = TASKS[task]
        results: dict[str, list] = {}
        for split in splits():
            results.setdefault(split[0], []).append(evaluate(split, metric))
        for name, runs in results.items():
            mean, spread = np.mean(runs, axis=0), np.std(runs, axis=0)
            yield (
                f"| {name} | {metric} | {len(runs)} "
                f"| {mean[0]:.4f} ± {spread[0]:.4f} | {mean[1]:.4f} ± {spread[1]:.4f} "
                f"| {mean[2]:.0f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, []], default=[])
    parser.add_argument("--output", type=Path, help="also write the result to a file")
    options = parser.parse_args()
    lines = []
    for line in report(options.tasks or list(TASKS)):
        print(line, flush=True)
        lines.append(line)
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Random continuous kernels with default parameters beside cheap rivals, paired.

``python docs/benchmarks/rocket.py uea --rival PYTHON`` runs one of the tasks, where
PYTHON is the interpreter of an environment that has aeon: MiniRocket with a ridge
regression on linearly interpolated series, in the same splits. Without it the rival is
left out. ``--output`` also writes the lines to a file. Nothing is selected on the test
parts. The tasks on patients have gradient boosting on summary statistics as rival.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    log_loss,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import train_test_split

import ckts
from accuracy import (
    SHARED,
    TRAJECTORIES,
    Split,
    japanese_vowels,
    pbc,
    physionet2012,
    regression,
)
from ckts import CKRocket, CKRocketClassifier, CKRocketRegressor, Panel
from ckts.datasets import (
    drop_observations,
    load_japanese_vowels,
    make_local_clock,
    read_physionet2012,
    read_ts,
)
from ckts.estimators import summarize

UEA = (
    "BasicMotions",
    "DodgerLoopDay",
    "GesturePebbleZ1",
    "PickupGestureWiimoteZ",
    "JapaneseVowels",
    "MelbournePedestrian",
    "PLAID",
)
RIVAL = Path(__file__).with_name("minirocket.py")


def uea(names=UEA, n_resamples: int = 10) -> Iterator[Split]:
    """Official split, then stratified resamples of train and test together."""
    for name in names:
        folder = SHARED / "data/uea_ts" / name
        X, y = read_ts(folder / f"{name}_TRAIN.ts")
        X_test, y_test = read_ts(folder / f"{name}_TEST.ts")
        yield f"{name}, official", X, y, X_test, y_test, 0
        both = Panel.concat([X, X_test.with_instances(len(X) + np.arange(len(X_test)))])
        labels = np.concatenate([y, y_test])
        for seed in range(n_resamples):
            train, test = train_test_split(
                np.arange(len(both)),
                train_size=len(X),
                stratify=labels,
                random_state=seed,
            )
            row = f"{name}, resampled"
            yield row, both[train], labels[train], both[test], labels[test], seed


def _characters() -> tuple[Panel, np.ndarray]:
    stored = np.load(TRAJECTORIES)
    lengths = stored["lengths"]
    steps = np.concatenate([np.arange(n) for n in lengths])
    X = Panel(stored["values"], steps, np.r_[0, np.cumsum(lengths)])
    return X, stored["labels"]


def characters(n_splits: int = 5) -> Iterator[Split]:
    """CharacterTrajectories, 70/15/15 as in the paper, with observations dropped."""
    X, y = _characters()
    for rate in (0.0, 0.3, 0.5, 0.7):
        for seed in range(n_splits):
            train, test = _seventy(y, seed)
            panel = drop_observations(X, rate, random_state=seed)
            row = f"CharacterTrajectories, {rate:.0%} dropped"
            yield row, panel[train], y[train], panel[test], y[test], seed


def rates(n_splits: int = 3) -> Iterator[Split]:
    """CharacterTrajectories, trained at the full rate, tested at lower ones."""
    X, y = _characters()
    within = np.arange(len(X.times)) - np.repeat(X.indptr[:-1], X.lengths)
    for step in (1, 2, 4, 8):
        sparser = X.keep_rows(within % step == 0)
        for seed in range(n_splits):
            train, test = _seventy(y, seed)
            row = f"CharacterTrajectories, tested at rate 1/{step}"
            yield row, X[train], y[train], sparser[test], y[test], seed


def _seventy(y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    train, rest = train_test_split(
        np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed
    )
    _, test = train_test_split(
        rest, test_size=0.5, stratify=y[rest], random_state=seed + 1
    )
    return train, test


def clocks(n_seeds: int = 3) -> Iterator[Split]:
    """Change the clock locally: real times, then ranks; easy, then hard."""
    hard = {"speed": 2.0, "width": 0.2, "noise": 0.3}
    for kind, options in (("easy", {}), ("hard", hard)):
        for seed in range(n_seeds):
            X, y = make_local_clock(800, random_state=seed, **options)
            ranks = X.with_times(np.concatenate([np.arange(n) for n in X.lengths]))
            for name, panel in (("real times", X), ("ranks", ranks)):
                row = f"local clock, {kind}, {name}"
                yield row, panel[:400], y[:400], panel[400:], y[400:], seed


def robustness(n_seeds: int = 3) -> Iterator[Split]:
    """Spoil JapaneseVowels by an odd stamp, an odd value or bursts, train and test."""
    X, y = load_japanese_vowels(split="train")
    X_test, y_test = load_japanese_vowels(split="test")
    for name, spoil in SPOILED.items():
        for seed in range(n_seeds):
            rng = np.random.RandomState(seed)
            yield (
                f"JapaneseVowels, {name}",
                spoil(X, rng),
                y,
                spoil(X_test, rng),
                y_test,
                seed,
            )


def _odd_stamp(X: Panel, rng: np.random.RandomState) -> Panel:
    """Make the last stamp of one series 1e4 times as late."""
    times = X.times.astype(float)
    times[X.indptr[1 + rng.randint(len(X))] - 1] *= 1e4
    return X.with_times(times)


def _odd_value(X: Panel, rng: np.random.RandomState) -> Panel:
    """One value is 1e6."""
    values = X.values.copy()
    values[rng.randint(len(values)), rng.randint(values.shape[1])] = 1e6
    return X.with_values(values)


def _bursts(X: Panel, rng: np.random.RandomState) -> Panel:
    """Each observation is repeated 1 ms later, with a little noise, where 1 is 1 s."""
    values = np.repeat(X.values, 3, axis=0)
    values += 0.01 * X.values.std() * rng.randn(*values.shape)
    times = np.repeat(X.times.astype(float), 3) + np.tile([0, 1e-3, 2e-3], len(X.times))
    return Panel(values, times, 3 * X.indptr)


SPOILED = {
    "clean": lambda X, rng: X,
    "one stamp x 1e4": _odd_stamp,
    "one value 1e6": _odd_value,
    "bursts of 3 within 2 ms": _bursts,
}


def patients() -> Iterator[Split]:
    """PhysioNet 2012 set a, five folds; PBC, three times five folds."""
    yield from physionet2012()
    yield from pbc()


def numbers(n_seeds: int = 3) -> Iterator[Split]:
    """Regression with a known truth, and the age of the patients of PhysioNet 2012."""
    yield from regression()
    folder = SHARED / "data/physionet2012"
    X, _ = read_physionet2012(folder / "set-a.tar.xz", folder / "Outcomes-a.txt")
    column = list(X.static_names).index("Age")
    age, others = X.static[:, column], np.delete(X.static, column, axis=1)
    names = [name for name in X.static_names if name != "Age"]
    X = X.with_static(others, names)
    for seed in range(n_seeds):
        train, test = train_test_split(np.arange(len(X)), random_state=seed)
        yield "age of patients", X[train], age[train], X[test], age[test], seed


TASKS = {
    "uea": (uea, "accuracy", "minirocket"),
    "characters": (characters, "accuracy", "minirocket"),
    "rates": (rates, "accuracy", None),
    "vowels": (japanese_vowels, "accuracy", "minirocket"),
    "clocks": (clocks, "accuracy", "minirocket"),
    "robustness": (robustness, "accuracy", None),
    "patients": (patients, "AUROC", "boosting"),
    "numbers": (numbers, "R2", "boosting"),
}


def evaluate(split: Split, metric: str) -> dict[str, float]:
    """Fit with default parameters; return score, CPU seconds and log-loss."""
    _, X, y, X_test, y_test, seed = split
    started = time.process_time()
    if metric == "R2":
        model = CKRocketRegressor(random_state=seed).fit(X, y)
        return {
            "score": r2_score(y_test, model.predict(X_test)),
            "cpu": time.process_time() - started,
        }
    model = CKRocketClassifier(random_state=seed).fit(X, y)
    proba = model.predict_proba(X_test)
    found = {"cpu": time.process_time() - started}
    found["log-loss"] = log_loss(y_test, proba, labels=model.classes_)
    if metric == "AUROC":
        found["score"] = roc_auc_score(y_test, proba[:, 1])
        found["AUPRC"] = average_precision_score(y_test, proba[:, 1])
    else:
        chosen = model.classes_[proba.argmax(axis=1)]
        found["score"] = accuracy_score(y_test, chosen)
    return found


def boost(split: Split, metric: str) -> dict[str, float]:
    """Gradient boosting on summaries."""
    _, X, y, X_test, y_test, seed = split
    started = time.process_time()
    if metric == "R2":
        model = HistGradientBoostingRegressor(random_state=seed).fit(summarize(X), y)
        score = r2_score(y_test, model.predict(summarize(X_test)))
        return {"score": score, "cpu": time.process_time() - started}
    model = HistGradientBoostingClassifier(random_state=seed).fit(summarize(X), y)
    proba = model.predict_proba(summarize(X_test))
    return {
        "score": roc_auc_score(y_test, proba[:, 1]),
        "cpu": time.process_time() - started,
        "log-loss": log_loss(y_test, proba),
        "AUPRC": average_precision_score(y_test, proba[:, 1]),
    }


def interpolate(X: Panel, length: int) -> np.ndarray:
    """Interpolate all series linearly at equally spaced times within their spans."""
    table = np.zeros((len(X), X.in_channels, length), dtype=np.float32)
    times, values = X.times.astype(np.float64), X.values
    for i, (start, stop) in enumerate(zip(X.indptr[:-1], X.indptr[1:], strict=True)):
        for c in range(X.in_channels):
            t, v = times[start:stop], values[start:stop, c]
            known = ~np.isnan(v)
            if known.any():
                at = np.linspace(t[0], t[-1], length)
                table[i, c] = np.interp(at, t[known], v[known])
    return table


def minirocket(python: str, split: Split) -> dict[str, float]:
    """Run MiniRocket and a ridge regression in the rival's environment."""
    _, X, y, X_test, y_test, seed = split
    length = max(10, int(X.lengths.max()), int(X_test.lengths.max()))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "split.npz"
        np.savez(
            path,
            X=interpolate(X, length),
            y=y,
            X_test=interpolate(X_test, length),
            y_test=y_test,
        )
        command = [python, str(RIVAL), str(path), str(seed)]
        found = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(found.stdout.splitlines()[-1])


def report(task: str, python: str | None, runs: Path | None) -> Iterator[str]:
    """Yield a line of Markdown per row."""
    splits, metric, rival = TASKS[task]
    rows: dict[str, list] = {}
    for split in splits():
        ours, theirs = evaluate(split, metric), None
        if rival == "boosting":
            theirs = boost(split, metric)
        elif rival == "minirocket" and python:
            theirs = minirocket(python, split)
        rows.setdefault(split[0], []).append((ours, theirs))
        print(split[0], split[-1], ours, theirs, flush=True)
        if runs:
            runs.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    header = (
        f"| {task}, {metric} | runs | CKRocket | {rival or '-'} | difference ± error"
    )
    yield f"{header} | CPU s, ours / rival | log-loss |"
    yield "|---" * 7 + "|"
    for name, pairs in rows.items():
        yield _row(name, pairs)


def _row(name: str, pairs: list) -> str:
    def mean(side: int, key: str) -> float:
        return float(np.mean([pair[side][key] for pair in pairs]))

    line = f"| {name} | {len(pairs)} | {mean(0, 'score'):.4f} |"
    paired = pairs[0][1] is not None
    if paired:
        gains = [ours["score"] - theirs["score"] for ours, theirs in pairs]
        error = np.std(gains, ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0
        line += f" {mean(1, 'score'):.4f} | {np.mean(gains):+.4f} ± {error:.4f} |"
        line += f" {mean(0, 'cpu'):.1f} / {mean(1, 'cpu'):.1f} |"
    else:
        line += f" | | {mean(0, 'cpu'):.1f} |"
    for key in ("log-loss", "AUPRC"):
        if key in pairs[0][0]:
            line += f" {key} {mean(0, key):.4f}"
            if paired and key in pairs[0][1]:
                line += f" / {mean(1, key):.4f}"
    return line + " |"


def sizes() -> Iterator[str]:
    """Yield what one long series and many short ones cost."""
    rng = np.random.RandomState(0)
    times = np.sort(rng.rand(131_072)) * 1e4
    X = Panel(np.sin(times)[:, None], times, [0, len(times)])
    started = time.process_time()
    CKRocket(random_state=0).fit(X).transform(X)
    seconds = time.process_time() - started
    yield f"one series of 131,072 observations: {seconds:.1f} CPU s"
    n_series, length, n_channels = 10_000, 50, 10
    times = np.sort(50 * rng.rand(n_series, length), axis=1).ravel()
    y = rng.randint(4, size=n_series)
    speeds = 1 + 0.2 * np.repeat(y, length)
    values = np.sin(times * speeds)[:, None] + rng.randn(len(times), n_channels)
    X = Panel(values, times, length * np.arange(n_series + 1))
    started = time.process_time()
    CKRocketClassifier(random_state=0).fit(X, y)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield f"10,000 x 50 x 10 channels, fit: {seconds:.0f} CPU s, peak {peak:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("task", choices=[*TASKS, "sizes"])
    parser.add_argument("--rival", help="interpreter of an environment with aeon")
    parser.add_argument("--output", type=Path, help="also append the lines to a file")
    parser.add_argument("--runs", type=Path, help="write the scores of all runs (JSON)")
    options = parser.parse_args()
    print(f"{date.today():%Y-%m-%d}, ckts {ckts.__version__}")
    lines = (
        sizes()
        if options.task == "sizes"
        else report(options.task, options.rival, options.runs)
    )
    for line in lines:
        print(line, flush=True)
        if options.output:
            with options.output.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


if __name__ == "__main__":
    main()

"""Our models with default parameters beside cheap rivals, paired.

``make bench-accuracy`` runs all tasks of accuracy_tasks.py, which takes many hours, and
``python docs/benchmarks/accuracy.py uea vowels --rival PYTHON`` some of them, where
PYTHON is the interpreter of an environment that has aeon and torch: MiniRocket and
MultiRocket-Hydra with a ridge regression on linearly interpolated series, in the same
splits. Without it these rivals are left out. The tasks on patients have gradient
boosting on summary statistics and GRU-D, ``network="gru_d"``, as rivals. The default
estimator, networks joined with CKRocket, is scored as a whole, and so are its networks
(three, each without a third of the series) and its CKRocket; ``--rocket`` runs CKRocket
alone. ``--rows 1/16`` runs only the rows that have it in their names, ``--splits 1``
the first split of each row. ``--output`` also appends the lines to a file. Nothing is
selected on the test parts.

Classifiers also have the log-loss and the calibration error (ECE): the mean distance
between confidence, the probability of the class that is chosen, and accuracy in 15 bins
of confidence. The rivals of aeon have no probabilities.
"""

import argparse
import copy
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator
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

import ckts
from accuracy_tasks import ROCKETS, TASKS, Task
from ckts import (
    CKCNNClassifier,
    CKCNNRegressor,
    CKRocket,
    CKRocketClassifier,
    CKRocketRegressor,
    Panel,
)
from ckts.estimators import summarize
from splits import Split

RIVALS = Path(__file__).with_name("aeon_rockets.py")
# Scores of a model in one split by their names: "score", "cpu", ...
Scores = dict[str, float]
FITTED: dict[str, tuple] = {}  # "latest": training panel, model, CPU seconds


def evaluate(split: Split, metric: str, options: dict) -> Scores:
    """Fit with default parameters but for `options`, and score."""
    _, X, y, X_test, y_test, seed = split
    model_class = CKRocketRegressor if metric == "R2" else CKRocketClassifier
    model, seconds = fit(model_class(random_state=seed, **options), X, y)
    return score(model, X_test, y_test, metric, seconds)


def evaluate_joined(split: Split, metric: str) -> dict[str, Scores]:
    """Fit the default estimator, and score it and its members."""
    _, X, y, X_test, y_test, seed = split
    model_class = CKCNNRegressor if metric == "R2" else CKCNNClassifier
    model, seconds = fit(model_class(random_state=seed), X, y)
    scores = {"joined": score(model, X_test, y_test, metric, seconds)}
    scores["joined"]["share"] = model.network_share_
    return scores | score_members(model, X_test, y_test, metric)


def evaluate_gru_d(split: Split, metric: str) -> Scores:
    """Fit GRU-D in the default estimator, and score it."""
    _, X, y, X_test, y_test, seed = split
    model = CKCNNClassifier(network="gru_d", random_state=seed)
    model, seconds = fit(model, X, y)
    return score(model, X_test, y_test, metric, seconds)


def score_members(model, X: Panel, y: np.ndarray, metric: str) -> dict[str, Scores]:
    """Score the networks of a joined model without its CKRocket, and the reverse."""
    networks = copy.copy(model)
    networks.network_share_ = 1.0
    members = {"networks": networks, "CKRocket": model.rocket_}
    scores = {name: score(one, X, y, metric) for name, one in members.items()}
    for one in scores.values():
        del one["cpu"]  # that of a prediction only
    return scores


def fit(model, X: Panel, y: np.ndarray) -> tuple[BaseEstimator, float]:
    """Fit, and return the model and its CPU seconds.

    Where the split before had the same training part, the very same panel, and the same
    parameters, its model is returned: it is only tested on other series.
    """
    latest = FITTED.get("latest")
    if latest and latest[0] is X and repr(latest[1]) == repr(model):
        return latest[1:]
    started = time.process_time()
    model.fit(X, y)
    FITTED["latest"] = X, model, time.process_time() - started
    return FITTED["latest"][1:]


def boost(split: Split, metric: str, options: dict) -> Scores:
    """Boost on summaries, without the counts where our model must not know lengths."""
    _, X, y, X_test, y_test, seed = split
    boosting = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
    started = time.process_time()
    known, known_test = summarize(X), summarize(X_test)
    if not options.get("lengths", True):
        counts = slice(6 * X.in_channels, 7 * X.in_channels)
        known, known_test = (np.delete(t, counts, axis=1) for t in (known, known_test))
    model = boosting[metric == "R2"](random_state=seed).fit(known, y)
    seconds = time.process_time() - started
    return score(model, known_test, y_test, metric, seconds)


def score(model, X, y: np.ndarray, metric: str, fit_seconds: float = 0.0) -> Scores:
    """Predict and score; "cpu" is that of the fit, too."""
    started = time.process_time() - fit_seconds
    if metric == "R2":
        predicted = model.predict(X)
        seconds = time.process_time() - started
        return {"score": r2_score(y, predicted), "cpu": seconds}
    proba = model.predict_proba(X)
    scores = {
        "cpu": time.process_time() - started,
        "log-loss": log_loss(y, proba, labels=model.classes_),
        "ECE": calibration_error(model.classes_, proba, y),
    }
    if metric == "AUROC":
        scores["score"] = roc_auc_score(y, proba[:, 1])
        scores["AUPRC"] = average_precision_score(y, proba[:, 1])
    else:
        scores["score"] = accuracy_score(y, model.classes_[proba.argmax(axis=1)])
    return scores


def calibration_error(
    classes: np.ndarray, proba: np.ndarray, y: np.ndarray, n_bins: int = 15
) -> float:
    """Compare confidence and accuracy in bins of confidence, equally wide.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    proba : ndarray of shape (n_series, n_classes)
    y : ndarray of shape (n_series,)
    n_bins : int, default 15

    Returns
    -------
    float
        The mean distance, each bin weighted by its number of series.
    """
    confidence = proba.max(axis=1)
    right = classes[proba.argmax(axis=1)] == y
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    return float(np.abs(np.bincount(bins, right - confidence)).sum() / len(y))


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


def run_aeon(python: str, split: Split) -> dict[str, Scores]:
    """Run MiniRocket and MultiRocket-Hydra in the rivals' environment."""
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
        command = [python, str(RIVALS), str(path), str(seed)]
        found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(found.stdout.splitlines()[-1])


def compare(
    task: Task, split: Split, options: dict, rival: str | None, rocket: bool
) -> dict[str, Scores]:
    """Score our model and its rivals on one split."""
    if rocket:
        models = {"CKRocket": evaluate(split, task.metric, options)}
    else:
        models = evaluate_joined(split, task.metric)
    if rival and set(ROCKETS) & set(task.rivals):
        models |= run_aeon(rival, split)
    if "boosting" in task.rivals:
        models["boosting"] = boost(split, task.metric, options)
    if "GRU-D" in task.rivals and not rocket:
        models["GRU-D"] = evaluate_gru_d(split, task.metric)
    return models


def report(
    name: str,
    *,
    rival: str | None = None,
    runs: Path | None = None,
    rows: str = "",
    n_splits: int | None = None,
    rocket: bool = False,
) -> Iterator[str]:
    """Yield a line of Markdown per row."""
    task = TASKS[name]
    found: dict[str, list[dict[str, Scores]]] = {}
    for split in task.splits():
        if rows not in split[0]:
            continue
        for suffix, options in task.options.items():
            row = found.setdefault(split[0] + suffix, [])
            enough = n_splits is not None and len(row) >= n_splits
            if enough or (options and not rocket):  # they are of CKRocket
                continue
            row.append(compare(task, split, options, rival, rocket))
            print(split[0] + suffix, split[-1], row[-1], flush=True)
            if runs:
                runs.write_text(json.dumps(found, indent=1), encoding="utf-8")
    found = {row: scores for row, scores in found.items() if scores}
    if not found:  # no data, or no such row
        return
    models = list(next(iter(found.values()))[0])
    header = f"| {name}, {task.metric} | runs | {models[0]} |"
    for model in models[1:]:
        header += f" {model} | difference ± error |"
    yield f"{header} CPU s | log-loss | ECE | AUPRC |"
    yield "|---" * (5 + 2 * len(models)) + "|"
    for row, scores in found.items():
        yield _row(row, scores)


def _row(name: str, runs: list[dict[str, Scores]]) -> str:
    cells = [name, str(len(runs))]
    ours = next(iter(runs[0]))
    for model in runs[0]:
        cells.append(f"{np.mean([run[model]['score'] for run in runs]):.4f}")
        if model != ours:
            gains = [run[ours]["score"] - run[model]["score"] for run in runs]
            cells.append(f"{np.mean(gains):+.4f}")
            if len(gains) > 1:
                error = np.std(gains, ddof=1) / np.sqrt(len(gains))
                cells[-1] += f" ± {error:.4f}"
    for key, digits in {"cpu": 1, "log-loss": 4, "ECE": 4, "AUPRC": 4}.items():
        means = [
            f"{np.mean([run[model][key] for run in runs]):.{digits}f}"
            for model, scores in runs[0].items()
            if key in scores
        ]
        cells.append(" / ".join(means))
    return f"| {' | '.join(cells)} |"


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
    parser.add_argument("tasks", nargs="*", choices=[*TASKS, "sizes", []], default=[])
    parser.add_argument("--rival", help="interpreter of an environment with aeon")
    parser.add_argument("--output", type=Path, help="also append the lines to a file")
    parser.add_argument("--runs", type=Path, help="write the scores of all runs (JSON)")
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    parser.add_argument(
        "--splits", dest="n_splits", type=int, help="first splits of each row; all"
    )
    parser.add_argument("--rocket", action="store_true", help="CKRocket alone")
    options = vars(parser.parse_args())
    tasks, output = options.pop("tasks") or list(TASKS), options.pop("output")
    print(f"{date.today():%Y-%m-%d}, ckts {ckts.__version__}")
    for task in tasks:
        for line in sizes() if task == "sizes" else report(task, **options):
            print(line, flush=True)
            if output:
                with output.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")


if __name__ == "__main__":
    main()

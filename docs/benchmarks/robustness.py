"""What one absurd number, a burst, or weights that go with length cost the defaults.

Run it with ``make bench-robustness`` (an hour, one thread), or some of the tasks with
``python docs/benchmarks/robustness.py bursts weights --output result.md``. Every figure
is measured on clean test data; only training data are changed. The clean figure of the
same seeds stands beside it.
"""

import argparse
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import torch

import ckts
from ckts import CKCNNClassifier, CKCNNRegressor, Panel
from ckts.datasets import make_bursty_visits, make_contaminated

SEEDS = range(3)
# (case, metric, score of a seed)
Case = tuple[str, str, Callable[[int], float]]


def bursts() -> Iterator[Case]:
    """Five readings a visit: the class shows between visits only, or within only."""
    for signal in ("between", "within"):
        for gap in (60.0, 1.0, 1e-3):

            def score(seed: int, signal: str = signal, gap: float = gap) -> float:
                options = {"signal": signal, "inner_gap": gap}
                X, y = make_bursty_visits(400, random_state=seed, **options)
                X_test, y_test = make_bursty_visits(
                    300, random_state=1000 + seed, **options
                )
                model = CKCNNClassifier(random_state=seed).fit(X, y)
                return model.score(X_test, y_test)

            yield f"bursts, signal {signal} visits, {gap:g} s apart", "accuracy", score


def contaminated() -> Iterator[Case]:
    """One value, one stamp or one target is wrong."""
    yield "level, clean", "accuracy", _contaminated("level")
    for factor in (1e4, 1e6, 1e30):
        score = _contaminated("level", contamination="value", factor=factor)
        yield f"level, one of 1,500 values x {factor:g}", "accuracy", score
    score = _contaminated("level", contamination="value", amount=0.3, sentinel=-999.0)
    yield "level, 30% of the values are -999 (warned)", "accuracy", score
    yield "frequency, clean", "accuracy", _contaminated("frequency", 200)
    for factor in (1e2, 1e4):
        score = _contaminated("frequency", 200, contamination="time", factor=factor)
        yield f"frequency, one stamp x {factor:g}", "accuracy", score
    yield "regression, clean", "R2", _contaminated("regression")
    score = _contaminated("regression", contamination="target", factor=1e6)
    yield "regression, one target x 1e6", "R2", score


def _contaminated(task: str, n_series: int = 100, **options) -> Callable[[int], float]:
    def score(seed: int) -> float:
        X, y = make_contaminated(n_series, task=task, random_state=seed, **options)
        X_test, y_test = make_contaminated(400, task=task, random_state=1000 + seed)
        estimator = CKCNNRegressor if task == "regression" else CKCNNClassifier
        return estimator(random_state=seed).fit(X, y).score(X_test, y_test)

    return score


def long_series() -> Iterator[Case]:
    """5 % of the series are 20 times longer; their class shows at long lags only."""
    for share in (1.0, 0.05):
        name = f"echo after 300 steps, {share:.0%} of the series are long enough"

        def score(seed: int, share: float = share) -> float:
            X, y = make_echoes(400, share, seed)
            X_test, y_test = make_echoes(200, 1.0, 1000 + seed)
            return CKCNNClassifier(random_state=seed).fit(X, y).score(X_test, y_test)

        yield name, "accuracy", score


def make_echoes(n_series: int, share: float, seed: int) -> tuple[Panel, np.ndarray]:
    """Make series of a pulse and its echo, 300 or 200 steps later; short ones: noise.

    Short series have 20 steps, and a level that tells their class.
    """
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    long = rng.permutation(n_series) < max(2, round(share * n_series))
    parts = []
    for label, is_long in zip(y, long, strict=True):
        values = 0.3 * rng.normal(size=400 if is_long else 20)
        if is_long:
            at = rng.integers(0, 90)
            values[[at, at + (300 if label else 200)]] += 5
        else:
            values += label
        parts.append(values)
    lengths = [len(part) for part in parts]
    times = np.concatenate([np.arange(n) for n in lengths])
    return Panel(np.concatenate(parts)[:, None], times, np.r_[0, np.cumsum(lengths)]), y


def weights() -> Iterator[Case]:
    """Weigh the short or the long ones by 4, beside repetition at as many steps."""
    for heavy in (10, 11):
        for repeat in (False, True):

            def score(seed: int, heavy: int = heavy, repeat: bool = repeat) -> float:
                return _weighted_score(seed, heavy, repeat)

            how = "repeated 4 times" if repeat else "of weight 4"
            yield f"rows of length {heavy} {how}", "accuracy on them", score


def _weighted_score(seed: int, heavy: int, repeat: bool) -> float:
    """Two rules, one for each length, of which a small model can follow one."""
    X, y, lengths = _two_rules(320, seed)
    X_test, y_test, test_lengths = _two_rules(400, 1000 + seed)
    weight, batch_size = np.where(lengths == heavy, 4.0, 1.0), 8
    model = CKCNNClassifier(max_epochs=3, n_blocks=1, random_state=seed)
    if repeat:
        rows = np.repeat(np.arange(320), weight.astype(int))
        model.set_params(batch_size=20).fit(X[rows], y[rows])
    else:
        model.set_params(batch_size=batch_size).fit(X, y, sample_weight=weight)
    of_heavy = test_lengths == heavy
    return model.score(X_test[of_heavy], y_test[of_heavy])


def _two_rules(n_series: int, seed: int) -> tuple[Panel, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    lengths = np.where(np.arange(n_series) % 2 == 0, 10, 11)
    level = rng.normal(size=n_series)
    values = np.repeat(level, lengths) + 0.3 * rng.normal(size=lengths.sum())
    times = np.concatenate([np.arange(n) for n in lengths])
    X = Panel(values[:, None], times, np.r_[0, np.cumsum(lengths)])
    return X, ((level > 0) == (lengths == 10)).astype(int), lengths


TASKS = {
    "bursts": bursts,
    "contaminated": contaminated,
    "long_series": long_series,
    "weights": weights,
}


def report(tasks: list[str]) -> Iterator[str]:
    """Yield the lines of the result, in Markdown."""
    yield f"# Robustness of the defaults, {date.today():%Y-%m-%d}\n"
    yield f"`make bench-robustness ARGS='{' '.join(tasks)}'`; ckts {ckts.__version__},"
    yield f"torch {torch.__version__}, CPU. Mean and standard deviation of"
    yield f"{len(SEEDS)} seeds, each with data and model of its own.\n"
    yield "| case | metric | score |"
    yield "|---|---|---|"
    for task in tasks:
        for name, metric, score in TASKS[task]():
            scores = [score(seed) for seed in SEEDS]
            shown = f"{np.mean(scores):.3f} ± {np.std(scores):.3f}"
            yield f"| {name} | {metric} | {shown} |"


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

"""The default classifier beside itself with other parameters, on the same splits.

``python docs/benchmarks/variants.py characters causal`` takes a task of accuracy.py and
names of `VARIANTS`; ``halved`` and ``doubled`` stand for all of those. What is "auto"
is halved or doubled as the default chose it from the same series. ``--rows`` takes rows
with this in their names, ``--splits 2`` the first splits of each, and ``--train 500``
so many of the training series; the others are tested on, too, then. Joined models are
scored as a whole, and their networks alone. ``--runs FILE`` keeps all scores; what the
file has is not computed again. Nothing is selected on the test parts.
"""

import argparse
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

import ckts
from accuracy import Scores, fit, score, score_members
from accuracy_tasks import TASKS
from ckts import CKCNNClassifier, Panel
from splits import Split

# What is halved and doubled: the attribute of the fitted default that has its size.
SIZES = {
    "lr": "lr",
    "weight_decay": "weight_decay_",
    "dropout": "dropout",
    "observation_dropout": "observation_dropout_",
    "hidden_channels": "hidden_channels",
    "n_blocks": "n_blocks",
    "max_epochs": "max_epochs_",
}
FACTORS = {"halved": 0.5, "doubled": 2.0}
SCALED = {
    f"{name} {how}": (name, factor) for how, factor in FACTORS.items() for name in SIZES
}
VARIANTS = {
    "causal": {"causal": True},
    "gru_d": {"network": "gru_d"},
    "network alone": {"rocket": False},
}


def parameters(variant: str, sizes: dict[str, float]) -> dict:
    """Return the parameters of a variant, given what the default had."""
    if variant not in SCALED:
        return VARIANTS.get(variant, {})
    name, factor = SCALED[variant]
    size = factor * sizes[name]
    return {name: round(size) if isinstance(sizes[name], int) else size}


def some_splits(
    task: str, rows: str = "", n_splits: int = 99, n_train: int | None = None
) -> Iterator[Split]:
    """Yield the first splits of each row, perhaps trained on fewer series.

    Those that are left out of the training are tested on, then.
    """
    counts: dict[str, int] = {}
    for split in TASKS[task].splits():
        row, X, y, X_test, y_test, seed = split
        counts[row] = counts.get(row, 0) + (rows in row)
        if not 0 < counts[row] <= n_splits:
            continue
        if n_train is not None:
            kept, rest = train_test_split(
                np.arange(len(X)), train_size=n_train, stratify=y, random_state=seed
            )
            X_test, y_test = Panel.concat([X[rest], X_test]), np.r_[y[rest], y_test]
            X, y = X[kept], y[kept]
        yield row, X, y, X_test, y_test, seed


def run(split: Split, metric: str, variant: str, sizes: dict) -> dict[str, Scores]:
    """Fit a variant, and score it and its networks."""
    _, X, y, X_test, y_test, seed = split
    model = CKCNNClassifier(random_state=seed, **parameters(variant, sizes))
    model, seconds = fit(model, X, y)
    scores = {"model": score(model, X_test, y_test, metric, seconds)}
    scores["networks"] = scores["model"]
    if "rocket_" in vars(model):
        scores |= score_members(model, X_test, y_test, metric)
    scores["sizes"] = {name: getattr(model, each) for name, each in SIZES.items()}
    return scores


def compare(task: str, variants: list[str], runs: Path | None, **chosen) -> dict:
    """Score the default and variants; row -> split -> variant -> scores."""
    found: dict = {}
    if runs and runs.exists():
        found = json.loads(runs.read_text(encoding="utf-8"))
    for split in some_splits(task, **chosen):
        scores = found.setdefault(split[0], {}).setdefault(str(split[-1]), {})
        for variant in ("default", *variants):
            if variant in scores:
                continue
            sizes = scores.get("default", {}).get("sizes", {})
            scores[variant] = run(split, TASKS[task].metric, variant, sizes)
            print(split[0], split[-1], variant, scores[variant], flush=True)
            if runs:
                runs.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def report(found: dict) -> Iterator[str]:
    """Yield a line of Markdown per row and variant, paired with the default."""
    yield (
        "| row | variant | runs | score | - default | networks | - default "
        "| log-loss | ECE | CPU s |"
    )
    yield "|---" * 10 + "|"
    for row, splits in found.items():
        for variant in dict.fromkeys(name for one in splits.values() for name in one):
            pairs = [
                (one[variant], one["default"])
                for one in splits.values()
                if variant in one
            ]
            yield f"| {row} | {variant} | {_cells(pairs)} |"


def _cells(pairs: list[tuple[dict, dict]]) -> str:
    """Summarize the scores of a variant and of the default, split by split."""
    cells = [str(len(pairs))]
    for member in ("model", "networks"):
        ours = [one[member]["score"] for one, _ in pairs]
        theirs = [default[member]["score"] for _, default in pairs]
        cells += [f"{np.mean(ours):.4f}", difference(ours, theirs)]
    for key, digits in {"log-loss": 4, "ECE": 4, "cpu": 0}.items():
        cells.append(f"{np.mean([one['model'][key] for one, _ in pairs]):.{digits}f}")
    return " | ".join(cells)


def difference(ours: list[float], theirs: list[float]) -> str:
    """Write the mean of paired differences, with its standard error if it has one."""
    gains = np.subtract(ours, theirs)
    text = f"{gains.mean():+.4f}"
    if len(gains) > 1:
        text += f" ± {gains.std(ddof=1) / np.sqrt(len(gains)):.4f}"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("variants", nargs="*", choices=[*FACTORS, *SCALED, *VARIANTS])
    parser.add_argument("--runs", type=Path, help="keep the scores of all runs (JSON)")
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    parser.add_argument("--splits", type=int, default=99, help="splits of each row")
    parser.add_argument("--train", type=int, help="so many of the training series")
    given = parser.parse_args()
    variants = []
    for name in given.variants:
        many = [each for each in SCALED if name in FACTORS and each.endswith(name)]
        variants += many or [name]
    print(f"{date.today():%Y-%m-%d}, ckts {ckts.__version__}")
    found = compare(
        given.task,
        variants,
        given.runs,
        rows=given.rows,
        n_splits=given.splits,
        n_train=given.train,
    )
    for line in report(found):
        print(line)


if __name__ == "__main__":
    main()

"""Risks after 12, 24, 36 and 48 hours by one causal model, and by models of that hour.

``python docs/benchmarks/early_risks.py`` takes PhysioNet 2012 set a, in the folds of
accuracy.py. A causal model is fitted once, and its path gives the risk of each stay as
of its last observation up to each hour. Beside it a model that is not causal is fitted
for each hour on stays truncated there (`landmark`). ``--rocket`` takes CKRocket alone,
``--folds 1`` some of the folds, ``--train 1600`` fits so many stays of the training
part and tests the others, too. Nothing is selected on the test parts.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import date

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

import ckts
from accuracy import calibration_error
from ckts import CKCNNClassifier, CKRocketClassifier, Panel
from splits import Split
from variants import some_splits

HOURS = (12, 24, 36, 48)
MINUTES = 60


def risks_at(path: Panel, minutes: float) -> np.ndarray:
    """Take of each series the probabilities as of its last row up to a time.

    Parameters
    ----------
    path : Panel
    minutes : float
        Since the first row of the series, as a landmark is.

    Returns
    -------
    ndarray of shape (n_series, n_classes)
        NaN of a series without such a row.
    """
    found = np.full((len(path), path.in_channels), np.nan)
    for number, start in enumerate(path.indptr[:-1]):
        times = path.times[start : path.indptr[number + 1]]
        n_rows = np.searchsorted(times, times[:1] + minutes, side="right")[:1].sum()
        if n_rows:
            found[number] = path.values[start + n_rows - 1]
    return found


def compare(model_class: type, splits: Iterator[Split]) -> Iterator[dict]:
    """Yield AUROC, log-loss and calibration error of both models per fold and hour."""
    for _, X, y, X_test, y_test, seed in splits:
        started = time.process_time()
        causal = model_class(causal=True, random_state=seed).fit(X, y)
        path = causal.predict_proba_path(X_test)
        seconds = time.process_time() - started
        for hour in HOURS:
            started = time.process_time()
            early = {"landmark": hour * MINUTES} if hour < max(HOURS) else {}
            model = model_class(random_state=seed, **early).fit(X, y)
            own = model.predict_proba(X_test)
            yield {
                "hour": hour,
                "causal": score(risks_at(path, hour * MINUTES), y_test),
                "of that hour": score(own, y_test),
                "seconds": (seconds, time.process_time() - started),
            }


def score(proba: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return AUROC, log-loss and calibration error; who is unknown has the mean."""
    known = np.isfinite(proba).all(axis=1)
    proba = np.where(known[:, None], proba, np.nanmean(proba, axis=0))
    return (
        roc_auc_score(y, proba[:, 1]),
        log_loss(y, proba),
        calibration_error(np.array([0, 1]), proba, y),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rocket", action="store_true", help="CKRocket alone")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--train", type=int, help="so many of the training stays")
    options = parser.parse_args()
    model_class = CKRocketClassifier if options.rocket else CKCNNClassifier
    print(f"{date.today():%Y-%m-%d}, ckts {ckts.__version__}, {model_class.__name__}")
    runs = []
    chosen = some_splits("patients", "PhysioNet", options.folds, options.train)
    for run in compare(model_class, chosen):
        print(run, flush=True)
        runs.append(run)
    print(
        "| hour | folds | causal | of that hour | difference ± error | log-loss | ECE |"
    )
    print("|---|---|---|---|---|---|---|")
    for hour in HOURS:
        ours = np.array([run["causal"] for run in runs if run["hour"] == hour])
        theirs = np.array([run["of that hour"] for run in runs if run["hour"] == hour])
        gains = (ours - theirs)[:, 0]
        error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan
        means = ours.mean(0), theirs.mean(0)
        cells = [hour, len(gains), *(f"{mean[0]:.4f}" for mean in means)]
        cells.append(f"{gains.mean():+.4f} ± {error:.4f}")
        cells += [f"{means[0][i]:.4f} / {means[1][i]:.4f}" for i in (1, 2)]
        print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()

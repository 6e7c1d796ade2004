"""The main job on real data in under two minutes: ``ckts demo``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from tqdm.auto import tqdm

from ckts.datasets import load_pbc
from ckts.estimators import CKCNNClassifier, summarize
from ckts.plotting import RiskDisplay

N_FOLDS = 5
N_REPEATS = 2  # ten events per fold: one cross-validation says little
MANY_VISITS = 4
LABELS = {
    "bilirubin": "bilirubin\n(mg/dl)",
    "albumin": "albumin\n(g/dl)",
    "prothrombin_time": "prothrombin\ntime (s)",
    "platelets": "platelets\n(1000/mm³)",
}

INTRODUCTION = """\
Primary biliary cholangitis (Mayo Clinic): laboratory values at irregular visits.
Task: from the visits of the first three years, predict death or transplant within the
next three.
{panel}
{events} of {patients} patients have the event. {folds}-fold cross-validation, {repeats}
times, the same folds for both models; AUROC 0.5 is chance, 1 is perfect.
"""


def run_demo(output: Path, *, max_epochs: int | None = None, seed: int = 0) -> dict:
    """Cross-validate CKCNNClassifier beside a baseline, and draw one patient.

    Parameters
    ----------
    output : Path
        Where to write the picture (PNG).
    max_epochs : int, optional
        Epochs per fit; by default those of the estimator.
    seed : int, default=0
        Seed of folds and models.

    Returns
    -------
    dict
        "ckcnn" and "baseline": AUROC per fold, ndarray of shape (10,).
    """
    started = time.monotonic()
    X, y = load_pbc()
    print(
        INTRODUCTION.format(
            panel=X,
            events=int(y.sum()),
            patients=len(y),
            folds=N_FOLDS,
            repeats=N_REPEATS,
        )
    )
    options = {} if max_epochs is None else {"max_epochs": max_epochs}
    scores, risks, estimators = _cross_validate(X, y, options, seed)
    _report(scores, max_epochs)
    patient = _choose_patient(X, y, risks)
    _draw(estimators[patient], X[patient], bool(y[patient]), output)
    print(f"\nOne patient, seen by a model trained on others: {output}")
    print(f"Done in {time.monotonic() - started:.0f} s.")
    return scores


def _cross_validate(X, y, options: dict, seed: int) -> tuple[dict, np.ndarray, dict]:
    """Fit both models in the same folds; keep each patient's out-of-fold model."""
    summaries = summarize(X)
    scores: dict[str, list[float]] = {"ckcnn": [], "baseline": []}
    risks, estimators = np.zeros(len(y)), {}
    folds = RepeatedStratifiedKFold(
        n_splits=N_FOLDS, n_repeats=N_REPEATS, random_state=seed
    )
    bar = tqdm(
        folds.split(summaries, y),
        total=N_FOLDS * N_REPEATS,
        unit="fold",
        file=sys.stderr,
    )
    for train, test in bar:
        ours = CKCNNClassifier(random_state=seed, **options).fit(X[train], y[train])
        risks[test] = ours.predict_proba(X[test])[:, 1]
        estimators.update(dict.fromkeys(test.tolist(), ours))
        scores["ckcnn"].append(roc_auc_score(y[test], risks[test]))
        boosting = HistGradientBoostingClassifier(random_state=seed)
        boosting.fit(summaries[train], y[train])
        theirs = boosting.predict_proba(summaries[test])[:, 1]
        scores["baseline"].append(roc_auc_score(y[test], theirs))
    return {k: np.array(v) for k, v in scores.items()}, risks, estimators


def _report(scores: dict[str, np.ndarray], max_epochs: int | None) -> None:
    """Print both figures, and whether they differ by more than the folds do."""
    setting = "defaults" if max_epochs is None else f"max_epochs={max_epochs}"
    names = {
        "ckcnn": f"CKCNNClassifier, {setting}",
        "baseline": "summaries + gradient boosting",
    }
    print("AUROC                            mean    sd      worst and best fold")
    for key, name in names.items():
        mean, spread = scores[key].mean(), scores[key].std(ddof=1)
        low, high = scores[key].min(), scores[key].max()
        print(f"{name:<32} {mean:.3f} +- {spread:.3f}   {low:.3f} to {high:.3f}")
    difference = scores["ckcnn"] - scores["baseline"]
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    mean = difference.mean()
    verdict = (
        "no clear difference"
        if abs(mean) < 2 * error
        else f"the {'CKCNN' if mean > 0 else 'baseline'} is better"
    )
    print(f"difference {mean:+.3f} +- {error:.3f} (standard error): {verdict}")


def _choose_patient(X, y, risks: np.ndarray) -> int:
    """Take a typical patient with an event and many visits: the one of median risk."""
    candidates = np.flatnonzero((y == 1) & (X.lengths >= MANY_VISITS))
    return int(candidates[np.argsort(risks[candidates])[len(candidates) // 2]])


def _draw(estimator: Any, series: Any, event: bool, output: Path) -> None:
    from matplotlib.figure import Figure  # no pyplot: this needs no screen

    outcome = "died or received a transplant" if event else "lived without a transplant"
    display = RiskDisplay.from_estimator(
        estimator,
        series,
        channels=list(LABELS),
        labels=LABELS,
        time_label="years since the first visit",
        time_factor=1 / 365.25,
        risk_label="risk within\nthree years",
        title=f"Patient {series.instances[0]}, who {outcome}.\nThe model learned from "
        "three years of visits: the first risks are extrapolated.",
        figure=Figure(figsize=(7, 8)),
    )
    display.figure_.savefig(output, dpi=120)

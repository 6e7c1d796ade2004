"""Cross-validation on real data in under two minutes: ``ckts demo``."""

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import sem
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
    """Cross-validate CKCNNClassifier and a baseline, and draw the risk of one patient.

    Parameters
    ----------
    output : Path
        File of the picture (PNG).
    max_epochs : int, optional
        Epochs per fit; by default those of the estimator.
    seed : int, default=0
        Random state of folds and models.

    Returns
    -------
    dict
        "ckcnn" and "baseline": AUROC per fold, ndarray of shape (10,).
    """
    started = time.monotonic()
    X, y = load_pbc()
    sizes = {"events": int(y.sum()), "folds": N_FOLDS, "repeats": N_REPEATS}
    print(INTRODUCTION.format(panel=X, patients=len(y), **sizes))
    options = {} if max_epochs is None else {"max_epochs": max_epochs}
    scores, risks, models = _cross_validate(X, y, options, seed)
    _report(scores, "defaults" if max_epochs is None else f"max_epochs={max_epochs}")
    patient = _choose_patient(X, y, risks)
    _draw(models[patient], X[patient], bool(y[patient]), output)
    print(f"\nRisk of one patient, by a model that was fitted without them: {output}")
    print(f"Done in {time.monotonic() - started:.0f} s.")
    return scores


def _cross_validate(X, y, options: dict, seed: int) -> tuple[dict, np.ndarray, dict]:
    """Return AUROC per fold, and risk and model of each patient out of fold."""
    summaries = summarize(X)
    cv = RepeatedStratifiedKFold(
        n_splits=N_FOLDS, n_repeats=N_REPEATS, random_state=seed
    )
    folds = list(cv.split(summaries, y))
    scores = {name: np.zeros(len(folds)) for name in ("ckcnn", "baseline")}
    risks, models = np.zeros(len(y)), {}
    bar = tqdm(folds, unit="fold", file=sys.stderr)
    for number, (train, test) in enumerate(bar):
        model = CKCNNClassifier(random_state=seed, **options).fit(X[train], y[train])
        risks[test] = model.predict_proba(X[test])[:, 1]
        models.update(dict.fromkeys(test.tolist(), model))
        boosting = HistGradientBoostingClassifier(random_state=seed)
        boosting.fit(summaries[train], y[train])
        theirs = boosting.predict_proba(summaries[test])[:, 1]
        scores["ckcnn"][number] = roc_auc_score(y[test], risks[test])
        scores["baseline"][number] = roc_auc_score(y[test], theirs)
    return scores, risks, models


def _report(scores: dict[str, np.ndarray], setting: str) -> None:
    """Print both AUROC, and whether they differ by more than two standard errors."""
    ours, theirs = scores["ckcnn"], scores["baseline"]
    print("AUROC                            mean    sd      worst and best fold")
    for name, found in (
        (f"CKCNNClassifier, {setting}", ours),
        ("summaries + gradient boosting", theirs),
    ):
        spread = f"{found.std(ddof=1):.3f}   {found.min():.3f} to {found.max():.3f}"
        print(f"{name:<32} {found.mean():.3f} +- {spread}")
    mean, error = (ours - theirs).mean(), sem(ours - theirs)
    better = "CKCNN" if mean > 0 else "baseline"
    clear = abs(mean) >= 2 * error
    verdict = f"the {better} is better" if clear else "no clear difference"
    print(f"difference {mean:+.3f} +- {error:.3f} (standard error): {verdict}")


def _choose_patient(X, y, risks: np.ndarray) -> int:
    """Of the patients with an event and many visits, choose that of median risk."""
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

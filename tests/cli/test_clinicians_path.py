"""From a clinician's file to a report and to predictions, in three commands."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

import ckts
from ckts import CKCNNClassifier, Panel
from ckts.datasets import load_pbc

COLUMNS = ("--instance", "patient", "--time", "date", "--label", "outcome")
STATIC = ("--static", "age", "sex")
SMALL = {"max_epochs": 1, "hidden_channels": 4, "n_blocks": 1}
OPTIONS = (
    *("--max-epochs", 1, "--param", "hidden_channels=4", "--param", "n_blocks=1"),
    *("--folds", 2),
)
METRICS = {
    "AUROC": lambda y, proba: roc_auc_score(y, proba[:, 1]),
    "AUPRC": lambda y, proba: average_precision_score(y == "died", proba[:, 1]),
    "accuracy": lambda y, proba: np.mean((proba[:, 1] > 0.5) == (y == "died")),
    "log-loss": log_loss,
}


@pytest.fixture(scope="module")
def pbc():
    """PBC as a clinician keeps it: dates, words, empty cells, and the outcome."""
    X, y = load_pbc()
    own = X.series_of_rows
    frame = pd.DataFrame(X.values, columns=X.channels)
    days = pd.to_timedelta(X.times, unit="D")
    frame.insert(0, "patient", X.instances[own])
    frame.insert(1, "date", (pd.Timestamp("1984-03-05") + days).strftime("%Y-%m-%d"))
    words = {0.0: "none", 0.5: "treated", 1.0: "severe"}
    frame["edema"] = frame["edema"].map(words)
    frame["age"], frame["sex"] = X.static[own, 0], np.where(X.static[own, 1], "f", "m")
    frame["outcome"] = np.where(y[own], "died", "alive")
    return frame


@pytest.mark.slow
def test_three_commands_lead_to_a_report_a_model_and_predictions(pbc, folder, run):
    pbc.to_csv("pbc.csv", index=False)
    report = ("--report", "report.html")
    status, out, error = run(
        "evaluate", "pbc.csv", *COLUMNS, *STATIC, *OPTIONS, *report
    )
    assert (status, error) == (0, "Looking at what the predictions depend on ...\n")

    # the same in Python
    X = Panel.read(
        "pbc.csv",
        instance="patient",
        time="date",
        values=list(load_pbc()[0].channels),
        static=["age", "sex"],
    )
    y = pbc.drop_duplicates("patient")["outcome"].to_numpy(str)
    cv = StratifiedKFold(2, shuffle=True, random_state=0)
    model = CKCNNClassifier(**SMALL, random_state=0)
    proba = cross_val_predict(model, X, y, cv=cv, method="predict_proba")
    tests = [test for _, test in cv.split(y, y)]
    html = (folder / "report.html").read_text()
    row = re.search('<tr class="ours">(.*?)</tr>', html)[1]
    reported = dict(zip(METRICS, re.findall("<td>(.*?)</td>", row)[1:], strict=True))
    (line,) = (one for one in out.splitlines() if one.startswith("CKCNN + CKRocket  "))
    printed = dict(zip(METRICS, re.split(r"\s{2,}", line)[1:], strict=True))
    for name, function in METRICS.items():
        scores = np.array([function(y[test], proba[test]) for test in tests])
        shown = f"{scores.mean():.3f} +- {scores.std(ddof=1) / np.sqrt(2):.3f}"
        assert printed[name] == shown
        assert reported[name] == shown.replace("+-", "±")

    fit = (*COLUMNS, *STATIC, *OPTIONS[:-2], "-o", "pbc.safetensors")
    status, _, error = run("fit", "pbc.csv", *fit)
    assert (status, error) == (0, "")
    status, _, error = run("predict", "pbc.safetensors", "pbc.csv", "-o", "risk.csv")
    assert status == 0
    found = pd.read_csv("risk.csv", float_precision="round_trip")
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(found["probability_died"], expected[:, 1])
    assert found["patient"].tolist() == X.instances.tolist()
    assert isinstance(ckts.load("pbc.safetensors"), CKCNNClassifier)

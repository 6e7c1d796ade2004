"""What ``ckts evaluate`` says equals what the library says."""

import argparse

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

import ckts
from ckts.cli.evaluating import compare_on, score_saved
from ckts.cli.roles import Roles
from ckts.cli.tables import read
from clinic import FAST, make_visits


def options(**given):
    usual = {"model": "rocket", "max_epochs": None, "seed": 0, "folds": 3}
    rest = {"param": ["n_kernels=84"], "quiet": True, "drop_unlabeled": False}
    return argparse.Namespace(**{**usual, **rest, **given})


def test_the_network_is_compared_with_random_kernels_too(visits, folder):
    roles = Roles(instance="patient", time="date", label="died", ignore=("ward", "age"))
    table = read(folder / "visits.csv", roles, print)
    small = ["hidden_channels=4", "n_blocks=1"]
    found = compare_on(table, options(model="joined", max_epochs=1, param=small))
    assert list(found.scores) == [
        *("CKCNN + CKRocket", "CKRocket", "summaries + boosting", "no data (dummy)")
    ]
    proba = found.predicted["CKCNN + CKRocket"]
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)  # float32


def test_scores_of_a_saved_model_are_those_of_its_predictions(saved, folder):
    new = make_visits(seed=1)
    new.to_csv("new.csv", index=False)
    asked = options(file=folder / "new.csv", saved=folder / "model.safetensors")
    lines = list(score_saved(asked, Roles(), print))
    X = ckts.Panel.read(
        "new.csv",
        instance="patient",
        time="date",
        values=["bilirubin", "albumin", "edema"],
        static=["age"],
    )
    y = new.drop_duplicates("patient")["died"].to_numpy(str)
    proba = ckts.load("model.safetensors").predict_proba(X)
    (scores,) = (line for line in lines if line.startswith("CKRocketClassifier"))
    assert scores.split()[1] == f"{roc_auc_score(y, proba[:, 1]):.3f}"
    assert scores.split()[-3] == f"{log_loss(y, proba):.3f}"


def test_unknown_classes_and_models_without_a_label_are_told(saved, folder):
    saved.assign(died=saved["died"].replace("yes", "perhaps")).to_csv(
        "new.csv", index=False
    )
    asked = options(file=folder / "new.csv", saved=folder / "model.safetensors")
    with pytest.raises(ValueError, match=r"classes of the model, \['no', 'yes'\]; got"):
        list(score_saved(asked, Roles(), print))
    model = ckts.load("model.safetensors")
    del model.table_
    model.save("model.safetensors")
    named = Roles(instance="patient", time="date")
    with pytest.raises(ValueError, match="`--label` must be named, as this model"):
        list(score_saved(asked, named, print))


def test_a_table_without_the_groups_of_fit_is_scored(saved, folder):
    new = make_visits(seed=1).drop(columns="ward")
    new.to_csv("new.csv", index=False)
    asked = options(file=folder / "new.csv", saved=folder / "model.safetensors")
    notes = []
    lines = list(score_saved(asked, Roles(), notes.append))
    assert "CKRocketClassifier" in "\n".join(lines)
    assert any("no column 'ward'" in note for note in notes)
    with pytest.raises(ValueError, match=r"`--groups` must name a column"):
        list(score_saved(asked, Roles(groups="ward"), notes.append))


def test_a_class_that_a_table_lacks_is_told(visits, folder, run):
    visits["died"] = "c" + (visits["patient"].str[1:].astype(int) % 3).astype(str)
    visits.to_csv("three.csv", index=False)
    roles = ("--instance", "patient", "--time", "date", "--label", "died")
    rest = ("--ignore", "ward", "age", *FAST, "-o", "three.safetensors")
    assert run("fit", "three.csv", *roles, *rest)[0] == 0
    visits[visits["died"] != "c2"].to_csv("two.csv", index=False)
    status, out, error = run("evaluate", "two.csv", "--saved", "three.safetensors")
    assert (status, "nan" in out) == (0, False)
    assert "No instance of 'c2': AUROC is the mean of the other classes." in out
    assert "warning" not in error

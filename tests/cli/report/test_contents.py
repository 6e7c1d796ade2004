"""The figures of a report are those of the library, and its names stay names."""

import argparse
import re

import numpy as np
import pytest

from ckts.cli.comparison import compare, make_folds
from ckts.cli.models import ROCKET, make_model, make_rivals
from ckts.cli.report import make_report
from ckts.cli.report.contents import choose_examples
from ckts.cli.roles import Roles
from ckts.cli.tables import read
from clinic import make_visits

ROLES = Roles(instance="patient", time="date", label="died", ignore=("ward",))


def options(path):
    return argparse.Namespace(
        **{"file": path, "folds": 2, "seed": 0, "model": "rocket", "max_epochs": None},
        param=["n_kernels=84"],
    )


def compared(path, roles=ROLES, n_folds=2):
    table = read(path, roles, print)
    asked, task = options(path), table.target.task
    folds = make_folds(task, table.target.y, None, n_folds, 0)
    rivals = make_rivals(task, 0, rocket=False)
    models = {ROCKET: make_model(asked, task), **rivals}
    found = compare(
        models, table.panel, table.target.y, task=task, folds=folds, quiet=True
    )
    return table, found


def write(folder, frame):
    frame.assign(age=frame["age"] + frame.index % 2).to_csv(
        folder / "visits.csv", index=False
    )
    return folder / "visits.csv"


def cells(html):
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html)
    return [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in rows]


def test_the_table_of_scores_holds_mean_and_error_of_every_model(folder):
    path = write(folder, make_visits())
    table, found = compared(path)
    html = make_report(table, found, options(path))
    rows = {row[0]: row[1:] for row in cells(html) if row}
    for model, scores in found.scores.items():
        expected = [
            f"{one.mean():.3f} ± {one.std(ddof=1) / np.sqrt(2):.3f}"
            for one in scores.values()
        ]
        assert rows[model] == expected
    assert rows["channel"] == ["missing in rows", "instances with it", "values"]
    assert rows["edema"] == ["0 %", "40", "mild, none, severe"]
    assert "class <b" not in html
    # sampling, folds, calibration, importance, times, and one of each class
    assert html.count("<img ") == 7


def test_names_of_the_data_run_nothing(folder):
    evil = "<script>alert(1)</script>"
    frame = make_visits().rename(columns={"bilirubin": evil})
    frame["patient"] = frame["patient"] + evil
    frame["died"] = frame["died"] + evil
    frame["edema"] = frame["edema"].replace("none", evil)
    path = write(folder, frame)
    table, found = compared(path)
    html = make_report(table, found, options(path))
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 5


def test_numbers_are_shown_beside_the_truth(folder):
    frame = make_visits()
    frame["died"] = frame.groupby("patient")["bilirubin"].transform("mean")
    path = write(folder, frame)
    table, found = compared(path)
    html = make_report(table, found, options(path))
    assert "Agreement" in html
    assert "Low, middle and high" in html
    y = table.target.y
    chosen = [number for number, _ in choose_examples(table, found)]
    assert y[chosen].tolist() == np.sort(y)[[4, 20, 35]].tolist()


def test_the_clearest_instance_of_each_class_is_chosen(folder):
    table, found = compared(write(folder, make_visits()))
    chosen = choose_examples(table, found)
    y, proba = table.target.y, found.predicted[ROCKET]
    for place, (number, words) in enumerate(chosen):
        assert y[number] == found.classes[place]
        assert proba[number, place] == proba[y == y[number], place].max()
        assert words.startswith(f"Instance {table.panel.instances[number]}: died is")


@pytest.mark.parametrize("n_classes", [3])
def test_several_classes_are_calibrated_by_the_predicted_one(n_classes, folder):
    frame = make_visits()
    frame["died"] = "stage " + (frame["patient"].str[1:].astype(int) % 3).astype(str)
    path = write(folder, frame)
    table, found = compared(path)
    html = make_report(table, found, options(path))
    assert "Out of fold: probability of the predicted class" in html
    assert len(choose_examples(table, found)) == n_classes

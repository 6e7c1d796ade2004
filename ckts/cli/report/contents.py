"""What a report says, section by section."""

from __future__ import annotations

import argparse
import platform
from datetime import date

import numpy as np
import sklearn
import torch

import ckts
from ckts.cli.comparison import Comparison
from ckts.cli.facts import target_words
from ckts.cli.models import ROCKET
from ckts.cli.pictures import (
    draw_agreement,
    draw_calibration,
    draw_folds,
    draw_importance,
    draw_sampling,
    draw_series,
    draw_when,
)
from ckts.cli.report.page import Page
from ckts.cli.report.reasons import Importance, importance_of, parts_of
from ckts.cli.score_words import difference_lines, metric_words, plus_minus
from ckts.cli.tables import Table
from ckts.panel import percent

MOST_DRAWN = 10  # classes
MOST_NAMED = 15  # channels
LEAD = (
    "Made by ckts evaluate. Scores are of instances that a model had not seen. This "
    "is a measurement on one table, not a test of clinical or any other use."
)


def make_report(
    table: Table, comparison: Comparison, options: argparse.Namespace
) -> str:
    """Write the page.

    Parameters
    ----------
    table : Table
    comparison : Comparison
    options : Namespace
        Of ``ckts evaluate``.

    Returns
    -------
    str
        HTML.
    """
    title = f"Prediction of {table.roles.label!r} from {options.file.name}"
    page = Page(title, LEAD)
    _add_data(page, table)
    _add_sampling(page, table)
    _add_scores(page, comparison, options.folds)
    _add_calibration(page, table, comparison)
    y = table.target.y  # type: ignore[union-attr]
    found = importance_of(comparison, table.panel, y, options.seed)
    _add_reasons(page, table, comparison, found, options.seed)
    _add_examples(page, table, comparison, found)
    _add_making(page, table, options)
    return page.html()


def _add_data(page: Page, table: Table) -> None:
    panel, roles = table.panel, table.roles
    page.section("Data")
    facts = [
        ("instances", f"{len(panel):,}, by {roles.instance!r}"),
        ("rows", f"{len(panel.times):,}, by {roles.time!r}"),
        ("label", f"{roles.label!r}"),
        ("channels", f"{panel.in_channels}"),
        ("static features", ", ".join(panel.static_names) or "none"),
    ]
    if table.groups is not None:
        n_groups = len(np.unique(table.groups))
        facts.append(("groups", f"{n_groups:,}, by {roles.groups!r}"))
    page.table(("", ""), facts)
    page.text(f"The label is {target_words(table.target)}.")  # type: ignore[arg-type]
    described = panel.describe()
    rows = [
        (one.name, percent(one.missing), f"{one.n_series:,}", _labels(one.labels))
        for one in described.channels
    ]
    page.table(("channel", "missing in rows", "instances with it", "values"), rows)


def _labels(labels: tuple[str, ...]) -> str:
    shown = ", ".join(labels[:6])
    return f"{shown}, ..." if len(labels) > 6 else shown or "numbers"


def _add_sampling(page: Page, table: Table) -> None:
    target = table.target
    page.section("Sampling", "How irregular the records are.")
    described = table.panel.describe(None if target is None else target.y)
    page.lines(str(described))
    page.picture(
        draw_sampling(table.panel, table.roles.instance),
        "When some of the instances were measured, and what is missing.",
    )


def _add_scores(page: Page, comparison: Comparison, n_folds: int) -> None:
    page.section(
        "Scores",
        f"{n_folds}-fold cross-validation with the same folds for all models: mean ± "
        "standard error over folds. Folds share training data: the error is a guide.",
    )
    names = [one.name for one in comparison.metrics]
    rows = []
    for model in comparison.scores:
        found = [plus_minus(*comparison.mean(model, one)) for one in names]
        rows.append([model, *(one.replace("+-", "±") for one in found)])
    page.table(["model", *names], rows, ours=0)
    first = comparison.metrics[0].name
    page.picture(
        draw_folds({n: one[first] for n, one in comparison.scores.items()}, first),
        f"{first} of each model in each fold.",
    )
    for line in difference_lines(comparison):
        page.text(f"{line}.".replace("+-", "±"))
    for one in comparison.metrics:
        page.text(f"{metric_words(one)}.")


def _add_calibration(page: Page, table: Table, comparison: Comparison) -> None:
    predicted = comparison.predicted[comparison.ours]
    y = table.target.y  # type: ignore[union-attr]
    classes = comparison.classes
    if not len(classes):
        page.section("Agreement", "Predicted numbers beside the truth, out of fold.")
        figure = draw_agreement(y, predicted, str(table.roles.label))
        page.picture(figure, "On the dotted line a prediction is right.")
        return
    page.section(
        "Calibration",
        "Whether what is predicted with 70 % happens in 70 % of the cases. Points "
        "above the line: predicted too low; below it: too high.",
    )
    if len(classes) == 2:
        proba, hits = predicted[:, 1], y == classes[1]
        words = f"predicted probability of {classes[1]}"
    else:
        proba, hits = predicted.max(axis=1), y == classes[predicted.argmax(axis=1)]
        words = "probability of the predicted class"
    figure = draw_calibration(proba, hits, words)
    page.picture(figure, f"Out of fold: {words}, and how often it was right.")


def _add_reasons(
    page: Page, table: Table, comparison: Comparison, found: Importance, seed: int
) -> None:
    page.section(
        "What the predictions depend on",
        "How much worse the score is where a channel is that of other instances "
        f"({'log-loss' if len(comparison.classes) else 'R2'}, instances not seen). Of "
        "two channels that tell the same, neither may seem to matter. It says what the "
        "model uses, not what causes what.",
    )
    names = found.names[:MOST_NAMED]
    losses, error = found.losses[:MOST_NAMED], found.error[:MOST_NAMED]
    page.picture(
        draw_importance(names, losses, error), "Channels and static features by loss."
    )
    channels = [name for name in names if name in table.panel.channels]
    shares = parts_of(comparison, table.panel, channels, seed) if channels else None
    if shares is None:
        page.text("The random kernels are left out here: there is no picture of times.")
        return
    page.picture(
        draw_when(channels, shares),
        f"When they tell most: shares of what {ROCKET} adds to its scores.",
    )


def _add_examples(
    page: Page, table: Table, comparison: Comparison, found: Importance
) -> None:
    page.section(
        "One of each class" if len(comparison.classes) else "Low, middle and high",
        "Instances whose class was predicted most clearly, out of fold, and the "
        "channels that matter most."
        if len(comparison.classes)
        else "Instances with a low, a middle and a high label.",
    )
    channels = [name for name in found.names if name in table.panel.channels][:4]
    for number, words in choose_examples(table, comparison):
        page.picture(draw_series(table.panel[number], channels), words)


def choose_examples(table: Table, comparison: Comparison) -> list[tuple[int, str]]:
    """Choose instances to draw: the number of each, and what it is."""
    y = table.target.y  # type: ignore[union-attr]
    predicted, label = comparison.predicted[comparison.ours], table.roles.label
    names = table.panel.instances
    if not len(comparison.classes):
        order = np.argsort(y, kind="stable")
        places = [round(share * (len(y) - 1)) for share in (0.1, 0.5, 0.9)]
        pairs = zip(y, predicted, strict=True)
        said = [f"{label} is {one:.4g}, predicted {p:.4g}." for one, p in pairs]
        return [(i, f"Instance {names[i]}: {said[i]}") for i in order[places].tolist()]
    chosen = []
    for place, one in enumerate(comparison.classes[:MOST_DRAWN]):
        own = np.flatnonzero((y == one) & (table.panel.lengths > 0))
        if len(own):
            i = int(own[np.argmax(predicted[own, place])])
            share = percent(float(predicted[i, place]))
            words = f"Instance {names[i]}: {label} is {one}, predicted with {share}."
            chosen.append((i, words))
    return chosen


def _add_making(page: Page, table: Table, options: argparse.Namespace) -> None:
    page.section("How it was made")
    versions = {
        "ckts": ckts.__version__,
        "Python": platform.python_version(),
        "torch": torch.__version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
    }
    given = [f"{name} {version}" for name, version in versions.items()]
    rows = [
        ("date", date.today().isoformat()),
        ("file", options.file.name),
        ("model", f"--model {options.model}"),
        ("parameters", ", ".join(options.param) or "defaults"),
        ("epochs", str(options.max_epochs or "as the model chooses")),
        ("seed", str(options.seed)),
        ("versions", ", ".join(given)),
    ]
    page.table(("", ""), rows)

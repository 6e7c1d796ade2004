"""What ``ckts evaluate`` does: folds or a saved model, and tables of scores."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ckts.cli.comparison import Comparison, compare, make_folds
from ckts.cli.facts import data_lines, table_lines
from ckts.cli.fitting import digest_of
from ckts.cli.messages import Note
from ckts.cli.models import make_model, make_rivals, name_of
from ckts.cli.outputs import write_text
from ckts.cli.predicting import known_roles, load
from ckts.cli.report import make_report
from ckts.cli.roles import Roles
from ckts.cli.score_words import (
    difference_lines,
    metric_words,
    plus_minus,
    score_lines,
)
from ckts.cli.scores import metrics_for, predictions, resample
from ckts.cli.tables import Table, read
from ckts.panel import read_head


def cross_validate(
    options: argparse.Namespace, roles: Roles, note: Note
) -> Iterator[str]:
    """Compare models in folds; yield what to tell, and write the report."""
    table = read(
        options.file,
        roles,
        note,
        task=options.task,
        drop_unlabeled=options.drop_unlabeled,
    )
    yield from data_lines(table)
    comparison = compare_on(table, options)
    folds = f"{options.folds}-fold cross-validation, the same folds for all models"
    yield f"\n{folds}; mean +- standard error.\n"
    yield from score_lines(comparison)
    yield ""
    yield from (metric_words(one) for one in comparison.metrics)
    yield ""
    yield from difference_lines(comparison)
    if options.report:
        note("Looking at what the predictions depend on ...")
        write_text(options.report, make_report(table, comparison, options))
        yield f"\nReport: {options.report}"


def compare_on(table: Table, options: argparse.Namespace) -> Comparison:
    """Cross-validate the model of the options, and its rivals."""
    task, y, _ = table.target  # type: ignore[misc]
    folds = make_folds(task, y, table.groups, options.folds, options.seed)
    n_series = min(len(train) for train, _ in folds)
    rocket = options.model != "rocket"
    rivals = make_rivals(task, options.seed, rocket=rocket, n_series=n_series)
    return compare(
        {name_of(options): make_model(options, task), **rivals},
        table.panel,
        y,
        task=task,
        folds=folds,
        groups=table.groups,
        quiet=options.quiet,
    )


def score_saved(options: argparse.Namespace, roles: Roles, note: Note) -> Iterator[str]:
    """Score a saved model on a table; yield what to tell."""
    given = roles
    model, roles = load(options.saved, given)
    if roles.label is None:
        raise ValueError(
            "`--label` must be named, as this model was not saved by `ckts fit`; got "
            "none. Name the column that holds the truth."
        )
    if getattr(model, "table_", {}).get("sha256") == digest_of(options.file):
        note(
            "warning: the model was fitted to this very file; scores of what it has "
            "seen are too good. Leave out --saved for a cross-validation."
        )
    if roles.groups and not given.groups:
        roles = _with_groups_of(options.file, roles, note)
    known = known_roles(options.file, roles, note, labeled=True)
    classes = np.asarray(getattr(model, "classes_", ()))
    task = "classification" if len(classes) else "regression"
    dropped = {"drop_unlabeled": options.drop_unlabeled}
    table = read(options.file, known, note, task=task, **dropped)
    yield from data_lines(table)
    yield from _saved_lines(model, table, classes, options.seed)


def _with_groups_of(path: Path, roles: Roles, note: Note) -> Roles:
    """Forget the groups that the model was fitted with, if this table has none."""
    if roles.groups in read_head(path)[0]:
        return roles
    note(f"There is no column {roles.groups!r} of groups: each instance is its own.")
    return replace(roles, groups=None)


def _saved_lines(
    model: Any, table: Table, classes: np.ndarray, seed: int
) -> Iterator[str]:
    task, y, _ = table.target  # type: ignore[misc]
    if len(classes) and (unknown := set(y.tolist()) - set(classes.tolist())):
        raise ValueError(
            f"`--label` must hold classes of the model, {classes.tolist()}; got "
            f"{sorted(unknown)}. Choose the column that it was fitted to."
        )
    metrics = metrics_for(task, classes)
    predicted = predictions(model, table.panel)
    found = resample(metrics, y, predicted, classes, table.groups, seed)
    yield "\nScores of the saved model; standard errors by the bootstrap.\n"
    names = ["model", *(one.name for one in metrics)]
    scores = [plus_minus(*found[one.name]) for one in metrics]
    yield from table_lines(names, [[type(model).__name__, *scores]])
    yield ""
    yield from (metric_words(one) for one in metrics)
    if absent := [one for one in classes.tolist() if one not in y]:
        listed = ", ".join(map(repr, absent))
        yield f"No instance of {listed}: AUROC is the mean of the other classes."

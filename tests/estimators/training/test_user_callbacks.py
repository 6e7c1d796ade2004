"""Callbacks of skorch in `callbacks`: each works, or says what to do instead.

``python tests/estimators/training/test_user_callbacks.py`` prints the table of the
guide, "Callbacks".
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, make_scorer
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    Freezer,
    GradientNormClipping,
    Initializer,
    InputShapeSetter,
    LoadInitState,
    LRScheduler,
    MlflowLogger,
    ParamMapper,
    PrintLog,
    ProgressBar,
    TensorBoard,
    TrainEndCheckpoint,
    Unfreezer,
    WandbLogger,
)
from skorch.utils import noop

from ckts import CKCNNClassifier
from ckts.datasets import make_speed

PAGE = Path(__file__).parents[3] / "docs/guide/callbacks.md"
X, Y = make_speed(40, random_state=0)
TINY = {"hidden_channels": 4, "n_blocks": 1, "max_epochs": 3, "random_state": 0}


class Rows(list):
    """A run of Weights & Biases, a writer of TensorBoard, a client of MLflow."""

    info = SimpleNamespace(run_id="1")

    def watch(self, module):
        self.append("watched")

    def log(self, numbers, commit=True):
        self.extend(numbers)

    def add_scalar(self, tag, scalar_value, global_step):
        self.append(tag)

    def close(self):
        self.append("closed")

    def log_metric(self, run, key, value, step):
        self.append(key)

    def log_artifact(self, *arguments, **options):
        self.append("artifact")


def score(net, X, y):
    return accuracy_score(X.target, net.outputs(X).argmax(axis=1))


def scoring(on_train):
    options = {"on_train": on_train, "use_caching": False, "lower_is_better": False}
    return EpochScoring(score, name="accuracy", **options)


# What works; from a folder to callbacks.
WORKS = {
    "EpochScoring(function, on_train=True)": lambda folder: [scoring(True)],
    "EarlyStopping": lambda folder: [EarlyStopping("train_loss", sink=noop)],
    "Checkpoint": lambda folder: [
        Checkpoint(monitor="train_loss_best", dirname=folder, sink=noop)
    ],
    "TrainEndCheckpoint": lambda folder: [
        TrainEndCheckpoint(dirname=folder, sink=noop)
    ],
    "LRScheduler": lambda folder: [LRScheduler("StepLR", step_size=1)],
    'LRScheduler("ReduceLROnPlateau")': lambda folder: [
        LRScheduler("ReduceLROnPlateau", monitor="train_loss")
    ],
    "GradientNormClipping": lambda folder: [GradientNormClipping(0.5)],
    "Freezer": lambda folder: [Freezer("blocks*")],
    "Unfreezer": lambda folder: [Freezer("blocks*"), Unfreezer("blocks*", at=2)],
    "Initializer": lambda folder: [Initializer("head.weight", fn=torch.nn.init.zeros_)],
    "ParamMapper": lambda folder: [ParamMapper("head.*", fn=noop)],
    "PrintLog": lambda folder: [PrintLog(sink=noop)],
    "ProgressBar": lambda folder: [ProgressBar()],
    "WandbLogger": lambda folder: [WandbLogger(Rows(), save_model=False)],
    "TensorBoard": lambda folder: [TensorBoard(Rows())],
    "MlflowLogger": lambda folder: [
        MlflowLogger(Rows(), Rows(), terminate_after_train=False)
    ],
    "your own": lambda folder: [("mine", Callback())],
}
# What watches series that are set aside.
VALIDATES = {
    "EpochScoring(function)": lambda folder: [scoring(False)],
    'EarlyStopping("valid_loss")': lambda folder: [EarlyStopping(sink=noop)],
    'Checkpoint("valid_loss_best")': lambda folder: [
        Checkpoint(dirname=folder, sink=noop)
    ],
    'LRScheduler(monitor="valid_loss")': lambda folder: [
        LRScheduler("ReduceLROnPlateau", monitor="valid_loss")
    ],
}
# What cannot work: callbacks, the message, and what to do instead.
FAILS = {
    'EpochScoring("accuracy")': (
        lambda: [EpochScoring("accuracy", on_train=True)],
        r"score by a function .*EpochScoring\(scoring='accuracy'\)",
        '`early_stopping=True, scoring="accuracy"`, or a function as above',
    ),
    "EpochScoring(make_scorer(...))": (
        lambda: [EpochScoring(make_scorer(accuracy_score))],
        r"score by a function .*make_scorer",
        "the same",
    ),
    "BatchScoring": (
        lambda: [BatchScoring("accuracy")],
        r"score by a function .*BatchScoring",
        "the same",
    ),
    "InputShapeSetter": (
        lambda: [InputShapeSetter()],
        "do without InputShapeSetter",
        "none is needed: a network that names `in_channels` is told",
    ),
    "LoadInitState": (
        lambda: [LoadInitState(Checkpoint())],
        r"hold the checkpoint that LoadInitState reads; got \['LoadInitState'\]",
        "`callbacks=[checkpoint, LoadInitState(checkpoint)]`, with `rocket=False`",
    ),
}


def fit(callbacks, rocket=False, early_stopping=False, **params):
    given = {**TINY, "rocket": rocket, "early_stopping": early_stopping, **params}
    return CKCNNClassifier(**given, callbacks=callbacks).fit(X, Y)


def table():
    """Write the table of the page."""
    yield "| callback | works | instead |"
    yield "|---|---|---|"
    for name in WORKS:
        yield f"| `{name}` | always | |".replace("`your own`", "your own")
    for name in VALIDATES:
        yield f"| `{name}` | with `early_stopping=True` | |"
    for name, (_, _, instead) in FAILS.items():
        yield f"| `{name}` | no | {instead} |"


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", WORKS)
def test_what_works_runs(name, early_stopping, tmp_path, capsys):
    model = fit(WORKS[name](str(tmp_path)), early_stopping=early_stopping)
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_all_of_them_serve_three_networks(early_stopping, tmp_path, capsys):
    many = {**WORKS, **(VALIDATES if early_stopping else {})}
    callbacks = [one for make in many.values() for one in make(str(tmp_path))]
    model = fit(callbacks, rocket=True, early_stopping=early_stopping)
    assert np.isfinite(model.predict_proba(X)).all()
    assert {row["network"] for row in model.history_} == {0, 1, 2}


@pytest.mark.parametrize("name", VALIDATES)
def test_what_watches_series_set_aside_says_so(name, tmp_path):
    callbacks = VALIDATES[name](str(tmp_path))
    message = r"`callbacks` must (watch what is|score series).*`early_stopping=True`"
    for rocket in (False, True):
        with pytest.raises(ValueError, match=message):
            fit(callbacks, rocket=rocket)
    fit(callbacks, early_stopping=True)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("name", FAILS)
def test_what_cannot_work_says_what_to_do(name, early_stopping):
    make, message, _ = FAILS[name]
    with pytest.raises(ValueError, match="`callbacks` must " + message):
        fit(make(), early_stopping=early_stopping)


def test_a_score_that_is_not_recorded_is_named():
    callbacks = [EarlyStopping("valid_score", sink=noop)]
    message = r'early_stopping=True, scoring="accuracy"`, or `monitor="train_loss"`'
    with pytest.raises(ValueError, match=message):
        fit(callbacks, early_stopping=True)
    fit(callbacks, early_stopping=True, scoring="accuracy")
    best = [Checkpoint("valid_score_best", sink=noop)]
    with pytest.raises(ValueError, match='or `monitor="train_loss_best"`'):
        fit(best)


def test_what_a_callback_records_stands_in_the_history():
    model = fit([scoring(True)])
    assert model.history_[-1]["accuracy"] == model.score(X, Y)
    assert set(model.history_[0]) == {
        *("network", "epoch", "lr", "train_loss", "dur", "accuracy")
    }


def test_scores_of_validation_are_of_these_series():
    model = fit([scoring(False)], early_stopping=True, scoring="accuracy")
    assert all(row["accuracy"] == row["valid_score"] for row in model.history_)


def test_early_stopping_on_the_training_loss_stops():
    stops = EarlyStopping("train_loss", patience=2, threshold=1e9, sink=noop)
    assert len(fit([stops], max_epochs=9).history_) < 9


def test_loggers_are_told_the_losses():
    run, writer, client = Rows(), Rows(), Rows()
    callbacks = [
        WandbLogger(run, save_model=False),
        TensorBoard(writer),
        MlflowLogger(Rows(), client, terminate_after_train=False),
    ]
    fit(callbacks)
    assert run.count("train_loss") == 3
    assert writer.count("Loss/train_loss") == 3
    assert writer[-1] == "closed"
    assert client.count("train_loss") == 3


@pytest.mark.parametrize("kind", [Checkpoint, TrainEndCheckpoint])
def test_a_saved_state_is_loaded_and_training_goes_on(kind, tmp_path):
    options = {} if kind is TrainEndCheckpoint else {"monitor": "train_loss_best"}
    saved = kind(dirname=str(tmp_path), sink=noop, **options)
    before = fit([saved]).history_
    after = fit([saved, LoadInitState(saved)], max_epochs=5).history_
    assert len(after) == 5
    assert [row["train_loss"] for row in after[:3]] == [
        row["train_loss"] for row in before
    ]


def test_frozen_parts_stay_as_they_were():
    """Freezing counts: without it the weights move."""

    def weights(model):
        return model.net_.module_.state_dict()["blocks.0.mix.weight"]

    one, other = (fit([Freezer("blocks*")], max_epochs=n) for n in (1, 3))
    assert torch.equal(weights(one), weights(other))
    assert not torch.equal(weights(fit([], max_epochs=3)), weights(other))


def test_the_page_lists_every_callback():
    assert "\n".join(table()) in PAGE.read_text("utf-8")


if __name__ == "__main__":
    print("\n".join(table()))

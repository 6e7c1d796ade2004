"""The benchmark of parameters compares the default with what it says."""

import numpy as np
import pytest

import variants
from accuracy_tasks import Task
from ckts import CKCNNClassifier
from ckts.datasets import make_speed


def splits():
    X, y = make_speed(60, random_state=0)
    for row in ("one", "two"):
        for seed in range(3):
            yield row, X[:40], y[:40], X[40:], y[40:], seed


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(variants.TASKS, "tiny", Task(splits, "accuracy"))


def test_sizes_are_halved_and_doubled_from_what_the_default_had():
    sizes = dict.fromkeys(variants.SIZES, 3) | {"lr": 0.01}
    assert variants.parameters("lr halved", sizes) == {"lr": 0.005}
    assert variants.parameters("n_blocks doubled", sizes) == {"n_blocks": 6}
    assert variants.parameters("max_epochs halved", sizes) == {"max_epochs": 2}
    assert variants.parameters("causal", sizes) == {"causal": True}
    assert variants.parameters("default", {}) == {}
    assert len(variants.SCALED) == 2 * len(variants.SIZES)


def test_rows_splits_and_series_can_be_chosen():
    chosen = list(variants.some_splits("tiny", rows="two", n_splits=2, n_train=30))
    assert [(row, seed) for row, *_, seed in chosen] == [("two", 0), ("two", 1)]
    for _, X, y, X_test, y_test, _ in chosen:
        assert (len(X), len(y), len(X_test), len(y_test)) == (30, 30, 30, 30)
        found = np.sort(np.concatenate([X.times, X_test.times]))
        np.testing.assert_array_equal(
            found, np.sort(make_speed(60, random_state=0)[0].times)
        )
    assert len(list(variants.some_splits("tiny"))) == 6


def test_a_variant_is_the_classifier_with_its_parameters(tmp_path, monkeypatch):
    quick = {"rocket": False, "max_epochs": 1}
    monkeypatch.setitem(variants.VARIANTS, "default", quick)  # the real one takes long
    monkeypatch.setitem(variants.VARIANTS, "narrow", quick | {"hidden_channels": 2})
    file = tmp_path / "runs.json"
    chosen = {"rows": "one", "n_splits": 1}
    found = variants.compare("tiny", ["narrow"], file, **chosen)
    _, X, y, X_test, y_test, _ = next(splits())
    model = CKCNNClassifier(**quick, hidden_channels=2, random_state=0).fit(X, y)
    scores = found["one"]["0"]["narrow"]
    assert scores["model"]["score"] == model.score(X_test, y_test)
    assert scores["sizes"]["weight_decay"] == model.weight_decay_
    assert found["one"]["0"]["default"]["sizes"]["hidden_channels"] == 32
    monkeypatch.setattr(variants, "run", None)  # nothing is computed again
    assert variants.compare("tiny", ["narrow"], file, **chosen) == found


def test_lines_hold_means_and_paired_differences():
    def scores(model, networks):
        known = {"score": model, "log-loss": 0.25, "ECE": 0.1, "cpu": 7.0}
        return {"model": known, "networks": {"score": networks}}

    found = {
        "one": {
            "0": {"default": scores(0.5, 0.4), "causal": scores(0.5, 0.2)},
            "1": {"default": scores(0.6, 0.4), "causal": scores(0.5, 0.2)},
        }
    }
    *_, default, causal = variants.report(found)
    assert default.startswith("| one | default | 2 | 0.5500 | +0.0000 ± 0.0000 |")
    assert causal == (
        "| one | causal | 2 | 0.5000 | -0.0500 ± 0.0500 | 0.2000 | -0.2000 ± 0.0000 "
        "| 0.2500 | 0.1000 | 7 |"
    )
    assert variants.difference([0.5], [0.25]) == "+0.2500"

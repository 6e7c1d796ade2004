"""The benchmark of accuracy scores and splits as it says; nothing is timed."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import roc_auc_score

import accuracy
import accuracy_tasks
import early_risks
from accuracy_tasks import (
    MADE,
    MADE_NUMBERS,
    Task,
    at_landmark,
    made,
    read_trajectories,
)
from ckts import CKCNNClassifier, Panel
from ckts.datasets import make_speed


def slow_calibration_error(classes, proba, y):
    total = 0.0
    for low in range(15):
        inside = [
            (max(row), classes[list(row).index(max(row))] == label)
            for row, label in zip(proba, y, strict=True)
            if low / 15 <= max(row) < (low + 1) / 15 or (low == 14 and max(row) == 1)
        ]
        if inside:
            confidence, right = np.mean(inside, axis=0)
            total += len(inside) / len(y) * abs(confidence - right)
    return total


def test_the_calibration_error_is_that_of_a_loop_over_bins():
    rng = np.random.RandomState(0)
    classes = np.array(["a", "b", "c"])
    proba = rng.dirichlet([0.3, 0.3, 0.3], size=500)
    y = rng.choice(classes, size=500)
    expected = slow_calibration_error(classes, proba, y)
    assert expected > 0.2
    assert accuracy.calibration_error(classes, proba, y) == pytest.approx(expected)


def test_the_calibration_error_of_known_cases():
    classes, y = np.array([0, 1]), np.array([0, 1, 0, 1])
    sure = np.array([[1.0, 0.0]] * 4)
    assert accuracy.calibration_error(classes, sure, y) == 0.5
    assert accuracy.calibration_error(classes, np.full((4, 2), 0.5), y) == 0
    assert accuracy.calibration_error(classes, np.eye(2)[y], y) == 0


def stays(*labels):
    """Hourly rows from hour 1 on, whose values are the hours."""
    lengths = [len(part) for part in labels]
    times = np.concatenate([np.arange(1, n + 1) for n in lengths])
    indptr = np.r_[0, np.cumsum(lengths)]
    X = Panel(times[:, None].astype(float), times, indptr)
    return X.with_instances(np.arange(len(lengths))), np.concatenate(labels)


def test_the_landmark_keeps_those_at_risk_and_what_was_known():
    X, hourly = stays(
        [0, 0, 0, 0, 0],  # 0: never
        [0, 0, 0, 1, 1],  # 1: after the landmark
        [0, 0, 1, 1, 1],  # 2: at the landmark, not at risk
        [0, 1, 0, 0, 0],  # 3: before it, not at risk
        [0, 0, 0],  # 4: left at the landmark
        [0, 0, 0, 0, 0, 0, 1],  # 5: later than counts
        [0, 0, 0, 0, 0, 1, 1],  # 6: at the last hour that counts
    )
    kept, y = at_landmark(X, hourly, 3, until=6)
    assert kept.instances.tolist() == [0, 1, 5, 6]
    assert y.tolist() == [0, 1, 0, 1]
    assert kept.times.tolist() == [1, 2, 3] * 4
    assert kept.values.ravel().tolist() == [1, 2, 3] * 4


def test_rivals_see_straight_lines_between_known_values():
    X = Panel([[0.0, 5], [np.nan, 5], [9, 5], [2, np.nan]], [0, 1, 3, 7], [0, 3, 4])
    table = accuracy.interpolate(X, 4)
    np.testing.assert_allclose(table[0], [[0, 3, 6, 9], [5, 5, 5, 5]])
    np.testing.assert_allclose(table[1], [[2, 2, 2, 2], [0, 0, 0, 0]])


@pytest.mark.parametrize("generators", [MADE, MADE_NUMBERS])
def test_made_sets_are_clean_where_they_are_tested(generators):
    for name, X, y, X_test, y_test, _ in made(generators, n_seeds=1):
        make, truth, wrong = generators[name]
        assert equal((X, y), make(400, random_state=0, **truth)) == (not wrong)
        assert equal((X_test, y_test), make(400, random_state=1000, **truth))


def equal(first, second):
    """Whether two pairs of a panel and a target are the same numbers."""
    numbers = [(X.values, X.times, X.indptr, y) for X, y in (first, second)]
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in zip(*numbers, strict=True)
    )


def test_trajectories_are_read_with_unknown_values(monkeypatch):
    table = pd.DataFrame(
        {
            "time": [0.0, 2.0, 0.0],
            "space": ["50.5 3.5", "51 4", "7 -8"],
            "tid": [9, 9, 2],
            "label": ["D", "D", "E"],
            "pressure": [0, 990, 1000],
        }
    )
    monkeypatch.setattr(pd, "read_parquet", lambda path: table)
    X, y = read_trajectories("Animals", pressure=0)
    expected = [[50.5, 3.5, np.nan], [51, 4, 990], [7, -8, 1000]]
    np.testing.assert_array_equal(X.values, expected)
    assert X.indptr.tolist() == [0, 2, 3]
    assert X.times.tolist() == [0, 2, 0]
    assert y.tolist() == ["D", "E"]


def counted(n_series):
    """Series of a constant, whose class is told by their number of rows alone."""
    y = np.arange(n_series) % 2
    indptr = np.r_[0, np.cumsum(2 + y)]
    times = np.arange(indptr[-1])
    return Panel(np.ones((len(times), 1)), times, indptr, static=np.ones((n_series, 1)))


def test_boosting_gets_no_counts_where_lengths_are_not_told(monkeypatch):
    monkeypatch.setattr(
        accuracy,
        "summarize",
        lambda X: np.c_[np.zeros((len(X), 6)), X.lengths, X.static],
    )
    X, y = counted(100), np.arange(100) % 2
    split = "counts", X, y, X, y, 0
    assert accuracy.boost(split, "accuracy", {})["score"] == 1.0
    assert accuracy.boost(split, "accuracy", {"lengths": False})["score"] == 0.5


def tiny_splits():
    for row in ("one", "two"):
        for seed in range(3):
            yield row, None, None, None, None, seed


@pytest.fixture
def tiny(monkeypatch):
    """Make a task of two rows and two options, and scores that follow from them."""

    def evaluate(split, metric, options):
        return {"score": 0.5 + split[-1] / 10, "cpu": 1.0, "ECE": len(options) / 4}

    def boost(split, metric, options):
        return {"score": 0.5 + split[-1] / 20, "cpu": 3.0, "ECE": 0.5}

    options = {"": {}, ", bare": {"lengths": False}}
    task = Task(tiny_splits, "accuracy", ("boosting",), options)
    monkeypatch.setitem(accuracy.TASKS, "tiny", task)
    monkeypatch.setattr(accuracy, "evaluate", evaluate)
    monkeypatch.setattr(accuracy, "boost", boost)


def test_rows_hold_means_and_paired_differences(tiny):
    header, _, *rows = accuracy.report("tiny", rocket=True)
    assert header == (
        "| tiny, accuracy | runs | CKRocket | boosting | difference ± error "
        "| CPU s | log-loss | ECE | AUPRC |"
    )
    assert [row.split(" | ")[0] for row in rows] == [
        "| one",
        "| one, bare",
        "| two",
        "| two, bare",
    ]
    # differences 0, .05, .1: standard deviation .05, by the root of 3
    assert rows[1] == (
        "| one, bare | 3 | 0.6000 | 0.5500 | +0.0500 ± 0.0289 | 1.0 / 3.0 |  "
        "| 0.2500 / 0.5000 |  |"
    )


def test_some_rows_and_the_first_splits_can_be_chosen(tiny):
    *_, row, bare = accuracy.report("tiny", rows="two", n_splits=1, rocket=True)
    assert row.startswith("| two | 1 | 0.5000 | 0.5000 | +0.0000 | 1.0")
    assert bare.startswith("| two, bare | 1 | 0.5000 | 0.5000 | +0.0000 | 1.0")


def test_every_task_names_rivals_that_exist():
    known = {*accuracy_tasks.ROCKETS, "boosting", "GRU-D"}
    assert all(set(task.rivals) <= known for task in accuracy.TASKS.values())


def test_a_joined_model_is_scored_with_its_members(monkeypatch):
    quick = partial(CKCNNClassifier, max_epochs=2)
    monkeypatch.setattr(accuracy, "CKCNNClassifier", quick)
    X, y = make_speed(60, random_state=0)
    split = "speed", X[:40], y[:40], X[40:], y[40:], 0
    found = accuracy.evaluate_joined(split, "accuracy")
    assert list(found) == ["joined", "networks", "CKRocket"]
    model = quick(random_state=0).fit(X[:40], y[:40])
    assert found["joined"]["score"] == model.score(X[40:], y[40:])
    assert found["joined"]["share"] == model.network_share_
    assert found["CKRocket"]["score"] == model.rocket_.score(X[40:], y[40:])
    model.network_share_ = 1.0
    assert found["networks"]["score"] == model.score(X[40:], y[40:])


def test_gru_d_is_the_classifier_with_this_network(monkeypatch):
    quick = partial(CKCNNClassifier, max_epochs=1)
    monkeypatch.setattr(accuracy, "CKCNNClassifier", quick)
    X, y = make_speed(60, random_state=0)
    found = accuracy.evaluate_gru_d(("", X[:40], y[:40], X[40:], y[40:], 3), "AUROC")
    model = quick(network="gru_d", random_state=3).fit(X[:40], y[:40])
    expected = roc_auc_score(y[40:], model.predict_proba(X[40:])[:, 1])
    assert found["score"] == expected


def test_the_same_training_part_is_fitted_once():
    X, y = make_speed(20, random_state=0)
    first, seconds = accuracy.fit(DummyClassifier(), X, y)
    assert accuracy.fit(DummyClassifier(), X, y) == (first, seconds)
    other = DummyClassifier(strategy="uniform")
    assert accuracy.fit(other, X, y)[0] is other
    copied = X[:]
    accuracy.fit(other, copied, y)
    assert accuracy.FITTED["latest"][0] is copied


def test_rates_have_one_training_part_per_split(monkeypatch):
    X, y = make_speed(60, random_state=0)
    monkeypatch.setattr(accuracy_tasks, "_characters", lambda: (X, y))
    found = list(accuracy_tasks.rates(n_splits=2))
    assert len({id(train) for _, train, *_ in found}) == 2
    full, half = found[0][3], found[1][3]
    np.testing.assert_array_equal(half[0].times, full[0].times[::2])
    assert found[1][0] == "CharacterTrajectories, tested at rate 1/2"


def test_without_a_task_all_are_measured(monkeypatch, capsys):
    measured = []
    monkeypatch.setattr(
        accuracy, "report", lambda task, **_: measured.append(task) or ()
    )
    monkeypatch.setattr("sys.argv", ["accuracy.py"])
    accuracy.main()
    assert measured == list(accuracy.TASKS)


def test_a_row_that_is_not_there_gives_no_line(monkeypatch):
    task = Task(lambda: iter([("one", None, None, None, None, 0)]), "accuracy")
    monkeypatch.setitem(accuracy.TASKS, "tiny", task)
    assert list(accuracy.report("tiny", rows="two")) == []


def test_risks_are_those_of_the_last_row_up_to_a_time():
    values = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    path = Panel(values, [1.0, 6.0, 10.0, 7.0], [0, 3, 4, 4])
    found = early_risks.risks_at(path, 5.0)  # since the first row of each
    np.testing.assert_array_equal(found[:2], values[[1, 3]])
    assert np.isnan(found[2]).all()
    np.testing.assert_array_equal(early_risks.risks_at(path, 99.0)[:2], values[[2, 3]])


def test_a_series_without_a_row_has_the_mean_risk():
    proba = np.array([[0.8, 0.2], [0.2, 0.8], [np.nan, np.nan]])
    auroc, loss, _ = early_risks.score(proba, np.array([0, 1, 1]))
    assert auroc == 1
    assert loss == pytest.approx(-np.log([0.8, 0.8, 0.5]).mean())

import numpy as np
import pytest

from ckts.datasets import make_contaminated

TASKS = ["level", "frequency", "regression"]


def means(X):
    return X.values.reshape(len(X), -1).mean(axis=1)


def changed(dirty, clean):
    return np.flatnonzero(dirty != clean)


@pytest.mark.parametrize("task", TASKS)
def test_the_clean_draw_is_the_same_whatever_is_contaminated(task):
    clean, y = make_contaminated(40, task=task, random_state=3)
    for contamination in ["value", "time"] + ["target"] * (task == "regression"):
        dirty, labels = make_contaminated(
            40, task=task, contamination=contamination, amount=5, random_state=3
        )
        counts = {
            "value": len(changed(dirty.values, clean.values)),
            "time": len(changed(dirty.times, clean.times)),
            "target": len(changed(labels, y)),
        }
        assert counts.pop(contamination) == 5
        assert set(counts.values()) == {0}


def test_one_value_is_multiplied_or_replaced():
    clean, _ = make_contaminated(30, random_state=0)
    wrong = {"contamination": "value", "random_state": 0}
    dirty, _ = make_contaminated(30, factor=1e6, **wrong)
    (row,) = changed(dirty.values[:, 0], clean.values[:, 0])
    assert dirty.values[row, 0] == clean.values[row, 0] * 1e6
    dirty, _ = make_contaminated(30, sentinel=-999, **wrong)
    assert changed(dirty.values[:, 0], clean.values[:, 0]).tolist() == [row]
    assert dirty.values[row, 0] == -999


def test_a_share_of_the_values_is_replaced():
    X, _ = make_contaminated(
        100, contamination="value", amount=0.3, sentinel=-999.0, random_state=0
    )
    assert np.mean(X.values == -999) == pytest.approx(0.3, abs=1e-9)


def test_the_last_stamp_of_a_series_is_multiplied():
    arguments = {"task": "frequency", "random_state": 0}
    clean, _ = make_contaminated(50, **arguments)
    dirty, _ = make_contaminated(50, contamination="time", factor=100, **arguments)
    (row,) = changed(dirty.times, clean.times)
    assert row + 1 in dirty.indptr
    assert dirty.times[row] == 100 * clean.times[row]
    every, _ = make_contaminated(50, contamination="time", amount=0.999, **arguments)
    assert len(changed(every.times, clean.times)) == 50


def test_targets_are_multiplied_in_the_regression():
    _, clean = make_contaminated(50, task="regression", random_state=0)
    _, dirty = make_contaminated(
        50, task="regression", contamination="target", factor=-1e6, random_state=0
    )
    (series,) = changed(dirty, clean)
    assert dirty[series] == -1e6 * clean[series]


def test_the_best_rule_for_the_level_is_as_good_as_said():
    X, y = make_contaminated(20_000, random_state=0)
    # Phi(0.35 * sqrt(15)) = 0.9124, to 3 standard errors of 0.002.
    assert np.mean((means(X) > 0.35) == y) == pytest.approx(0.9124, abs=0.006)


def test_the_mean_explains_what_is_said_in_the_regression():
    X, y = make_contaminated(20_000, task="regression", random_state=0)
    # Squared correlation of y with y plus noise of variance 1 / 15.
    assert np.corrcoef(means(X), y)[0, 1] ** 2 == pytest.approx(15 / 16, abs=0.003)


def test_the_frequency_tells_the_class_and_the_level_does_not():
    X, y = make_contaminated(1000, task="frequency", random_state=0)
    t, x = X.times.reshape(1000, -1), X.values.reshape(1000, -1)
    power = [np.abs(np.mean(x * np.exp(1j * f * t), axis=1)) for f in (1.5, 2.0)]
    assert np.mean((power[1] > power[0]) == y) > 0.9
    middle = np.mean(means(X)[y == 1]) - np.mean(means(X)[y == 0])
    assert abs(middle) < 4 * means(X).std() / np.sqrt(250)


def test_times_stay_in_order_and_inside_the_window():
    X, _ = make_contaminated(20, random_state=0)
    assert all((np.diff(one.times) > 0).all() for one in X)
    assert X.times.min() >= 0
    assert X.times.max() < 10


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_series": 0}, ValueError, "`n_series` must be at least 1; got 0"),
        ({"task": "slope"}, ValueError, "`task` must be one of 'level', 'frequency'"),
        ({"contamination": "x"}, ValueError, "`contamination` must be one of None"),
        (
            {"contamination": "target"},
            ValueError,
            '`contamination` must be "value" or "time" where targets are classes; .*'
            'got "target" with task=\'level\'. Use `task="regression"`',
        ),
        ({"amount": 0}, ValueError, "`amount` must be at least 1; got 0"),
        ({"amount": 1.5}, ValueError, r"`amount` must be in \[0, 1\); got 1.5"),
        ({"amount": "1"}, TypeError, "`amount` must be a number; got '1'"),
        (
            {"contamination": "time", "amount": 201},
            ValueError,
            r"`amount` must be at most 200, all there are; got 201\. Use a share",
        ),
        ({"factor": np.nan}, ValueError, "`factor` must be finite"),
        (
            {"contamination": "time", "factor": 0.5},
            ValueError,
            "`factor` must be finite and at least 1; got 0.5",
        ),
        (
            {"contamination": "value", "sentinel": np.inf},
            ValueError,
            "`sentinel` must be finite",
        ),
        (
            {"contamination": "time", "sentinel": 0},
            ValueError,
            '`sentinel` must go with `contamination="value"`; got .time.\\. Use `fac',
        ),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_contaminated(**arguments)

"""The label of each instance: one, known, and a class or a number."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ckts.cli.targets import check_labeled, find_target, labels_of

ORDER = np.array([7, 9])


def frame(labels):
    return pd.DataFrame({"id": [7, 7, 9], "x": labels})


def test_a_label_is_taken_from_any_row_of_an_instance():
    found = labels_of(frame([np.nan, "a", "b"]), "id", "x", ORDER)
    assert found.tolist() == ["a", "b"]
    assert labels_of(frame(["a", "a", "b"]), "id", "x", ORDER[::-1]).tolist() == [
        *("b", "a")
    ]


def test_an_instance_with_two_labels_is_named():
    with pytest.raises(ValueError, match=r"got 0 and 1 in 'x' of instance 7. What"):
        labels_of(frame([0, 1, 1]), "id", "x", ORDER)


def test_instances_without_a_label_are_named():
    found = labels_of(frame([1.0, 1.0, np.nan]), "id", "x", ORDER)
    with pytest.raises(ValueError, match=r"got none in 'x' of 9. Add it, or leave"):
        check_labeled(found, "x")
    many = pd.Series([np.nan] * 7, index=list("abcdefg"))
    with pytest.raises(ValueError, match="'d', 'e' and 2 more"):
        check_labeled(many, "x")


@pytest.mark.parametrize(
    ("labels", "task", "y"),
    [
        (["a", "b"], "classification", ["a", "b"]),
        ([0.0, 1.0], "classification", [0, 1]),
        ([True, False], "classification", [True, False]),
        ([0.5, 1.0], "regression", [0.5, 1.0]),
        (range(11), "regression", range(11)),
        (list(range(10)) * 2, "classification", list(range(10)) * 2),
    ],
)
def test_text_and_few_whole_numbers_are_classes(labels, task, y):
    found = find_target(pd.Series(labels), "auto", "x")
    assert found.task == task
    assert found.y.tolist() == list(y)
    assert found.y.dtype.kind in {"classification": "Uib", "regression": "f"}[task]


def test_the_task_can_be_asked_for():
    numbers = pd.Series([0.5, 1.0])
    assert find_target(numbers, "classification", "x").y.tolist() == ["0.5", "1.0"]
    assert find_target(pd.Series([0, 1]), "regression", "x").y.dtype == float
    with pytest.raises(ValueError, match="must hold numbers for a regression; got 'a'"):
        find_target(pd.Series(["a", "b"]), "regression", "x")


def test_one_class_is_too_few():
    with pytest.raises(ValueError, match="at least two classes; got 'a' only in 'x'"):
        find_target(pd.Series(["a", "a"]), "auto", "x")


def test_decimals_of_a_parquet_file_are_numbers():
    labels = pd.Series([Decimal("1.50"), Decimal("2.25"), Decimal("2.50")])
    for task in ("auto", "regression"):
        target = find_target(labels, task, "x")
        assert target.task == "regression"
        assert target.y.tolist() == [1.5, 2.25, 2.5]
    codes = pd.Series([Decimal("0"), Decimal("1"), Decimal("1")])
    assert find_target(codes, "auto", "x").y.tolist() == [0, 1, 1]


def test_numbers_beyond_those_that_are_counted_are_no_classes():
    labels = pd.Series([1e30, 2e30, 5.0, 5.0])
    assert find_target(labels, "auto", "x").task == "regression"
    found = find_target(labels, "classification", "x").y
    assert sorted(set(found)) == ["1e+30", "2e+30", "5.0"]


def test_a_label_without_end_is_told():
    labels = pd.Series([1.5, np.inf, 2.5])
    with pytest.raises(ValueError, match=r"`--label` must be finite; got inf in 'x'"):
        find_target(labels, "auto", "x")

import re

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from ckts import Panel
from ckts.datasets import paper_split


def numbered(n_series):
    """Series i holds i."""
    numbers = np.arange(n_series)
    return Panel(numbers[:, None] * 1.0, numbers, np.arange(n_series + 1))


def test_it_is_the_published_split():
    """The two calls of the published code, written out."""
    rng = np.random.default_rng(0)
    n_series = 2858
    y = np.array(list("abcdefghijklmnopqrst"))[rng.integers(0, 20, n_series)]
    numbers = np.arange(n_series)
    train, rest, _, y_rest = train_test_split(
        numbers, y, train_size=0.7, random_state=0, shuffle=True, stratify=y
    )
    validation, test = train_test_split(
        rest, train_size=0.5, random_state=1, shuffle=True, stratify=y_rest
    )
    *panels, y_train, y_validation, y_test = paper_split(numbered(n_series), y)
    assert [len(panel) for panel in panels] == [2000, 429, 429]
    for panel, targets, expected in zip(
        panels, (y_train, y_validation, y_test), (train, validation, test), strict=True
    ):
        assert panel.instances.tolist() == expected.tolist()
        assert targets.tolist() == y[expected].tolist()


def test_parts_are_disjoint_complete_and_keep_the_shares_of_the_classes():
    y = np.repeat([0, 1], [60, 40])
    *panels, y_train, y_validation, y_test = paper_split(numbered(100), y)
    numbers = np.concatenate([panel.values.ravel() for panel in panels])
    assert sorted(numbers) == list(range(100))
    assert [part.sum() for part in (y_train, y_validation, y_test)] == [28, 6, 6]


def test_targets_that_are_numbers_are_split_without_classes():
    X, y = numbered(100), np.arange(100) / 2
    *panels, y_train, y_validation, y_test = paper_split(X, y, stratify=False)
    assert [len(panel) for panel in panels] == [70, 15, 15]
    np.testing.assert_array_equal(y_test, panels[2].values.ravel() / 2)
    assert len(y_train) + len(y_validation) == 85


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_seven_series_of_each_class_are_enough(n_classes):
    for size in range(7, 12):
        y = np.repeat(np.arange(n_classes), size)
        assert sum(len(part) for part in paper_split(numbered(len(y)), y)[:3]) == len(y)


@pytest.mark.parametrize(
    ("n_series", "y", "stratify", "message"),
    [
        (3, [0, 1], True, "`y` must have one target per series; got shape (2,) for 3"),
        (8, [0] * 7 + [1], True, "`y` must hold enough series (of each class) to be"),
        (8, np.arange(8.0), True, "Or use `stratify=False`."),
        (1, [0.5], False, "got 1, and scikit-learn says"),
        (4, [np.nan] * 4, True, "scikit-learn says: Input y contains NaN."),
    ],
)
def test_bad_targets_are_named(n_series, y, stratify, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        paper_split(numbered(n_series), y, stratify=stratify)


def test_targets_that_are_all_different_are_not_all_listed():
    with pytest.raises(ValueError, match=r"ha(s|ve) only 1 member") as it:
        paper_split(numbered(500), np.arange(500.0))
    assert len(str(it.value)) < 400

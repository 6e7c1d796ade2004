"""Weights of classes: what they are, and what is none."""

import numpy as np
import pytest
from sklearn.utils import compute_sample_weight

from ckts import CKCNNClassifier, CKRocketClassifier
from ckts.estimators.preprocessing.class_weight import weigh_classes
from irregular import irregular_panel

RNG = np.random.default_rng(0)
LETTERS = np.array(["a", "b", "c"])[RNG.integers(0, 3, 40)]
DIGITS = RNG.integers(0, 2, 40)
ONES = np.ones(40)


@pytest.mark.parametrize("given", [None, {}, {"a": 2.0}, {"c": 0, "a": np.float32(3)}])
@pytest.mark.parametrize("dtype", [str, object])
def test_weights_of_one_column_are_those_of_scikit_learn(given, dtype):
    column = LETTERS.astype(dtype)
    weight = RNG.random(40)
    expected = weight * compute_sample_weight(given or None, column)
    np.testing.assert_allclose(weigh_classes(weight, [column], given), expected)


def test_balanced_gives_every_class_the_same_sum():
    weight = RNG.random(40)
    found = weigh_classes(weight, [LETTERS], "balanced")
    sums = [found[letter == LETTERS].sum() for letter in "abc"]
    np.testing.assert_allclose(sums, sums[0])
    both = weigh_classes(ONES, [LETTERS, DIGITS], "balanced")
    expected = compute_sample_weight("balanced", np.column_stack([LETTERS, DIGITS]))
    np.testing.assert_allclose(both / both[0], expected / expected[0])


def test_weights_of_several_columns_are_multiplied():
    given = [{"b": 2.0}, {0: 1.0, 1: 5.0}]
    expected = [
        (2.0 if letter == "b" else 1.0) * (5.0 if digit else 1.0)
        for letter, digit in zip(LETTERS, DIGITS, strict=True)
    ]
    np.testing.assert_allclose(weigh_classes(ONES, [LETTERS, DIGITS], given), expected)


def test_classes_that_are_absent_are_ignored_and_those_left_out_weigh_1():
    found = weigh_classes(ONES, [LETTERS], {"a": 3.0, "z": 9.0})
    np.testing.assert_allclose(found, 1.0 + 2.0 * (LETTERS == "a"))
    found = weigh_classes(ONES, [DIGITS.astype(bool)], {True: 2.0})
    np.testing.assert_allclose(found, 1.0 + DIGITS)


WRONG = ["Balanced", 3, ("balanced",), ({"a": 1},), [{"a": 1}], {"a"}, {"a": "q"}]
WRONG += [{"a": None}, {"a": 1j}]


@pytest.mark.parametrize("given", WRONG, ids=repr)
def test_what_is_no_weight_of_classes_raises(given):
    message = (
        '`class_weight` must be None, "balanced" or a dict of a number for a class'
    )
    with pytest.raises(ValueError, match=message):
        weigh_classes(ONES, [LETTERS], given)


@pytest.mark.parametrize(
    "given",
    [
        *("heavy", 3, {"a": 1.0}, [{"a": 1.0}], ({"a": 1.0}, {0: 1.0})),
        *(["balanced", "balanced"], [{"a": 1.0}, "balanced"], [{"a": "q"}, {}]),
    ],
    ids=repr,
)
def test_what_is_no_list_of_dicts_for_several_columns_raises(given):
    message = '`class_weight` must be None, "balanced" or a list of 2 dicts of a num'
    with pytest.raises(ValueError, match=message):
        weigh_classes(ONES, [LETTERS, DIGITS], given)


@pytest.mark.parametrize(
    "given",
    [{"a": -1}, {"a": np.nan}, {"a": np.inf}, {"z": -1}, dict.fromkeys("abc", 0)],
)
def test_weights_that_are_negative_infinite_or_all_0_raise(given):
    with pytest.raises(ValueError, match="`class_weight` must be finite, not negative"):
        weigh_classes(ONES, [LETTERS], given)


def test_a_part_of_the_series_may_lack_a_class():
    X, y = irregular_panel()
    names = np.array(["a", "b"])[y]
    weights = {"a": 2.0, "b": 1.0}
    model = CKCNNClassifier(
        **{"hidden_channels": 4, "n_blocks": 1, "rocket": False, "random_state": 0},
        class_weight=weights,
    )
    model.partial_fit(X, names, classes=["a", "b"])
    only = np.flatnonzero(names == "b")
    model.partial_fit(X[only], names[only])
    assert np.isfinite(model.predict_proba(X)).all()
    CKRocketClassifier(n_kernels=84, class_weight=weights).fit(X[only], names[only])


@pytest.mark.parametrize("given", [["balanced", {}], ["balanced", "balanced"]])
def test_passes_refuse_every_balancing(given):
    X, y = irregular_panel()
    model = CKCNNClassifier(rocket=False, class_weight=given)
    with pytest.raises(ValueError, match="`class_weight` must be None or a dict for p"):
        model.partial_fit(X, np.column_stack([y, y]))

"""Labels of one output or several: kinds, types, and what scores of them mean."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.utils.multiclass import type_of_target

from ckts.estimators.preprocessing.labels import (
    Labels,
    columns_of,
    common_type,
    declared,
    strata_of,
)

RNG = np.random.default_rng(0)
COLUMNS = {
    "single": np.array(["b", "a", "c", "a"]),
    "multilabel": np.array([[0, 1], [1, 1], [0, 0], [1, 0]]),
    "multioutput": np.array([[0, 2], [1, 2], [3, 5], [0, 5]]),
}


def _labels(kind):
    y = COLUMNS[kind]
    return Labels.of(y, ["y"] if y.ndim == 1 else ["left", "right"])


# --- kinds and types ------------------------------------------------------------------


def test_kinds_are_those_of_scikit_learn():
    assert type_of_target(COLUMNS["multilabel"]) == "multilabel-indicator"
    assert type_of_target(COLUMNS["multioutput"]) == "multiclass-multioutput"
    assert {kind: _labels(kind).kind for kind in COLUMNS} == {k: k for k in COLUMNS}
    for dtype in (bool, float, np.uint8, object):
        assert Labels.of(COLUMNS["multilabel"].astype(dtype), "ab").kind == "multilabel"


def test_two_numbers_that_are_not_0_and_1_are_classes():
    # scikit-learn calls them indicators, and its MLPClassifier takes -1 for 1.
    y = 2 * COLUMNS["multilabel"] - 1
    assert type_of_target(y) == "multilabel-indicator"
    assert Labels.of(y, "ab").kind == "multioutput"


@pytest.mark.parametrize("kind", COLUMNS)
def test_the_class_of_the_highest_score_comes_back(kind):
    labels, y = _labels(kind), COLUMNS[kind]
    codes = labels.encode(y)
    assert codes.shape == y.shape
    scores = np.hstack(
        [
            np.eye(n)[c]
            for n, c in zip(labels.sizes, codes.reshape(4, -1).T, strict=True)
        ]
    )
    found = labels.decode(scores)
    np.testing.assert_array_equal(found, y)
    assert found.dtype == y.dtype


def test_columns_of_a_frame_keep_their_types():
    frame = pd.DataFrame({"name": ["x", "y"], "number": [3, 4]})
    names, numbers = columns_of(frame.to_numpy())
    assert names.dtype == object
    assert numbers.dtype == np.int64
    labels = Labels.of(frame.to_numpy(), ["name", "number"])
    found = labels.decode(np.array([[0.0, 1.0, 1.0, 0.0]]))
    assert found.tolist() == [["y", 3]]
    assert found.dtype == object


@pytest.mark.parametrize(
    ("dtypes", "expected"),
    [
        (("i8", "f8"), "f8"),
        (("?", "?"), "?"),
        (("U1", "U3"), "U3"),
        (("U1", "i8"), "O"),
        (("O", "i8"), "O"),
    ],
)
def test_common_types_change_no_label(dtypes, expected):
    columns = [np.zeros(1, dtype=dtype) for dtype in dtypes]
    assert common_type(columns) == np.dtype(expected)


# --- scores ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", COLUMNS)
def test_probabilities_are_a_softmax_of_each_output(kind):
    labels = _labels(kind)
    scores = RNG.normal(size=(5, sum(labels.sizes)))
    start, expected = 0, []
    for size in labels.sizes:
        expected.append(softmax(scores[:, start : start + size], axis=1))
        start += size
    found, logs = labels.proba(scores), labels.log_proba(scores)
    if kind == "multilabel":
        expected = [np.column_stack([one[:, 1] for one in expected])]
        found, logs = [found], [logs]
    elif kind == "single":
        found, logs = [found], [logs]
    for one, log, other in zip(found, logs, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
        np.testing.assert_allclose(np.exp(log), other, rtol=1e-12)


def test_evidence_is_log_odds_of_labels_and_logs_of_classes():
    scores = np.array([[0.0, 800.0, 3.0, 1.0]])
    labels = _labels("multilabel")
    np.testing.assert_allclose(labels.evidence(scores), [[800.0, -2.0]])
    assert np.isfinite(labels.log_proba(-scores)).all()
    several = _labels("multioutput")
    scores = RNG.normal(size=(3, sum(several.sizes)))
    for one, proba in zip(several.evidence(scores), several.proba(scores), strict=True):
        np.testing.assert_allclose(np.exp(one), proba)


def test_scores_are_named_by_output_and_class():
    assert _labels("single").score_names() == ["a", "b", "c"]
    names = _labels("multioutput").score_names()
    assert names == ["left=0", "left=1", "left=3", "right=2", "right=5"]


# --- classes that are known before ----------------------------------------------------


def test_classes_may_be_declared_for_calls_that_lack_some():
    found = Labels.of(np.array(["b", "b"]))
    known = declared(["c", "b", "a"], found)
    assert known.classes[0].tolist() == ["a", "b", "c"]
    assert known.including(found, whole=False, way_out="") is known
    with pytest.raises(ValueError, match=r"`y` must have the classes.*\['b'\]. Out"):
        known.including(found, whole=True, way_out="Out.")
    columns = _labels("multioutput")
    lists = declared([[0, 1, 3, 9], [2, 5]], columns)
    assert lists.sizes == [4, 2]
    assert lists.kind == "multioutput"
    other = Labels.of(np.array([[7, 2]]), ["left", "right"])
    with pytest.raises(ValueError, match="classes of before in column 'left'"):
        columns.including(other, whole=False, way_out="")
    with pytest.raises(ValueError, match="2 columns as before; got one label per"):
        columns.including(found, whole=False, way_out="")


@pytest.mark.parametrize("kind", ["multilabel", "multioutput"])
def test_columns_of_other_names_or_another_order_raise(kind):
    known, y = _labels(kind), COLUMNS[kind]
    for names in (["right", "left"], ["left", "other"]):
        message = r"`y` must have the columns of before, \['left', 'right'\]; got .*'le"
        with pytest.raises(ValueError, match=message):
            known.including(Labels.of(y, names), whole=False, way_out="")
    for one, other in [(["left", "right"], ["0", "1"]), (["0", "1"], ["a", "b"])]:
        known = Labels.of(y, one)  # an array has no names
        assert known.including(Labels.of(y, other), whole=True, way_out="") is known


@pytest.mark.parametrize("classes", [None, [0, 1], [[0, 1], [0, 1]]])
def test_a_matrix_of_indicators_declares_itself(classes):
    y = np.array([[0, 1], [0, 1]])  # each column has one value in this call
    assert declared(classes, Labels.of(y)).sizes == [2, 2]


def test_a_matrix_of_0_and_1_with_these_classes_is_one_of_labels():
    y = np.array([[0, 1], [0, 1]])
    for classes in ([[0, 1]] * 2, (np.arange(2), [1, 0])):
        assert declared(classes, Labels.of(y, "ab")).kind == "multilabel"
    three = declared([[0, 1], [0, 1, 2]], Labels.of(y, "ab"))
    assert (three.kind, three.sizes) == ("multioutput", [2, 3])
    assert declared([[0, 1]] * 2, Labels.of(y + 0.0, "ab")).classes[0].dtype == float


def test_a_label_that_each_series_has_or_none_is_as_good_as_sure():
    labels = Labels.of(np.array([[0, 1, 0], [1, 1, 0]]), "abc")
    scores = np.array([[0.5, -0.5, 3.0, -4.0]])
    np.testing.assert_allclose(labels.evidence(scores), [[-1.0, 20.0, -20.0]])
    np.testing.assert_allclose(labels.proba(scores)[:, 1:], [[1, 0]], atol=1e-8)


def test_classes_that_do_not_fit_the_columns_raise():
    with pytest.raises(ValueError, match="`classes` must be passed on the first call"):
        declared(None, _labels("single"))
    for classes in ([1, 2], [[1, 2]], [[1, 2]] * 3):
        with pytest.raises(ValueError, match="`classes` must be those of 2 columns"):
            declared(classes, _labels("multioutput"))
    with pytest.raises(ValueError, match="`classes` must be those of one label per"):
        declared([["a", "b"]], _labels("single"))


# --- strata ---------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.integers(0, 2**31), st.integers(1, 3), st.integers(2, 12))
def test_strata_are_never_too_small_and_join_only_rare_combinations(seed, width, least):
    codes = np.random.default_rng(seed).integers(0, 3, (40, width))
    codes = np.c_[codes, codes[:, 0]]
    strata = strata_of(codes, least)
    combinations = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    counts = np.bincount(combinations)
    if strata is None:
        assert np.count_nonzero(counts >= least) <= 1
        return
    assert np.bincount(strata).min() >= least
    frequent = np.flatnonzero(counts >= least)
    for one in frequent:
        assert len(np.unique(strata[combinations == one])) == 1
    own = {int(strata[combinations == one][0]) for one in frequent}
    assert len(own) == len(frequent)


def test_strata_of_one_output_are_its_classes():
    codes = np.array([0, 2, 1])
    assert strata_of(codes, 9) is codes
    assert strata_of(np.array([[0, 1], [1, 0]]), 2) is None

"""What estimators are given: tables, weights, targets, and every message."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.model_selection import cross_val_score

from ckts import Panel, as_panel
from ckts.datasets import make_speed
from ckts.estimators import CKCNNClassifier, CKCNNRegressor
from ckts.estimators.preprocessing.input import (
    check_target,
    groups_of,
    is_table,
    weights_of,
)

PANEL, _ = make_speed(4, random_state=0)


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (np.zeros((2, 3)), True),
        ([[1.0, 2.0], [3.0, 4.0]], True),
        ([], True),
        (pd.DataFrame([[1.0, 2.0]]), True),
        (np.zeros((2, 3, 4)), False),
        (np.zeros(3), False),
        (np.array([["a", "b"]]), False),
        ([["a", "b"]], False),
        ([[1.0, 2.0], [3.0]], False),
        ([np.zeros(3), np.zeros(4)], False),
        (np.zeros((2, 3, 4)).tolist(), False),
        ([([0.0], [1.0])], False),
        ([pd.Series([1.0, 2.0])], False),
        (PANEL, False),
        (list(PANEL), False),
    ],
)
def test_tables_are_of_two_dimensions_and_of_numbers(X, expected):
    assert is_table(X) is expected


def test_a_list_of_panels_is_fitted_as_their_panel():
    model = CKCNNClassifier(max_epochs=1, random_state=0)
    y = [0, 1, 0, 1]
    expected = model.fit(PANEL, y).predict_proba(PANEL)
    assert np.array_equal(model.fit(list(PANEL), y).predict_proba(PANEL), expected)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.array([["a"], ["b"]]), TypeError, "`X` must be numeric; got 'a'"),
        ([["a"], ["b"]], TypeError, "`X` must be numeric; got 'a'"),
        ([[1.0, 2.0], [3.0]], ValueError, "`X` must have times where series differ"),
        (np.zeros(2), ValueError, r"`X` must be 2-D .* or 3-D .*; got shape \(2,\)"),
    ],
)
def test_what_is_no_table_raises(X, error, message):
    with pytest.raises(error, match=message):
        CKCNNClassifier(max_epochs=1).fit(X, [0, 1])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", None, "b"], "`y` must be finite and known; got None for series 1, and"),
        (pd.Series([True, None, None], dtype="boolean"), "got <NA> .* and 2 in all"),
        ([0.0, 1.0, np.inf], "got inf for series 2.*Leave these series out of `X`"),
        ([0, 1], "`y` must have one target per series, 3; got 2. Select"),
        (7, "`y` must have one target per series, 3; got 7. Select"),
        ({"a": 1}, "`y` must have one target per series, 3; got {'a': 1}"),
        ([[1], [2, 3], [4]], "`y` must be an array; got list: .*as many entries"),
        (np.zeros((3, 1, 1)), r"`y` must have shape .* got shape \(3, 1, 1\)"),
        (np.zeros((3, 0)), r"`y` must have shape .* got shape \(3, 0\)"),
    ],
)
@pytest.mark.parametrize("numeric", [True, False])
def test_bad_targets_raise(y, message, numeric):
    with pytest.raises(ValueError, match=message):
        check_target(CKCNNClassifier(), y, 3, numeric=numeric)


@pytest.mark.parametrize(
    "y", [["a", "b"], [1j, 2j], pd.to_datetime(["2020", "2021"]), [{}, {}]]
)
def test_targets_of_a_regression_are_numbers(y):
    with pytest.raises(TypeError, match=r"`y` must be numbers; got .*to_numeric"):
        check_target(CKCNNRegressor(), y, 2, numeric=True)


@pytest.mark.parametrize(
    "y", [[1, 2], np.array([1, 2], object), pd.Series([1, 2], dtype="Int64")]
)
def test_targets_of_a_regression_may_be_numbers_of_any_type(y):
    target = check_target(CKCNNRegressor(), y, 2, numeric=True)
    assert target.dtype == np.float64
    assert target.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        ([1.0, np.nan], ValueError, "must be finite and known; got nan.*Give 0"),
        ([1.0, None], ValueError, "must be finite and known; got None for series 1"),
        ([1.0], ValueError, r"must have the shape \(2,\).*got \(1,\). Select"),
        ([1.0, -1.0], ValueError, "must not be negative; got -1.0. Give 0"),
        ([0.0, 0.0], ValueError, "must hold a positive weight; got zero.*Leave it out"),
        (["a", "b"], TypeError, "must be numbers; got .*'?a'?.*to_numeric"),
        (["1", "2"], TypeError, "must be numbers; got <U1, e.g. 1. Convert"),
    ],
)
def test_bad_weights_raise(weight, error, message):
    with pytest.raises(error, match=f"`sample_weight` {message}"):
        weights_of(weight, 2)


def test_a_number_weighs_all_series_alike():
    assert weights_of(3, 2).tolist() == [3.0, 3.0]
    assert weights_of(None, 2).tolist() == [1.0, 1.0]


MASKED = np.ma.masked_array([0.0, 1.0, 999.0], mask=[False, False, True])


@pytest.mark.parametrize("masked", [MASKED, MASKED.astype(int), list(MASKED)])
def test_masked_targets_and_weights_raise(masked):
    with pytest.raises(ValueError, match=r"`y` must be .*known; got .* for series 2"):
        check_target(CKCNNClassifier(), masked, 3)
    with pytest.raises(ValueError, match=r"`y` must be .*known; got .* for series 2"):
        check_target(CKCNNRegressor(), masked, 3, numeric=True)
    with pytest.raises(ValueError, match=r"`sample_weight` must be .* for series 2"):
        weights_of(masked, 3)


def test_masked_tables_are_not_observed_in_fit_and_predict():
    rng = np.random.default_rng(0)
    table, hidden = rng.normal(size=(8, 5)), rng.random((8, 5)) < 0.3
    y = np.arange(8) % 2
    model = CKCNNClassifier(max_epochs=1, random_state=0)
    expected = model.fit(np.where(hidden, np.nan, table), y).predict_proba(table)
    masked = np.ma.masked_array(table, mask=hidden)
    for X in (masked, list(masked)):
        assert np.array_equal(model.fit(X, y).predict_proba(table), expected)
    missing = model.predict_proba(np.where(hidden, np.nan, table))
    assert np.array_equal(model.predict_proba(masked), missing)
    assert not np.array_equal(missing, expected)


# Labels in another order


SERIES = [([0.0, 1.0 + i], [1.0, 2.0 * i]) for i in range(6)]
IDS = {
    "strings": list("fbdace"),
    "numbers": [11, 3, 7, 40, 2, 5],
    "numbers from 0": [3, 0, 5, 1, 4, 2],
    "dates": list(pd.date_range("2020", periods=6)[[3, 0, 5, 1, 4, 2]]),
}
Y = [0, 1, 0, 1, 1, 0]


def quick():
    return CKCNNClassifier(max_epochs=1, hidden_channels=4, random_state=0)


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_labels_in_another_order_raise(ids):
    X = as_panel(SERIES).with_instances(ids)
    y = pd.Series(Y, index=ids)
    expected = quick().fit(X, np.array(Y), np.arange(1.0, 7)).predict_proba(X)
    other = y.sort_index()
    message = r"`y` must be in the order of.*`y\.loc\[as_panel\(X\)\.instances\]`"
    for estimator in (quick(), CKCNNRegressor(max_epochs=1)):
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, other)
    with pytest.raises(ValueError, match="`sample_weight` must be in the order of"):
        quick().fit(X, y, sample_weight=pd.Series(1.0, index=ids).sort_index())
    with pytest.raises(ValueError, match="`groups` must be in the order of the series"):
        quick().fit(X, y, groups=pd.Series(IDS["strings"], index=ids).sort_index())
    with pytest.raises(ValueError, match=message):
        CKCNNRegressor(max_epochs=1).fit(X, pd.DataFrame({"a": other, "b": other}))
    weight = pd.Series(np.arange(1.0, 7), index=ids).sort_index()
    ways_out = other.loc[as_panel(X).instances], weight.loc[as_panel(X).instances]
    assert np.array_equal(quick().fit(X, *ways_out).predict_proba(X), expected)
    right = y.set_axis(other.index).to_numpy()
    again = quick().fit(X, right, np.arange(1.0, 7)).predict_proba(X)
    assert np.array_equal(again, expected)


def test_default_numbers_are_no_names():
    X, order = as_panel(SERIES), [5, 3, 1, 0, 2, 4]
    shuffled = pd.Series(Y, index=order)  # rows of a shuffled table, as X's are
    wide = pd.DataFrame(np.arange(12.0).reshape(6, 2))
    for default in (
        X,
        X[order],
        X[order].with_values(X.values),
        as_panel(X.to_frame()),
        pickle.loads(pickle.dumps(X[order])),
        as_panel(wide),
        Panel.concat([X[3:], X[:3]]),
    ):
        assert quick().fit(default, shuffled.sort_index()).n_iter_ == 1
        assert quick().fit(default, shuffled).n_iter_ == 1


def test_names_from_the_data_are_kept_by_selections_and_copies():
    X = as_panel(SERIES).with_instances(IDS["numbers"])
    y = pd.Series(Y, index=IDS["numbers"])
    for panel in (
        X[[0, 2, 1]],
        X[[0, 2, 1]].with_values(X[[0, 2, 1]].values),
        pickle.loads(pickle.dumps(X))[[0, 2, 1]],
        as_panel(X[[0, 2, 1]].to_frame()),
    ):
        with pytest.raises(ValueError, match=r"index has 3 at position 1, .* is 7"):
            quick().fit(panel, y.iloc[[0, 1, 2]])
        assert quick().fit(panel, y.iloc[[0, 2, 1]]).n_iter_ == 1


def test_an_index_that_names_no_series_is_taken_by_position():
    for ids in IDS.values():
        X = as_panel(SERIES).with_instances(ids)
        for index in (range(6), list("uvwxyz"), [3, 0, 5, 1, 4, 99], [0] * 6):
            assert quick().fit(X, pd.Series(Y, index=index)).n_iter_ == 1


def test_missing_names_and_names_of_several_parts_are_compared_too():
    pairs = [("a", 2), ("a", 1), ("b", 1)]
    names = np.empty(3, object)
    names[:] = pairs
    for ids, index in [
        (np.array(["x", None, "y"], object), ["x", None, "y"]),
        (np.array(["x", np.nan, "y"], object), ["x", np.nan, "y"]),
        (names, pd.MultiIndex.from_tuples(pairs)),
        (np.arange(3).astype("M8[D]"), np.arange(3).astype("M8[D]")),
    ]:
        X = as_panel(SERIES[:3]).with_instances(ids)
        y = pd.Series([0, 1, 1], index=index)
        assert quick().fit(X, y).n_iter_ == 1
        with pytest.raises(ValueError, match="`y` must be in the order of the series"):
            quick().fit(X, y.iloc[[1, 0, 2]])


def test_splitters_keep_the_order_and_the_names():
    X = as_panel(SERIES * 4).with_instances([f"p{i}" for i in range(24)][::-1])
    y = pd.Series(Y * 4, index=X.instances)
    scores = cross_val_score(quick(), X, y, cv=3, error_score="raise")
    assert len(scores) == 3
    with pytest.raises(ValueError, match="`y` must be in the order of the series"):
        cross_val_score(quick(), X, y.sort_index(), cv=3, error_score="raise")


@pytest.mark.parametrize("read", [weights_of, groups_of])
def test_a_single_column_is_told_from_what_has_another_length(read):
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"\(3, 1\). Use its column, e.g. `frame.iloc"):
        read(frame, 3)
    assert len(read(frame.iloc[:, 0], 3)) == 3
    for column in (frame.to_numpy(), frame.to_numpy().tolist()):
        with pytest.raises(ValueError, match=r"Use its column, e.g. `numpy.ravel\("):
            read(column, 3)
        assert len(read(np.ravel(column), 3)) == 3
    for other in (frame, np.ones(2), np.ones((4, 2))):
        with pytest.raises(ValueError, match=r"Select one per series, as the series"):
            read(other, 4)


@pytest.mark.parametrize("kind", ["csr_array", "coo_matrix"])
def test_sparse_targets_are_told_how_to_become_dense(kind):
    y = getattr(scipy.sparse, kind)(np.eye(4, 2))
    message = r"`y` must be dense; got a sparse c.*`y\.toarray\(\)`"
    with pytest.raises(TypeError, match=message):
        check_target(None, y, 4)
    assert check_target(None, y.toarray(), 4, numeric=True).shape == (4, 2)

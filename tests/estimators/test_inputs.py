"""What estimators are given: tables, weights, targets, and every message."""

import numpy as np
import pandas as pd
import pytest

from ckts.datasets import make_speed
from ckts.estimators import CKCNNClassifier, CKCNNRegressor
from ckts.estimators.inputs import check_target, is_table, weights_of

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
def test_what_is_no_table_is_refused_with_a_way_out(X, error, message):
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
def test_targets_that_are_refused(y, message, numeric):
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
def test_weights_that_are_refused(weight, error, message):
    with pytest.raises(error, match=f"`sample_weight` {message}"):
        weights_of(weight, 2)


def test_a_number_weighs_all_series_alike():
    assert weights_of(3, 2).tolist() == [3.0, 3.0]
    assert weights_of(None, 2).tolist() == [1.0, 1.0]


MASKED = np.ma.masked_array([0.0, 1.0, 999.0], mask=[False, False, True])


@pytest.mark.parametrize("masked", [MASKED, MASKED.astype(int), list(MASKED)])
def test_masked_targets_and_weights_are_refused(masked):
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


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"device": "meta"}, ValueError, "`device` must be .* got 'meta'.*torch says"),
        ({"verbose": -1}, ValueError, "`verbose` must be 0.*; got -1. Use 0 or 1"),
        ({"verbose": "yes"}, TypeError, "`verbose` must be an integer; got 'yes'"),
        ({"verbose": None}, TypeError, "`verbose` must be an integer; got None"),
        ({"verbose": 0.5}, TypeError, "`verbose` must be an integer; got 0.5"),
    ],
)
def test_devices_and_verbosities_that_mean_nothing_are_refused(
    parameters, error, message
):
    with pytest.raises(error, match=message):
        CKCNNClassifier(max_epochs=1, **parameters).fit(PANEL, [0, 1, 0, 1])


@pytest.mark.parametrize("verbose", [0, False, np.bool_(False), np.int64(0)])
def test_verbosity_may_be_of_any_integer_type(verbose):
    model = CKCNNClassifier(max_epochs=1, device="cpu", verbose=verbose)
    assert model.fit(PANEL, [0, 1, 0, 1]).n_iter_ == 1

"""What is not a panel raises, with a way out instead of a traceback of numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._convert import as_panel


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(3), r"`X` must be 2-D .*got shape \(3,\). Reshape your data"),
        (np.zeros((1, 1, 1, 1)), r"`X` must be 2-D .*or 3-D.*got shape \(1, 1, 1, 1\)"),
        (
            np.zeros((2, 0)),
            r"0 feature\(s\) \(shape=\(2, 0\)\) while a minimum of 1 is",
        ),
        (np.zeros((2, 3, 0)), r"`X` must have channels and steps"),
        (np.zeros((0, 3)), r"`X` must hold at least one series; got none"),
        ([], r"`X` must hold at least one series"),
        (pd.DataFrame(), r"`X` must hold at least one series"),
        (
            np.array([[1.0, np.inf]]),
            r"finite, or NaN.*inf in channel 'channel_0' of i.*0",
        ),
        (np.array([[1j]]), r"Complex data not supported"),
        ([1, 2.0], r"got shape \(2,\). Reshape your data"),
        (pd.DataFrame(index=[0, 1]), r"0 feature\(s\) \(shape=\(2, 0\)\)"),
        ([pd.DataFrame(index=[0])], r"`values` must have at least one channel"),
        (pd.Series([1.0]), r"`X` must be 2-D"),
        (
            [([0, 1], [1.0])],
            r"time for every value; got 2 times and 1 values in series 0",
        ),
        (
            [([0], [1.0], [2.0])],
            r"tuples \(times, values\).*a tuple of 3 at position 0",
        ),
        ([([0], np.zeros((1, 1, 1)))], r"tuples \(times, values\)"),
        (
            [([0], [[1.0]]), ([0], [[1.0, 2.0]])],
            r"same channels in every series; got 1 and 2 channels. Add missing",
        ),
        (
            [pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})],
            r"same channels.*got \['b'\] in series 1 and \['a'\] before. Add missing",
        ),
        (
            [pd.DataFrame({"time": [1.0], "a": [2.0]})],
            r"DataFrames indexed by time; got a column 'time'.*Use `frame.set_index",
        ),
        (
            [([0], [1.0]), (pd.to_datetime(["2020-01-01"]), [1.0])],
            r"`times` must be of one kind.*got datetime and number",
        ),
        (
            [[1.0, 2.0], [1.0]],
            r"times where series differ in length.*\[\(times, values",
        ),
        ([(pd.to_datetime([None]), [1.0])], r"`times` must be finite.*NaT"),
        ([([np.inf], [1.0])], r"`times` must be finite.*inf"),
        ([([0, 0], [1.0, 2.0])], r'instance 0 has 2 values.*duplicates="mean"'),
    ],
)
def test_wrong_values_raise(X, message):
    with pytest.raises(ValueError, match=message):
        as_panel(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.array([["a"]]), r"`X` must be numeric; got 'a'.*pandas.to_numeric"),
        (np.array([["a", 1.0]], dtype=object), r"`X` must be numeric; got 'a'"),
        (np.array([[{}]], dtype=object), r"argument must be .* string.* number"),
        (pd.DataFrame({"s0": ["a"], "s1": [1.0]}), r"'a' in column 's0'.*from_long"),
        ([([0], ["a"])], r"`X` must be numeric; got 'a'"),
        ([pd.DataFrame({"x": ["a", "1"]})], r"got 'a' in column 'x'"),
        (np.zeros((1, 1), "M8[ns]"), r"`X` must be numeric"),
        ([(["2020-01-01"], [1.0])], r"`times` must be numbers.*strings.*to_datetime"),
        (["a", "b"], r"`X` must be an array or a list.*got a list of str"),
        (pd.DataFrame({"x": [np.zeros(2)]}), r"Series in every cell; got a ndarray"),
        ("visits.csv", r"`X` must be a Panel.*got str. A long table in a f"),
        (None, r"`X` must be a Panel.*got NoneType"),
        (iter([]), r"got list_iterator. Predictions take an iterator of panels; else"),
        ({"a": [1.0]}, r"`X` must be a Panel.*got dict"),
        ((np.zeros(2), np.zeros(2)), r"got a tuple of ndarray.*\[\(times, values\)"),
        (
            [[[0, 1], [1.0, 2.0]]],
            r"got a list of list of shape \(2, 2\).*channel first",
        ),
        (
            (np.zeros((3, 2)), np.zeros((3, 2))),
            r"got a tuple of ndarray of shape \(3, 2\).*numpy.asarray\(x\) for x in",
        ),
        ([np.zeros(2), [1.0, 2.0]], r"series of one type; got list, ndarray"),
        ([pd.DataFrame(), pd.Series()], r"DataFrames or a list of Series; got both"),
    ],
)
def test_wrong_types_raise(X, message):
    with pytest.raises(TypeError, match=message):
        as_panel(X)


def test_sparse_matrices_raise():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"`X` must be dense; got a sparse.*toarray"):
        as_panel(sparse.csr_matrix(np.eye(2)))


def test_an_empty_panel_raises():
    panel = Panel(np.zeros((1, 1)), [0], [0, 1])
    with pytest.raises(ValueError, match=r"`X` must hold at least one series"):
        as_panel(panel[:0])
    with pytest.raises(ValueError, match=r"`duplicates` must be one of"):
        as_panel(panel, duplicates="drop")


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([([0, 1], [[1.0, 2.0], [3.0]])], ValueError, "rows of unequal lengths at pos"),
        ([([0], [1.0]), (0, 1.0)], ValueError, r"shapes \(\), \(\) at position 1"),
        ([(0, [1.0])], ValueError, r"shapes \(\), \(1,\) at position 0"),
        ([[1.0, 2.0], [3.0]], ValueError, "got a list of list of unequal lengths"),
    ],
)
def test_series_of_odd_shapes_raise(X, error, message):
    with pytest.raises(error, match=rf"`X` must .*{message}.*Write series as tuples"):
        as_panel(X)


def test_pairs_in_an_object_array_raise():
    pairs = np.empty((1, 1), dtype=object)
    pairs[0, 0] = ([0.0, 1.0], [1.0, 2.0])
    with pytest.raises(TypeError, match=r"got an object array .*Write series as tup"):
        as_panel(pairs)


def test_tensors_are_read_and_those_that_numpy_cannot_read_raise():
    torch = pytest.importorskip("torch")
    assert as_panel(torch.zeros(2, 3, 4)).in_channels == 3
    for tensor in (
        torch.zeros(2, 3, requires_grad=True),
        torch.zeros(2, 3, dtype=torch.bfloat16),
        torch.zeros(2, 3, device="meta"),
    ):
        with pytest.raises(
            TypeError, match=r"got a torch Tensor: .*X\.detach\(\)\.cpu\(\)"
        ):
            as_panel(tensor)

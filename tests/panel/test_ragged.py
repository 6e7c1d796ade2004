"""Numbers at steps 0, 1, 2, ... in series of unequal lengths."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ckts import CKRocketClassifier
from ckts.panel._convert import as_panel

RNG = np.random.default_rng(0)
ARRAYS = [RNG.normal(size=(3, n)) for n in (4, 2, 7, 1)]  # (channels, time)


def pairs(arrays):
    return [(range(array.shape[1]), array.T) for array in arrays]


@pytest.mark.parametrize("lengths", [(4, 2, 7), (5, 5, 5), (3, 0, 2)])
def test_lists_of_arrays_are_channel_first_whatever_their_lengths(lengths):
    arrays = [RNG.normal(size=(3, n)) for n in lengths]
    arrays[0][1, 0] = np.nan
    panel = as_panel(arrays)
    assert panel.equals(as_panel(pairs(arrays)))
    assert panel.in_channels == 3
    if len(set(lengths)) == 1:
        assert panel.equals(as_panel(np.asarray(arrays)))


def test_lists_of_tensors_and_of_masked_arrays_are_read():
    expected = as_panel(ARRAYS)
    assert as_panel([torch.tensor(array) for array in ARRAYS]).equals(expected)
    masked = [np.ma.masked_array(array, array > 1) for array in ARRAYS]
    filled = [np.where(array > 1, np.nan, array) for array in ARRAYS]
    assert as_panel(masked).equals(as_panel(filled))


def test_columns_of_tables_are_arrays_of_one_dimension():
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    rows = [[1.0, None, 3.0], [4.0]]
    expected = as_panel([(range(len(row)), row) for row in rows])
    assert as_panel([pl.Series(row) for row in rows]).equals(expected)
    assert as_panel([pa.array(row) for row in rows]).equals(expected)
    assert as_panel([pl.Series(rows[0])] * 2).lengths.tolist() == [3, 3]


def test_arrays_without_steps_have_their_channels():
    assert as_panel([np.zeros((3, 0))] * 2).in_channels == 3
    assert as_panel([np.zeros((0, 0)), np.zeros((3, 5))]).lengths.tolist() == [0, 5]


def test_arrays_of_other_dimensions_raise():
    with pytest.raises(TypeError, match=r"a list of ndarray of shape.*as tuples"):
        as_panel([np.zeros((2, 2, 2))] * 2)
    mixed = [np.zeros(3), np.zeros((1, 5))]
    with pytest.raises(TypeError, match=r"\[1, 2\] dimensions.*`x\.reshape\(1, -1\)`"):
        as_panel(mixed)
    assert as_panel([x.reshape(1, -1) for x in mixed]).lengths.tolist() == [3, 5]


def test_arrays_of_one_dimension_may_differ_in_length():
    arrays = [np.arange(3.0), np.arange(5.0)]
    assert as_panel(arrays).equals(as_panel([(range(len(a)), a) for a in arrays]))


def test_the_dtype_of_arrays_is_kept():
    arrays = [array.astype(np.float32) for array in ARRAYS]
    assert as_panel(arrays).values.dtype == np.float32


def test_arrays_that_disagree_about_their_channels_raise():
    swapped = [array.T for array in ARRAYS]
    with pytest.raises(ValueError, match=r"1 and 2 and 4 and 7 rows.*x\.T for x in X"):
        as_panel(swapped)
    assert as_panel([x.T for x in swapped]).equals(as_panel(ARRAYS))


def test_arrays_that_numpy_cannot_read_raise():
    tensors = [torch.zeros(2, 3), torch.zeros(2, 4, requires_grad=True)]
    with pytest.raises(TypeError, match=r"torch Tensor at position 1: .*detach"):
        as_panel(tensors)


def test_estimators_take_lists_of_arrays():
    arrays = [RNG.normal(size=(2, n)) + n % 2 for n in (9, 6, 11, 8)]
    y = [n % 2 for n in (9, 6, 11, 8)]
    fitted = CKRocketClassifier(random_state=0).fit(arrays, y)
    same = CKRocketClassifier(random_state=0).fit(pairs(arrays), y)
    assert fitted.n_features_in_ == 2
    np.testing.assert_array_equal(
        fitted.predict_proba(arrays), same.predict_proba(pairs(arrays))
    )


@pytest.fixture
def awkward():
    return pytest.importorskip("awkward")


def test_awkward_numbers_are_at_equal_steps(awkward):
    rows = [[1.0, 2.0, 3.0], [], [4.0, None]]
    expected = as_panel([(range(len(row)), row) for row in rows])
    assert as_panel(awkward.Array(rows)).equals(expected)
    reversed_rows = as_panel(awkward.Array(rows)[::-1])
    assert reversed_rows.lengths.tolist() == [2, 0, 3]
    assert as_panel(awkward.Array([[], []])).lengths.tolist() == [0, 0]
    regular = awkward.Array(np.arange(6).reshape(2, 3))
    assert as_panel(regular).equals(as_panel(np.arange(6.0).reshape(2, 3)))


def test_awkward_channels_come_after_steps(awkward):
    expected = as_panel(ARRAYS)
    X = awkward.Array([array.T.tolist() for array in ARRAYS])
    assert as_panel(X).equals(expected)
    masked = awkward.Array([[[1.0, None]], [[None, 2.0], [3.0, 4.0]]])
    np.testing.assert_array_equal(
        as_panel(masked).values, [[1, np.nan], [np.nan, 2], [3, 4]]
    )


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([1.0, 2.0], TypeError, r"got 1-D, `2 \* float64`\. Write series as tuples"),
        ([[{"t": 0.5, "x": 1.0}]], TypeError, r"got fields \['t', 'x'\].*as tuples"),
        ([[[1.0], [2.0, 3.0]]], ValueError, r"same channels at every step.*as tuples"),
        (
            [[1.0], None],
            ValueError,
            r"None for series 1\. .*fill_none\(X, \[\], axis=0",
        ),
        ([["a"]], TypeError, r"`X` must be numeric; got 'a'"),
    ],
)
def test_awkward_arrays_that_are_no_series_of_numbers_raise(
    awkward, rows, error, message
):
    with pytest.raises(error, match=message):
        as_panel(awkward.Array(rows))


def test_awkward_series_that_are_none_may_be_empty(awkward):
    X = awkward.fill_none(awkward.Array([[1.0], None]), [], axis=0)
    assert as_panel(X).lengths.tolist() == [1, 0]
    with pytest.raises(ValueError, match="`X` must hold at least one series"):
        as_panel(awkward.Array([[1.0]])[:0])

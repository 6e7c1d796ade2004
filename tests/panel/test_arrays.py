"""Masked arrays keep their mask wherever numbers and times come in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ckts.panel import Panel
from ckts.panel._arrays import unmask
from ckts.panel._convert import as_panel

NAN = np.nan
MASK = [False, False, True]
# 999 is what a mask hides: it must be seen nowhere
FLOATS = np.ma.masked_array([1.0, 2.0, 999.0], mask=MASK)
TIMES = [0, 1, 2]


def values_of(panel):
    return panel.values[:, 0].tolist()


@pytest.mark.parametrize(
    "X",
    [
        FLOATS[None],
        [(TIMES, FLOATS)],
        [(TIMES, FLOATS[:, None])],
        [(TIMES, list(FLOATS))],
        [(TIMES, [1.0, 2.0, np.ma.masked])],
        [(TIMES, [FLOATS[i : i + 1] for i in range(3)])],
        [FLOATS],
        [list(FLOATS)],
        [pd.Series(FLOATS)],
        FLOATS.astype(int)[None],
        FLOATS.astype(np.float16)[None],
        FLOATS.astype(object)[None],
        np.ma.masked_array([["1", 2.0, "?"]], mask=[MASK], dtype=object)[:, 1:],
    ],
    ids=str,
)
def test_what_is_masked_is_not_observed(X):
    seen = values_of(as_panel(X))
    np.testing.assert_array_equal(seen, [1, 2, NAN][-len(seen) :])


@pytest.mark.parametrize(
    "values",
    [
        FLOATS[:, None],
        [FLOATS[:1], FLOATS[1:2], FLOATS[2:]],
        [[1], [2], [np.ma.masked]],
    ],
)
def test_a_panel_keeps_the_mask_of_its_values(values):
    panel = Panel(values, TIMES, [0, 3])
    np.testing.assert_array_equal(values_of(panel), [1, 2, NAN])
    rows = Panel.from_rows([0, 0, 0], TIMES, values, n_series=1)
    np.testing.assert_array_equal(values_of(rows), [1, 2, NAN])


def test_masked_float32_is_kept():
    assert as_panel(FLOATS.astype(np.float32)[None]).values.dtype == np.float32


def test_masked_static_features_are_unknown():
    panel = Panel(np.ones((3, 1)), [0, 0, 0], range(4))
    for static in (FLOATS[:, None], [[1], [2], [np.ma.masked]]):
        known = panel.with_static(static).static[:, 0]
        np.testing.assert_array_equal(known, [1, 2, NAN])


@pytest.mark.parametrize(
    "times",
    [
        FLOATS,
        FLOATS.astype(int),
        list(FLOATS),
        [1, 2, np.ma.masked],
        np.ma.masked_array(np.arange(3).astype("M8[D]"), mask=MASK),
        np.ma.masked_array(np.arange(3).astype("m8[ns]"), mask=MASK),
    ],
    ids=str,
)
def test_masked_times_raise(times):
    message = r"`times` must be finite and not missing.*in row 2\. Drop the rows"
    with pytest.raises(ValueError, match=message):
        Panel(np.ones((3, 1)), times, [0, 3])
    with pytest.raises(ValueError, match=message):
        as_panel([(times, [1.0, 2.0, 3.0])])
    without = as_panel([(times[:2], [1.0, 2.0])])  # the row dropped
    assert without.lengths.tolist() == [2]


def test_masked_names_raise():
    names = np.ma.masked_array([7, 8], mask=[False, True])
    with pytest.raises(ValueError, match=r"`instances` must not be missing.*series 1"):
        Panel(np.ones((2, 1)), [0, 0], [0, 1, 2], instances=names)


def test_masked_numbers_of_series_and_rows_raise():
    panel = Panel(np.ones((3, 1)), [0, 1, 2], [0, 1, 2, 3])
    mask = np.ma.masked_array([True, True, False], mask=[False, True, False])
    numbers = np.ma.masked_array([0, 1], mask=[False, True])
    message = r"`panel\[...\]` must not be masked.*at position 1.*filled.*compressed"
    for key in (mask, numbers, [0, np.ma.masked], (numbers, ...)):
        with pytest.raises(ValueError, match=message):
            panel[key]
    assert panel[mask.filled(False)].instances.tolist() == [0]
    assert panel[numbers.compressed()].instances.tolist() == [0]
    assert len(panel[np.ma.masked_array([0, 1])]) == 2

    codes = np.ma.masked_array([0, 1, 1], mask=[False, False, True])
    with pytest.raises(ValueError, match=r"`instance_codes` must not be masked.*n 2"):
        Panel.from_rows(codes, panel.times, panel.values, n_series=2)
    kept = ~codes.mask
    known = codes.compressed(), panel.times[kept], panel.values[kept]
    assert Panel.from_rows(*known, n_series=2).lengths.tolist() == [1, 1]

    indptr = np.ma.masked_array([0, 1, 3], mask=[False, True, False])
    with pytest.raises(ValueError, match=r"`indptr` must not be masked.*numpy.cumsum"):
        Panel(panel.values, panel.times, indptr)


@pytest.mark.parametrize("dtype", [complex, str])
def test_a_mask_makes_no_number_of_what_is_none(dtype):
    masked = np.ma.masked_array([[1.0, 2.0]], mask=[[True, False]]).astype(dtype)
    with pytest.raises((TypeError, ValueError), match=r"`X` must be (numeric|real)"):
        as_panel(masked)


def test_other_values_at_the_same_times_keep_their_mask():
    panel = as_panel([(TIMES, [0.0, 0.0, 0.0])]).with_values(FLOATS[:, None])
    np.testing.assert_array_equal(values_of(panel), [1, 2, NAN])


def test_a_mask_that_hides_nothing_changes_nothing():
    for dtype in (bool, np.int64, np.float32, "M8[D]", object):
        array = np.ma.masked_array(np.arange(2).astype(dtype), mask=False)
        assert unmask(array).dtype == array.dtype
        assert type(unmask(array)) is np.ndarray
    plain = [(TIMES, [1.0, 2.0, 3.0])]
    assert unmask(plain) is plain

"""Summaries in steps: units, outliers and repetition do not matter."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ckts import CKRocket, Panel
from ckts.estimators import summarize
from ckts.estimators.preprocessing.batches import learn_statistics
from ckts.estimators.rocket.base import observed_rows
from ckts.estimators.rocket.summaries import (
    StepCoding,
    summarize_at,
    summarize_ends,
    summarize_series,
    summary_names,
)
from irregular import irregular_panel
from storages import in_both_storages


def table_of(panel, *, lengths=True):
    statistics = learn_statistics(panel, np.ones(len(panel)))
    dataset = statistics.dataset(panel, panel.time_scale, dtype=torch.float64)
    names = summary_names(panel.channels, panel.static_names, lengths=lengths)
    return summarize_series(panel, dataset, lengths=lengths), names


# --- Steps --------------------------------------------------------------------------


def test_codes_are_steps_ranks_and_whether_it_is_unknown():
    table = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [np.nan]])
    coding = StepCoding.learn(table, np.ones(6), 2)
    (places,) = coding.quantiles
    np.testing.assert_allclose(places, [2.5, 4.5])  # above those at 1/3 and 2/3
    expected = [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 0, 0.25, 0],
        [1, 0, 0.75, 0],
        [1, 1, 1, 0],
        [0.5, 0.5, 0.5, 1],
    ]
    codes = coding.code(table)
    assert codes.dtype == np.float32
    np.testing.assert_allclose(codes, expected)
    assert coding.names(["age"]) == [
        "age > 2.5",
        "age > 4.5",
        "age rank",
        "age unknown",
    ]


def coded_one_by_one(coding, table):
    """The slow twin of `StepCoding.code`: one column after the other."""
    codes = []
    for column, places in zip(table.T, coding.quantiles, strict=True):
        unknown, parts = np.isnan(column), [column[:, None] > places]
        if len(places) > 1:
            heights = np.linspace(0, 1, len(places))
            parts.append(np.interp(column, places, heights)[:, None])
        known = np.hstack(parts)
        codes += [np.where(unknown[:, None], 0.5, known), unknown[:, None]]
    return np.hstack(codes, dtype=np.float32)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 20))
def test_codes_of_all_columns_at_once_are_those_of_each_to_the_last_bit(seed, n_steps):
    table = draw_table(seed)
    coding = StepCoding.learn(table, np.ones(30), n_steps)
    table[:4] = [[np.inf], [-np.inf], [1e300], [-1e300]]
    for column, places in zip(table.T, coding.quantiles, strict=True):
        column[4 : 4 + len(places[:9])] = places[:9]  # on a step
    codes = coding.code(table)
    np.testing.assert_array_equal(codes, coded_one_by_one(coding, table))
    assert codes.flags.c_contiguous  # the layout decides the rounding of products


def test_codes_of_a_column_start_where_its_names_do():
    table = draw_table(0)
    coding = StepCoding.learn(table, np.ones(30), 5)
    names = coding.names(list("abcd"))
    expected = [[one[0] for one in names].index(column) for column in "abcd"]
    assert coding.starts().tolist() == expected


def draw_table(seed, n_series=30, n_columns=4):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_series, n_columns)) * 10.0 ** rng.integers(-9, 9, 4)
    table[rng.random(table.shape) < 0.3] = np.nan
    table[:, 1] = np.round(table[:, 1], 0) % 3  # ties
    table[:, 2] = rng.choice([5.0, np.nan])  # constant or never known
    return table


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 20))
def test_a_weight_of_2_is_the_row_twice_and_0_none(seed, n_steps):
    table = draw_table(seed)
    weight = np.random.default_rng(seed).integers(1, 4, 30)
    weighted = StepCoding.learn(table, weight.astype(float), n_steps)
    repeated = np.repeat(table, weight, axis=0)
    twice = StepCoding.learn(repeated, np.ones(len(repeated)), n_steps)
    for one, other in zip(weighted.quantiles, twice.quantiles, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 20))
def test_codes_are_as_many_as_names_monotone_and_bounded(seed, n_steps):
    table = draw_table(seed)
    coding = StepCoding.learn(table, np.ones(30), n_steps)
    codes, names = coding.code(table), coding.names(list("abcd"))
    assert codes.shape == (30, len(names))
    assert ((codes >= 0) & (codes <= 1)).all()
    for number, name in enumerate("abcd"):
        own = np.array([one.startswith(f"{name} ") for one in names])
        unknown = np.isnan(table[:, number])
        assert (codes[unknown][:, own][:, :-1] == 0.5).all()
        np.testing.assert_array_equal(codes[:, own][:, -1], unknown)
        ordered = codes[~unknown][np.argsort(table[~unknown, number])][:, own]
        assert (np.diff(ordered, axis=0) >= 0).all()


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_units_and_outliers_of_a_column_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(30, 3)).round(2)
    scale, offset = 2.0 ** rng.integers(-20, 20, 3), rng.integers(-5, 5, 3) * 0.25
    other = (table + offset) * scale
    one, two = (StepCoding.learn(t, np.ones(30), 5) for t in (table, other))
    np.testing.assert_allclose(one.code(table), two.code(other), atol=1e-5)
    largest = table == table.max(0)
    far = np.where(largest, 1e12, table)
    three = StepCoding.learn(far, np.ones(30), 5)
    np.testing.assert_array_equal(three.code(far), one.code(table))


def test_a_later_table_may_hold_anything():
    coding = StepCoding.learn(np.c_[np.arange(9.0), np.full(9, np.nan)], np.ones(9), 3)
    later = np.array([[1e300, 5.0], [-np.inf, np.nan], [np.nan, -1.0]])
    codes = coding.code(later)
    np.testing.assert_array_equal(codes[0, :5], [1, 1, 1, 1, 0])
    np.testing.assert_array_equal(codes[1, :5], [0, 0, 0, 0, 0])
    np.testing.assert_array_equal(codes[2, :5], [0.5, 0.5, 0.5, 0.5, 1])
    np.testing.assert_array_equal(codes[:, 5], [0, 1, 0])


def test_no_column_has_no_codes():
    coding = StepCoding.learn(np.empty((3, 0)), np.ones(3), 4)
    assert coding.names([]) == []
    if coding.quantiles:
        assert coding.code(np.empty((3, 0))).shape == (3, 0)


# --- Series -------------------------------------------------------------------------


def clocks(panel):
    table, names = table_of(panel)
    assert names[-4:] == ["number of rows", "span", "mean gap", "longest gap"]
    return table[:, -4:]


def test_the_clock_counts_rows_span_and_gaps():
    nan = np.nan
    values = np.array([[1.0], [2.0], [nan], [4.0], [5.0], [nan]])
    times = np.array([10.0, 11.0, 12.0, 16.0, 3.0, 9.0])
    panel = Panel(values, times, [0, 4, 4, 5, 6])
    expected = [
        [3, 6, 3, 5],  # the row without a value is none
        [0, nan, nan, nan],
        [1, 0, 0, 0],
        [0, nan, nan, nan],
    ]
    np.testing.assert_array_equal(clocks(panel), expected)


def test_longest_gaps_are_those_within_series():
    panel = irregular_panel(static=True)[0]
    for number, series in enumerate(panel):
        known = ~np.isnan(series.values).all(1)
        gaps = np.diff(series.times[known])
        expected = [known.sum(), gaps.sum(), gaps.mean(), gaps.max()]
        np.testing.assert_allclose(clocks(panel)[number], expected)


def test_summaries_are_those_of_summarize_and_named_by_channel():
    panel = irregular_panel(8, static=True)[0]
    table, names = table_of(panel)
    np.testing.assert_array_equal(table[:, :-4], summarize(panel))
    assert len(names) == len(set(names)) == table.shape[1] == 7 * 2 + 2 + 4
    assert names[0] == "mean of channel_0"
    assert names[14:16] == ["static_0", "static_1"]
    counts = [name for name in names if name.startswith("count of")]
    column = names.index("count of channel_1")
    assert counts == ["count of channel_0", "count of channel_1"]
    known = [(~np.isnan(series.values[:, 1])).sum() for series in panel]
    np.testing.assert_array_equal(table[:, column], known)


def test_storage_changes_nothing():
    panel = irregular_panel(8, static=True)[0]
    for stored in in_both_storages(panel):
        np.testing.assert_array_equal(table_of(stored)[0], table_of(panel)[0])


@pytest.mark.parametrize("lengths", [True, False])
@pytest.mark.parametrize("static", [True, False])
def test_summaries_as_of_rows_are_those_of_series_that_end_there(lengths, static):
    panel = irregular_panel(8, static=static)[0]
    filled = ~np.isnan(panel.values).all(1)
    indptr = np.r_[0, np.cumsum(filled)][panel.indptr]
    panel = Panel(
        panel.values[filled] + 1e4, panel.times[filled], indptr, static=panel.static
    )
    statistics = learn_statistics(panel, np.ones(8))
    dataset = statistics.dataset(panel, panel.time_scale, dtype=torch.float64)
    rows = np.arange(len(panel.times))
    found = summarize_at(panel, dataset, rows, lengths=lengths)
    for row, series in zip(rows, panel.series_of_rows, strict=True):
        part = slice(panel.indptr[series], row + 1)
        own = None if panel.static is None else panel.static[[series]]
        ended = Panel(
            panel.values[part], panel.times[part], [0, row + 1 - part.start], static=own
        )
        expected, _ = table_of(ended, lengths=lengths)
        # deviations of numbers near 10,000 are differences of float64
        np.testing.assert_allclose(found[[row]], expected, rtol=1e-9, atol=1e-6)


def test_summaries_of_ends_are_those_of_the_series_with_empty_ones_between():
    panel = irregular_panel(8, static=True)[0]
    values = panel.values.copy()
    values[panel.indptr[2] : panel.indptr[3]] = np.nan
    panel = observed_rows(panel.with_values(values, panel.channels))
    statistics = learn_statistics(panel, np.ones(8))
    dataset = statistics.dataset(panel, panel.time_scale, dtype=torch.float64)
    for part in (panel, panel[[0, 1, 3]]):
        dataset = statistics.dataset(part, panel.time_scale, dtype=torch.float64)
        ends = summarize_ends(part, dataset, lengths=True)
        expected = summarize_series(part, dataset, lengths=True)
        np.testing.assert_allclose(ends, expected, rtol=1e-9, atol=1e-12)


def test_repeated_series_have_no_more_steps():
    panel = irregular_panel()[0]
    once, often = (
        CKRocket(n_kernels=84, random_state=0).fit(panel[np.tile(np.arange(24), n)])
        for n in (1, 12)
    )
    steps = [[len(one) for one in m._codings[0].quantiles] for m in (once, often)]
    assert steps[0] == steps[1]
    many = CKRocket(n_kernels=84, random_state=0).fit(irregular_panel(240)[0])
    assert len(many._codings[0].quantiles[0]) == 6


def test_without_lengths_neither_counts_nor_clocks_are_told():
    panel = irregular_panel(8, static=True)[0]
    table, names = table_of(panel, lengths=False)
    everything, all_names = table_of(panel)
    hidden = (
        "min of",
        "max of",
        "count of",
        "number of rows",
        "span",
        "mean gap",
        "longest gap",
    )
    kept = [number for number, n in enumerate(all_names) if not n.startswith(hidden)]
    assert names == [all_names[number] for number in kept]
    means, deviations = everything[:, :2], everything[:, 2:4]
    # an unknown deviation would tell that there is one observation
    deviations[np.isnan(deviations) & ~np.isnan(means)] = 0.0
    np.testing.assert_array_equal(table, everything[:, kept])


def test_without_lengths_a_static_feature_of_counts_is_kept():
    panel = irregular_panel(8, static=True)[0]
    panel = panel.with_static(panel.static, ["count of children", "age"])
    assert "count of children" in table_of(panel, lengths=False)[1]


def test_without_lengths_the_table_tells_no_single_observation():
    values = np.array([[1.0], [1.0], [1.0], [1.0]])
    panel = Panel(values, [0.0, 0.0, 1.0, 2.0], [0, 1, 4])
    table, _ = table_of(panel, lengths=False)
    np.testing.assert_array_equal(table[0], table[1])

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ckts import Panel
from ckts.datasets import drop_observations, subsample
from ckts.times import TimeScale


@st.composite
def panels(draw):
    lengths = draw(st.lists(st.integers(0, 12), min_size=1, max_size=5))
    n_rows, n_channels = sum(lengths), draw(st.integers(1, 3))
    observed = draw(arrays(bool, (n_rows, n_channels)))
    values = np.arange(n_rows * n_channels, dtype=float).reshape(n_rows, n_channels)
    return Panel(
        np.where(observed, values, np.nan),
        np.arange(n_rows) ** 1.5,
        np.concatenate([[0], np.cumsum(lengths)]),
        instances=[f"id{i}" for i in range(len(lengths))],
        static=np.ones((len(lengths), 2)),
        time_scale=TimeScale("number", "h"),
    )


rates = st.floats(0, 1, exclude_max=True)
seeds = st.integers(0, 2**32 - 1)


def same_frame(left, right):
    """Everything but the rows is equal."""
    assert left.channels == right.channels
    assert left.instances.tolist() == right.instances.tolist()
    assert left.static_names == right.static_names
    np.testing.assert_array_equal(left.static, right.static)
    assert left.time_scale == right.time_scale


@given(panels(), rates, seeds)
def test_dropping_rows_is_exact_in_number_and_keeps_order(panel, rate, seed):
    dropped = drop_observations(panel, rate, random_state=seed)
    same_frame(dropped, panel)
    for before, after in zip(panel, dropped, strict=True):
        n_rows = len(before.times)
        assert len(after.times) == n_rows - int(np.floor(n_rows * rate))
        # The times are unique here, so each kept row can be found in the original.
        rows = np.searchsorted(before.times, after.times)
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(after.times, before.times[rows])
        np.testing.assert_array_equal(after.values, before.values[rows])


@given(panels(), rates, seeds)
def test_dropping_per_channel_is_exact_in_number(panel, rate, seed):
    dropped = drop_observations(panel, rate, random_state=seed, how="per_channel")
    same_frame(dropped, panel)
    np.testing.assert_array_equal(dropped.times, panel.times)
    for before, after in zip(panel, dropped, strict=True):
        n_before = (~np.isnan(before.values)).sum(axis=0)
        n_after = (~np.isnan(after.values)).sum(axis=0)
        assert (n_after == n_before - np.floor(n_before * rate)).all()
        kept = ~np.isnan(after.values)
        assert (after.values[kept] == before.values[kept]).all()


@given(panels(), rates, seeds, st.sampled_from(["jointly", "per_channel"]))
def test_the_same_seed_gives_the_same_panel(panel, rate, seed, how):
    first = drop_observations(panel, rate, random_state=seed, how=how)
    assert first.equals(drop_observations(panel, rate, random_state=seed, how=how))


@given(panels(), st.sampled_from(["jointly", "per_channel"]))
def test_a_rate_of_zero_changes_nothing(panel, how):
    assert drop_observations(panel, 0, how=how).equals(panel)


@given(panels(), st.integers(1, 15))
def test_subsampling_equals_slicing_each_series(panel, step):
    thinned = subsample(panel, step)
    same_frame(thinned, panel)
    for before, after in zip(panel, thinned, strict=True):
        np.testing.assert_array_equal(after.values, before.values[::step])
        np.testing.assert_array_equal(after.times, before.times[::step])


def test_every_observation_is_dropped_equally_often():
    panel = Panel(
        np.zeros((10_000, 1)), np.tile(np.arange(5), 2000), np.arange(2001) * 5
    )
    kept = drop_observations(panel, 0.4, random_state=0).times
    share = np.bincount(kept) / 2000
    # Standard deviation of a share of 0.6 over 2000 series: 0.011.
    assert share == pytest.approx([0.6] * 5, abs=0.05)


def test_the_caller_s_panel_is_untouched():
    panel = Panel(np.arange(8.0).reshape(4, 2), np.arange(4), [0, 4])
    drop_observations(panel, 0.5, random_state=0, how="per_channel")
    assert not np.isnan(panel.values).any()


def test_other_formats_are_accepted():
    assert subsample(np.arange(12.0).reshape(2, 6), 2).lengths.tolist() == [3, 3]
    array = np.arange(12.0).reshape(1, 2, 6)
    assert drop_observations(array, 0.5, random_state=0).lengths.tolist() == [3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rate": 1}, ValueError, "`rate` must be in [0, 1); got 1. It is a share"),
        ({"rate": -0.1}, ValueError, "`rate` must be in [0, 1); got -0.1"),
        ({"rate": np.nan}, ValueError, "`rate` must be in [0, 1); got nan"),
        ({"rate": "30%"}, TypeError, "`rate` must be a number; got '30%'"),
        ({"rate": 0.3, "how": "rows"}, ValueError, "`how` must be one of 'jointly', "),
    ],
)
def test_bad_arguments_of_dropping_are_named(arguments, error, message):
    panel = Panel([[1.0]], [0], [0, 1])
    with pytest.raises(error, match=re.escape(message)):
        drop_observations(panel, **arguments)


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (0, ValueError, "`step` must be at least 1; got 0"),
        (2.0, TypeError, "`step` must be an integer; got 2.0"),
        (True, TypeError, "`step` must be an integer; got True"),
    ],
)
def test_bad_steps_are_named(step, error, message):
    with pytest.raises(error, match=re.escape(message)):
        subsample(Panel([[1.0]], [0], [0, 1]), step)
